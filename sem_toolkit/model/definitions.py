"""Defined parameters (`:=`) as functions of x, with exact derivatives."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.functions import (
    Function,
    compute_environment,
    label_positions,
    parse_side,
    restrict_to_names,
)
from sem_toolkit.spec.table import Parameter, ParameterTable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Definitions:
    """The d definitions of a table, in its order; later ones may use earlier ones.

    rows     the `:=` rows; names: what they define
    """

    rows: tuple[Parameter, ...]
    functions: tuple[Function, ...]
    positions: Mapping[str, int]
    constants: Mapping[str, float]
    n_parameters: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(row.lhs for row in self.rows)

    def values(self, x: FloatArray) -> FloatArray:
        """The d values at x (q); NaN where an expression has no value there."""
        environment = compute_environment(self.positions, self.constants, x)
        return np.array([environment.define(name, function) for name, function in self._pairs()])

    def jacobian(self, x: FloatArray) -> FloatArray:
        """Derivatives of the values by x: d × q."""
        environment = compute_environment(self.positions, self.constants, x)
        for name, function in self._pairs():
            environment.define(name, function)
        rows = [environment.slopes[name] for name in self.names]
        return np.array(rows).reshape(len(rows), self.n_parameters)

    def _pairs(self) -> list[tuple[str, Function]]:
        return list(zip(self.names, self.functions, strict=True))


def build_definitions(table: ParameterTable, parameters: tuple[Parameter, ...]) -> Definitions:
    """Parse the right-hand sides; raises ModelError for a name that is neither a label nor defined before."""
    if ":=" not in table.operators:
        return Definitions((), (), {}, {}, len(parameters))
    rows = tuple(row for row in table.rows if row.op == ":=")
    positions, constants = label_positions(table, parameters)
    functions = tuple(parse_side(row.rhs) for row in rows)
    known = {*positions, *constants}
    for row, function in zip(rows, functions, strict=True):
        require_known(function, known, row)
        known.add(row.lhs)
    return Definitions(rows, functions, *restrict_to_names(functions, positions, constants), len(parameters))


def require_known(function: Function, known: set[str], row: Parameter) -> None:
    """Raise ModelError where the function uses a name that no label has."""
    unknown = next((name for name in function.names if name not in known), None)
    if unknown is not None:
        message = f'"{row.lhs} {row.op} {row.rhs}" uses "{unknown}", which is not the label of a parameter'
        raise ModelError(Diagnostic("error", "unknown-label", message, span=row.origin.span))
