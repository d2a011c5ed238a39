"""Statements' tokens to statements. Every fault is reported and reading goes on with the next term or statement."""

from collections.abc import Mapping, Sequence
from typing import Literal, cast

from sem_toolkit.diagnostics import Severity
from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.spec.expressions import Expression, drop_comparisons, parse_expression_tokens
from sem_toolkit.spec.header_values import find_unprintable
from sem_toolkit.spec.names_of_r import find_name_fault, make_name
from sem_toolkit.spec.reporting import Reporter, SkipError
from sem_toolkit.spec.scripts import find_script
from sem_toolkit.spec.statements import BLOCKS, StatementTokens, split_statements
from sem_toolkit.spec.terms import TermParser, build_plain_term, refuse_operators, require_name
from sem_toolkit.spec.tokens import MOST_TOKENS, Token
from sem_toolkit.spec.tree import (
    CONSTRAINT_OPERATORS,
    FORMULA_KINDS,
    BadStatement,
    BlockHeader,
    Constraint,
    Definition,
    Formula,
    Statement,
    Term,
)

MOST_STATEMENTS = 25_000
"""A model that can be estimated has fewer parameters; constraints and definitions take far longer than to be read."""

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
_MPLUS: dict[str, str] = {"BY": "=~", "ON": "~", "WITH": "~~", "by": "=~", "on": "~", "with": "~~"}
_EXAMPLES: dict[str, str] = {
    "=~": "f =~ x1 + x2 + x3",
    "<~": "C <~ x1 + x2 + x3",
    "~": "y ~ x",
    "~~": "x1 ~~ x2",
    "|": "u | t1 + t2",
    "~*~": "u ~*~ u",
    "|~": "x |~ z",
    ":~": "y :~ x",
    ":=": "indirect := a*b",
    "==": "a == b",
    "<": "a < 1",
    ">": "a > 0",
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


def parse_statements(tokens: list[Token], reporter: Reporter) -> list[Statement]:
    """All statements of a spec, with a `BadStatement` for each that could not be understood."""
    if (script := find_script(tokens)) is not None:
        reporter.error(*script)
        return [BadStatement(tokens[0].start, tokens[-1].end, False)]
    if len(tokens) > MOST_TOKENS:
        return _refuse_rest(f"{MOST_TOKENS} names, numbers, signs and blanks", tokens, tokens[-1], reporter)
    pieces = split_statements(tokens)
    if len(pieces) > MOST_STATEMENTS:
        return _refuse_rest(f"{MOST_STATEMENTS} statements", tokens, pieces[MOST_STATEMENTS].tokens[0], reporter)
    statements: list[Statement] = []
    for piece in pieces:
        above = statements[-1] if statements else None
        statements.append(_StatementParser(piece, above, reporter).parse())
    return statements


def _refuse_rest(limit: str, tokens: list[Token], first: Token, reporter: Reporter) -> list[Statement]:
    """Report that a spec goes on beyond a limit, from the token `first` on."""
    hint = "is this the file you meant? A model of thousands of parameters needs far less"
    reporter.error("spec-too-long", f"the spec has more than {limit}", first.start, first.start + 1, hint)
    return [BadStatement(tokens[0].start, tokens[-1].end, False)]


class _StatementParser:
    """Reads one statement."""

    def __init__(self, statement: StatementTokens, above: Statement | None, reporter: Reporter) -> None:
        self.tokens = statement.tokens
        self.cut_short = statement.cut_short
        self.joins_above = statement.joins_above
        self.above = above
        self.reporter = reporter
        self.start, self.end = self.tokens[0].start, self.tokens[-1].end
        self.is_header = False

    def parse(self) -> Statement:
        """The statement, or a `BadStatement`."""
        try:
            self._check_tokens()
            return self._parse_kind()
        except SkipError:
            return BadStatement(self.start, self.end, self.is_header)

    # -- what kind of statement it is

    def _check_tokens(self) -> None:
        """Report characters that belong to no statement."""
        bad = [token for token in self.tokens if token.kind in {"unknown", "open_string"} or token.text == "%"]
        quoted = self._report_backticks() if any(token.text == "`" for token in bad) else frozenset()
        for token in self.tokens:
            if token.kind == "string" and (odd := find_unprintable(token.text)):
                message = f"a quoted text cannot hold the control character {odd}"
                self.reporter.error("unexpected-character", message, token.start, token.end, "take it out")
                raise SkipError
        for token in bad:
            if token.start in quoted:
                continue
            if token.kind == "open_string":
                self.reporter.error(
                    "unclosed-quote", "this quote is never closed", token.start, token.end, f"add {token.text[0]}"
                )
            else:
                self._report_character(token)
        if bad:
            raise SkipError

    def _report_backticks(self) -> frozenset[int]:
        """Report names in back-ticks, which lavaan does not read either; where the tokens of these stand."""
        ticks = [number for number, token in enumerate(self.tokens) if token.text == "`"]
        inside: set[int] = set()
        for first, last in zip(ticks[::2], ticks[1::2], strict=False):
            pieces = self.tokens[first + 1 : last]
            inside.update(token.start for token in self.tokens[first : last + 1])
            name = ""
            for before, token in zip(self.tokens[first:last], pieces, strict=False):
                name += " " * (token.start - before.end) + token.text
            valid = make_name(name)
            start, end = self.tokens[first].start, self.tokens[last].end
            message = "a name cannot be put in back-ticks: lavaan does not read them"
            hint = f'write {valid}, which is what R calls a column "{name}"; it is matched with that column'
            self.reporter.error("quoted-variable", message, start, end, hint, replacement=(start, end, valid))
        return frozenset(inside)

    def _report_character(self, token: Token) -> None:
        plain = _PLAIN.get(token.text)
        shown = f'"{token.text}"' if token.text.isprintable() else f"the character U+{ord(token.text):04X}"
        self.reporter.error(
            "unexpected-character",
            f"{shown} has no meaning in a spec",
            token.start,
            token.end,
            f"write {plain}" if plain else _MEANT.get(token.text),
            replacement=(token.start, token.end, plain) if plain else None,
        )

    def _parse_kind(self) -> Statement:
        position = self._find_operator()
        operator = self.tokens[position].symbol
        if operator == ":":
            return self._parse_header(position)
        if operator == ":=":
            return self._parse_definition(position)
        if operator in CONSTRAINT_OPERATORS:
            return self._parse_constraint(position)
        return self._parse_formula(position, operator)

    def _find_operator(self) -> int:
        """Position of the operator that makes the statement; a `:` counts only where there is no other."""
        colon = None
        for position, token in enumerate(self.tokens):
            if token.kind == "wrong_operator":
                self._report_wrong_operator(position, token)
                raise SkipError
            if token.kind == "split_operator":
                self.reporter.add(
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
        self._report_no_operator()
        raise SkipError

    def _report_wrong_operator(self, position: int, token: Token) -> None:
        replacement = None
        hint = _WRONG_OPERATORS.get(token.text, "the operators are =~ ~ ~~ <~ | ~*~ := == < >")
        if token.text == "=" and position > 0:
            follows = {after.text for after in self.tokens[position + 1 :]}
            defines = "*" in follows and "+" not in follows  # indirect = a*b
            replacement = (token.start, token.end, ":=" if defines else "=~")
            code, message = "single-equals", '"=" is not an operator'
        else:
            code, message = "unknown-operator", f'"{token.text}" is not an operator'
            simple = {"<=": "<", "=<": "<", ">=": ">", "=>": ">"}.get(token.text)
            replacement = (token.start, token.end, simple) if simple else None
        self.reporter.error(code, message, token.start, token.end, hint, replacement=replacement)

    def _report_no_operator(self) -> None:
        first = self.tokens[0]
        hint = "a statement needs one of =~ ~ ~~ <~ | ~*~ := == < >; a comment begins with #"
        replacement = None
        if first.text.lower() in BLOCKS and len(self.tokens) == 2:
            hint = f'a block begins with "{first.text.lower()}: {self.tokens[1].text}"'
            replacement = (first.end, first.end, ":")
        elif len(self.tokens) > 2 and self.tokens[1].text in _MPLUS:
            hint = f'"{self.tokens[1].text}" is Mplus; write "{_MPLUS[self.tokens[1].text]}", and "+" between variables'
        elif isinstance(self.above, Formula) and all(
            token.kind != "name" or token is first for token in self.tokens[:2]
        ):
            hint = 'if it belongs to the line above, end that one in "+"'
            replacement = (self.above.end, self.above.end, " +")
        self.reporter.error(
            "missing-operator", "this line has no operator", first.start, self.end, hint, replacement=replacement
        )

    # -- block headers, definitions, constraints

    def _parse_header(self, position: int) -> Statement:
        name = self.tokens[0]
        self.is_header = True
        if position != 1 or name.text.lower() not in BLOCKS:
            self.reporter.error(
                "unknown-block",
                f'"{self._text(0, position)}" does not begin a block' if position else "a block has no name",
                self.start,
                self.tokens[position].end,
                self._suggest_block(name.text) or 'a block begins with "group:", "level:", "class:" or "block:"',
            )
            raise SkipError
        label = self.tokens[2] if len(self.tokens) == 3 else None
        if label is None or label.kind not in {"string", "name", "number"}:
            last = self.tokens[-1]
            self.reporter.error(
                "missing-block-label",
                f'"{name.text}:" needs one name or number',
                name.start,
                last.end,
                f'write "{name.text.lower()}: 1"',
            )
            raise SkipError
        text = label.text[1:-1] if label.kind == "string" else label.text
        block = cast('Literal["group", "level", "class", "block"]', name.text.lower())
        return BlockHeader(block, text, self.start, self.end)

    @staticmethod
    def _suggest_block(name: str) -> str | None:
        nearest = find_nearest(name.lower(), BLOCKS)
        return f'did you mean "{nearest}:"?' if nearest else None

    def _parse_definition(self, position: int) -> Statement:
        operator = self.tokens[position]
        left, right = self.tokens[:position], self.tokens[position + 1 :]
        if not left:
            self._report_missing_side("left", operator)
            raise SkipError
        if len(left) > 1 or left[0].kind != "name":
            self.reporter.error(
                "invalid-definition-name",
                f'"{self._text(0, position)}" cannot be the name of a definition',
                self.start,
                left[-1].end,
                "before := stands one name",
            )
            raise SkipError
        require_name(left[0], self.reporter)
        expression = self._parse_side(right, operator, "right")
        return Definition(left[0].text, expression, self.start, self.end, left[0].start, left[0].end, right[0].start)

    def _parse_constraint(self, position: int) -> Statement:
        operator = self.tokens[position]
        left_tokens, right_tokens = self.tokens[:position], self.tokens[position + 1 :]
        self._check_arrow(operator, left_tokens, right_tokens)
        self._check_beginning(left_tokens)
        left = self._parse_side(left_tokens, operator, "left")
        right = self._parse_side(right_tokens, operator, "right")
        symbol = cast('Literal["==", "<", ">"]', operator.symbol)
        return Constraint(symbol, left, right, self.start, self.end, operator.start, operator.end)

    def _check_arrow(self, operator: Token, left: Sequence[Token], right: Sequence[Token]) -> None:
        """`f <- x1` reads as "f is smaller than minus x1"; nobody means that."""
        if operator.text == "<" and right and right[0].text == "-" and right[0].start == operator.end:
            after = right[1] if len(right) > 1 else None
            if after is None or after.kind == "number":
                return
            self.reporter.error(
                "assignment-arrow",
                '"<-" is not an operator',
                operator.start,
                right[0].end,
                'write "=~" for a factor and its indicators, "~" for a regression, "< -" for an inequality',
                replacement=(operator.start, right[0].end, "=~"),
            )
            raise SkipError

    def _check_beginning(self, left: Sequence[Token]) -> None:
        """`-a < b` below another statement: for lavaan it goes on with that one."""
        if self.joins_above and left:
            self.reporter.error(
                "continued-line",
                f'a line that begins with "{left[0].text}" goes on with the statement above',
                left[0].start,
                left[0].end,
                "turn the constraint round, or put parentheses around its left side",
            )
            raise SkipError

    def _parse_side(self, tokens: Sequence[Token], operator: Token, side: str) -> Expression:
        if not tokens:
            self._report_missing_side(side, operator)
            raise SkipError
        refuse_operators(tokens if operator.symbol != ":=" else drop_comparisons(tokens), self.reporter)
        expression = parse_expression_tokens(tokens, self._report_expression)
        if expression is None:
            raise SkipError
        return expression

    def _report_expression(self, fault: tuple[str, str, int, int, str | None]) -> None:
        code, message, start, end, hint = fault
        if code == "incomplete-expression" and self.tokens[-1].end == end:
            code = "trailing-operator"
        self.reporter.error(code, message, start, end, hint)

    # -- formulas

    def _parse_formula(self, position: int, operator: str) -> Statement:
        token = self.tokens[position]
        left, right = self.tokens[:position], self.tokens[position + 1 :]
        if not left:
            self._report_missing_side("left", token)
        if not right:
            self._report_missing_side("right", token)
        left_terms = self._parse_terms(left, operator, is_left=True) if left else []
        right_terms = self._parse_terms(right, operator, is_left=False) if right else []
        if not left_terms or not right_terms:
            raise SkipError
        return Formula(operator, tuple(left_terms), tuple(right_terms), self.start, self.end, token.start, token.end)

    def _parse_terms(self, tokens: list[Token], operator: str, is_left: bool) -> list[Term]:
        terms: list[Term] = []
        for part, plus in self._split_terms(tokens):
            if len(part) == 1 and part[0].kind == "name" and find_name_fault(part[0].text) is None:
                terms.append(build_plain_term(part[0]))
            elif part:
                term = TermParser(part, operator, is_left, self.reporter).parse()
                if term is not None:
                    terms.append(term)
            else:
                self._report_missing_term(tokens, plus)
        return terms

    def _split_terms(self, tokens: list[Token]) -> list[tuple[list[Token], Token | None]]:
        """The tokens between the `+` outside parentheses, each with the `+` that follows it."""
        parts: list[tuple[list[Token], Token | None]] = []
        part: list[Token] = []
        opened: list[Token] = []
        for position, token in enumerate(tokens):
            if token.text == "(":
                opened.append(token)
            elif token.text == ")":
                if not opened:
                    self.reporter.error(
                        "unopened-parenthesis", '")" closes nothing', token.start, token.end, "take it out"
                    )
                    raise SkipError
                opened.pop()
            follows = tokens[position + 1].kind if position + 1 < len(tokens) else ""
            if token.text == "+" and not opened and not part and follows == "number":
                continue  # the sign of a number, as in "y ~ +0.5*x"
            if token.text == "+" and not opened:
                parts.append((part, token))
                part = []
            else:
                part.append(token)
        if opened:
            token = opened[-1]
            self.reporter.error("unclosed-parenthesis", '"(" is never closed', token.start, token.end, 'add ")"')
            raise SkipError
        parts.append((part, None))
        return parts

    def _report_missing_term(self, tokens: list[Token], plus: Token | None) -> None:
        if plus is not None:
            self.reporter.error(
                "missing-term", 'nothing stands before this "+"', plus.start, plus.end, 'take the "+" out or add a name'
            )
            return
        last = tokens[-1]
        # lavaan reads a spec that ends in "+" as if the "+" were not there; before another statement it does not.
        severity: Severity = "error" if self.cut_short or len(tokens) == 1 else "warning"
        self.reporter.add(
            severity,
            "trailing-operator",
            'nothing follows this "+"',
            last.start,
            last.end,
            'take the "+" out or add a term',
            replacement=(last.start, last.end, ""),
        )

    # -- small helpers

    def _report_missing_side(self, side: str, operator: Token) -> None:
        self.reporter.error(
            f"missing-{side}-side",
            f'the {side}-hand side of "{operator.symbol}" is missing',
            operator.start,
            operator.end,
            f'write it as in "{_EXAMPLES[operator.symbol]}"',
        )

    def _text(self, first: int, last: int) -> str:
        return " ".join(token.text for token in self.tokens[first:last])
