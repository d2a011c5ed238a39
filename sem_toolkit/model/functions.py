"""Functions of labelled parameters: an environment of values and gradients for definitions and constraints."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.spec.expression_parsing import parse_expression
from sem_toolkit.spec.functions import CONSTANTS
from sem_toolkit.spec.table import Parameter, ParameterTable

FloatArray = NDArray[np.float64]


class Function(Protocol):
    """What this layer needs of an expression: its names, its value and its exact partial derivatives."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def value(self, mapping: Mapping[str, float], /) -> float: ...

    def gradient(self, mapping: Mapping[str, float], /) -> Mapping[str, float]: ...

    def has_kink(self) -> bool: ...


@dataclass(frozen=True)
class Name:
    """The function that is one parameter, which is what most constraints are made of."""

    name: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    def value(self, mapping: Mapping[str, float], /) -> float:
        return mapping[self.name]

    def gradient(self, mapping: Mapping[str, float], /) -> Mapping[str, float]:
        return {self.name: 1.0}

    def has_kink(self) -> bool:
        return False


@dataclass
class Environment:
    """Values and gradients (q) of everything that has a name at one point x; definitions are added to it in order."""

    values: dict[str, float]
    slopes: dict[str, FloatArray]
    size: int = field(default=0)

    def define(self, name: str, function: Function) -> float:
        value, slope = self.evaluate(function)
        self.values[name], self.slopes[name] = value, slope
        return value

    def evaluate(self, function: Function) -> tuple[float, FloatArray]:
        """Value and gradient by x; NaN where the expression has no value here (a division by zero, say)."""
        slope = np.zeros(self.size)
        try:
            value = float(function.value(self.values))
            partial = function.gradient(self.values)
        except (ArithmeticError, ValueError):
            return float("nan"), np.full(self.size, np.nan)
        if not all(map(math.isfinite, partial.values())):  # such as that of a square root at 0
            return value, np.full(self.size, np.nan)
        for name, factor in partial.items():
            slope += factor * self.slopes[name]
        return value, slope


def parse_side(text: str) -> Function:
    """One side of a constraint, or the right-hand side of a definition; plain names skip the parser."""
    bare = text.strip()
    is_name = bare.replace(".", "_").isidentifier() and not bare.lstrip(".")[:1].isdigit()  # ".4" is a number
    is_name = is_name and bare not in CONSTANTS
    return Name(bare) if is_name else parse_expression(bare)


def label_positions(
    table: ParameterTable, parameters: tuple[Parameter, ...]
) -> tuple[dict[str, int], dict[str, float]]:
    """Where each label and plabel stands in x, and the values of the labels of fixed parameters.

    Parameters that share a label are tied by `==` rows, so that the first of them stands for all.
    """
    positions: dict[str, int] = {}
    for number, row in enumerate(parameters):
        for label in (row.label, row.plabel):
            if label:
                positions.setdefault(label, number)
    constants: dict[str, float] = {}
    for row in [row for row in table.parameters if row.free == 0]:
        for label in (row.label, row.plabel):
            if label and label not in positions:
                constants.setdefault(label, 0.0 if row.ustart is None else row.ustart)
    return positions, constants


def compute_environment(positions: Mapping[str, int], constants: Mapping[str, float], x: FloatArray) -> Environment:
    """Everything that has a name, at x (q)."""
    values = {name: float(x[number]) for name, number in positions.items()}
    slopes = dict.fromkeys(constants, np.zeros(len(x)))
    for name, number in positions.items():
        slopes[name] = np.zeros(len(x))
        slopes[name][number] = 1.0
    return Environment({**values, **constants}, slopes, len(x))


def restrict_to_names(
    functions: Iterable[Function], positions: Mapping[str, int], constants: Mapping[str, float]
) -> tuple[dict[str, int], dict[str, float]]:
    """Only what the functions use: tables have thousands of labels, definitions use a few."""
    used = {name for function in functions for name in function.names}
    return (
        {name: number for name, number in positions.items() if name in used},
        {name: number for name, number in constants.items() if name in used},
    )
