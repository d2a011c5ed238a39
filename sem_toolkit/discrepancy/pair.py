"""What a discrepancy compares: the moments of a sample and those of a model at x."""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy.base import Evaluation, invert_symmetric
from sem_toolkit.discrepancy.kind import Kind
from sem_toolkit.discrepancy.targets import Targets, build_targets, list_statistics
from sem_toolkit.model import ImpliedMoments, Model, compute_moments
from sem_toolkit.sample import Sample

if TYPE_CHECKING:
    from sem_toolkit.sample.categorical import CategoricalStatistics

FloatArray = NDArray[np.float64]
Pair = TypeVar("Pair", bound="MomentPair")


@dataclass(frozen=True, eq=False)
class MomentPair:
    """Moments of a sample and of a model at x, for G groups of p variables and q free parameters.

    kind        how they are compared
    by_sizes    groups weigh by `sizes`, as in quadratic forms that are chi-square themselves; otherwise by their rows
    memory      what functions marked `once` have found; a pair elsewhere (`replace`) starts with none
    """

    model: Model
    sample: Sample
    x: FloatArray
    kind: Kind
    by_sizes: bool = False
    memory: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles compute again: what is remembered is keyed by functions, which do not travel."""
        return self.__dict__ | {"memory": {}}

    @cached_property
    def moments(self) -> ImpliedMoments:
        return compute_moments(self.model, self.x)

    @cached_property
    def targets(self) -> Targets:
        """The moments of the sample as a discrepancy takes them."""
        return build_targets(self.model, self.sample, unbiased=self.unbiased)

    @cached_property
    def evaluated(self) -> Evaluation:
        """The discrepancy with its derivatives. Raises ModelError where it has no value."""
        found = self.kind.build(self.targets, None).evaluate(self.moments)
        if found is None:
            message = "the implied covariance matrix is not positive definite"
            raise ModelError(Diagnostic("error", "not-positive-definite", message))
        return found

    @cached_property
    def rows(self) -> FloatArray:
        """Observations of each group (G): its rows, or the sum of their weights."""
        return np.array([group.size for group in self.sample.groups])

    @property
    def unbiased(self) -> bool:
        """Whether the estimator works with covariances of divisor n - 1."""
        return self.kind.unbiased

    @cached_property
    def sizes(self) -> FloatArray:
        """Number of observations of each group that test statistics are multiplied by (G)."""
        return self.rows - 1.0 if self.unbiased else self.rows

    @cached_property
    def total(self) -> float:
        """The same of all groups: N."""
        return float(self.sizes.sum())

    @cached_property
    def factors(self) -> FloatArray:
        """What the discrepancy of each group is scaled by (G), as in lavaan: (n − 1)/n, and 1 of a likelihood."""
        return np.ones(len(self.rows)) if self.kind.is_likelihood else np.asarray((self.rows - 1.0) / self.rows)

    @property
    def multiplier(self) -> float:
        """What twice the minimum is multiplied by for χ²: N of a likelihood; all rows where it is so scaled."""
        return self.total if self.kind.is_likelihood else float(self.rows.sum())

    @cached_property
    def shares(self) -> FloatArray:
        """Weight of each group in averages over groups (G).

        lavaan takes shares of the rows, even where covariances have divisor n - 1 and N is n - G.
        """
        weights = self.sizes if self.by_sizes else self.rows
        return np.asarray(weights / weights.sum())

    @property
    def sized(self) -> Self:
        """The same with groups weighing by `sizes`."""
        proportional = not self.unbiased or len(self.rows) == 1
        return self if self.by_sizes or proportional else self._sized

    @cached_property
    def _sized(self) -> Self:
        """Never this pair itself, which would then live until somebody looks for circles."""
        return replace(self, by_sizes=True)

    @cached_property
    def sample_cov(self) -> FloatArray:
        """Sample covariances with the divisor of the estimator, G × p × p."""
        factors = self.sample.unbiased_factors if self.unbiased else np.ones(len(self.rows))
        return np.stack([f * group.covariance for f, group in zip(factors, self.sample.groups, strict=True)])

    @cached_property
    def sample_logdet(self) -> FloatArray:
        """log|S| of each group (G)."""
        return np.asarray(np.linalg.slogdet(self.sample_cov)[1])

    @cached_property
    def sample_mean(self) -> FloatArray | None:
        """Sample means, G × p, where the model has means; otherwise None."""
        means = [group.mean for group in self.sample.groups]
        if not self.model.has_means or any(mean is None for mean in means):
            return None
        return np.stack([mean for mean in means if mean is not None])

    @property
    def has_means(self) -> bool:
        return self.sample_mean is not None

    @cached_property
    def implied_cov(self) -> FloatArray:
        """Σ of each group, G × p × p."""
        return self.moments.covariance

    @cached_property
    def implied_inverse(self) -> FloatArray:
        """Σ⁻¹ of each group, G × p × p; NaN where a Σ is singular or has negative variances, as it may where a search
        ended at no optimum, and by estimators that don't minimise a likelihood."""
        try:
            with np.errstate(invalid="ignore"):
                return invert_symmetric(self.implied_cov)
        except np.linalg.LinAlgError:
            return np.full_like(self.implied_cov, np.nan)

    @cached_property
    def mean_gap(self) -> FloatArray | None:
        """m − μ of each group, G × p; None without means."""
        if self.sample_mean is None or self.moments.mean is None:
            return None
        return self.sample_mean - self.moments.mean

    @property
    def exogenous(self) -> tuple[int, ...]:
        """Positions of the observed variables whose moments are taken from the data (fixed.x)."""
        return self.model.exogenous

    @property
    def is_conditional(self) -> bool:
        """Whether fit is judged given these, of which there are some."""
        return self.kind.is_conditional and bool(self.exogenous)

    @cached_property
    def moments_per_group(self) -> int:
        """Number of sample moments in a group, those of exogenous variables included."""
        return self.kind.vector.count(self)

    @cached_property
    def statistics(self) -> "tuple[CategoricalStatistics, ...]":
        """Thresholds and correlations of each group; empty where all variables are numeric."""
        return list_statistics(self.sample)
