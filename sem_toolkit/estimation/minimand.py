"""What many minimisations at once minimise: values and derivatives of a stack of points, and the units of its steps."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Evaluations
from sem_toolkit.discrepancy.stack import HeldSamples, SlopeEvaluator, Slopes, StackedEvaluator
from sem_toolkit.estimation.box import Box
from sem_toolkit.model import Model
from sem_toolkit.model.namespace import Array, get_namespace, move_to, swap

FloatArray = NDArray[np.float64]

_NOISE = 1e-12  # of discrepancies: where steps gain less, the gradient decides
_NOTHING = 1e-24


@dataclass(frozen=True, eq=False)
class Minimand:
    """What is minimised, from starts that may have a sample each."""

    model: Model
    discrepancy: StackedEvaluator
    box: Box | None

    def evaluate(self, theta: FloatArray, place: NDArray[np.intp], *, exact: bool) -> Evaluations:
        draws = place if self.discrepancy.has_draws else None
        return evaluate_stack(self.model, self.discrepancy, theta, draws, exact=exact)

    @property
    def has_slopes(self) -> bool:
        """Whether slopes alone can be had in much less time."""
        return isinstance(self.discrepancy, SlopeEvaluator) and self.discrepancy.has_slopes(self.model)

    def hold(self, place: NDArray[np.intp]) -> HeldSamples:
        """The samples of these starts, where slopes alone can be had."""
        assert isinstance(self.discrepancy, SlopeEvaluator)  # noqa: S101 (has_slopes)
        return self.discrepancy.hold(self.model, place)

    def evaluate_held(self, samples: HeldSamples, theta: FloatArray) -> Slopes:
        """Values and slopes by θ alone (r × b)."""
        linear = self.model.constraints.linear
        if linear.is_trivial:
            return samples.evaluate(theta)
        found = samples.evaluate(linear.offset[:, None] + linear.basis @ theta)
        return replace(found, gradients=linear.basis.T @ found.gradients)


def evaluate_stack(
    model: Model,
    discrepancy: StackedEvaluator,
    theta: FloatArray,
    draws: NDArray[np.intp] | None = None,
    *,
    exact: bool = False,
) -> Evaluations:
    """The discrepancy and its derivatives by θ at every θ (b × r)."""
    linear = model.constraints.linear
    if linear.is_trivial:
        return discrepancy.evaluate_many(model, theta, draws, exact=exact)
    basis = move_to(linear.basis, theta)
    x = move_to(linear.offset, theta) + theta @ swap(basis)
    found = discrepancy.evaluate_many(model, x, draws, exact=exact)
    square = swap(basis) @ found.informations @ basis
    return Evaluations(found.values, found.gradients @ basis, square, found.status)


def compute_scales(informations: FloatArray) -> FloatArray:
    """1/√diagonal, 1 where a parameter has no influence (s × r)."""
    space = get_namespace(informations)
    diagonal = space.linalg.diagonal(informations)
    known = diagonal > _NOTHING
    one = space.ones_like(diagonal)
    return space.where(known, 1.0 / space.sqrt(space.where(known, diagonal, one)), one)  # type: ignore[no-any-return]


def scale_curvature(informations: FloatArray, scale: FloatArray) -> FloatArray:
    """Second derivatives (s × r × r) in units of the scale; 1 on the diagonal for what is held, whose scale is 0."""
    curvature = informations * scale[:, :, None] * scale[:, None, :]
    held = get_namespace(scale).astype(scale == 0.0, scale.dtype)
    curvature += held[:, :, None] * move_to(np.eye(scale.shape[1]), scale)
    return curvature


def find_better(ahead: Array, behind: Array, flatter: Array) -> Array:
    """Which values ahead are lower than those behind (s), or as low as rounding can tell and flatter."""
    noise = _NOISE * (1.0 + get_namespace(behind).abs(behind))
    return (ahead < behind - noise) | ((ahead < behind + noise) & flatter)
