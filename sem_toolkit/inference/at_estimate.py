"""A solution with what every inference needs: moments, weights of the groups, tangent space of the constraints."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy import Kind, MomentPair, Weight
from sem_toolkit.estimation import Estimator, Stages, compute_tangent
from sem_toolkit.inference.weights.data import DataKind, choose_data_kind
from sem_toolkit.inference.weights.estimator import (
    build_estimator_weight,
    compute_estimator_information,
    compute_estimator_quadratic,
)
from sem_toolkit.model import Model
from sem_toolkit.model.constraints import Constraints
from sem_toolkit.sample import Sample
from sem_toolkit.sample.moments import FloatArray


class SolutionOptions(Protocol):
    """What inference reads of the options of an estimation."""

    @property
    def kind(self) -> Kind: ...
    @property
    def record(self) -> Estimator: ...


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
    @property
    def tangent(self) -> FloatArray: ...
    @property
    def stages(self) -> Stages: ...


@dataclass(frozen=True, eq=False)
class AtEstimate(MomentPair):
    """Moments of a sample and of a model at an estimate.

    tangent   basis (q × s) of the directions that no equality and no active inequality forbids, as estimation found
              them; None for a model that has none but equalities
    level     of rows in clusters the one that is judged by itself, beside a saturated other one (0: within clusters,
              1: between them); None for the whole model
    stages    how an estimate that was not searched for came about; None for the minimum of a discrepancy
    """

    tangent: FloatArray | None = None
    level: int | None = None
    stages: Stages = None

    @property
    def data(self) -> DataKind:
        """What the data say of the moments, by their kind."""
        return choose_data_kind(self.sample)

    @property
    def weight(self) -> Weight:
        """V of the discrepancy that was minimised; of incomplete rows their expected information."""
        return build_estimator_weight(self)

    @property
    def quadratic(self) -> FloatArray:
        """eᵀVe of each group (G)."""
        return compute_estimator_quadratic(self)

    @property
    def information(self) -> FloatArray:
        """Σ_g share_g ΔᵀVΔ, q × q: for ML the expected information."""
        return compute_estimator_information(self)

    @cached_property
    def basis(self) -> FloatArray:
        """Directions in which x can move within all equality constraints, q × r (columns independent)."""
        return compute_equality_basis(self.model.constraints, self.x)

    @property
    def free_basis(self) -> FloatArray:
        """The same, where inequalities and bounds that are active hold as equalities."""
        return self.basis if self.tangent is None else self.tangent

    def require_minimum(self, what: str) -> None:
        """Raise ModelError where the estimate minimises nothing, so that `what` has no slope to be made of."""
        if not self.kind.is_minimised:
            message = f"there are no {what}: nothing was minimised, so that no slope says what a change would gain"
            raise ModelError(Diagnostic("error", "nothing-minimised", message, hint="fit with ML for them"))

    def require_saturated(self, what: str) -> None:
        """Raise ModelError where there is no saturated model that `what` would be held against."""
        if not self.kind.has_saturated:
            message = (
                f"there are no {what}: with random slopes variances differ from row to row, and no saturated model"
            )
            message += " has them all"
            hint = "compare log-likelihoods and information criteria of models, or test parameters (Wald)"
            raise ModelError(Diagnostic("error", "no-saturated-model", message, hint=hint))

    def require_one_level(self, what: str, hint: str) -> None:
        """Raise ModelError where rows are in clusters at two levels, of which there are no such `what`."""
        if self.data.levels > 1:
            message = f"there are no {what} with two levels, whose rows are no independent draws"
            raise ModelError(Diagnostic("error", "not-with-levels", message, hint=hint))

    @property
    def n_populations(self) -> int:
        """Groups of independent rows: levels of a group are none."""
        return self.model.n_groups // self.data.levels

    @property
    def npar(self) -> int:
        """Free parameters, equality constraints taken off."""
        return int(self.basis.shape[1])

    @cached_property
    def df(self) -> int:
        """Degrees of freedom: moments that are not taken from the data, less free parameters."""
        from sem_toolkit.model.identification import count_degrees

        return int(sum(group.moments for group in count_degrees(self.model)) - self.npar)


@dataclass(frozen=True, eq=False)
class SolutionView:
    """What a solution says but for its sample, handed on."""

    solution: SolutionLike

    @property
    def model(self) -> Model:
        return self.solution.model

    @property
    def options(self) -> SolutionOptions:
        return self.solution.options

    @property
    def x(self) -> FloatArray:
        return self.solution.x

    @property
    def tangent(self) -> FloatArray:
        return self.solution.tangent

    @property
    def stages(self) -> Stages:
        return self.solution.stages


@dataclass(frozen=True, eq=False)
class EvaluatedSolution(SolutionView):
    """A solution that keeps its evaluation: given to several functions, what they share is computed once."""

    @property
    def sample(self) -> Sample:
        return self.solution.sample

    @cached_property
    def evaluation(self) -> AtEstimate:
        return evaluate_solution(self.solution)


def evaluate_solution(solution: SolutionLike) -> AtEstimate:
    """What inference reads of a solution."""
    if isinstance(solution, EvaluatedSolution):
        return solution.evaluation
    constraints = solution.model.constraints
    tangent = solution.tangent if constraints.inequalities or constraints.has_bounds else None
    x = np.asarray(solution.x, dtype=np.float64)
    kind, stages = solution.options.kind, solution.stages
    return AtEstimate(solution.model, solution.sample, x, kind, tangent=tangent, stages=stages)


def compute_equality_basis(constraints: Constraints, x: FloatArray) -> FloatArray:
    """Directions (q × r) from x (q) that all equalities allow; one without derivatives (NaN) counts as none."""
    if not constraints.equalities and constraints.surface is None:
        return constraints.linear.basis
    basis = constraints.linear.basis
    return basis @ compute_tangent(np.nan_to_num(constraints.curved_slopes(x)) @ basis, basis.shape[1])
