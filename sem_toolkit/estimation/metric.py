"""What the second derivatives of samples near a fit will be: that at the fit, in units that each sample has of its own.

The inverse B at the fit becomes D B D: what a parameter's own information is in a sample differs most, as that on a
variance falls with its square, and follows z to first order in the logarithm, so that it stays above 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.stack import StackedEvaluator
from sem_toolkit.estimation.coordinates import Coordinates
from sem_toolkit.estimation.minimand import evaluate_stack
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]

_STEP = 1e-4
"""Of differences, in units of the root of the information."""
_MOST = 0.5
"""Of the logarithm of a unit."""


@dataclass(frozen=True, eq=False)
class Metric:
    """Second derivatives by coordinates z.

    inverse  of that at the fit (q × q); scale: roots of the diagonal of the second derivative (q)
    growth   of the logarithm of each parameter's unit with z (q × q); None where all samples have those of the fit
    """

    inverse: FloatArray
    scale: FloatArray
    growth: FloatArray | None

    def find_units(self, changes: FloatArray) -> FloatArray | None:
        """D of points that are so far from the fit (q × b)."""
        if self.growth is None:
            return None
        logarithms = self.growth @ changes
        return np.exp(np.clip(logarithms, -_MOST, _MOST, out=logarithms), out=logarithms)

    def solve(self, slopes: FloatArray, units: FloatArray | None) -> FloatArray:
        """D B D times slopes (q × b)."""
        if units is None:
            return self.inverse @ slopes
        found = self.inverse @ (units * slopes)
        found *= units
        return found


def build_metric(model: Model, discrepancy: StackedEvaluator, coordinates: Coordinates, inverse: FloatArray) -> Metric:
    """The metric near the origin of the coordinates.

    discrepancy  of one sample; inverse: of the second derivative there, by x (q × q)
    """
    turn = coordinates.slopes
    turned = turn @ inverse @ turn.T
    scale = np.sqrt(np.abs(np.linalg.pinv(turned, hermitian=True).diagonal()))
    return Metric(turned, scale, _compute_growth(model, discrepancy, coordinates, scale))


def _compute_growth(
    model: Model, discrepancy: StackedEvaluator, coordinates: Coordinates, scale: FloatArray
) -> FloatArray | None:
    """−½ ∂ log I_aa / ∂z (q × q), by differences; None where steps must heed equalities."""
    if not model.constraints.linear.is_trivial or not scale.all():
        return None
    steps, origin = _STEP / scale, coordinates.origin[:, None]
    there = coordinates.restore(np.concatenate([origin, origin + np.diag(steps)], axis=1))
    found = evaluate_stack(model, discrepancy, np.ascontiguousarray(there.x.T))
    jacobians = coordinates.compute_jacobians(there)
    own = ((found.informations @ jacobians) * jacobians).sum(axis=1)
    if not (own > 0.0).all():
        return None
    logarithms = np.log(own)
    return np.asarray(-0.5 * (logarithms[1:] - logarithms[0]).T / steps)
