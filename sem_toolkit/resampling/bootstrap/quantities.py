"""What is asked of every draw: parameters and definitions, standardised values, R², χ²."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.parameters.standardized import Layout, standardize
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.resampling.quantity import Quantity
from sem_toolkit.spec.table import Parameter

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Quantities:
    """The quantities of a model, computed for many x at once.

    at    any estimate of the model: only its table and its layout are used
    keys  lhs, op, rhs and group of the parameters that count; None: all free ones
    """

    at: AtEstimate
    keys: frozenset[tuple[str, str, str, int]] | None = None
    with_standardized: bool = False
    with_r2: bool = False

    @cached_property
    def listed(self) -> tuple[Quantity, ...]:
        """Free parameters, definitions; then their standardised values, then R²."""
        model = self.at.model
        rows = [
            Quantity(row.lhs, row.op, row.rhs, row.group, row.label)
            for row, counts in zip(self._rows, self._kept, strict=True)
            if counts
        ]
        rows += [Quantity(name, ":=", "", 0, name) for name in model.definitions.names]
        found = list(rows)
        if self.with_standardized:
            found += [Quantity(q.lhs, q.op, q.rhs, q.group, q.label, "std.all") for q in rows]
        if self.with_r2:
            found += [Quantity(row.lhs, "r2", "", row.group, "") for row in self._residuals]
        return tuple(found)

    def compute(self, x: FloatArray) -> FloatArray:
        """Values (b × k) at x (b × q); NaN where x is."""
        good = np.isfinite(x).all(axis=1)
        found = np.full((len(x), len(self.listed)), np.nan)
        if good.any():
            found[good] = self._compute(x[good])
        return found

    def _compute(self, x: FloatArray) -> FloatArray:
        values = self._layout.fixed + np.zeros((len(x), 1))
        free = self._layout.free
        chosen = np.flatnonzero(free)
        values[:, chosen] = x[:, free[chosen] - 1]
        kept = self._kept
        parts = [values[:, kept], self._define(x)]
        if not (self.with_standardized or self.with_r2):
            return np.concatenate(parts, axis=1)
        moments, _ = compute_stacked_moments(self.at.model, x)
        variances = np.diagonal(moments.all_covariance, axis1=-2, axis2=-1).reshape(len(x), -1)
        if self.with_standardized:
            scaled = self._scale(values, variances)
            vector = np.zeros_like(x)
            vector[:, free[chosen] - 1] = scaled[:, chosen]
            parts += [scaled[:, kept], self._define(vector)]
        if self.with_r2:
            places = {name: place for place, name in enumerate(self.at.model.variables)}
            t = self.at.model.n_variables
            at = [(row.group - 1) * t + places[row.lhs] for row in self._residuals]
            parts.append(1.0 - values[:, self._residual_places] / variances[:, at])
        return np.concatenate(parts, axis=1)

    def _scale(self, values: FloatArray, variances: FloatArray) -> FloatArray:
        """Standardised values of all rows (b × k), as `inference.parameters.standardized` has them for one x."""
        with np.errstate(invalid="ignore", divide="ignore"):
            total = np.sqrt(np.where(variances > 0, variances, np.nan))
            spread = np.concatenate([total, np.sqrt(np.abs(values)), np.full((len(values), 1), np.nan)], axis=1)
            found = values.copy()
            for side in (0, 1):
                own = spread[:, self._layout.source[:, side]]
                power = self._layout.power[:, side]
                found *= np.where(power == 0, 1.0, np.where(power > 0, own, 1.0 / own))
        return found

    def _define(self, x: FloatArray) -> FloatArray:
        definitions = self.at.model.definitions
        if not definitions.names:
            return np.zeros((len(x), 0))
        return np.array([definitions.values(row) for row in x])

    @cached_property
    def _rows(self) -> tuple[Parameter, ...]:
        return standardize(self.at).rows

    @cached_property
    def _kept(self) -> NDArray[np.bool_]:
        """Which rows are parameters that count."""
        keys = self.keys
        return np.array(
            [row.free > 0 and (keys is None or (row.lhs, row.op, row.rhs, row.group) in keys) for row in self._rows],
            dtype=np.bool_,
        )

    @cached_property
    def _layout(self) -> Layout:
        return standardize(self.at).layout

    @cached_property
    def _residual_places(self) -> list[int]:
        """Rows of residual variances of what the model explains."""
        explained = {(row.group, row.rhs) for row in self._rows if row.op == "=~"}
        explained |= {(row.group, row.lhs) for row in self._rows if row.op == "~"}
        return [
            place
            for place, row in enumerate(self._rows)
            if row.op == "~~" and row.lhs == row.rhs and (row.group, row.lhs) in explained
        ]

    @cached_property
    def _residuals(self) -> list[Parameter]:
        return [self._rows[place] for place in self._residual_places]
