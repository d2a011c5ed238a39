"""Constraints on parameters: linear equalities as a basis; others, inequalities and bounds with their derivatives."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.model.functions import Environment, Function, compute_environment
from sem_toolkit.model.linear_equalities import LinearEqualities
from sem_toolkit.spec.domains import Domain, list_domains
from sem_toolkit.spec.expressions import Expression
from sem_toolkit.spec.table import Parameter

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Condition:
    """One constraint as a function c of x: c = 0 for equalities, c ≥ 0 for inequalities."""

    row: Parameter
    left: Function
    right: Function
    sign: float

    @property
    def text(self) -> str:
        return f"{self.row.lhs} {self.row.op} {self.row.rhs}"

    def evaluate(self, environment: Environment) -> tuple[float, FloatArray]:
        """c and its gradient (q)."""
        left, by_left = environment.evaluate(self.left)
        right, by_right = environment.evaluate(self.right)
        return self.sign * (left - right), self.sign * (by_left - by_right)


class Surface(Protocol):
    """Equations that choose one of many parameter vectors with the same moments, such as those of a rotation."""

    def evaluate(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (k), 0 or near it on the surface, and derivatives (k × q) at x (q)."""
        ...


@dataclass(frozen=True, eq=False)
class Constraints:
    """All constraints of a model on x (q).

    linear         linear equalities, those made by equal labels included
    equalities     non-linear equalities; inequalities: all that are not bounds on single parameters
    lower, upper   bounds on single parameters (q), infinite where none
    units          q: where given, the x of this object times its units is the x of the table; `measure_in` sets it
    surface        where estimates were moved along directions that no moment knows; no search is made on it
    """

    linear: LinearEqualities
    equalities: tuple[Condition, ...]
    inequalities: tuple[Condition, ...]
    lower: FloatArray
    upper: FloatArray
    definitions: tuple[tuple[str, Function], ...]
    positions: Mapping[str, int]
    constants: Mapping[str, float]
    units: FloatArray | None = None
    surface: Surface | None = None

    @cached_property
    def has_bounds(self) -> bool:
        return bool(np.isfinite(self.lower).any() or np.isfinite(self.upper).any())

    @property
    def is_linear(self) -> bool:
        """Nothing but linear equalities."""
        return not (self.equalities or self.inequalities or self.has_bounds)

    def equality_values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (k) and Jacobian (k × q) of the non-linear equalities."""
        return self.evaluate(self.equalities, x)

    def curved_slopes(self, x: FloatArray) -> FloatArray:
        """Derivatives (k × q) of what holds beside linear equalities: non-linear ones, and the surface."""
        slopes = self.equality_values(x)[1]
        return slopes if self.surface is None else np.concatenate([slopes, self.surface.evaluate(x)[1]])

    def inequality_values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (k) and Jacobian (k × q) of the inequalities, then of the finite lower and upper bounds."""
        values, slopes = self.evaluate(self.inequalities, x)
        low, high = np.flatnonzero(np.isfinite(self.lower)), np.flatnonzero(np.isfinite(self.upper))
        identity = np.eye(len(x))
        return (
            np.concatenate([values, x[low] - self.lower[low], self.upper[high] - x[high]]),
            np.concatenate([slopes, identity[low], -identity[high]]),
        )

    def inequality_texts(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """What to call each of them, in the order of `inequality_values`; names are those of the parameters."""
        low, high = np.flatnonzero(np.isfinite(self.lower)), np.flatnonzero(np.isfinite(self.upper))
        units = np.ones(len(self.lower)) if self.units is None else self.units
        return (
            *(condition.text for condition in self.inequalities),
            *(f"{names[i]} >= {self.lower[i] * units[i]:g}" for i in low),
            *(f"{names[i]} <= {self.upper[i] * units[i]:g}" for i in high),
        )

    def domain_values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far inside of the domains of their functions the constraints are at x (q): values (k), slopes (k × q).

        Each is 0 at an end of a domain and negative outside of it; NaN where an inner function has no value.
        """
        if not self._domains:
            return np.zeros(0), np.zeros((0, len(x)))
        environment, units = self._compute_environment(x)
        values, slopes = [], []
        for domain in self._domains:
            value, slope = environment.evaluate(domain.argument)
            for end, sign in ((domain.lower, 1.0), (domain.upper, -1.0)):
                if end is not None:
                    values.append(sign * (value - end))
                    slopes.append(sign * slope * units)
        return np.array(values), np.array(slopes)

    @cached_property
    def _domains(self) -> tuple[Domain, ...]:
        functions = [function for _, function in self.definitions]
        functions += [side for c in (*self.equalities, *self.inequalities) for side in (c.left, c.right)]
        return tuple(
            domain for function in functions if isinstance(function, Expression) for domain in list_domains(function)
        )

    def evaluate(self, conditions: tuple[Condition, ...], x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (k) and Jacobian (k × q) of some conditions, which may use the definitions."""
        if not conditions:
            return np.zeros(0), np.zeros((0, len(x)))
        environment, units = self._compute_environment(x)
        found = [condition.evaluate(environment) for condition in conditions]
        return np.array([value for value, _ in found]), np.array([slope * units for _, slope in found])

    def _compute_environment(self, x: FloatArray) -> tuple[Environment, FloatArray]:
        """All names at x (q), those of definitions included, and the units that slopes are to be multiplied by."""
        units = np.ones(len(x)) if self.units is None else self.units
        environment = compute_environment(self.positions, self.constants, units * x)
        for name, function in self.definitions:
            environment.define(name, function)
        return environment, units

    def count_free(self, x: FloatArray) -> int:
        """Free parameters at x (q), equality constraints taken off: what fit measures and people call npar."""
        kept = int(self.linear.basis.shape[1])
        if not self.equalities and self.surface is None:
            return kept
        along = np.nan_to_num(self.curved_slopes(x)) @ self.linear.basis
        return kept - int(np.linalg.matrix_rank(along, tol=1e-9 * max(float(np.abs(along).max(initial=0.0)), 1e-300)))

    def measure_in(self, units: FloatArray) -> "Constraints":
        """The same constraints on z, where x = units × z (q)."""
        linear = LinearEqualities(
            matrix=self.linear.matrix * units,
            target=self.linear.target,
            offset=self.linear.offset / units,
            basis=self.linear.basis * units[self.linear.kept] / units[:, None],
            kept=self.linear.kept,
        )
        return replace(self, linear=linear, lower=self.lower / units, upper=self.upper / units, units=units)
