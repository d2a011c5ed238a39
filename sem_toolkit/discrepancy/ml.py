"""Maximum likelihood under normality.

F = ½ (log|Σ| − log|S| + tr(SΣ⁻¹) − p + (m − μ)ᵀ Σ⁻¹ (m − μ)), weighted by the groups' shares of the sample.
Jöreskog (1967), Psychometrika 32, 443-482; second derivatives: Neudecker & Satorra (1991), Statistics & Probability
Letters 11, 57-61. With the Wishart likelihood S has divisor n − 1 and F is the same function.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit import discrepancy
from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.discrepancy.base import add_second_order, gather_gradient
from sem_toolkit.discrepancy.kind import Kind
from sem_toolkit.discrepancy.pair import MomentPair
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.discrepancy.weights import NormalWeight
from sem_toolkit.libraries import blas, lapack
from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.kernels import (
    assemble,
    gather_information,
    gather_observed_part,
    pull_back_square,
    scale_block,
)

if TYPE_CHECKING:
    from sem_toolkit.discrepancy.full_information import FullInformation
    from sem_toolkit.discrepancy.stack import Evaluations, HeldSamples

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MaximumLikelihood:
    """ML for the given targets, which must be positive definite."""

    targets: Targets

    @cached_property
    def sample_roots(self) -> tuple[FloatArray, ...]:
        """Lower Cholesky factor of S in each group (p × p)."""
        found = [lapack.dpotrf(covariance, lower=1) for covariance in self.targets.covariance]
        if any(fault for _, fault in found):
            message = "the sample covariance matrix is not positive definite"
            raise DataError(Diagnostic("error", "not-positive-definite", message))
        return tuple(root for root, _ in found)

    @cached_property
    def log_determinants(self) -> FloatArray:
        """log|S| of each group."""
        return np.array([2.0 * np.log(root.diagonal()).sum() for root in self.sample_roots])

    def value(self, moments: ImpliedMoments) -> float:
        """fmin, infinite outside its domain."""
        found = self.evaluate(moments)
        return np.inf if found is None or np.isnan(found.value) else found.value

    def evaluate(self, moments: ImpliedMoments) -> "LikelihoodEvaluation | None":
        """Value and what its derivatives are made of; None where Σ is not positive definite."""
        roots = []
        values = np.empty(len(moments.covariance))
        gap = None if moments.mean is None or self.targets.mean is None else self.targets.mean - moments.mean
        for group, covariance in enumerate(moments.covariance):
            root, fault = lapack.dpotrf(covariance, lower=1)  # zero above the diagonal
            if fault:
                return None
            value = 2.0 * np.log(root.diagonal()).sum() - self.log_determinants[group] - len(root)
            turned = blas.dtrsm(1.0, root, self.sample_roots[group], lower=1)  # tr(SΣ⁻¹) = ‖L⁻¹S^½‖²
            value += np.vdot(turned, turned)
            if gap is not None:
                value += gap[group] @ lapack.dpotrs(root, gap[group], lower=1)[0]
            values[group] = 0.5 * value
            roots.append(root)
        return LikelihoodEvaluation(self.targets, moments, values, tuple(roots), gap)

    @property
    def has_draws(self) -> bool:
        """Whether there are several samples, one for each start."""
        return self.targets.has_draws

    @cached_property
    def definiteness(self) -> tuple[NDArray[np.bool_], FloatArray]:
        """Which samples' S are positive definite, and log|S| of each (draws × G, or G)."""
        return discrepancy.factor_stack(self.targets.covariance)

    def evaluate_many(
        self, model: Model, x: FloatArray, draws: NDArray[np.intp] | None = None, *, exact: bool = False
    ) -> "Evaluations":
        """Values and derivatives by x at every x (... × q); draws (b): which sample each of them belongs to."""
        return discrepancy.evaluate_likelihoods(self, model, x, draws, exact=exact)

    def has_slopes(self, model: Model) -> bool:
        """Whether slopes alone of many points take much less time: where the model is laid out for them."""
        return self.has_draws and discrepancy.is_laid_out(model)

    def hold(self, model: Model, draws: NDArray[np.intp]) -> "HeldSamples":
        """The samples of these draws (b), to be asked for values and slopes alone; NumPy only."""
        return discrepancy.hold_likelihoods(self, model, draws)


@dataclass(frozen=True, eq=False)
class LikelihoodEvaluation:
    """The discrepancy at a point. All derivatives are gathered from CᵀΣ⁻¹C and CᵀΣ⁻¹TΣ⁻¹C, made once a point.

    roots  lower Cholesky factor of Σ for each group (p × p)
    gap    m − μ, G × p; None where the model has no means
    """

    targets: Targets
    moments: ImpliedMoments
    by_group: FloatArray
    roots: tuple[FloatArray, ...]
    gap: FloatArray | None

    @cached_property
    def value(self) -> float:
        return float(self.targets.share @ self.by_group)

    @cached_property
    def by_mean(self) -> FloatArray | None:
        if self.gap is None:
            return None
        pull = [lapack.dpotrs(root, off, lower=1)[0] for root, off in zip(self.roots, self.gap, strict=True)]
        return np.asarray(-self.targets.share[:, None] * np.array(pull))

    @cached_property
    def solved(self) -> FloatArray:
        """Σ⁻¹C, G × p × k."""
        pairs = zip(self.roots, self.moments.used_columns, strict=True)
        return np.array([lapack.dpotrs(root, columns, lower=1)[0] for root, columns in pairs])

    @cached_property
    def expected(self) -> FloatArray:
        """CᵀΣ⁻¹C, G × k × k."""
        return np.asarray(self.moments.used_columns.swapaxes(-1, -2) @ self.solved)

    @cached_property
    def observed(self) -> FloatArray:
        """CᵀΣ⁻¹TΣ⁻¹C with T = S + (m − μ)(m − μ)ᵀ, G × k × k."""
        found = self.solved.swapaxes(-1, -2) @ (self.targets.covariance @ self.solved)
        if self.gap is not None:
            along = self._compute_pull()
            found += along[:, :, None] * along[:, None, :]
        return np.asarray(found)

    @cached_property
    def products(self) -> FloatArray:
        """CᵀDC of D = ½ share (Σ⁻¹ − Σ⁻¹TΣ⁻¹), G × k × k."""
        return np.asarray(0.5 * self.targets.share[:, None, None] * (self.expected - self.observed))

    def gradient(self, model: Model, x: FloatArray) -> FloatArray:
        return gather_gradient(self, model, x)

    def information(self, model: Model, x: FloatArray) -> FloatArray:
        return gather_information(model, x, self.moments, self.expected, self.targets.share)

    def hessian(self, model: Model, x: FloatArray) -> FloatArray:
        left = self.expected
        right = self.observed - 0.5 * left
        along = None if self.gap is None else self._compute_pull()
        blocks = []
        for run in model.runs:
            span = run.span
            pull = None if along is None else along[span]
            block = gather_observed_part(self.moments, run, left[span], right[span], pull)
            blocks.append(scale_block(block, self.targets.share[span]))
        return add_second_order(model, x, self, pull_back_square(model, x, assemble(model, blocks)))

    def _compute_pull(self) -> FloatArray:
        """CᵀΣ⁻¹(m − μ), G × k."""
        assert self.gap is not None  # noqa: S101
        return np.asarray((self.gap[:, None, :] @ self.solved)[:, 0, :])


def _build_likelihood(targets: Targets, deviations: FloatArray | None) -> "MaximumLikelihood | FullInformation":
    """That of complete rows, or of rows with empty cells where the targets have their patterns."""
    if targets.patterns is None:
        return MaximumLikelihood(targets)
    from sem_toolkit.discrepancy.full_information import FullInformation

    return FullInformation(targets)


def _weigh_at_model(pair: MomentPair) -> NormalWeight:
    return NormalWeight(pair.implied_inverse)


ML: Kind = Kind(
    "ML",
    build=_build_likelihood,
    weigh=_weigh_at_model,
    unbiased=False,
    is_likelihood=True,
    is_normal_theory=True,
)
GIVEN = replace(ML, is_conditional=True)
"""The same, fit judged given the fixed exogenous variables."""
WISHART = replace(ML, unbiased=True)
"""The same of the likelihood of covariances with divisor n - 1."""
