"""Text to tokens. Every character belongs to exactly one token, so that joining them gives the text back."""

import re
from itertools import islice
from typing import Literal, NamedTuple

TokenKind = Literal[
    "newline",  # a line end or a semicolon
    "space",
    "comment",
    "string",
    "open_string",  # a quote that is never closed
    "split_operator",  # an operator typed with a space inside, `= ~`
    "wrong_operator",  # not in the language, but people type it: `->`, `<=`, `=`
    "operator",
    "number",
    "name",
    "symbol",
    "unknown",
]

MOST_TOKENS = 500_000
"""A spec of more is no model that could be estimated, and would take minutes to read."""

TRIVIA: frozenset[str] = frozenset({"space", "comment"})

# Order matters: longer operators come before their beginnings. U+02DC is a tilde that some keyboards give; as in
# lavaan it counts as one. `[^\S\r\n]` is any white space but a line end.
_TILDE = "[~\u02dc]"
_PATTERN = re.compile(
    rf"""
    (?P<newline>\r\n|\r|\n|;)
  | (?P<space>(?:[^\S\r\n]|\ufeff)+)
  | (?P<comment>[\#!][^\r\n]*)
  | (?P<string>"[^"\r\n]*"|'[^'\r\n]*')
  | (?P<open_string>["'][^\r\n]*)
  | (?P<split_operator>=[ \t]+{_TILDE}|<[ \t]+{_TILDE}|:[ \t]+=|=[ \t]+=|{_TILDE}[ \t]+{_TILDE}(?![=~*\u02dc]))
  | (?P<wrong_operator>{_TILDE}>|->|<=|>=|=<|=>|===+|=(?![=~\u02dc]))
  | (?P<operator>==|={_TILDE}|<{_TILDE}|{_TILDE}\*{_TILDE}|{_TILDE}{_TILDE}|\|{_TILDE}|:{_TILDE}|:=|{_TILDE}|<|>|:|\||%)
  | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)
  | (?P<name>(?:[^\W\d]|\.)[\w.\u0300-\u036f]*)
  | (?P<symbol>[-+*/^?(),])
  | (?P<unknown>.)
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """A piece of the text: what it is, its characters, and the offset of the first of them."""

    kind: TokenKind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Offset behind the last character."""
        return self.start + len(self.text)

    @property
    def symbol(self) -> str:
        """The text with spaces taken out and odd tildes made plain: `= ~` is `=~`."""
        if self.kind != "split_operator" and "\u02dc" not in self.text:
            return self.text
        return "".join(self.text.split()).replace("\u02dc", "~")


def split_tokens(text: str) -> list[Token]:
    """All tokens of the text, white space and comments among them. Never fails: what is not known is `unknown`.

    What comes after MOST_TOKENS of them is left in one piece, `unknown` as well.
    """
    make = tuple.__new__  # a third faster than Token(...), which shows on long specs
    found = islice(_PATTERN.finditer(text), MOST_TOKENS)
    tokens = [make(Token, (match.lastgroup, match.group(), match.start())) for match in found]
    if len(tokens) == MOST_TOKENS and tokens[-1].end < len(text):
        tokens.append(Token("unknown", text[tokens[-1].end :], tokens[-1].end))
    return tokens
