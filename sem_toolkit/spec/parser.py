"""Statements' tokens to statements. Every fault is reported and reading goes on with the next term or statement."""

from collections.abc import Sequence
from typing import Literal, cast

from sem_toolkit.diagnostics import Severity
from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.spec.expression_parsing import drop_comparisons, parse_expression_tokens
from sem_toolkit.spec.expressions import Expression
from sem_toolkit.spec.names_of_r import find_name_fault
from sem_toolkit.spec.operators import find_operator
from sem_toolkit.spec.reporting import Reporter, SkipError
from sem_toolkit.spec.scripts import find_script
from sem_toolkit.spec.signs import require_readable
from sem_toolkit.spec.statements import BLOCKS, StatementTokens, split_statements
from sem_toolkit.spec.terms import TermParser, build_plain_term, refuse_operators, require_name
from sem_toolkit.spec.tokens import MOST_TOKENS, Token
from sem_toolkit.spec.tree import (
    CONSTRAINT_OPERATORS,
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
            require_readable(self.tokens, self.reporter)
            return self._parse_kind()
        except SkipError:
            return BadStatement(self.start, self.end, self.is_header)

    def _parse_kind(self) -> Statement:
        position = find_operator(self.tokens, self.above, self.reporter)
        operator = self.tokens[position].symbol
        if operator == ":":
            return self._parse_header(position)
        if operator == ":=":
            return self._parse_definition(position)
        if operator in CONSTRAINT_OPERATORS:
            return self._parse_constraint(position)
        return self._parse_formula(position, operator)

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
