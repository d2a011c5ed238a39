"""One term of a formula: modifiers, each before a `*` or `?`, and the variable."""

import re
from collections.abc import Sequence
from itertools import pairwise

from sem_toolkit.spec.names_of_r import find_name_fault, make_name
from sem_toolkit.spec.reporting import Reporter, SkipError
from sem_toolkit.spec.tokens import Token
from sem_toolkit.spec.tree import Modifier, Term
from sem_toolkit.spec.values import parse_modifier

_OPERATORS = frozenset({"operator", "split_operator", "wrong_operator"})


_SECOND: dict[str, str] = {
    "|": 'in a regression "|" has no meaning: thresholds are "u | t1", random effects need "level:" blocks',
    "->": 'a covariance is written "f1 ~~ f2", a regression "y ~ x"',
    "=": 'write "=~" for a factor and its indicators, "~" for a regression',
}


def require_name(token: Token, reporter: Reporter) -> None:
    """Report a name that no variable can have."""
    fault = find_name_fault(token.text)
    if fault:
        reporter.error("invalid-name", fault, token.start, token.end)
        raise SkipError


def refuse_operators(tokens: Sequence[Token], reporter: Reporter) -> None:
    """Report the first operator among the tokens of one side of a statement."""
    for token in tokens:
        if token.kind in _OPERATORS:
            reporter.error(
                "second-operator",
                f'a second operator "{token.symbol}" in one statement',
                token.start,
                token.end,
                _SECOND.get(token.symbol, "a statement has one operator; begin the next one on a new line"),
            )
            raise SkipError


def build_plain_term(token: Token) -> Term:
    """A term of one name."""
    start, end = token.start, token.end
    return Term(token.text, None, (), start, end, start, end)


def _advise_call(name: str) -> str:
    """What to do instead of `log(x)` or `factor(x)` where a variable is expected."""
    if name in _MODIFIERS:
        return f'write "{name}(…)*x"'
    if name in {"factor", "as.factor"}:
        return "make a column of 0 and 1 for every category but one, and name these"
    if name in {"ordered", "as.ordered"}:
        return "name the ordered variables in the option ordered"
    return "compute it as a column of the data first, and write the name of that column"


_MODIFIERS = frozenset({"c", "rep", "start", "fixed", "label", "equal", "lower", "upper", "efa", "rv"})
_NAMED_ONLY = frozenset({"~~", "|", "~*~", "<~"})


class TermParser:
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
        except SkipError:
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
            raise SkipError
        modifiers = [modifier for part in parts[:-1] if (modifier := self._parse_modifier(*part)) is not None]
        failed = len(modifiers) < len(parts) - 1
        variable, number, extra = self._parse_target(target, modifiers)
        if failed:
            raise SkipError
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
        refuse_operators(tokens, self.reporter)
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

    def _parse_target(
        self, tokens: list[Token], modifiers: list[Modifier]
    ) -> tuple[str, float | None, tuple[Modifier, ...]]:
        first = tokens[0]
        refuse_operators([token for token in tokens if token.text != ":"], self.reporter)
        if first.kind == "name" and len(tokens) == 1:
            require_name(first, self.reporter)
            return first.text, None, ()
        if first.kind == "name" and len(tokens) > 1 and tokens[1].text == ":":
            return self._parse_interaction(tokens), None, ()
        if first.kind == "number" or (first.text in {"-", "+"} and len(tokens) == 2 and tokens[1].kind == "number"):
            return self._parse_number(tokens, modifiers)
        self._report_target(tokens)
        raise SkipError

    def _parse_interaction(self, tokens: list[Token]) -> str:
        if len(tokens) > 3 and tokens[3].text == ":":
            self.reporter.error(
                "higher-order-interaction",
                "an interaction of three or more variables is not part of the language",
                tokens[0].start,
                tokens[-1].end,
                "make the product a column of the data and use its name",
            )
            raise SkipError
        if len(tokens) != 3 or tokens[2].kind != "name":
            self.reporter.error(
                "incomplete-interaction",
                'an interaction is written "a:b"',
                tokens[0].start,
                tokens[-1].end,
            )
            raise SkipError
        require_name(tokens[0], self.reporter)
        require_name(tokens[2], self.reporter)
        return f"{tokens[0].text}:{tokens[2].text}"

    def _parse_number(
        self, tokens: list[Token], modifiers: list[Modifier]
    ) -> tuple[str, float | None, tuple[Modifier, ...]]:
        """A number where a variable is expected: the intercept of `y ~ 1` and `y ~ 0`, the phantom of `f =~ 0`.

        `y ~ c(0, 0)*0` says 0 twice; lavaan takes the 0 for the intercept whatever stands before it.
        """
        start, end = tokens[0].start, tokens[-1].end
        if tokens[0].kind == "number" and len(tokens) > 1:
            self._report_after_number(tokens)
            raise SkipError
        number = float("".join(token.text for token in tokens))
        if self.is_left or self.operator in _NAMED_ONLY:
            self.reporter.error(
                "number-instead-of-variable",
                f'a number cannot stand here: "{self.operator}" needs the name of a variable',
                start,
                end,
            )
            raise SkipError
        if self.operator == "=~":
            return "", number, (Modifier("fixed", (number,), start, end),)
        if number == 0.0 and len(self.tokens) == len(tokens):
            return "", 1.0, (Modifier("fixed", (0.0,), start, end),)
        if number == 0.0 and modifiers and all(_is_zero(modifier) for modifier in modifiers):
            return "", 1.0, ()
        if number != 1.0:
            text = "".join(token.text for token in tokens)
            message = f'"{text}" is not a variable; the intercept is written 1'
            hint = f'write "{text}*1" to fix the intercept'
            if modifiers:
                hint = f'write 1 in the place of {text}; what stands before the "*" is its value or label'
            self.reporter.error("invalid-intercept", message, start, end, hint)
            raise SkipError
        return "", number, ()

    def _report_after_number(self, tokens: list[Token]) -> None:
        """Something stands behind a number: `1f`, `2 x`."""
        first, follow = tokens[0], tokens[1]
        if follow.kind != "name":
            self.reporter.error(
                "unexpected-token", f'"{follow.text}" has no meaning at this place', follow.start, follow.end
            )
        elif follow.start == first.end:
            name = first.text + follow.text
            message = f'"{name}" cannot be a name: a name does not begin with a digit'
            hint = f'write "{first.text}*{follow.text}" for a number and a variable; R calls a column "{name}" X{name}'
            self.reporter.error("invalid-name", message, first.start, follow.end, hint)
        else:
            message = f'between "{first.text}" and "{follow.text}" an operator is missing'
            hint = f'write "{first.text}*{follow.text}"'
            self.reporter.error("missing-operator", message, first.start, follow.end, hint)

    def _report_two_names(self, before: Token, after: Token) -> None:
        message = f'between "{before.text}" and "{after.text}" an operator is missing'
        replacement = (before.end, before.end, " +")
        hint = (
            f'write "+" between two variables; a column "{before.text} {after.text}" is {before.text}.{after.text} here'
        )
        if self.is_left or after.kind == "number":
            name = f"{before.text}.{after.text}"
            message = f'"{before.text} {after.text}" cannot be a name: a name has no spaces'
            hint = f'write {name}, or "+" between two variables'
            replacement = (before.start, after.end, name)
        self.reporter.error("missing-operator", message, before.start, after.end, hint, replacement=replacement)

    def _report_target(self, tokens: list[Token]) -> None:
        first, second = tokens[0], tokens[1] if len(tokens) > 1 else None
        last = tokens[-1]
        for before, after in pairwise(tokens):
            if before.kind == "name" and after.kind in {"name", "number"}:
                self._report_two_names(before, after)
                return
        if first.kind == "string":
            self.reporter.error(
                "quoted-variable",
                "the name of a variable is written without quotes",
                first.start,
                first.end,
                _name_quoted(first.text[1:-1]),
            )
        elif any(token.text == "-" for token in tokens):
            minus = next(token for token in tokens if token.text == "-")
            self.reporter.error(
                "minus-between-terms",
                '"-" cannot join or precede variables',
                minus.start,
                minus.end,
                _name_range(tokens) or 'write "+", or "-1*x" for a coefficient fixed to -1',
            )
        elif first.text == "(" or (second is not None and second.text == "("):
            name = first.text if first.kind == "name" else ""
            self.reporter.error(
                "parenthesis-instead-of-variable",
                f'"{name}(" cannot stand for a variable' if name else "variables cannot be put in parentheses",
                first.start,
                last.end,
                _advise_call(name) if name else "take the parentheses out",
            )
        elif any(token.text == "," for token in tokens):
            comma = next(token for token in tokens if token.text == ",")
            self.reporter.error(
                "unexpected-token",
                '"," has no meaning at this place',
                comma.start,
                comma.end,
                'write "+" between two variables',
                replacement=(comma.start, comma.end, " +"),
            )
        elif any(token.text == "^" for token in tokens):
            power = next(token for token in tokens if token.text == "^")
            message = '"^" has no meaning at this place: a spec names columns, and does not compute them'
            self.reporter.error("unexpected-token", message, power.start, power.end, _advise_call(""))
        else:
            odd = next((token for token in tokens if token.kind != "name"), first)
            hint = 'a comment begins with "#"; a quotient is a column of the data' if odd.text == "/" else None
            message = f'"{odd.text}" has no meaning at this place'
            self.reporter.error("unexpected-token", message, odd.start, odd.end, hint)


def _name_quoted(name: str) -> str | None:
    """What to write in place of a name in quotes; None where nothing can be said."""
    if name.isidentifier():
        return f"write {name}"
    return f'write {make_name(name)}, which is what R calls a column "{name}"; it is matched with that column'


def _name_range(tokens: Sequence[Token]) -> str | None:
    """What to write for `x1-x3`, a range of other programs; None for what is none."""
    if [token.kind for token in tokens[::2]] != ["name", "name"] or len(tokens) != 3:
        return None
    first, last = (re.fullmatch(r"(.*?)(\d{1,4})", token.text) for token in tokens[::2])
    if first is None or last is None or first[1] != last[1] or not int(first[2]) < int(last[2]):
        return None
    names = [f"{first[1]}{number:0{len(first[2])}d}" for number in range(int(first[2]), int(last[2]) + 1)]
    return f"write every variable: {' + '.join(names[:3])}" + (" + …" if len(names) > 3 else "")


def _is_zero(modifier: Modifier) -> bool:
    return modifier.kind == "fixed" and all(value == 0.0 for value in modifier.values)
