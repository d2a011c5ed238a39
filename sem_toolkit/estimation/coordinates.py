"""Coordinates near an estimate in which the unit of a factor is that of all its items, not of the one with loading 1.

In the coordinates of markers straight lines lead far, as a loading varies from sample to sample, and all that concerns
the factor with it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import Model
from sem_toolkit.model.cells import DIRECTED, SYMMETRIC

FloatArray = NDArray[np.float64]

_LEAST, _MOST = 0.3, 3.0
"""Units in terms of those of the fit, beyond which coordinates are left alone."""


@dataclass(frozen=True, eq=False)
class Restored:
    """x (q × b) of coordinates, its ratio to these, and the units (m × b)."""

    x: FloatArray
    ratios: FloatArray
    units: FloatArray


@dataclass(frozen=True, eq=False)
class Coordinates:
    """z of parameters x = z · uᴾ near an estimate, where u = 1 − A(z − origin) are the units of m factors.

    origin   x and z of the estimate (q); powers: P (q × m); weights: A (m × q)
    allowed  projection on where equalities hold (q × q), which slopes are to be along; None where there are none
    """

    origin: FloatArray
    powers: FloatArray
    weights: FloatArray
    allowed: FloatArray | None = None

    def restore(self, z: FloatArray) -> Restored:
        """x of points z (q × b), the units being within bounds."""
        if not self.powers.shape[1]:
            return Restored(z, z, z[:0])
        units = np.clip(1.0 - self.weights @ (z - self.origin[:, None]), _LEAST, _MOST)
        ratios = np.exp(self.powers @ np.log(units))
        return Restored(z * ratios, ratios, units)

    def turn_slopes(self, gradients: FloatArray, there: Restored) -> FloatArray:
        """Slopes by z (q × b) of those by x."""
        if not self.powers.shape[1]:
            return gradients if self.allowed is None else self.allowed @ gradients
        along = self._turned_powers @ (there.x * gradients)
        along /= there.units
        return np.asarray(there.ratios * gradients - self._turned_weights @ along)

    @cached_property
    def _turned_powers(self) -> FloatArray:
        return np.ascontiguousarray(self.powers.T)

    @cached_property
    def _turned_weights(self) -> FloatArray:
        return np.ascontiguousarray(self.weights.T)

    def compute_jacobians(self, there: Restored) -> FloatArray:
        """∂x/∂z at points (b × q × q)."""
        q, b = there.x.shape
        if not self.powers.shape[1]:
            return np.tile(np.eye(q), (b, 1, 1))
        relative = (self.powers / there.units.T[:, None, :]) @ self.weights
        return there.ratios.T[:, :, None] * np.eye(q) - there.x.T[:, :, None] * relative

    @cached_property
    def slopes(self) -> FloatArray:
        """∂z/∂x at the origin (q × q)."""
        return np.asarray(np.linalg.inv(self.compute_jacobians(self.restore(self.origin[:, None]))[0]))


def find_coordinates(model: Model, x: FloatArray, variances: FloatArray) -> Coordinates:
    """Coordinates near x (q): factors with one fixed loading, of an observed variable, and no other fixed parameter.

    variances  of the observed variables (G × p), by which items are weighted
    """
    p, q = model.n_observed, len(x)
    powers, weights = np.zeros((0, q)), np.zeros((0, q))
    positions = np.concatenate([cells.position for cells in model.cells])
    alone = model.constraints.linear.is_trivial and len(np.unique(positions)) == len(positions)
    for group, cells in enumerate(model.cells if alone else ()):
        directed, symmetric = cells.kind == DIRECTED, cells.kind == SYMMETRIC
        for factor in range(p, model.n_variables):
            marker = _find_marker(model, group, factor)
            items = cells.position[directed & (cells.column == factor) & (cells.row < p)]
            if marker is None or not len(items):
                continue
            power, weight = np.zeros(q), np.zeros(q)
            power[cells.position] = (cells.row == factor) * 1.0 + (cells.column == factor) * (
                1.0 * symmetric - directed
            )
            rows = cells.row[directed & (cells.column == factor) & (cells.row < p)]
            weight[items] = x[items] / variances[group, rows]
            weight /= model.directed[group, marker, factor] ** 2 / variances[group, marker]
            powers, weights = np.vstack([powers, power]), np.vstack([weights, weight])
    linear = model.constraints.linear
    if not linear.is_trivial:
        return Coordinates(x, powers.T, weights, linear.basis @ np.linalg.pinv(linear.basis))
    return Coordinates(x, powers.T, weights)


def _find_marker(model: Model, group: int, factor: int) -> int | None:
    """The observed variable whose loading alone is fixed, of all parameters of the factor."""
    directed, symmetric = model.directed[group], model.symmetric[group]
    fixed = np.flatnonzero(directed[:, factor])
    others = directed[factor].any() or symmetric[factor].any() or model.intercepts[group, factor] != 0.0
    return None if len(fixed) != 1 or fixed[0] >= model.n_observed or others else int(fixed[0])
