"""The operator that makes a statement, and what was meant where there is none."""

from collections.abc import Sequence

from sem_toolkit.spec.reporting import Reporter, SkipError
from sem_toolkit.spec.statements import BLOCKS
from sem_toolkit.spec.tokens import Token
from sem_toolkit.spec.tree import CONSTRAINT_OPERATORS, FORMULA_KINDS, Formula, Statement

_ALL_OPERATORS = frozenset({*FORMULA_KINDS, *CONSTRAINT_OPERATORS, ":="})
_WRONG_OPERATORS: dict[str, str] = {
    "~>": 'a regression is written "outcome ~ predictor"',
    "->": 'a regression is written "outcome ~ predictor"',
    "<=": 'write "<"; the bound itself is always allowed',
    "=<": 'write "<"; the bound itself is always allowed',
    ">=": 'write ">"; the bound itself is always allowed',
    "=>": 'write ">"; the bound itself is always allowed',
    "=": 'write "=~" for a factor and its indicators, "==" for a constraint, ":=" for a definition',
}
_MPLUS: dict[str, str] = {"BY": "=~", "ON": "~", "WITH": "~~", "by": "=~", "on": "~", "with": "~~"}
"""Operators of Mplus."""


def find_operator(tokens: Sequence[Token], above: Statement | None, reporter: Reporter) -> int:
    """Position of the operator that makes a statement; a `:` counts only where there is no other.

    Reports what stands in its place, with the statement `above` in view, and raises SkipError where there is none.
    """
    colon = None
    for position, token in enumerate(tokens):
        if token.kind == "wrong_operator":
            _report_wrong_operator(tokens, position, reporter)
            raise SkipError
        if token.kind == "split_operator":
            reporter.add(
                "warning",
                "split-operator",
                f'the operator "{token.symbol}" is written without a space',
                token.start,
                token.end,
                f'write "{token.symbol}"',
                replacement=(token.start, token.end, token.symbol),
            )
            return position
        if token.kind == "operator" and token.symbol in _ALL_OPERATORS:
            return position
        if token.text == ":" and colon is None:
            colon = position
    if colon is not None:
        return colon
    _report_no_operator(tokens, above, reporter)
    raise SkipError


def _report_wrong_operator(tokens: Sequence[Token], position: int, reporter: Reporter) -> None:
    token = tokens[position]
    replacement = None
    hint = _WRONG_OPERATORS.get(token.text, "the operators are =~ ~ ~~ <~ | ~*~ := == < >")
    if token.text == "=" and position > 0:
        follows = {after.text for after in tokens[position + 1 :]}
        defines = "*" in follows and "+" not in follows  # indirect = a*b
        replacement = (token.start, token.end, ":=" if defines else "=~")
        code, message = "single-equals", '"=" is not an operator'
    else:
        code, message = "unknown-operator", f'"{token.text}" is not an operator'
        simple = {"<=": "<", "=<": "<", ">=": ">", "=>": ">"}.get(token.text)
        replacement = (token.start, token.end, simple) if simple else None
    reporter.error(code, message, token.start, token.end, hint, replacement=replacement)


def _report_no_operator(tokens: Sequence[Token], above: Statement | None, reporter: Reporter) -> None:
    first = tokens[0]
    hint = "a statement needs one of =~ ~ ~~ <~ | ~*~ := == < >; a comment begins with #"
    replacement = None
    if first.text.lower() in BLOCKS and len(tokens) == 2:
        hint = f'a block begins with "{first.text.lower()}: {tokens[1].text}"'
        replacement = (first.end, first.end, ":")
    elif len(tokens) > 2 and tokens[1].text in _MPLUS:
        hint = f'"{tokens[1].text}" is Mplus; write "{_MPLUS[tokens[1].text]}", and "+" between variables'
    elif isinstance(above, Formula) and all(token.kind != "name" or token is first for token in tokens[:2]):
        hint = 'if it belongs to the line above, end that one in "+"'
        replacement = (above.end, above.end, " +")
    reporter.error(
        "missing-operator", "this line has no operator", first.start, tokens[-1].end, hint, replacement=replacement
    )
