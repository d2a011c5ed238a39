"""Expressions of definitions and constraints as lists of instructions: their values and exact derivatives."""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sem_toolkit.spec.functions import FUNCTIONS

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {">": operator.gt, "<": operator.lt, "==": operator.eq}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One step: a number, the value of a name, or an operation on the results of earlier steps (`arguments`)."""

    kind: Literal["number", "name", "operator", "function"]
    text: str
    number: float = 0.0
    arguments: tuple[int, ...] = ()

    def compute(self, inputs: Sequence[float]) -> float:
        """The result for these results of the arguments; not for names."""
        return self.number if self.kind == "number" else _apply(self, inputs)


@dataclass(frozen=True)
class Expression:
    """A parsed expression; `names` in order of first appearance."""

    text: str
    instructions: tuple[Instruction, ...]
    names: tuple[str, ...]

    def value(self, mapping: Mapping[str, float]) -> float:
        """The number, given one for each name. NaN or an infinity where the mathematics has none, as in R."""
        return self._values(mapping)[-1]

    def gradient(self, mapping: Mapping[str, float]) -> dict[str, float]:
        """Exact partial derivative by each name (reverse accumulation over the instructions)."""
        values = self._values(mapping)
        adjoint = [0.0] * len(values)
        adjoint[-1] = 1.0
        gradient = dict.fromkeys(self.names, 0.0)
        for position in range(len(values) - 1, -1, -1):
            step, weight = self.instructions[position], adjoint[position]
            if step.kind == "name" and step.text in gradient:
                gradient[step.text] += weight
            elif step.arguments and weight != 0.0:
                inputs = [values[argument] for argument in step.arguments]
                for argument, partial in zip(step.arguments, _partials(step, inputs, values[position]), strict=True):
                    adjoint[argument] += weight * partial
        return gradient

    def is_constant(self) -> bool:
        """Whether no name is in it."""
        return not self.names

    def has_kink(self) -> bool:
        """Whether it is made of pieces: of absolute values, choices or comparisons of what is not constant."""
        varies: list[bool] = []
        for step in self.instructions:
            varies.append(step.kind == "name" or any(varies[argument] for argument in step.arguments))
            is_bent = FUNCTIONS[step.text].has_kink if step.kind == "function" else step.text in _COMPARE
            if varies[-1] and is_bent:
                return True
        return False

    def _values(self, mapping: Mapping[str, float]) -> list[float]:
        values: list[float] = []
        for step in self.instructions:
            if step.kind == "number":
                values.append(step.number)
            elif step.kind == "name":
                values.append(float(mapping[step.text]))
            else:
                values.append(_apply(step, [values[argument] for argument in step.arguments]))
        return values


def _apply(step: Instruction, inputs: Sequence[float]) -> float:
    try:
        if step.kind == "function":
            return float(FUNCTIONS[step.text].value(inputs))
        if step.text == "negative":
            return -inputs[0]
        return _operate(step.text, inputs[0], inputs[1])
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _operate(sign: str, a: float, b: float) -> float:
    if sign == "+":
        return a + b
    if sign == "-":
        return a - b
    if sign == "*":
        return a * b
    if sign == "/":
        return _divide(a, b)
    if sign in _COMPARE:
        return math.nan if math.isnan(a) or math.isnan(b) else float(_COMPARE[sign](a, b))
    if a == 0.0 and b < 0.0:
        return math.inf
    return math.pow(a, b)


def _divide(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    return math.nan if a == 0.0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)


def _partials(step: Instruction, inputs: Sequence[float], value: float) -> Sequence[float]:
    """Partial derivative of one step by each of its inputs; NaN where there is none."""
    try:
        if step.kind == "function":
            return FUNCTIONS[step.text].derivatives(inputs, value)
        if step.text == "negative":
            return (-1.0,)
        return _operator_partials(step.text, inputs[0], inputs[1], value)
    except (OverflowError, ValueError, ZeroDivisionError):
        return (math.nan,) * len(inputs)


def _operator_partials(sign: str, a: float, b: float, value: float) -> Sequence[float]:
    if sign == "+":
        return (1.0, 1.0)
    if sign == "-":
        return (1.0, -1.0)
    if sign == "*":
        return (b, a)
    if sign == "/":
        return (1.0 / b, -value / b)
    if sign in _COMPARE:
        return (0.0, 0.0)
    by_base = 0.0 if b == 0.0 else b * _operate("^", a, b - 1.0)
    # With a constant exponent nobody asks for the second one, and log(a) may not exist.
    by_exponent = value * math.log(a) if a > 0.0 else (0.0 if a == 0.0 and b > 0.0 else math.nan)
    return (by_base, by_exponent)
