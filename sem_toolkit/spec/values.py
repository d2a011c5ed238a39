"""The text before a `*` to a modifier: a number, NA, a label, or a call such as `start(0.5)` or `c("a", "b")`."""

import math
from collections.abc import Sequence
from typing import cast

from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.spec.expression_parsing import Report, parse_expression_tokens
from sem_toolkit.spec.functions import FUNCTIONS
from sem_toolkit.spec.names_of_r import is_reserved
from sem_toolkit.spec.repeats import expand_repeats
from sem_toolkit.spec.tokens import Token
from sem_toolkit.spec.tree import Modifier, ModifierKind, Value

# Function of lavaan to the kind of modifier it makes; equal() is another word for label().
_CALLS: dict[str, ModifierKind] = {
    "start": "start",
    "fixed": "fixed",
    "label": "label",
    "equal": "label",
    "lower": "lower",
    "upper": "upper",
    "efa": "efa",
    "rv": "rv",
}
_CONVERSIONS = frozenset({"as.numeric", "as.double"})
_LARGEST = 1e50  # squares of products of larger numbers overflow
_NUMERIC: frozenset[ModifierKind] = frozenset({"fixed", "start", "lower", "upper"})


def parse_modifier(tokens: Sequence[Token], is_start: bool, report: Report) -> Modifier | None:
    """Read one modifier from its tokens (no trivia, without the `*`); None after a fault has been reported.

    is_start  the modifier ended in `?`, which makes a number a starting value
    """
    start, end = tokens[0].start, tokens[-1].end
    tokens = _strip_parentheses(tokens)
    if len(tokens) == 1 and not is_start:
        value = _read_value(tokens, report)
        if value is _FAULT:
            return None
        kind_of_one: ModifierKind = "label" if isinstance(value, str) else "fixed"
        return _build_modifier(kind_of_one, [cast("Value", value)], start, end, report, is_equal=False)
    kind: ModifierKind | None = "start" if is_start else None
    arguments = tokens
    if kind is None and _is_call(tokens) and tokens[0].text in _CALLS:
        kind = _CALLS[tokens[0].text]
        arguments = tokens[2:-1]
    elif kind is None and _is_call(tokens) and (nearest := _find_misspelt_call(tokens[0].text)):
        report(
            (
                "unknown-modifier",
                f'"{tokens[0].text}" is not a modifier',
                tokens[0].start,
                tokens[0].end,
                f'did you mean "{nearest}"?',
            )
        )
        return None
    values = _read_values(arguments, start, end, report)
    if values is None:
        return None
    texts = [value for value in values if isinstance(value, str)]
    if kind is None:
        kind = "label" if texts else "fixed"
    elif kind in _NUMERIC and texts:
        message = f'{kind}() takes a number, not "{texts[0]}"'
        report(("modifier-not-numeric", message, start, end, f"write a number, as in {kind}(0.5)"))
        return None
    return _build_modifier(kind, values, start, end, report, tokens[0].text == "equal" and arguments is not tokens)


def _build_modifier(
    kind: ModifierKind, values: list[Value], start: int, end: int, report: Report, is_equal: bool
) -> Modifier | None:
    if kind in _NUMERIC:
        numbers = [value for value in values if isinstance(value, float)]
        wild = [number for number in numbers if not math.isfinite(number) or abs(number) > _LARGEST]
        if kind in {"fixed", "start"} and wild:
            message = f"a parameter cannot be fixed to or started at {wild[0]:g}"
            hint = None if not math.isfinite(wild[0]) else "numbers of more than 50 digits overflow"
            report(("modifier-not-finite", message, start, end, hint))
            return None
    elif not all(isinstance(value, str) for value in values):
        if kind == "label" and any(isinstance(value, str) for value in values):
            hint = "give a label for every group, or a number for every group"
            report(("mixed-modifier", "c() mixes labels with numbers or NA", start, end, hint))
        else:
            message = f"{kind}() takes a text, not a number"
            report(("modifier-not-text", message, start, end, f'write {kind}("…")'))
        return None
    elif "" in values and not any(values):  # c("a", "") gives no label to the second group
        report(("empty-label", "a label needs at least one character", start, end, None))
        return None
    return Modifier(kind, tuple(values), start, end, is_equal)


def _strip_parentheses(tokens: Sequence[Token]) -> Sequence[Token]:
    """The tokens without what R evaluates to the same: `(a)*x1` is `a*x1`, `as.numeric(NA)*x1` is `NA*x1`."""
    if len(tokens) < 3 or (tokens[0].text != "(" and tokens[0].text not in _CONVERSIONS):
        return tokens
    closing = _find_closings(tokens)
    start, end = 0, len(tokens)
    while end - start > 2:
        opening = start + (tokens[start].text in _CONVERSIONS)
        if closing.get(opening) != end - 1:
            break
        start, end = opening + 1, end - 1
    return tokens[start:end]


def _find_closings(tokens: Sequence[Token]) -> dict[int, int]:
    """Where each parenthesis that is opened is closed, in one pass: thousands may be nested."""
    found, opened = {}, []
    for position, token in enumerate(tokens):
        if token.text == "(":
            opened.append(position)
        elif token.text == ")" and opened:
            found[opened.pop()] = position
    return found


def _is_call(tokens: Sequence[Token]) -> bool:
    return len(tokens) > 2 and tokens[0].kind == "name" and tokens[1].text == "(" and tokens[-1].text == ")"


def _find_misspelt_call(name: str) -> str | None:
    return None if name in {"c", "rep"} or name in FUNCTIONS else find_nearest(name, [*_CALLS, "c", *FUNCTIONS])


def _read_values(tokens: Sequence[Token], start: int, end: int, report: Report) -> list[Value] | None:
    """The values of a modifier; `c(…)` may be nested and is flattened, as R does it."""
    values: list[Value] = []
    expanded = expand_repeats(tokens, report)
    if expanded is None:
        return None
    for part in _split_arguments(expanded):
        if not part:
            report(("missing-value", "a value is missing in this modifier", start, end, None))
            return None
        value = _read_value(part, report)
        if value is _FAULT:
            return None
        values.append(cast("Value", value))
    return values


_FAULT = object()


def _split_arguments(tokens: Sequence[Token]) -> list[list[Token]]:
    """Split at the commas that stand inside `c(` parentheses only, and take these away."""
    parts: list[list[Token]] = [[]]
    opened: list[bool] = []  # for every open parenthesis: does it belong to a c( that we take away?
    plain = 0
    position = 0
    while position < len(tokens):
        token = tokens[position]
        follows = tokens[position + 1].text if position + 1 < len(tokens) else ""
        if plain == 0 and token.text == "c" and token.kind == "name" and follows == "(" and not parts[-1]:
            opened.append(True)
            position += 2
            continue
        if token.text == "(":
            opened.append(False)
            plain += 1
        elif token.text == ")" and opened:
            if opened.pop():
                position += 1
                continue
            plain -= 1
        elif token.text == "," and plain == 0:
            parts.append([])
            position += 1
            continue
        parts[-1].append(token)
        position += 1
    return parts


def _read_value(tokens: Sequence[Token], report: Report) -> object:
    """One number, text or NA (None); `_FAULT` after a fault has been reported."""
    tokens = _strip_parentheses(tokens)
    only = tokens[0] if len(tokens) == 1 else None
    if only is not None:
        if only.kind == "number":
            return float(only.text)
        if only.kind == "string":
            return only.text[1:-1]
        if only.kind == "name" and only.text == "NA":
            return None
        if only.kind == "name" and only.text not in {"pi", "Inf"}:
            if is_reserved(only.text):
                report(
                    ("reserved-name", f'"{only.text}" is a reserved word', only.start, only.end, "take another label")
                )
                return _FAULT
            return only.text
    return _read_number(tokens, report)


def _read_number(tokens: Sequence[Token], report: Report) -> object:
    """A constant expression such as `1/3` or `sqrt(2)`."""
    expression = parse_expression_tokens(tokens, report)
    if expression is None:
        return _FAULT
    if expression.names:
        report(
            (
                "invalid-modifier",
                f'"{"".join(token.text for token in tokens)}" is neither a number nor a label',
                tokens[0].start,
                tokens[-1].end,
                "a modifier is a number, NA, a label, or a call such as start(0.5)",
            )
        )
        return _FAULT
    return expression.value({})
