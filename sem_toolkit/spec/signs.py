"""Signs and quotes that belong to no statement, and what to write for them."""

from collections.abc import Mapping, Sequence

from sem_toolkit.spec.header_values import find_unprintable
from sem_toolkit.spec.names_of_r import make_name
from sem_toolkit.spec.reporting import Reporter, SkipError
from sem_toolkit.spec.tokens import Token

# What word processors make of plain characters.
_PLAIN: dict[str, str] = {
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2018\u2019\u201a", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("\u223c\uff5e\u301c\u2053\u02f7\u223d\u02dc", "~"),
    **dict.fromkeys("\u00d7\u00b7\u22c5", "*"),
    "\u00f7": "/",
    "\uff0b": "+",
    "\uff1d": "=",
}
_MEANT: Mapping[str, str] = {
    "@": 'a value is fixed by "1*x"',
    "[": 'the mean or intercept of x is written "x ~ 1"; a column "x[1]" is called x.1.',
    "]": 'the mean or intercept of x is written "x ~ 1"; a column "x[1]" is called x.1.',
    "$": "write the name of the column alone, without the name of the data",
    "%": 'a comment begins with "#"',
    "{": 'write statements such as "f =~ x1 + x2 + x3"',
    "\\": 'write statements such as "f =~ x1 + x2 + x3"',
    "&": 'write "+" between two variables; "&lt;" and "&gt;" are "<" and ">"',
    "\u2192": 'write "f =~ x" for a factor and its indicator, "y ~ x" for a regression',
    "\u2190": 'write "f =~ x" for a factor and its indicator, "y ~ x" for a regression',
    "\u2194": 'write "x ~~ y"',
} | dict.fromkeys(("\u200b", "\u200c", "\u200d", "\u2060", "\u00ad"), "take it out: it is not seen, and not a blank")
"""What to write for a sign that other programs have."""


def require_readable(tokens: Sequence[Token], reporter: Reporter) -> None:
    """Report characters that belong to no statement. Raises SkipError where there are any."""
    bad = [token for token in tokens if token.kind in {"unknown", "open_string"} or token.text == "%"]
    quoted = _report_backticks(tokens, reporter) if any(token.text == "`" for token in bad) else frozenset()
    for token in tokens:
        if token.kind == "string" and (odd := find_unprintable(token.text)):
            message = f"a quoted text cannot hold the control character {odd}"
            reporter.error("unexpected-character", message, token.start, token.end, "take it out")
            raise SkipError
    for token in bad:
        if token.start in quoted:
            continue
        if token.kind == "open_string":
            reporter.error(
                "unclosed-quote", "this quote is never closed", token.start, token.end, f"add {token.text[0]}"
            )
        else:
            _report_character(token, reporter)
    if bad:
        raise SkipError


def _report_backticks(tokens: Sequence[Token], reporter: Reporter) -> frozenset[int]:
    """Report names in back-ticks, which lavaan does not read either; where the tokens of these stand."""
    ticks = [number for number, token in enumerate(tokens) if token.text == "`"]
    inside: set[int] = set()
    for first, last in zip(ticks[::2], ticks[1::2], strict=False):
        pieces = tokens[first + 1 : last]
        inside.update(token.start for token in tokens[first : last + 1])
        name = ""
        for before, token in zip(tokens[first:last], pieces, strict=False):
            name += " " * (token.start - before.end) + token.text
        valid = make_name(name)
        start, end = tokens[first].start, tokens[last].end
        message = "a name cannot be put in back-ticks: lavaan does not read them"
        hint = f'write {valid}, which is what R calls a column "{name}"; it is matched with that column'
        reporter.error("quoted-variable", message, start, end, hint, replacement=(start, end, valid))
    return frozenset(inside)


def _report_character(token: Token, reporter: Reporter) -> None:
    plain = _PLAIN.get(token.text)
    shown = f'"{token.text}"' if token.text.isprintable() else f"the character U+{ord(token.text):04X}"
    reporter.error(
        "unexpected-character",
        f"{shown} has no meaning in a spec",
        token.start,
        token.end,
        f"write {plain}" if plain else _MEANT.get(token.text),
        replacement=(token.start, token.end, plain) if plain else None,
    )
