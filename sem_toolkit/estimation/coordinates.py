"""Coordinates near an estimate in which straight lines lead further than in those of the model.

The unit of a factor is that of all its items, not of the one with loading 1: that loading varies from sample to sample,
and all that concerns the factor with it. A covariance is in units of its two variances.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.model import Model
from sem_toolkit.model.cells import DIRECTED, SYMMETRIC

FloatArray = NDArray[np.float64]

_LEAST, _MOST = 0.3, 3.0
"""Units in terms of those of the fit, beyond which coordinates are left alone."""
_RESIDUAL = 0.1
"""Of a variable's variance, from which on what is left of it is a unit."""

Unit = tuple[FloatArray, FloatArray]
"""A column of P and a row of A (q each)."""


@dataclass(frozen=True, eq=False)
class Restored:
    """x (q × b) of coordinates, its ratio to these, and 1/u of the units, 0 where these are at a bound (m × b)."""

    x: FloatArray
    ratios: FloatArray
    inverse_units: FloatArray


@dataclass(frozen=True, eq=False)
class Coordinates:
    """z of parameters x = z · uᴾ near an estimate, where u = 1 − A(z − origin) are m units.

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
        free = 1.0 - self.weights @ (z - self.origin[:, None])
        units = np.clip(free, _LEAST, _MOST)
        ratios = np.exp(self.powers @ np.log(units))
        return Restored(z * ratios, ratios, (free == units) / units)

    def turn_slopes(self, gradients: FloatArray, there: Restored) -> FloatArray:
        """Slopes by z (q × b) of those by x."""
        if not self.powers.shape[1]:
            return gradients if self.allowed is None else self.allowed @ gradients
        along = self._turned_powers @ (there.x * gradients)
        along *= there.inverse_units
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
        relative = (self.powers * there.inverse_units.T[:, None, :]) @ self.weights
        return there.ratios.T[:, :, None] * np.eye(q) - there.x.T[:, :, None] * relative

    @cached_property
    def slopes(self) -> FloatArray:
        """∂z/∂x at the origin (q × q)."""
        return np.asarray(np.linalg.inv(self.compute_jacobians(self.restore(self.origin[:, None]))[0]))


def find_coordinates(model: Model, x: FloatArray, variances: FloatArray) -> Coordinates:
    """Coordinates near x (q): of factors with one fixed loading, of an observed variable, and no other fixed parameter.

    variances  of all variables (G × t), those of observed ones to weight items by
    """
    linear, powers, weights = model.constraints.linear, [np.zeros((0, len(x)))], [np.zeros((0, len(x)))]
    positions = np.concatenate([cells.position for cells in model.cells])
    if linear.is_trivial and len(np.unique(positions)) == len(positions):
        for group, own in enumerate(variances):
            for power, weight in (*_list_factor_units(model, group, x, own), *_list_variances(model, group, x, own)):
                powers.append(power[None])
                weights.append(weight[None])
    allowed = None if linear.is_trivial else linear.basis @ np.linalg.pinv(linear.basis)
    return Coordinates(x, np.concatenate(powers).T, np.concatenate(weights), allowed)


def _list_factor_units(model: Model, group: int, x: FloatArray, variances: FloatArray) -> Iterator[Unit]:
    """The units of factors by all their items."""
    cells, p, q = model.cells[group], model.n_observed, len(x)
    directed, symmetric = cells.kind == DIRECTED, cells.kind == SYMMETRIC
    for factor in range(p, model.n_variables):
        marker = _find_marker(model, group, factor)
        items = directed & (cells.column == factor) & (cells.row < p)
        if marker is None or not items.any():
            continue
        power, weight = np.zeros(q), np.zeros(q)
        power[cells.position] = (cells.row == factor) * 1.0 + (cells.column == factor) * (1.0 * symmetric - directed)
        weight[cells.position[items]] = x[cells.position[items]] / variances[cells.row[items]]
        yield power, weight / (model.directed[group, marker, factor] ** 2 / variances[marker])


def _list_variances(model: Model, group: int, x: FloatArray, variances: FloatArray) -> Iterator[Unit]:
    """The variances that free covariances are in the units of."""
    cells, q = model.cells[group], len(x)
    symmetric = cells.kind == SYMMETRIC
    across = symmetric & (cells.row != cells.column)
    for variable, position in zip(cells.row[symmetric & ~across], cells.position[symmetric & ~across], strict=True):
        related = across & ((cells.row == variable) | (cells.column == variable))
        if not related.any() or x[position] < _RESIDUAL * variances[variable]:
            continue
        power, weight = np.zeros(q), np.zeros(q)
        power[cells.position[related]] = 0.5
        weight[position] = -1.0 / x[position]
        yield power, weight


def _find_marker(model: Model, group: int, factor: int) -> int | None:
    """The observed variable whose loading alone is fixed, of all parameters of the factor."""
    directed, symmetric = model.directed[group], model.symmetric[group]
    fixed = np.flatnonzero(directed[:, factor])
    others = directed[factor].any() or symmetric[factor].any() or model.intercepts[group, factor] != 0.0
    return None if len(fixed) != 1 or fixed[0] >= model.n_observed or others else int(fixed[0])
