"""R's rep() among modifiers: `rep("k", 2)*x` is `c("k", "k")*x`."""

from collections.abc import Sequence

from sem_toolkit.spec.expression_parsing import Report
from sem_toolkit.spec.tokens import Token

_MOST = 100_000  # values that a modifier may repeat


def expand_repeats(tokens: Sequence[Token], report: Report) -> list[Token] | None:
    """The tokens with every `rep(values, times)` written out as `c(...)`; None after a fault has been reported.

    What is repeated is one value or a vector; the inner of nested calls are written out first.
    """
    if not any(token.text == "rep" for token in tokens):
        return list(tokens)
    found = list(tokens)
    budget = _MOST
    for start in range(len(found) - 2, -1, -1):
        if found[start].text != "rep" or found[start].kind != "name" or found[start + 1].text != "(":
            continue
        end, comma = _find_end(found, start + 1)
        times = found[comma + 1 : end] if comma is not None else []
        count = int(times[0].text) if len(times) == 1 and times[0].text.isdecimal() and len(times[0].text) < 7 else 0
        values = found[start + 2 : comma]
        if comma is None or not values or count < 1 or (budget := budget - count * len(values)) < 0:
            message = "rep() takes what is to be repeated, and how often"
            report(("invalid-modifier", message, found[start].start, found[end].end, 'write it as in rep("a", 2)'))
            return None
        separator = Token("symbol", ",", found[comma].start)
        repeated = [token for _ in range(count) for token in (*values, separator)][:-1]
        opening = [Token("name", "c", found[start].start), found[start + 1]]
        found[start : end + 1] = [*opening, *repeated, found[end]]
    return found


def _find_end(tokens: Sequence[Token], opening: int) -> tuple[int, int | None]:
    """Where the parenthesis closes, and the last comma that is directly inside of it."""
    depth, comma = 0, None
    for position in range(opening, len(tokens)):
        text = tokens[position].text
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return position, comma
        if text == "," and depth == 1:
            comma = position
    return len(tokens) - 1, None
