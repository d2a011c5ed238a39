"""Maximum likelihood of rows in clusters at two levels: what varies within clusters and what varies between them.

F = Σ_g share_g (f_g(μ, Σ_W, Σ_B) − f_g at the saturated model), with f the mean over rows of −logl less a constant and
μ = μ_W + μ_B, so that 2nF is the likelihood ratio. The model's groups are levels: that within the clusters of a group
comes before that between them. The likelihood itself is in `sample.levels`; complete rows cost as many steps as there
are sizes of clusters, incomplete ones as many as there are clusters with their patterns of empty cells.
Sources: McDonald & Goldstein (1989), British Journal of Mathematical and Statistical Psychology 42, 215-232; Muthén
(1990); du Toit & du Toit (2008), in de Leeuw & Meijer, Handbook of multilevel analysis, 435-478.
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy.base import add_second_order, gather_gradient
from sem_toolkit.discrepancy.kind import Kind, Weight
from sem_toolkit.discrepancy.pair import MomentPair
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.model import ImpliedMoments, Model, compute_jacobian
from sem_toolkit.model.kernels import compute_products
from sem_toolkit.sample.levels import LevelLikelihood, LevelMoments, compute_level_likelihood
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class TwoLevelLikelihood:
    """ML of two levels for targets with clusters; the model must have means."""

    targets: Targets

    def value(self, moments: ImpliedMoments) -> float:
        """fmin, infinite outside its domain."""
        found = self.evaluate(moments)
        return np.inf if found is None else found.value

    def evaluate(self, moments: ImpliedMoments) -> "TwoLevelEvaluation | None":
        """Value and what its derivatives are made of; None where the covariance matrix of a cluster is not positive
        definite.
        """
        if moments.mean is None:
            message = "the likelihood of two levels needs a model with means"
            hint = "leave meanstructure out, or set it to true"
            raise ModelError(Diagnostic("error", "no-means", message, hint=hint))
        assert self.targets.saturated is not None  # noqa: S101 (targets of levels have it)
        found, values = [], np.zeros(len(moments.covariance))
        for g, clusters in enumerate(self.targets.clusters):
            inner, outer = 2 * g, 2 * g + 1
            mean = moments.mean[inner] + moments.mean[outer]
            own = LevelMoments(mean, moments.covariance[inner], moments.covariance[outer])
            likelihood = compute_level_likelihood(clusters, own)
            if likelihood is None or not np.isfinite(likelihood.value):
                return None
            found.append(likelihood)
            values[inner] = likelihood.value - self.targets.saturated[g]
        return TwoLevelEvaluation(self.targets, moments, values, tuple(found))


@dataclass(frozen=True, eq=False)
class TwoLevelEvaluation:
    """The discrepancy at a point; by_group has what a group's rows add at its level within clusters, 0 at the other."""

    targets: Targets
    moments: ImpliedMoments
    by_group: FloatArray
    likelihoods: tuple[LevelLikelihood, ...]

    @cached_property
    def value(self) -> float:
        return float(self.targets.share @ self.by_group)

    @cached_property
    def shares(self) -> FloatArray:
        """The share of each group in the rows (G)."""
        return self.targets.share[0::2]

    @cached_property
    def by_mean(self) -> FloatArray:
        """2G × p: the mean is the sum of those of both levels."""
        own = self.shares[:, None] * np.stack([likelihood.by_mean for likelihood in self.likelihoods])
        return np.repeat(own, 2, axis=0)

    @cached_property
    def by_covariance(self) -> FloatArray:
        """2G × p × p: D with dF = tr(D dΣ)."""
        parts = [
            share * own
            for share, likelihood in zip(self.shares, self.likelihoods, strict=True)
            for own in (likelihood.by_within, likelihood.by_between)
        ]
        return np.stack(parts)

    @cached_property
    def products(self) -> FloatArray:
        return compute_products(self.moments, self.by_covariance)

    def gradient(self, model: Model, x: FloatArray) -> FloatArray:
        return gather_gradient(self, model, x)

    def information(self, model: Model, x: FloatArray) -> FloatArray:
        return self.pull_back(model, x, expected=True)

    def hessian(self, model: Model, x: FloatArray) -> FloatArray:
        return add_second_order(model, x, self, self.pull_back(model, x, expected=False))

    def pull_back(self, model: Model, x: FloatArray, *, expected: bool) -> FloatArray:
        """Σ_g share_g Δ_gᵀ W_g Δ_g (q × q), W_g the information of the moments of both levels."""
        result = np.zeros((len(x), len(x)))
        parts = zip(self.shares, self.likelihoods, stack_levels(compute_jacobian(model, x, self.moments)), strict=True)
        for share, likelihood, delta in parts:
            result += share * (delta.T @ (likelihood.information(expected=expected) @ delta))
        return result

    def cluster_scores(self, model: Model, x: FloatArray) -> tuple[FloatArray, ...]:
        """Gradient of every cluster's log-likelihood by x, J_g × q for each group."""
        delta = stack_levels(compute_jacobian(model, x, self.moments))
        return tuple(own.cluster_scores() @ block for own, block in zip(self.likelihoods, delta, strict=True))


def stack_levels(delta: FloatArray) -> FloatArray:
    """The derivative of [μ; vech Σ_W; vech Σ_B] (G × m × q) from that of [μ; vech Σ] of every level (2G × … × q)."""
    size = delta.shape[1]  # p + p(p + 1)/2
    p = round((np.sqrt(8.0 * size + 9.0) - 3.0) / 2.0)
    inner, outer = delta[0::2], delta[1::2]
    return np.concatenate([inner[:, :p] + outer[:, :p], inner[:, p:], outer[:, p:]], axis=1)


def _build(targets: Targets, deviations: FloatArray | None) -> TwoLevelLikelihood:
    return TwoLevelLikelihood(targets)


def _weigh(pair: MomentPair) -> Weight:
    message = "this needs a weight for the moments of each group, which two levels do not have apart"
    raise ModelError(Diagnostic("error", "not-with-levels", message))


TWO_LEVELS = Kind(
    "ML of two levels",
    build=_build,
    weigh=_weigh,
    unbiased=False,
    is_likelihood=True,
    is_normal_theory=True,
)
