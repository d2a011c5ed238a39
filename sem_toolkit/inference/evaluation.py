"""A solution with what every inference needs: moments, weights of the groups, tangent space of the constraints."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

import numpy as np

from sem_toolkit.estimation.options import BASE_ESTIMATORS
from sem_toolkit.model import ImpliedMoments, Model, compute_moments
from sem_toolkit.sample import Sample
from sem_toolkit.sample.moments import FloatArray

LEAST_SQUARES = frozenset({"GLS", "ULS", "WLS", "DWLS"})

Settings = ParamSpec("Settings")
Result = TypeVar("Result")

_NOTHING = object()
_ACTIVE = 1e-6
"""An inequality c(x) ≥ 0 counts as active below this, relative to the size of its terms."""


class SolutionOptions(Protocol):
    """What inference reads of the options of an estimation."""

    @property
    def estimator(self) -> str: ...
    @property
    def likelihood(self) -> str: ...


class SolutionLike(Protocol):
    """What inference reads of a solution; how the estimate was found does not matter here."""

    @property
    def model(self) -> Model: ...
    @property
    def sample(self) -> Sample: ...
    @property
    def options(self) -> SolutionOptions: ...
    @property
    def x(self) -> FloatArray: ...


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Moments of a sample and of a model at x, for G groups of p variables and q free parameters.

    estimator   "ML", "GLS", "ULS", "WLS" or "DWLS"; robust variants are named by what they estimate with
    wishart     likelihood "wishart": covariances have divisor n - 1, and n - G stands for n
    distribution_free   diagonal weights are the sample variances of the moments (WLSM, WLSMV), not normal-theory ones
    by_sizes    groups weigh by `sizes`, as in quadratic forms that are chi-square themselves; otherwise by their rows
    memory      what functions marked `once` have found; an evaluation elsewhere (`replace`) starts with none
    """

    model: Model
    sample: Sample
    x: FloatArray
    estimator: str = "ML"
    wishart: bool = False
    distribution_free: bool = False
    by_sizes: bool = False
    memory: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def moments(self) -> ImpliedMoments:
        return compute_moments(self.model, self.x)

    @property
    def is_incomplete(self) -> bool:
        """Whether the likelihood is that of rows with empty cells (`inference.incomplete`)."""
        return self.sample.is_incomplete

    @property
    def has_empty_cells(self) -> bool:
        """Whether either is so."""
        return self.is_incomplete or self.is_two_stage

    @property
    def is_two_stage(self) -> bool:
        """Whether the moments are the saturated model's of incomplete rows (`weights.two_stage`)."""
        return self.sample.is_two_stage

    @cached_property
    def rows(self) -> FloatArray:
        """Rows of each group (G)."""
        return np.array([float(group.n) for group in self.sample.groups])

    @property
    def unbiased(self) -> bool:
        """Whether the estimator works with covariances of divisor n - 1."""
        return self.wishart or self.estimator in LEAST_SQUARES

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
    def sized(self) -> "Evaluation":
        """The same with groups weighing by `sizes`."""
        proportional = not self.unbiased or len(self.rows) == 1
        return self if self.by_sizes or proportional else replace(self, by_sizes=True)

    @cached_property
    def sample_cov(self) -> FloatArray:
        """Sample covariances with the divisor of the estimator, G × p × p."""
        rescaled = self.unbiased and not self.is_two_stage  # saturated estimates stay as they are, as in lavaan
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
        """Σ⁻¹ of each group, G × p × p."""
        return invert_symmetric(self.implied_cov)

    @cached_property
    def mean_gap(self) -> FloatArray | None:
        """m − μ of each group, G × p; None without means."""
        if self.sample_mean is None or self.moments.mean is None:
            return None
        return self.sample_mean - self.moments.mean

    @cached_property
    def basis(self) -> FloatArray:
        """Directions in which x can move within all equality constraints, q × r (columns independent)."""
        constraints = self.model.constraints
        if not constraints.equalities:
            return constraints.linear.basis
        _, slopes = constraints.equality_values(self.x)
        return restrict_basis(constraints.linear.basis, slopes)

    @cached_property
    def free_basis(self) -> FloatArray:
        """The same, where inequalities and bounds that are active hold as equalities."""
        if not (self.model.constraints.inequalities or self.model.constraints.has_bounds):
            return self.basis
        values, slopes = self.model.constraints.inequality_values(self.x)
        size = 1.0 + np.abs(slopes) @ np.abs(self.x)
        return restrict_basis(self.basis, slopes[values < _ACTIVE * size])

    @property
    def npar(self) -> int:
        """Free parameters, equality constraints taken off."""
        return int(self.basis.shape[1])

    @property
    def exogenous(self) -> tuple[int, ...]:
        """Positions of the observed variables whose moments are taken from the data (fixed.x)."""
        return self.model.exogenous

    @cached_property
    def moments_per_group(self) -> int:
        """Number of sample moments in a group, those of exogenous variables included."""
        p = self.model.n_observed
        return p * (p + 1) // 2 + (p if self.has_means else 0)

    @cached_property
    def df(self) -> int:
        """Degrees of freedom: moments that are not taken from the data, less free parameters."""
        from sem_toolkit.model.identification import count_degrees

        return int(sum(group.moments for group in count_degrees(self.model)) - self.npar)


def once(
    compute: Callable[Concatenate[Evaluation, Settings], Result],
) -> Callable[Concatenate[Evaluation, Settings], Result]:
    """Let a function of an evaluation (and of settings that can be hashed) compute once what all tables share.

    The result is handed out again as it is: nobody may write into it.
    """

    @wraps(compute)
    def recall(evaluation: Evaluation, *args: Settings.args, **kwargs: Settings.kwargs) -> Result:
        key = (compute, args, tuple(kwargs.items()))
        found = evaluation.memory.get(key, _NOTHING)
        if found is _NOTHING:
            found = evaluation.memory[key] = compute(evaluation, *args, **kwargs)
        return cast("Result", found)

    return cast("Callable[Concatenate[Evaluation, Settings], Result]", recall)


@dataclass(frozen=True, eq=False)
class EvaluatedSolution:
    """A solution that keeps its evaluation: given to several functions, what they share is computed once."""

    solution: SolutionLike

    @property
    def model(self) -> Model:
        return self.solution.model

    @property
    def sample(self) -> Sample:
        return self.solution.sample

    @property
    def options(self) -> SolutionOptions:
        return self.solution.options

    @property
    def x(self) -> FloatArray:
        return self.solution.x

    @cached_property
    def evaluation(self) -> Evaluation:
        return evaluate_solution(self.solution)


def evaluate_solution(solution: SolutionLike) -> Evaluation:
    """The evaluation of a solution; robust estimators are taken for what they estimate with."""
    if isinstance(solution, EvaluatedSolution):
        return solution.evaluation
    base = BASE_ESTIMATORS[solution.options.estimator.upper()]
    wishart = base == "ML" and solution.options.likelihood == "wishart"
    free = solution.options.estimator.upper().startswith("WLSM")
    return Evaluation(solution.model, solution.sample, np.asarray(solution.x, dtype=np.float64), base, wishart, free)


def invert_symmetric(matrix: FloatArray) -> FloatArray:
    """Inverse of symmetric matrices (… × p × p), symmetric to the last bit."""
    inverse = np.linalg.inv(matrix)
    return np.asarray(0.5 * (inverse + np.swapaxes(inverse, -1, -2)))


def restrict_basis(basis: FloatArray, slopes: FloatArray) -> FloatArray:
    """The part of a basis (q × r) on which the slopes (k × q) are zero; those that do not exist (NaN) count as none."""
    if not len(slopes) or not basis.shape[1]:
        return basis
    along = np.nan_to_num(slopes) @ basis
    _, singular, right = np.linalg.svd(along, full_matrices=True)
    rank = int(np.sum(singular > 1e-9 * max(singular[0], 1e-300))) if singular.size else 0
    return np.asarray(basis @ right[rank:].T)
