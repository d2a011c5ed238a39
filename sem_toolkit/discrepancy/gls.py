"""Generalised least squares with normal-theory weights.

F = ½ Σ_g (n_g − 1)/n (½ tr[(S⁻¹(S − Σ))²] + (m − μ)ᵀ S⁻¹ (m − μ)), S with divisor n − 1.
Jöreskog & Goldberger (1972), Psychometrika 37, 243-260; Browne (1974), South African Statistical Journal 8, 1-24.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.discrepancy.base import Quadratic, QuadraticEvaluation, invert_symmetric
from sem_toolkit.discrepancy.kind import Kind
from sem_toolkit.discrepancy.pair import MomentPair
from sem_toolkit.discrepancy.stack import Evaluations, conclude, factor_stack, invert_stack, pick_draws
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.discrepancy.weights import NormalWeight
from sem_toolkit.model import ImpliedMoments, Model, compute_information
from sem_toolkit.model.kernels import compute_products, gather_cell_gradient, pull_back, pull_back_square
from sem_toolkit.model.moments import compute_stacked_moments
from sem_toolkit.model.namespace import get_namespace, move_to, swap

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class GeneralisedLeastSquares(Quadratic):
    """GLS for the given targets, which must be positive definite."""

    @cached_property
    def weight(self) -> FloatArray:
        """S⁻¹ of each group."""
        try:
            np.linalg.cholesky(self.targets.covariance)
        except np.linalg.LinAlgError:
            message = "the sample covariance matrix is not positive definite"
            raise DataError(Diagnostic("error", "not-positive-definite", message)) from None
        return invert_symmetric(self.targets.covariance)

    def evaluate(self, moments: ImpliedMoments) -> QuadraticEvaluation | None:
        apart = self.targets.covariance - moments.covariance
        if not np.isfinite(apart).all():
            return None
        half = self.weight @ apart
        values = 0.25 * (half * np.swapaxes(half, -1, -2)).sum(axis=(-2, -1))
        scale = (self.factors * self.targets.share)[:, None]
        D = -0.5 * (half @ self.weight) * scale[..., None]
        e = None
        if moments.mean is not None and self.targets.mean is not None:
            off = self.targets.mean - moments.mean
            pull = (self.weight @ off[:, :, None])[..., 0]
            values = values + 0.5 * (off * pull).sum(axis=-1)
            e = -pull * scale
        D = 0.5 * (D + np.swapaxes(D, -1, -2))
        return QuadraticEvaluation(self, moments, self.factors * values, D, e)

    def information(self, model: Model, x: FloatArray, moments: ImpliedMoments) -> FloatArray:
        return compute_information(model, x, moments, self.weight, self.factors * self.targets.share)

    @cached_property
    def weights_of_draws(self) -> tuple[NDArray[np.bool_], FloatArray]:
        """Which samples' S are positive definite, and S⁻¹ of these (draws × G × p × p)."""
        usable, _ = factor_stack(self.targets.covariance)
        return usable, invert_stack(self.targets.covariance, usable)

    def evaluate_many(
        self, model: Model, x: FloatArray, draws: NDArray[np.intp] | None = None, *, exact: bool = False
    ) -> Evaluations:
        """Values and derivatives by x at every x (... × q); draws (b): which sample each of them belongs to."""
        from sem_toolkit.model.pairs import gather_stacked_information, gather_stacked_second_order

        space, targets = get_namespace(x), self.targets
        scale = self.factors * targets.share
        with np.errstate(all="ignore"):
            usable, weight = self.weights_of_draws
            usable, weight = pick_draws(usable, draws, 1), pick_draws(weight, draws, 3)
            moments, exists = compute_stacked_moments(model, x)
            half = weight @ (pick_draws(targets.covariance, draws, 3) - moments.covariance)
            by_group = 0.25 * space.sum(half * swap(half), axis=(-2, -1))
            factor = move_to(scale, x)
            D, pull = -0.5 * factor[:, None, None] * (half @ weight), None
            if moments.mean is not None and targets.mean is not None:
                gap = pick_draws(targets.mean, draws, 2) - moments.mean
                along = (weight @ gap[..., None])[..., 0]
                by_group = by_group + 0.5 * space.sum(gap * along, axis=-1)
                pull = -factor[:, None] * along
            products = compute_products(moments, 0.5 * (D + swap(D)))
            gradients = pull_back(model, x, gather_cell_gradient(model, moments, products, pull))
            square = gather_stacked_information(model.pairs, moments, compute_products(moments, weight), scale)
            if exact:
                square += gather_stacked_second_order(model.pairs, moments, products, pull)
            informations = pull_back_square(model, x, square)
            return conclude(moments, exists, usable, space.sum(factor * by_group, axis=-1), gradients, informations)


def _build_for(targets: Targets, deviations: FloatArray | None) -> GeneralisedLeastSquares:
    return GeneralisedLeastSquares(targets)


def _weigh_at_sample(pair: MomentPair) -> NormalWeight:
    return NormalWeight(invert_symmetric(pair.sample_cov))


GLS = Kind(
    "GLS",
    build=_build_for,
    weigh=_weigh_at_sample,
    is_normal_theory=True,
)
