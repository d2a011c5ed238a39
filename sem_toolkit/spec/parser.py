"""Statements' tokens to statements. Every fault is reported and reading goes on with the next term or statement."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, cast

from sem_toolkit.diagnostics import Severity
from sem_toolkit.spec.expressions import Expression, parse_expression_tokens
from sem_toolkit.spec.names_of_r import find_name_fault
from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.statements import BLOCKS, StatementTokens, split_statements
from sem_toolkit.spec.suggestions import find_nearest
from sem_toolkit.spec.tokens import Token
from sem_toolkit.spec.tree import (
    CONSTRAINT_OPERATORS,
    FORMULA_KINDS,
    BadStatement,
    BlockHeader,
    Constraint,
    Definition,
    Formula,
    Modifier,
    Statement,
    Term,
)
from sem_toolkit.spec.values import parse_modifier

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


def parse_statements(tokens: list[Token], reporter: Reporter) -> list[Statement]:
    """All statements of a spec, with a `BadStatement` for each that could not be understood."""
    return [_StatementParser(statement, reporter).parse() for statement in split_statements(tokens)]


class _SkipError(Exception):
    """A fault has been reported and nothing more can be said about this statement; never leaves this module."""


class _StatementParser:
    """Reads one statement."""

    def __init__(self, statement: StatementTokens, reporter: Reporter) -> None:
        self.tokens = statement.tokens
        self.cut_short = statement.cut_short
        self.reporter = reporter
        self.start, self.end = self.tokens[0].start, self.tokens[-1].end
        self.is_header = False

    def parse(self) -> Statement:
        """The statement, or a `BadStatement`."""
        try:
            self._check_tokens()
            return self._parse_kind()
        except _SkipError:
            return BadStatement(self.start, self.end, self.is_header)

    # -- what kind of statement it is

    def _check_tokens(self) -> None:
        """Report characters that belong to no statement."""
        bad = [token for token in self.tokens if token.kind in {"unknown", "open_string"} or token.text == "%"]
        for token in bad[:1]:
            if token.kind == "open_string":
                self.reporter.error(
                    "unclosed-quote", "this quote is never closed", token.start, token.end, f"add {token.text[0]}"
                )
            else:
                self.reporter.error(
                    "unexpected-character", f'"{token.text}" has no meaning in a spec', token.start, token.end
                )
        if bad:
            raise _SkipError

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
                raise _SkipError
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
        raise _SkipError

    def _report_wrong_operator(self, position: int, token: Token) -> None:
        replacement = None
        hint = _WRONG_OPERATORS.get(token.text, "the operators are =~ ~ ~~ <~ | ~*~ := == < >")
        if token.text == "=" and position > 0:
            replacement = (token.start, token.end, "=~")
            code, message = "single-equals", '"=" is not an operator'
        else:
            code, message = "unknown-operator", f'"{token.text}" is not an operator'
            simple = {"<=": "<", "=<": "<", ">=": ">", "=>": ">"}.get(token.text)
            replacement = (token.start, token.end, simple) if simple else None
        self.reporter.error(code, message, token.start, token.end, hint, replacement=replacement)

    def _report_no_operator(self) -> None:
        first = self.tokens[0]
        hint = "a statement needs one of =~ ~ ~~ <~ | ~*~ := == < >; a comment begins with #"
        self.reporter.error("missing-operator", "this line has no operator", first.start, self.end, hint)

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
            raise _SkipError
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
            raise _SkipError
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
            self.reporter.error("missing-left-side", 'the name before ":=" is missing', operator.start, operator.end)
            raise _SkipError
        if len(left) > 1 or left[0].kind != "name":
            self.reporter.error(
                "invalid-definition-name",
                f'"{self._text(0, position)}" cannot be the name of a definition',
                self.start,
                left[-1].end,
                "before := stands one name",
            )
            raise _SkipError
        self._check_name(left[0])
        expression = self._parse_side(right, operator, "right")
        return Definition(left[0].text, expression, self.start, self.end, left[0].start, left[0].end, right[0].start)

    def _parse_constraint(self, position: int) -> Statement:
        operator = self.tokens[position]
        left_tokens, right_tokens = self.tokens[:position], self.tokens[position + 1 :]
        self._check_arrow(operator, left_tokens, right_tokens)
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
            raise _SkipError

    def _parse_side(self, tokens: Sequence[Token], operator: Token, side: str) -> Expression:
        if not tokens:
            self.reporter.error(
                f"missing-{side}-side",
                f'the {side}-hand side of "{operator.symbol}" is missing',
                operator.start,
                operator.end,
            )
            raise _SkipError
        self._check_second_operator(tokens)
        expression = parse_expression_tokens(tokens, self._report_expression)
        if expression is None:
            raise _SkipError
        return expression

    def _report_expression(self, fault: tuple[str, str, int, int, str | None]) -> None:
        code, message, start, end, hint = fault
        if code == "incomplete-expression" and self.tokens[-1].end == end:
            code = "trailing-operator"
        self.reporter.error(code, message, start, end, hint)

    def _check_second_operator(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.kind in {"operator", "split_operator", "wrong_operator"}:
                self.reporter.error(
                    "second-operator",
                    f'a second operator "{token.symbol}" in one statement',
                    token.start,
                    token.end,
                    "a statement has one operator; begin the next one on a new line",
                )
                raise _SkipError

    # -- formulas

    def _parse_formula(self, position: int, operator: str) -> Statement:
        token = self.tokens[position]
        left, right = self.tokens[:position], self.tokens[position + 1 :]
        if not left:
            self.reporter.error(
                "missing-left-side", f'the left-hand side of "{operator}" is missing', token.start, token.end
            )
        if not right:
            self.reporter.error(
                "missing-right-side", f'the right-hand side of "{operator}" is missing', token.start, token.end
            )
        left_terms = self._parse_terms(left, operator, is_left=True) if left else []
        right_terms = self._parse_terms(right, operator, is_left=False) if right else []
        if not left_terms or not right_terms:
            raise _SkipError
        return Formula(operator, tuple(left_terms), tuple(right_terms), self.start, self.end, token.start, token.end)

    def _parse_terms(self, tokens: list[Token], operator: str, is_left: bool) -> list[Term]:
        terms: list[Term] = []
        for part, plus in self._split_terms(tokens):
            if len(part) == 1 and part[0].kind == "name" and find_name_fault(part[0].text) is None:
                terms.append(_build_plain_term(part[0]))
            elif part:
                term = _TermParser(part, operator, is_left, self.reporter).parse()
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
        for token in tokens:
            if token.text == "(":
                opened.append(token)
            elif token.text == ")":
                if not opened:
                    self.reporter.error(
                        "unopened-parenthesis", '")" closes nothing', token.start, token.end, "take it out"
                    )
                    raise _SkipError
                opened.pop()
            if token.text == "+" and not opened:
                parts.append((part, token))
                part = []
            else:
                part.append(token)
        if opened:
            token = opened[-1]
            self.reporter.error("unclosed-parenthesis", '"(" is never closed', token.start, token.end, 'add ")"')
            raise _SkipError
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

    def _check_name(self, token: Token) -> None:
        fault = find_name_fault(token.text)
        if fault:
            self.reporter.error("invalid-name", fault, token.start, token.end)
            raise _SkipError

    def _text(self, first: int, last: int) -> str:
        return " ".join(token.text for token in self.tokens[first:last])


def _build_plain_term(token: Token) -> Term:
    start, end = token.start, token.end
    return Term(token.text, None, (), start, end, start, end)


_NAMED_ONLY = frozenset({"~~", "|", "~*~", "<~"})


class _TermParser:
    """Reads one term: modifiers, each before a `*` or `?`, and the variable."""

    def __init__(self, tokens: list[Token], operator: str, is_left: bool, reporter: Reporter) -> None:
        self.tokens = tokens
        self.operator = operator
        self.is_left = is_left
        self.reporter = reporter

    def parse(self) -> Term | None:
        """The term, or None after faults have been reported."""
        try:
            return self._parse()
        except _SkipError:
            return None

    def _parse(self) -> Term:
        parts = self._split_modifiers()
        target = parts[-1][0]
        if not target:
            last = self.tokens[-1]
            self.reporter.error(
                "trailing-operator",
                f'a variable is missing after "{last.text}"',
                last.start,
                last.end,
                f'name the variable that "{"".join(t.text for t in self.tokens)}" belongs to',
            )
            raise _SkipError
        modifiers = [modifier for part in parts[:-1] if (modifier := self._parse_modifier(*part)) is not None]
        failed = len(modifiers) < len(parts) - 1
        variable, number, extra = self._parse_target(target)
        if failed:
            raise _SkipError
        start, end = self.tokens[0].start, self.tokens[-1].end
        return Term(variable, number, (*modifiers, *extra), start, end, target[0].start, target[-1].end)

    def _split_modifiers(self) -> list[tuple[list[Token], Token]]:
        """The tokens before each `*` or `?` outside parentheses, and what follows the last of them."""
        parts: list[tuple[list[Token], Token]] = []
        part: list[Token] = []
        depth = 0
        for token in self.tokens:
            depth += (token.text == "(") - (token.text == ")")
            if token.text in {"*", "?"} and depth == 0:
                parts.append((part, token))
                part = []
            else:
                part.append(token)
        parts.append((part, self.tokens[-1]))
        return parts

    def _parse_modifier(self, tokens: list[Token], mark: Token) -> Modifier | None:
        if not tokens:
            self.reporter.error(
                "missing-modifier",
                f'nothing stands before this "{mark.text}"',
                mark.start,
                mark.end,
                f'take the "{mark.text}" out or add a number or a label',
            )
            return None
        operators = [token for token in tokens if token.kind in {"operator", "split_operator", "wrong_operator"}]
        if operators:
            self._report_second_operator(operators[0])
        modifier = parse_modifier(tokens, mark.text == "?", self.reporter.take)
        if modifier is None:
            return None
        if (modifier.kind == "efa") != self.is_left:
            what = f"{modifier.kind}()" if modifier.kind not in {"fixed", "label"} else "a number or label"
            side, other = ("left", "right") if self.is_left else ("right", "left")
            self.reporter.error(
                "misplaced-modifier",
                f'{what} has no place on the {side}-hand side of "{self.operator}"',
                tokens[0].start,
                tokens[-1].end,
                f"move it to the {other}-hand side",
            )
            return None
        return modifier

    def _parse_target(self, tokens: list[Token]) -> tuple[str, float | None, tuple[Modifier, ...]]:
        first = tokens[0]
        operators = [t for t in tokens if t.kind in {"operator", "split_operator", "wrong_operator"} and t.text != ":"]
        if operators:
            self._report_second_operator(operators[0])
        if first.kind == "name" and len(tokens) == 1:
            self._check_name(first)
            return first.text, None, ()
        if first.kind == "name" and len(tokens) > 1 and tokens[1].text == ":":
            return self._parse_interaction(tokens), None, ()
        if first.kind == "number" or (first.text in {"-", "+"} and len(tokens) == 2 and tokens[1].kind == "number"):
            return self._parse_number(tokens)
        self._report_target(tokens)
        raise _SkipError

    def _parse_interaction(self, tokens: list[Token]) -> str:
        if len(tokens) > 3 and tokens[3].text == ":":
            self.reporter.error(
                "higher-order-interaction",
                "an interaction of three or more variables is not part of the language",
                tokens[0].start,
                tokens[-1].end,
                "make the product a column of the data and use its name",
            )
            raise _SkipError
        if len(tokens) != 3 or tokens[2].kind != "name":
            self.reporter.error(
                "incomplete-interaction",
                'an interaction is written "a:b"',
                tokens[0].start,
                tokens[-1].end,
            )
            raise _SkipError
        self._check_name(tokens[0])
        self._check_name(tokens[2])
        return f"{tokens[0].text}:{tokens[2].text}"

    def _parse_number(self, tokens: list[Token]) -> tuple[str, float | None, tuple[Modifier, ...]]:
        """A number where a variable is expected: the intercept of `y ~ 1` and `y ~ 0`, the phantom of `f =~ 0`."""
        start, end = tokens[0].start, tokens[-1].end
        if tokens[0].kind == "number" and len(tokens) > 1:
            self._report_after_number(tokens)
            raise _SkipError
        number = float("".join(token.text for token in tokens))
        if self.is_left or self.operator in _NAMED_ONLY:
            self.reporter.error(
                "number-instead-of-variable",
                f'a number cannot stand here: "{self.operator}" needs the name of a variable',
                start,
                end,
            )
            raise _SkipError
        if self.operator == "=~":
            return "", number, (Modifier("fixed", (number,), start, end),)
        if number == 0.0 and len(self.tokens) == len(tokens):
            return "", 1.0, (Modifier("fixed", (0.0,), start, end),)
        if number != 1.0:
            self.reporter.error(
                "invalid-intercept",
                f'"{"".join(token.text for token in tokens)}" is not a variable; the intercept is written 1',
                start,
                end,
                f'write "{"".join(token.text for token in tokens)}*1" to fix the intercept',
            )
            raise _SkipError
        return "", number, ()

    def _report_after_number(self, tokens: list[Token]) -> None:
        """Something stands behind a number: `1f`, `2 x`."""
        first, follow = tokens[0], tokens[1]
        if follow.kind != "name":
            self.reporter.error(
                "unexpected-token", f'"{follow.text}" has no meaning at this place', follow.start, follow.end
            )
        elif follow.start == first.end:
            message = f'"{first.text}{follow.text}" cannot be a name: a name does not begin with a digit'
            self.reporter.error("invalid-name", message, first.start, follow.end)
        else:
            message = f'between "{first.text}" and "{follow.text}" an operator is missing'
            hint = f'write "{first.text}*{follow.text}"'
            self.reporter.error("missing-operator", message, first.start, follow.end, hint)

    def _report_target(self, tokens: list[Token]) -> None:
        first, second = tokens[0], tokens[1] if len(tokens) > 1 else None
        last = tokens[-1]
        for before, after in pairwise(tokens):
            if before.kind == "name" and after.kind in {"name", "number"}:
                self.reporter.error(
                    "missing-operator",
                    f'between "{before.text}" and "{after.text}" an operator is missing',
                    before.start,
                    after.end,
                    'write "+" between two variables',
                    replacement=(before.end, before.end, " +"),
                )
                return
        if first.kind == "string":
            self.reporter.error(
                "quoted-variable",
                "the name of a variable is written without quotes",
                first.start,
                first.end,
                f"write {first.text[1:-1]}" if first.text[1:-1].isidentifier() else None,
            )
        elif any(token.text == "-" for token in tokens):
            minus = next(token for token in tokens if token.text == "-")
            self.reporter.error(
                "minus-between-terms",
                '"-" cannot join or precede variables',
                minus.start,
                minus.end,
                'write "+", or "-1*x" for a coefficient fixed to -1',
            )
        elif first.text == "(" or (second is not None and second.text == "("):
            name = first.text if first.kind == "name" else ""
            self.reporter.error(
                "parenthesis-instead-of-variable",
                f'"{name}(" cannot stand for a variable' if name else "variables cannot be put in parentheses",
                first.start,
                last.end,
                f'write "{name}(…)*x"' if name else "take the parentheses out",
            )
        else:
            odd = next((token for token in tokens if token.kind != "name"), first)
            self.reporter.error("unexpected-token", f'"{odd.text}" has no meaning at this place', odd.start, odd.end)

    def _report_second_operator(self, token: Token) -> None:
        self.reporter.error(
            "second-operator",
            f'a second operator "{token.symbol}" in one statement',
            token.start,
            token.end,
            "a statement has one operator; begin the next one on a new line",
        )
        raise _SkipError

    def _check_name(self, token: Token) -> None:
        fault = find_name_fault(token.text)
        if fault:
            self.reporter.error("invalid-name", fault, token.start, token.end)
            raise _SkipError
