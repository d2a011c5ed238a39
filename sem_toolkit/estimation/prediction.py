"""Where the minima of samples near one that is fitted will be, by what that fit says of all of them.

An estimate follows the moments of its sample, to first order, by its influence; slopes there and the information at
the fit correct that. Both are straight lines, which lead far where a factor has the unit of one item, whose loading
varies from sample to sample, and all that concerns the factor with it. So they are drawn in coordinates in which the
unit is that of a weighted sum of all items of the factor, and what they lead to is turned back.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.stack import SlopeEvaluator
from sem_toolkit.model import Model
from sem_toolkit.model.cells import DIRECTED, SYMMETRIC

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

_NEAR, _SMALL = 0.25, 0.06
"""Distances from the fit, and first corrections, in units of the root of the information, beyond which all this leads
astray."""
_SHORTER = 0.75
"""What a second correction may be of the first one."""
_LEAST, _MOST = 0.3, 3.0
"""Units in terms of those of the fit, beyond which coordinates are left alone."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """z of parameters x = z · uᴾ near an estimate, where u = 1 − A(z − origin) are the units of m factors.

    origin  x and z of the estimate (q); powers: P (q × m); weights: A (m × q)
    """

    origin: FloatArray
    powers: FloatArray
    weights: FloatArray

    def restore(self, z: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """x (b × q), its ratio to z, and the units (b × m), within bounds."""
        units = np.clip(1.0 - (z - self.origin) @ self.weights.T, _LEAST, _MOST)
        ratios = np.exp(np.log(units) @ self.powers.T)
        return z * ratios, ratios, units

    def turn_slopes(self, gradients: FloatArray, x: FloatArray, ratios: FloatArray, units: FloatArray) -> FloatArray:
        """Slopes by z (b × q) of those by x."""
        return np.asarray(ratios * gradients - ((x * gradients) @ self.powers / units) @ self.weights)

    @property
    def slopes(self) -> FloatArray:
        """∂z/∂x at the origin (q × q)."""
        return np.asarray(np.linalg.inv(np.eye(len(self.origin)) - self.origin[:, None] * (self.powers @ self.weights)))


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
    return Coordinates(x, powers.T, weights)


def _find_marker(model: Model, group: int, factor: int) -> int | None:
    """The observed variable whose loading alone is fixed, of all parameters of the factor."""
    directed, symmetric = model.directed[group], model.symmetric[group]
    fixed = np.flatnonzero(directed[:, factor])
    others = directed[factor].any() or symmetric[factor].any() or model.intercepts[group, factor] != 0.0
    return None if len(fixed) != 1 or fixed[0] >= model.n_observed or others else int(fixed[0])


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a fit says of samples near its own.

    responses  of each group: how x follows its moments, to first order (q × moments)
    inverse    of the information by x (q × q)
    """

    model: Model
    coordinates: Coordinates
    responses: tuple[FloatArray, ...]
    inverse: FloatArray

    def predict(self, changes: tuple[FloatArray, ...], discrepancy: object) -> tuple[FloatArray, NDArray[np.bool_]]:
        """x (b × q) of samples whose moments differ from the fit's by so much (b × moments, of each group).

        And which of them are close to a minimum (b): those that were corrected twice, where the discrepancy of these
        samples can be asked for slopes alone.
        """
        coordinates, turn = self.coordinates, self.coordinates.slopes
        z = np.tile(coordinates.origin, (len(changes[0]), 1))
        for change, response in zip(changes, self.responses, strict=True):
            z += change @ (turn @ response).T
        found, close = coordinates.restore(z)[0], np.zeros(len(z), dtype=np.bool_)
        if not (isinstance(discrepancy, SlopeEvaluator) and discrepancy.has_slopes(self.model)):
            return found, close
        inverse = turn @ self.inverse @ turn.T
        scale = np.sqrt(np.abs(np.linalg.pinv(inverse, hermitian=True).diagonal()))
        left = np.flatnonzero(np.abs((z - coordinates.origin) * scale).max(axis=1) < _NEAR)
        first = self._correct(z[left], left, inverse, discrepancy)
        length = np.abs(first * scale).max(axis=1)
        small = length < _SMALL
        left, z, length = left[small], z[left[small]] + first[small], length[small]
        second = self._correct(z, left, inverse, discrepancy)
        shorter = np.abs(second * scale).max(axis=1) < _SHORTER * length
        close[left[shorter]] = True
        found[close] = coordinates.restore(z[shorter] + second[shorter])[0]
        return found, close

    def _correct(self, z: FloatArray, places: IntArray, inverse: FloatArray, discrepancy: SlopeEvaluator) -> FloatArray:
        """What slopes there say of z (b × q), the coordinates of the samples at these places."""
        x, ratios, units = self.coordinates.restore(z)
        slopes = discrepancy.evaluate_slopes(self.model, x, places)
        return np.asarray(-self.coordinates.turn_slopes(slopes.gradients, x, ratios, units) @ inverse)
