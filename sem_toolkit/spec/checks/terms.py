"""Single parameters: effects of a variable on itself, repeated terms, modifiers that contradict each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sem_toolkit.spec.flat import name_row
from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.table import MOST_ROWS
from sem_toolkit.spec.tree import BadStatement, BlockHeader, Formula, Modifier, Statement, Term

_THRESHOLD = re.compile(r"t[1-9][0-9]{0,3}\Z")  # as many as an ordered variable may have categories, and no more
_KINDS = {"fixed": "a number", "label": "a label", "start": "a starting value", "lower": "a lower bound"}


@dataclass(slots=True)
class _Parameter:
    """Everything that was typed about one parameter."""

    first: Term
    modifiers: dict[str, Modifier]


def check_terms(statements: Sequence[Statement], reporter: Reporter) -> None:
    """Report what is wrong or doubtful about single parameters."""
    parameters: dict[tuple[str, str, str], _Parameter] = {}
    pairs = 0
    for statement in statements:
        if isinstance(statement, BlockHeader) or (isinstance(statement, BadStatement) and statement.is_header):
            parameters = {}
        elif isinstance(statement, Formula):
            pairs += len(statement.left) * len(statement.right)
            if pairs > MOST_ROWS:
                message = f"the model has more than {MOST_ROWS} parameters"
                reporter.error("model-too-large", message, statement.start, statement.end)
                return
            for left in statement.left:
                for right in statement.right:
                    _check_pair(statement, left, right, parameters, reporter)


def _check_pair(
    formula: Formula,
    left: Term,
    right: Term,
    parameters: dict[tuple[str, str, str], _Parameter],
    reporter: Reporter,
) -> None:
    lhs, op, rhs = name_row(formula, left, right)
    key = (rhs, op, lhs) if op == "~~" and rhs < lhs else (lhs, op, rhs)
    parameter = parameters.get(key)
    if parameter is None:
        parameter = parameters[key] = _Parameter(right, {})
    elif left is formula.left[0] or parameter.first is not right:
        _check_repeated(op, lhs, rhs, right, parameter, reporter)
    if right.modifiers:
        _add_modifiers(right, parameter, reporter)
    if lhs == rhs and op in {"~", "=~", "<~"}:
        _check_self(formula, lhs, right, parameter, reporter)
    if op == "|" and not _THRESHOLD.match(rhs):
        reporter.error(
            "invalid-threshold",
            f'"{rhs}" is not a threshold',
            right.name_start,
            right.name_end,
            "thresholds are t1, t2, …",
        )
    if op == "~*~" and lhs != rhs:
        reporter.error(
            "scale-of-two-variables",
            f'a response scale belongs to one variable, not to "{lhs}" and "{rhs}"',
            formula.start,
            formula.end,
            f'write "{lhs} ~*~ {lhs}"',
        )
    if right.modifiers:
        _check_values(op == "~~" and lhs == rhs, lhs, right, parameter, reporter)


def _check_repeated(op: str, lhs: str, rhs: str, term: Term, parameter: _Parameter, reporter: Reporter) -> None:
    if term.modifiers:
        return  # a second mention that adds something is how lavaan takes several modifiers
    what = {
        "=~": f'"{rhs}" is an indicator of "{lhs}" twice',
        "~": f'"{rhs}" predicts "{lhs}" twice',
        "~1": f'the intercept of "{lhs}" is mentioned twice',
    }.get(op, f'"{lhs} {op} {rhs}" is mentioned twice')
    reporter.warning(
        "repeated-term",
        what,
        term.start,
        term.end,
        "take the second one out",
        related=((parameter.first.start, parameter.first.end, "first mentioned here"),),
    )


def _add_modifiers(term: Term, parameter: _Parameter, reporter: Reporter) -> None:
    for modifier in term.modifiers:
        earlier = parameter.modifiers.get(modifier.kind)
        if earlier is not None and earlier.start != modifier.start:
            reporter.warning(
                "overwritten-modifier",
                f"{_KINDS.get(modifier.kind, modifier.kind)} was given before; this one takes its place",
                modifier.start,
                modifier.end,
                "keep one of the two",
                related=((earlier.start, earlier.end, "first given here"),),
            )
        parameter.modifiers[modifier.kind] = modifier


def _check_self(formula: Formula, name: str, term: Term, parameter: _Parameter, reporter: Reporter) -> None:
    fixed = parameter.modifiers.get("fixed")
    values = fixed.values if fixed else ()
    if values and (all(value == 0.0 for value in values) or (formula.operator == "=~" and None not in values)):
        return
    what = "cannot be regressed on itself" if formula.operator == "~" else "cannot be its own indicator"
    hint = f'write "{name} ~~ {name}" for its variance' if formula.operator == "~" else f'take "{name}" out'
    reporter.error("self-effect", f'"{name}" {what}', term.start, term.end, hint)


def _check_values(variance: bool, name: str, term: Term, parameter: _Parameter, reporter: Reporter) -> None:
    fixed, start = parameter.modifiers.get("fixed"), parameter.modifiers.get("start")
    if variance and fixed is not None:
        _check_variance(name, fixed, reporter)
    if fixed is not None and start is not None and None not in fixed.values:
        reporter.warning(
            "start-of-fixed-parameter",
            "the parameter is fixed; as in lavaan it would be fixed to the starting value",
            start.start,
            start.end,
            "give one of the two",
            related=((fixed.start, fixed.end, "fixed here"),),
        )
    lower, upper = parameter.modifiers.get("lower"), parameter.modifiers.get("upper")
    if lower is not None and upper is not None:
        for low, high in zip(lower.values, upper.values, strict=False):
            if isinstance(low, float) and isinstance(high, float) and low > high:
                reporter.error(
                    "contradictory-bounds",
                    f"no number is above {low:g} and below {high:g}",
                    term.start,
                    term.end,
                )
                return


def _check_variance(name: str, fixed: Modifier, reporter: Reporter) -> None:
    negative = next((value for value in fixed.values if isinstance(value, float) and value < 0), None)
    if negative is not None:
        reporter.warning(
            "negative-variance",
            f'the variance of "{name}" is fixed to a negative number, {negative:g}',
            fixed.start,
            fixed.end,
            "a variance is 0 or more",
        )
