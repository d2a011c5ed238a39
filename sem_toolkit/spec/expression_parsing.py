"""Text of definitions and constraints into expressions, by our own grammar:

    comparison = expression [(">" | "<" | "==") expression], inside of parentheses only; 1 where it holds, otherwise 0
    expression = [sign] term {("+" | "-") [sign] term};  term = power {("*" | "/") power};  power = atom ["^" power]
    atom       = number | name | function "(" expression {"," expression} ")" | "(" expression ")"

Precedence is R's: `^` binds to the right and before a sign, so that -2^2 is -4. The parser is Dijkstra's shunting yard
and the expression a list of instructions, so that neither depth nor length of a text can exhaust the stack.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from sem_toolkit.diagnostics import Diagnostic, LineIndex, Source, SpecError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.spec.expressions import Expression, Instruction
from sem_toolkit.spec.functions import CONSTANTS, FUNCTIONS, Function
from sem_toolkit.spec.tokens import TRIVIA, Token, split_tokens

_PRECEDENCE = {">": 0, "<": 0, "==": 0, "+": 1, "-": 1, "*": 2, "/": 2, "sign": 3, "^": 4}
_COMPARISONS = frozenset({">", "<", "=="})
_RIGHT = {"sign", "^"}
# What other languages for such models have in the place of a modifier, and what to do without it.
_ELSEWHERE = {
    name: f"{name}() is blavaan's, for Bayesian estimation, which is not done here: take it out"
    for name in ("prior", "wiggle")
}


def parse_expression(text: str) -> Expression:
    """Read an expression such as `a*b + exp(c)`; raises SpecError with the place of the fault."""
    tokens = [token for token in split_tokens(text) if token.kind not in TRIVIA]
    faults: list[tuple[str, str, int, int, str | None]] = []
    expression = parse_expression_tokens(tokens, faults.append)
    if expression is None:
        index = LineIndex(text)
        raise SpecError(
            [
                Diagnostic("error", code, message, index.span(start, end), hint)
                for code, message, start, end, hint in faults
            ],
            Source("<expression>", text),
        )
    return expression


def drop_comparisons(tokens: Sequence[Token]) -> list[Token]:
    """The tokens without the comparisons inside of parentheses, which are no operators of the statement."""
    kept: list[Token] = []
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth < 1 or token.text not in _COMPARISONS:
            kept.append(token)
    return kept


Report = Callable[[tuple[str, str, int, int, str | None]], None]
"""Takes a fault: code, message, first offset, offset behind the last, hint."""


def parse_expression_tokens(tokens: Sequence[Token], report: Report) -> Expression | None:
    """Read an expression from tokens (no trivia); None after a fault has been reported."""
    parser = _Parser(tokens)
    try:
        return parser.parse()
    except _FaultError as fault:
        report((fault.code, fault.message, fault.start, fault.end, fault.hint))
        return None


class _FaultError(Exception):
    """The first fault of one expression; never leaves this module."""

    def __init__(self, code: str, message: str, start: int, end: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.start, self.end, self.hint = code, message, start, end, hint


class _Parser:
    """Shunting yard with two states: before an operand, and behind one."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.instructions: list[Instruction] = []
        self.operands: list[int] = []
        self.stack: list[tuple[str, Token, int]] = []  # operator or "(" or function, its token, operands below it
        self.names: dict[str, None] = {}

    def parse(self) -> Expression:
        if not self.tokens:
            raise _FaultError("missing-expression", "an expression is missing", 0, 0)
        wants_operand = True
        for position, token in enumerate(self.tokens):
            wants_operand = self._read_operand(position, token) if wants_operand else self._read_operator(token)
        last = self.tokens[-1]
        if wants_operand:
            raise _FaultError(
                "incomplete-expression",
                f'something is missing after "{last.text}"',
                last.start,
                last.end,
                f'take the "{last.text}" out, or add a number or a label',
            )
        self._reduce_until_parenthesis()
        if self.stack:
            token = self.stack[-1][1]
            raise _FaultError(
                "unclosed-parenthesis", f'"{token.text}" is never closed', token.start, token.end, 'add ")"'
            )
        return Expression("".join(token.text for token in self.tokens), tuple(self.instructions), tuple(self.names))

    def _read_operand(self, position: int, token: Token) -> bool:
        """Take a token where an operand may begin; whether one is still wanted."""
        if token.kind == "number":
            self._emit(Instruction("number", token.text, float(token.text)))
            return False
        if token.kind == "name":
            return self._read_name(position, token)
        if token.text == "(":
            self.stack.append(("(", token, len(self.operands)))
            return True
        if token.text in {"-", "+"}:
            self.stack.append(("sign" + token.text, token, len(self.operands)))
            return True
        raise self._unexpected(token)

    def _read_name(self, position: int, token: Token) -> bool:
        follows = self.tokens[position + 1].text if position + 1 < len(self.tokens) else ""
        if follows != "(":
            if token.text in CONSTANTS:
                self._emit(Instruction("number", token.text, CONSTANTS[token.text]))
                return False
            self.names.setdefault(token.text)
            self._emit(Instruction("name", token.text))
            return False
        if token.text not in FUNCTIONS:
            raise _FaultError(
                "unknown-function",
                f'"{token.text}" is not a function that expressions know',
                token.start,
                token.end,
                _ELSEWHERE.get(token.text)
                or format_suggestion(token.text, FUNCTIONS)
                or f"known are {', '.join(FUNCTIONS)}",
            )
        self.stack.append(("function", token, len(self.operands)))
        return True

    def _read_operator(self, token: Token) -> bool:
        """Take a token behind an operand; whether an operand is wanted next."""
        if token.text in _COMPARISONS:
            self._require_parenthesis(token)
        if token.text in _PRECEDENCE:
            self._reduce_for(token.text)
            self.stack.append((token.text, token, len(self.operands)))
            return True
        if token.text == ",":
            self._reduce_until_parenthesis()
            if len(self.stack) < 2 or self.stack[-2][0] != "function":
                raise self._unexpected(token)
            return True
        if token.text == ")":
            self._close(token)
            return False
        raise self._unexpected(token)

    def _require_parenthesis(self, token: Token) -> None:
        """A comparison stands in parentheses, and once in each; elsewhere it would be a constraint."""
        for kind, _, _ in reversed(self.stack):
            if kind in _COMPARISONS:
                break
            if kind == "(" or kind == "function":
                return
        raise self._unexpected(token)

    def _close(self, token: Token) -> None:
        self._reduce_until_parenthesis()
        if not self.stack:
            raise _FaultError("unopened-parenthesis", '")" closes nothing', token.start, token.end, "take it out")
        self.stack.pop()
        if self.stack and self.stack[-1][0] == "function":
            _, name, below = self.stack.pop()
            count = len(self.operands) - below
            function = FUNCTIONS[name.text]
            if count < function.least or (function.most is not None and count > function.most):
                raise _FaultError(
                    "wrong-argument-count",
                    f"{name.text}() takes {_format_count(function)}, not {count}",
                    name.start,
                    token.end,
                )
            self._combine("function", name.text, count)

    def _reduce_for(self, sign: str) -> None:
        level = _PRECEDENCE[sign]
        while self.stack:
            top = self.stack[-1][0].rstrip("+-") or self.stack[-1][0]
            above = _PRECEDENCE.get(top, -1)
            if above < level or (above == level and sign in _RIGHT):
                return
            self._reduce()

    def _reduce_until_parenthesis(self) -> None:
        while self.stack and self.stack[-1][0] not in {"(", "function"}:
            self._reduce()

    def _reduce(self) -> None:
        sign = self.stack.pop()[0]
        if sign == "sign+":
            return
        if sign == "sign-":
            self._combine("operator", "negative", 1)
        else:
            self._combine("operator", sign, 2)

    def _combine(self, kind: Literal["operator", "function"], text: str, count: int) -> None:
        arguments = tuple(self.operands[-count:])
        del self.operands[-count:]
        self._emit(Instruction(kind, text, arguments=arguments))

    def _emit(self, instruction: Instruction) -> None:
        self.instructions.append(instruction)
        self.operands.append(len(self.instructions) - 1)

    @staticmethod
    def _unexpected(token: Token) -> _FaultError:
        if token.text == ")":
            return _FaultError("unexpected-token", '")" stands where a value is expected', token.start, token.end)
        message = f'"{token.text}" has no meaning at this place of an expression'
        hint = 'label the path in the model (f =~ a*x) and name it by its label: "a"' if "~" in token.text else None
        return _FaultError("unexpected-token", message, token.start, token.end, hint)


def _format_count(function: Function) -> str:
    if function.most is None:
        return f"at least {function.least} value" + ("s" if function.least > 1 else "")
    if function.least == function.most:
        return f"{function.least} value" + ("s" if function.least > 1 else "")
    return f"{function.least} or {function.most} values"
