"""Where an expression has a value: the ranges that its functions ask of their arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sem_toolkit.spec.expressions import Expression, Instruction

_ENDS: Mapping[str, tuple[float | None, float | None]] = {
    "sqrt": (0.0, None),
    "log": (0.0, None),
    "log2": (0.0, None),
    "log10": (0.0, None),
    "log1p": (-1.0, None),
    "asin": (-1.0, 1.0),
    "acos": (-1.0, 1.0),
    "acosh": (1.0, None),
    "atanh": (-1.0, 1.0),
    "qnorm": (0.0, 1.0),
    "qlogis": (0.0, 1.0),
}
"""Least and largest argument of functions that do not take every number."""


@dataclass(frozen=True)
class Domain:
    """What an argument has to be: at least `lower`, at most `upper`; None where there is no end."""

    argument: Expression
    lower: float | None
    upper: float | None


def list_domains(expression: Expression) -> tuple[Domain, ...]:
    """What the functions and powers of an expression ask of their arguments, inner ones first."""
    found = []
    for step in expression.instructions:
        ends = _find_ends(expression, step)
        if ends is not None:
            found.append(Domain(_cut(expression, step.arguments[0]), *ends))
    return tuple(domain for domain in found if domain.argument.names)


def _find_ends(expression: Expression, step: Instruction) -> tuple[float | None, float | None] | None:
    if step.kind == "function":
        return _ENDS.get(step.text)
    if step.text == "^" and not _is_whole(expression, step.arguments[1]):
        return 0.0, None
    return None


def _is_whole(expression: Expression, position: int) -> bool:
    """Whether a step is a whole number whatever the names are, and so an exponent for numbers of any sign."""
    exponent = _cut(expression, position)
    return not exponent.names and exponent.value({}).is_integer()


def _cut(expression: Expression, position: int) -> Expression:
    """The part of an expression that ends in a step."""
    needed = {position}
    for place in range(position, -1, -1):
        if place in needed:
            needed.update(expression.instructions[place].arguments)
    places = {place: number for number, place in enumerate(sorted(needed))}
    steps = tuple(
        replace(step, arguments=tuple(places[argument] for argument in step.arguments))
        for step in (expression.instructions[place] for place in places)
    )
    names = {step.text for step in steps if step.kind == "name"}
    return Expression(expression.text, steps, tuple(name for name in expression.names if name in names))
