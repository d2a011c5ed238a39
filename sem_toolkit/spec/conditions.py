"""Conditions on rows of data: `age >= 30 and kind == "enterprise"`, as a small tree.

    condition   :=  both { "or" both }
    both        :=  one { "and" one }
    one         :=  "not" one | "(" condition ")" | comparison
    comparison  :=  column ( == | != | < | <= | > | >= ) value
                 |  column [ "not" ] "in" "(" value { "," value } ")"
                 |  column "is" [ "not" ] "missing"
    value       :=  number | "text" | 'text'

A column whose name is no plain name stands in back quotes: `my column`.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

Value = float | str

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<column>`[^`]+`)
  | (?P<text>"[^"]*"|'[^']*')
  | (?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
  | (?P<sign>==|!=|<=|>=|<|>|\(|\)|,)
  | (?P<word>[^\W\d][\w.]*)
  | (?P<unknown>.)
    """,
    re.VERBOSE,
)
SIGNS = ("==", "!=", "<", "<=", ">", ">=")
_TURNED = {"=": "==", "<>": "!=", "&": "and", "&&": "and", "|": "or", "||": "or", "!": "not"}
_DEEPEST = 40


@dataclass(frozen=True)
class Comparison:
    """One column against values: `sign` is one of SIGNS, "in" or "missing"."""

    column: str
    sign: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Junction:
    """Several conditions: "and" all of them, "or" one of them, "not" the only one."""

    word: str
    parts: tuple["Condition", ...]


Condition = Comparison | Junction


class ConditionError(ValueError):
    """What is wrong with the text of a condition."""


class _Word(NamedTuple):
    kind: str
    text: str


def parse_condition(text: str) -> Condition:
    """The tree of a condition. Raises ConditionError with what is wrong."""
    reader = _Reader(_split(text))
    found = reader.read_any(0)
    if (rest := reader.peek()) is not None:
        raise ConditionError(f'"{rest.text}" is one too many in "{text}"')
    return found


def list_columns(condition: Condition) -> tuple[str, ...]:
    """Names of the columns, each once."""
    if isinstance(condition, Comparison):
        return (condition.column,)
    return tuple(dict.fromkeys(name for part in condition.parts for name in list_columns(part)))


def _split(text: str) -> list[_Word]:
    found = []
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        if kind == "unknown":
            hint = f', write "{_TURNED[match.group()]}"' if match.group() in _TURNED else ""
            raise ConditionError(f'"{match.group()}" does not belong into a condition{hint}')
        if kind != "space":
            found.append(_Word(kind, match.group()))
    return found


class _Reader:
    """Words one after the other."""

    def __init__(self, words: list[_Word]) -> None:
        self.words = words
        self.place = 0

    def peek(self) -> _Word | None:
        return self.words[self.place] if self.place < len(self.words) else None

    def take(self, what: str) -> _Word:
        word = self.peek()
        if word is None:
            raise ConditionError(f"the condition ends where {what} should follow")
        self.place += 1
        return word

    def accept(self, text: str) -> bool:
        word = self.peek()
        if word is not None and word.text.lower() == text and word.kind in ("word", "sign"):
            self.place += 1
            return True
        return False

    def read_any(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise ConditionError("the condition is nested too deeply")
        parts = [self.read_all(depth)]
        while self.accept("or"):
            parts.append(self.read_all(depth))
        return parts[0] if len(parts) == 1 else Junction("or", tuple(parts))

    def read_all(self, depth: int) -> Condition:
        parts = [self.read_one(depth)]
        while self.accept("and"):
            parts.append(self.read_one(depth))
        return parts[0] if len(parts) == 1 else Junction("and", tuple(parts))

    def read_one(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            raise ConditionError("the condition is nested too deeply")
        if self.accept("not"):
            return Junction("not", (self.read_one(depth + 1),))
        if self.accept("("):
            found = self.read_any(depth + 1)
            if not self.accept(")"):
                raise ConditionError('a ")" is missing')
            return found
        return self.read_comparison()

    def read_comparison(self) -> Condition:
        word = self.take("the name of a column")
        if word.kind not in ("word", "column"):
            raise ConditionError(f"a condition begins with the name of a column, not with {word.text}")
        column = word.text.strip("`")
        if self.accept("is"):
            denied = self.accept("not")
            if not self.accept("missing"):
                raise ConditionError(f'"{column} is" goes on with "missing" or "not missing"')
            return _deny(Comparison(column, "missing"), denied)
        denied = self.accept("not")
        if self.accept("in"):
            return _deny(Comparison(column, "in", self.read_values()), denied)
        sign = self.take("a comparison, such as >= 30,")
        if denied or sign.text not in SIGNS:
            raise ConditionError(f'after "{column}" comes one of {", ".join(SIGNS)}, "in" or "is missing"')
        return Comparison(column, sign.text, (self.read_value(),))

    def read_values(self) -> tuple[Value, ...]:
        if not self.accept("("):
            raise ConditionError('after "in" come values in parentheses: in (1, 2)')
        found = [self.read_value()]
        while self.accept(","):
            found.append(self.read_value())
        if not self.accept(")"):
            raise ConditionError('a ")" is missing')
        return tuple(found)

    def read_value(self) -> Value:
        word = self.take("a number or a text in quotes")
        if word.kind == "number":
            return float(word.text)
        if word.kind == "text":
            return word.text[1:-1]
        raise ConditionError(f'{word.text} is no number; a text stands in quotes: "{word.text.strip("`")}"')


def _deny(condition: Condition, denied: bool) -> Condition:
    return Junction("not", (condition,)) if denied else condition
