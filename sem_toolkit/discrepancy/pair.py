"""What a discrepancy compares: the moments of a sample and those of a model at x, and what kind of comparison it is."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError
from sem_toolkit.discrepancy.base import Discrepancy, Evaluation, invert_symmetric
from sem_toolkit.discrepancy.targets import Targets, build_targets, list_statistics
from sem_toolkit.model import ImpliedMoments, Model, compute_moments
from sem_toolkit.sample import Sample
from sem_toolkit.sample.categorical import CategoricalStatistics

FloatArray = NDArray[np.float64]
Settings = ParamSpec("Settings")
Result = TypeVar("Result")
Pair = TypeVar("Pair", bound="MomentPair")

_NOTHING = object()


class Weight(Protocol):
    """The weight matrices V_g of all groups."""

    def quadratic(self, pair: "MomentPair") -> FloatArray:
        """eᵀVe of each group (G)."""
        ...

    def observed_quadratic(self, pair: "MomentPair") -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); those of exogenous variables count as 0."""
        ...

    def information(self, pair: "MomentPair") -> FloatArray:
        """Σ_g share_g Δ_gᵀV_gΔ_g, q × q."""
        ...

    def slope(self, pair: "MomentPair") -> FloatArray:
        """Σ_g share_g Δ_gᵀV_ge_g (q): how the fit would improve along each parameter."""
        ...

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """V times a matrix (m × k)."""
        ...

    def scores(self, pair: "MomentPair", group: int, rows: FloatArray) -> FloatArray:
        """ΔᵀVz_i for z_i = [d_i; vech(d_i d_iᵀ)] and rows d_i (n × p): n × q."""
        ...


@dataclass(frozen=True)
class Kind:
    """A discrepancy before it has met a sample, and what inference may take from it: it never asks for the name.

    name                  for messages
    build                 targets, and what the variables were divided by (p; None: nothing) → the discrepancy
    weigh                 sample and implied moments → V, the weight that the discrepancy gives to residual moments
    unbiased              sample covariances have divisor n - 1
    is_likelihood         its minimum is a log-likelihood ratio: there are log-likelihoods, information criteria and
                          expected, observed and first-order information
    is_normal_theory      V is that of normal theory at a covariance matrix
    is_distribution_free  V is the inverse of the sample covariance matrix of the moments
    has_distribution      n times twice its minimum is chi-square where its premises hold
    counts_exogenous      it fits the moments of fixed exogenous variables too
    is_categorical        it compares thresholds and correlations of responses (`sample.categorical`)
    has_levels            its groups are levels of rows in clusters, which have one likelihood together: there is no
                          weight of each, and derivatives are taken from the discrepancy itself (`MomentPair.evaluated`)
    is_conditional        its baseline model and residual indices are given the fixed exogenous variables
    has_saturated         there is a saturated model, against which models are tested
    is_minimised          the estimate is its minimum; otherwise it only says in which moments misfit is told
    has_statistic         n times twice its value at the estimate is a statistic, which scaled tests refer to
    """

    name: str
    build: Callable[[Targets, FloatArray | None], Discrepancy]
    weigh: "Callable[[MomentPair], Weight]"
    unbiased: bool = True
    is_likelihood: bool = False
    is_normal_theory: bool = False
    is_distribution_free: bool = False
    has_distribution: bool = True
    counts_exogenous: bool = False
    is_categorical: bool = False
    has_levels: bool = False
    is_conditional: bool = False
    has_saturated: bool = True
    is_minimised: bool = True
    has_statistic: bool = True


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
    def evaluated(self) -> Evaluation:
        """The discrepancy with its derivatives. Raises ModelError where it has no value."""
        discrepancy = self.kind.build(build_targets(self.model, self.sample, unbiased=self.unbiased), None)
        found = discrepancy.evaluate(self.moments)
        if found is None:
            message = "the implied covariance matrix is not positive definite"
            raise ModelError(Diagnostic("error", "not-positive-definite", message))
        return found

    @property
    def is_incomplete(self) -> bool:
        """Whether the likelihood is that of rows with empty cells."""
        return self.sample.is_incomplete

    @property
    def is_two_stage(self) -> bool:
        """Whether the moments are the saturated model's of incomplete rows."""
        return self.sample.is_two_stage

    @property
    def has_empty_cells(self) -> bool:
        """Whether either is so."""
        return self.is_incomplete or self.is_two_stage

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
    def shares(self) -> FloatArray:
        """Weight of each group in averages over groups (G).

        lavaan takes shares of the rows, even where covariances have divisor n - 1 and N is n - G.
        """
        weights = self.sizes if self.by_sizes else self.rows
        return np.asarray(weights / weights.sum())

    @cached_property
    def sized(self) -> Self:
        """The same with groups weighing by `sizes`."""
        proportional = not self.unbiased or len(self.rows) == 1
        return self if self.by_sizes or proportional else replace(self, by_sizes=True)

    @cached_property
    def sample_cov(self) -> FloatArray:
        """Sample covariances with the divisor of the estimator, G × p × p."""
        stays = self.is_two_stage or self.kind.is_categorical  # as in lavaan
        rescaled = self.unbiased and not stays
        factors = self.rows / (self.rows - 1.0) if rescaled else np.ones(len(self.rows))
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
        if self.kind.is_categorical:
            return self.model.layout.size
        p = self.model.n_observed
        return p * (p + 1) // 2 + (p if self.has_means else 0)

    @cached_property
    def statistics(self) -> tuple[CategoricalStatistics, ...]:
        """Thresholds and correlations of each group; empty where all variables are numeric."""
        return list_statistics(self.sample) if self.kind.is_categorical else ()


def once(
    compute: Callable[Concatenate[Pair, Settings], Result],
) -> Callable[Concatenate[Pair, Settings], Result]:
    """Let a function of a pair (and of settings that can be hashed) compute once what all tables share.

    The result is handed out again as it is: nobody may write into it.
    """

    @wraps(compute)
    def recall(pair: Pair, *args: Settings.args, **kwargs: Settings.kwargs) -> Result:
        key = (compute, args, tuple(kwargs.items()))
        found = pair.memory.get(key, _NOTHING)
        if found is _NOTHING:
            found = pair.memory[key] = compute(pair, *args, **kwargs)
        return cast("Result", found)

    return cast("Callable[Concatenate[Pair, Settings], Result]", recall)


def iterate_rows(pair: MomentPair, group: int, at_model: bool) -> Iterator[FloatArray]:
    """The same rows in batches (b × p), where they are streamed from a file; else all at once."""
    stream, mean = pair.sample.groups[group].stream, pair.sample.groups[group].mean
    if stream is None or mean is None:
        yield centre_rows(pair, group, at_model)
        return
    implied = pair.moments.mean
    centre = implied[group] if at_model and implied is not None else mean
    for rows in stream:
        yield rows - centre


def centre_rows(pair: MomentPair, group: int, at_model: bool) -> FloatArray:
    """The rows of a group (n × p), less the implied mean (`at_model`, where means are modelled) or the sample mean."""
    if pair.kind.is_categorical:
        message = "this needs numeric rows, and the fit is of ordered variables"
        raise DataError(Diagnostic("error", "complete-rows-needed", message, hint="fit with ordered = none"))
    if pair.has_empty_cells:
        message = f'this needs complete rows, and the fit is by missing = "{pair.sample.missing}"'
        raise DataError(Diagnostic("error", "complete-rows-needed", message, hint='fit with missing = "listwise"'))
    data, mean = pair.sample.groups[group].data, pair.sample.groups[group].mean
    if pair.sample.groups[group].stream is not None:
        message = "this needs all rows at once, and they are too many to be kept: they were streamed from their file"
        hint = "take a sample of the rows, or estimator ML or MLR with the usual standard errors and tests"
        raise DataError(Diagnostic("error", "rows-streamed", message, hint=hint))
    if data is None or mean is None:
        message = "robust standard errors and tests need the rows of the data, not only their moments"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint='use estimator "ML", or give the data'))
    implied = pair.moments.mean
    return data - (implied[group] if at_model and implied is not None else mean)
