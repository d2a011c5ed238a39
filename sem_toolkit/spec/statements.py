"""Tokens to statements' worth of tokens: where one statement ends and the next begins.

As in lavaan, a line goes on when it ends in an operator or the next one begins with one. Unlike lavaan, a line that
goes on into another statement (`f =~ x1 +` above `y ~ f`) ends there, so that the fault is seen where it was made.
"""

from dataclasses import dataclass

from sem_toolkit.spec.tokens import TRIVIA, Token

BLOCKS: frozenset[str] = frozenset({"group", "level", "class", "block"})
CONTINUING: frozenset[str] = frozenset({"+", "*", "-", "=~", "<~", "~*~", "~~", "~", "|~", "|", ":~"})
_SPLITTING: frozenset[str] = frozenset({"=~", "<~", "~*~", "~~", "~", "|~", "|", ":~", ":=", "==", "<", ">"})


@dataclass(frozen=True, slots=True)
class StatementTokens:
    """The tokens of one statement without white space, comments and line ends.

    cut_short    the last token asks for more, but the next line is a statement of its own
    joins_above  the first token is one with which lavaan goes on with the statement above
    """

    tokens: list[Token]
    cut_short: bool = False
    joins_above: bool = False


def split_statements(tokens: list[Token]) -> list[StatementTokens]:
    """Group the tokens of a spec into statements."""
    statements: list[StatementTokens] = []
    current: list[Token] = []
    has_operator = joins_above = False
    for line in _split_lines(tokens):
        splits = _has_operator(line)
        asks = bool(current) and current[-1].symbol in CONTINUING
        joins = bool(current) and line[0].symbol in CONTINUING
        # lavaan lets the left side of an efa() block go on without a "+".
        goes_on = asks or joins or (bool(current) and current[0].text == "efa" and not has_operator)
        if current and not (goes_on and not (has_operator and splits)):
            statements.append(StatementTokens(current, asks, joins_above))
            current, has_operator, joins_above = [], False, joins
        if current:
            current.extend(line)
        else:
            current = line
        has_operator = has_operator or splits
    if current:
        statements.append(StatementTokens(current, joins_above=joins_above))
    return statements


def _split_lines(tokens: list[Token]) -> list[list[Token]]:
    """The tokens between line ends and semicolons, without trivia; empty lines left out."""
    lines: list[list[Token]] = []
    line: list[Token] = []
    for token in tokens:
        if token.kind == "newline":
            if line:
                lines.append(line)
                line = []
        elif token.kind not in TRIVIA:
            line.append(token)
    if line:
        lines.append(line)
    return lines


def _has_operator(line: list[Token]) -> bool:
    if any(
        (token.kind in {"operator", "split_operator", "wrong_operator"} and token.symbol in _SPLITTING)
        or token.text == "="
        for token in line
    ):
        return True
    return len(line) > 1 and line[1].text == ":" and line[0].text.lower() in BLOCKS
