"""What estimation hands on: the estimates, how good the optimum is, and how it was found."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.discrepancy import Discrepancy, Evaluation
from sem_toolkit.discrepancy.targets import Targets, build_targets
from sem_toolkit.estimation.constrained import compute_tangent
from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.model import ImpliedMoments, Model, compute_moments
from sem_toolkit.sample import Sample

if TYPE_CHECKING:
    from sem_toolkit.estimation.instruments.search import Instrumental
    from sem_toolkit.estimation.steps.search import Steps

Stages: TypeAlias = "Instrumental | Steps | None"
"""How an estimate that was not searched for came about; None for the minimum of a discrepancy."""
FloatArray = NDArray[np.float64]
Verdict = Literal[
    "converged",
    "converged at a boundary",
    "improper",
    "not identified",
    "no optimum found",
    "solved",
    "solved in steps",
]


@dataclass(frozen=True)
class Attempt:
    """One line of the transcript: which algorithm from which start, and where it led."""

    algorithm: str
    start: str
    outcome: str
    iterations: int
    discrepancy: float
    gradient_max: float


@dataclass(frozen=True)
class Certificate:
    """What is known about the point that is called the estimate.

    verdict          converged / converged at a boundary (of an inequality or bound) / improper (an optimum, but some
                     value is impossible) / not identified (as good as any of a family) / no optimum found / solved
                     (equations in closed form hold; nothing was minimised) / solved in steps (each part is at an
                     optimum of its own, the whole is at none)
    converged        whether it is an optimum: gradient, constraints and curvature as they must be; of equations in
                     closed form, whether they hold and have one solution
    admissible       whether variances, correlations and covariance matrices are possible ones
    gradient_max     largest gradient element along the constraints, each parameter scaled by its root information;
                     of equations in closed form what is left over of them, relative to their terms
    hessian_min_eig  smallest eigenvalue of the exact Hessian on the constraint surface, scaled likewise; of equations
                     that of their matrix with unit diagonal
    engine           what found it; iterations: of that attempt
    messages         what a reader must know, with the parameters' names
    way              a "search" for a minimum, a "closed form", or "steps", each of which searched for its own
    starts           how many starts the optimum is the lowest of; with 1 it is an optimum, and whether it is the lowest
                     was not looked at
    is_lowest        whether no improper optimum lies lower that was met
    """

    verdict: Verdict
    converged: bool
    admissible: bool
    gradient_max: float
    hessian_min_eig: float
    engine: str
    iterations: int
    messages: tuple[Diagnostic, ...] = ()
    starts: int = 1
    way: Literal["search", "closed form", "steps"] = "search"
    is_lowest: bool = True

    @property
    def standing(self) -> str:
        """What the optimum is the lowest of, in words; empty where there is none."""
        if not self.converged:
            return ""
        if self.way != "search":
            return "a closed form" if self.way == "closed form" else "each step at an optimum of its own"
        if self.starts < 2:
            return "from one start"
        return f"lowest{'' if self.is_lowest else ' proper one'} of {self.starts} starts"


@dataclass(frozen=True, eq=False)
class ActiveConstraint:
    """A non-linear equality, or an inequality or bound that holds with equality at the estimate.

    slope       q: its gradient by x; multiplier: what relaxing it by one unit would gain in discrepancy
    """

    text: str
    is_equality: bool
    slope: FloatArray
    multiplier: float
    is_bound: bool = False

    def in_units(self, units: FloatArray) -> "ActiveConstraint":
        """The same of x, where it was found for z in x = units × z (q). A bound is measured in the units itself."""
        slope = self.slope / units
        size = float(np.abs(slope).max()) if self.is_bound else 1.0
        return replace(self, slope=slope / size, multiplier=self.multiplier * size)


@dataclass(frozen=True, eq=False)
class Solution:
    """Estimates x (q) with their certificate.

    model        with exogenous moments filled in as the estimator wants them
    discrepancy  lavaan's fmin: half the minimised discrepancy
    by_group     G: the same for each group; `chisq` is 2 Σ n_g by_group_g, with n_g - 1 for the Wishart likelihood
    active       what holds the estimate at its place beside linear equalities
    unrotated    what the search has found, where exploratory blocks were rotated afterwards
    stages       how an estimate that was not searched for came about, stage by stage
    judged       what tests and fit measures are about, where that is not the whole model: the structural part
    """

    model: Model
    sample: Sample
    options: EstimationOptions
    x: FloatArray
    discrepancy: float
    by_group: FloatArray
    certificate: Certificate
    transcript: tuple[Attempt, ...] = ()
    active: tuple[ActiveConstraint, ...] = ()
    unrotated: "Solution | None" = None
    stages: Stages = None
    judged: "Solution | None" = None

    @property
    def searched(self) -> "Solution":
        """The solution of the model that a search can be made in: the one before any rotation."""
        return self if self.unrotated is None else self.unrotated

    @cached_property
    def targets(self) -> Targets:
        """The sample moments that were fitted, with the estimator's divisor."""
        return build_targets(self.model, self.sample, unbiased=self.options.kind.unbiased)

    @cached_property
    def criterion(self) -> Discrepancy:
        """The discrepancy function."""
        return self.options.kind.build(self.targets, None)

    @cached_property
    def moments(self) -> ImpliedMoments:
        """Implied moments at x."""
        return compute_moments(self.model, self.x)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The discrepancy with its derivatives by the moments at x."""
        found = self.criterion.evaluate(self.moments)
        assert found is not None  # noqa: S101 (x is where the solver stood)
        return found

    @cached_property
    def information(self) -> FloatArray:
        """Expected second derivative of the discrepancy by x (q × q), before constraints (one row's information)."""
        return self.evaluation.information(self.model, self.x)

    @cached_property
    def hessian(self) -> FloatArray:
        """Exact second derivative of the discrepancy by x (q × q), before constraints."""
        return self.evaluation.hessian(self.model, self.x)

    @cached_property
    def tangent(self) -> FloatArray:
        """Basis (q × s) of the directions that no equality and no active inequality forbids.

        With any information matrix J the covariance matrix of the estimates is Z (Zᵀ J Z)⁻¹ Zᵀ.
        """
        constraints = self.model.constraints
        basis = constraints.linear.basis
        slopes = [constraint.slope for constraint in self.active]
        if constraints.surface is not None:
            slopes += list(constraints.surface.evaluate(self.x)[1])
        if not slopes:
            return basis
        return np.asarray(basis @ compute_tangent(np.array(slopes) @ basis, basis.shape[1]))
