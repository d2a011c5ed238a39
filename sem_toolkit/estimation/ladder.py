"""Attempts in order of cost until one ends in a certified optimum; each leaves a line in the transcript.

Bentler (1982), Journal of Econometrics 19, 67-76, and Hägglund (1982), Psychometrika 47, 209-222, are behind the idea
of non-iterative starts; what happens after them is the usual craft of global optimisation, with a seed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.base import Quadratic
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.estimation.certificate import Examination, examine
from sem_toolkit.estimation.constrained import minimise_constrained, polish_constrained
from sem_toolkit.estimation.objective import Objective, Point
from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.estimation.scoring import Outcome, minimise
from sem_toolkit.estimation.solution import Attempt
from sem_toolkit.estimation.starts import compute_simple_start
from sem_toolkit.model import check_identification

FloatArray = NDArray[np.float64]

_BETTER = 1e-9
_LOWER = 1e-6
_FINISHED = 4
_MORE = 3  # times as many scattered starts where the lowest optimum so far is improper, or there is none
# Where the curvature (smallest eigenvalue of the scaled Hessian) is larger than the first and the discrepancy for each
# degree of freedom smaller than the second, lower optima are too rare to look for at the price of the fit itself.
_SAFE, _FITS = 0.05, 0.008


@dataclass(frozen=True, eq=False)
class Candidate:
    """A point with its examination."""

    point: Point
    examination: Examination

    @property
    def settled(self) -> bool:
        """Nothing more to look for but by scattered starts: a proper optimum, or a point as good as its neighbours."""
        return self.examination.certificate.verdict in ("converged", "converged at a boundary", "not identified")

    @property
    def is_proper(self) -> bool:
        """Whether it is an optimum with possible values."""
        return self.examination.certificate.verdict in ("converged", "converged at a boundary")

    def beats(self, other: "Candidate | None") -> bool:
        if other is None:
            return True
        if self.examination.feasible != other.examination.feasible:
            return self.examination.feasible
        mine, theirs = self.examination.certificate, other.examination.certificate
        if mine.converged != theirs.converged:
            optimum, drift = (self, other) if mine.converged else (other, self)
            # an improper optimum does not stand where parameters that run away lead lower
            stands = optimum.examination.certificate.admissible or optimum.point.value < drift.point.value + _LOWER
            return mine.converged == stands
        if abs(self.point.value - other.point.value) > _BETTER:
            return self.point.value < other.point.value
        return mine.gradient_max < theirs.gradient_max


@dataclass
class Climb:
    """The best candidate so far, the number of the attempt that found it, and the transcript.

    passed  the lowest improper optimum that was met and not taken, as a proper one was there
    """

    objective: Objective
    best: Candidate | None = None
    found_in: int = 0
    transcript: list[Attempt] = field(default_factory=list)
    starts: int = 0
    at_infinity: tuple[str, ...] = ()
    proper: Candidate | None = None
    passed: Candidate | None = None
    surveyed: bool = False
    infeasible: bool = False

    def record(self, algorithm: str, start: str, outcome: Outcome, engine: str = "native") -> Candidate | None:
        """Examine where an attempt ended and remember it."""
        point = outcome.point
        candidate = None
        self.starts += "scattered" not in start
        verdict: str = outcome.reason
        value = float("nan")
        if point is not None:
            examination = examine(self.objective, point, engine, outcome.iterations, _explain_reason(outcome))
            candidate = Candidate(point, examination)
            if self._is_to_be_passed(candidate):
                if candidate.beats(self.passed):
                    self.passed = candidate
            elif candidate.beats(self.best):
                self.best, self.found_in = candidate, len(self.transcript) + 1
            if candidate.is_proper and (self.proper is None or point.value < self.proper.point.value):
                self.proper = candidate
            verdict, value = f"{outcome.reason}: {examination.certificate.verdict}", point.value
        self.transcript.append(Attempt(algorithm, start, verdict, outcome.iterations, value, outcome.gradient_max))
        return candidate

    def _is_to_be_passed(self, candidate: Candidate) -> bool:
        """Whether it is an improper optimum of least squares below a proper one.

        Least squares measures how far an implied covariance matrix is by what the sample varies by, so that there may
        be lower optima far away, where no covariance matrix could be. A likelihood has none beyond singular matrices.
        """
        if self.best is None or not self.best.is_proper or not isinstance(self.objective.discrepancy, Quadratic):
            return False
        return candidate.examination.certificate.verdict == "improper" and candidate.beats(self.best)


def climb(
    objective: Objective, targets: Targets, options: EstimationOptions, start: FloatArray, climb: Climb | None = None
) -> Climb:
    """Try one thing after another from the start x (q) on; stops at the first settled candidate.

    Scattered starts, where they are of use, come second: all of them cost less than one of the attempts after them.
    """
    state = Climb(objective) if climb is None else climb
    for algorithm, name, attempt in _list_attempts(state, targets, options, start):
        if _is_enough(state, name):
            break
        outcome = attempt()
        state.record(algorithm, name, outcome)
        if outcome.reason == "infeasible":
            state.infeasible = True
            break
        if not state.surveyed:
            survey_starts(state, targets, options, start)
        if state.best is not None and state.best.settled:
            break
    return state


def survey_starts(state: Climb, targets: Targets, options: EstimationOptions, start: FloatArray) -> None:
    """Look for lower optima from scattered starts, where there may be some; the best is finished and examined.

    Where an improper optimum is the lowest of them there tend to be several, so that more starts follow.
    """
    objective = state.objective
    if options.multistart < 2 or not _is_doubtful(state.best, objective, targets):
        return
    from sem_toolkit.estimation.multistart import is_surveyable

    if not is_surveyable(objective, targets):
        return
    state.surveyed = True
    _survey_once(state, targets, options, start, options.multistart)
    if state.best is None or not state.best.is_proper:
        more = replace(options, seed=options.seed + 1)
        _survey_once(state, targets, more, start, options.multistart * _MORE)


def _survey_once(state: Climb, targets: Targets, options: EstimationOptions, start: FloatArray, n_starts: int) -> None:
    from sem_toolkit.estimation.by_scipy import minimise_in_trust_region
    from sem_toolkit.estimation.multistart import find_stack, survey

    objective = state.objective
    found = survey(objective, targets, start, None if state.best is None else state.best.point, n_starts, options.seed)
    is_whole = find_stack(objective, targets) is objective.discrepancy
    state.starts += found.starts
    name = f"lowest of {found.starts} scattered starts"
    is_free = objective.model.constraints.is_linear
    for theta in found.thetas[:_FINISHED]:
        if is_free:
            candidate = state.record("Fisher scoring", name, minimise(objective, theta, options.max_iterations))
        else:
            candidate = state.record("SLSQP", name, minimise_constrained(objective, theta))
        if is_free and (candidate is None or not candidate.examination.certificate.converged):
            candidate = state.record("trust region", name, minimise_in_trust_region(objective, theta))
        is_passed = candidate is not None and candidate is not state.best
        if is_whole and candidate is not None and candidate.examination.certificate.converged and not is_passed:
            break  # what stands for the discrepancy need not order its optima in the same way
    if found.at_infinity and (state.best is None or not state.best.examination.certificate.converged):
        state.at_infinity = found.at_infinity


def _is_doubtful(best: Candidate | None, objective: Objective, targets: Targets) -> bool:
    """Whether a lower optimum is likely enough to look for it: a safe, proper optimum is left alone."""
    if best is None:
        return True
    certificate = best.examination.certificate
    if certificate.verdict == "not identified":  # at this point; parameters may have run away to it
        return check_identification(objective.model).identified
    if not (certificate.converged and certificate.admissible):
        return True
    if certificate.hessian_min_eig < _SAFE:
        return True
    return best.point.value > _FITS * max(_count_degrees(objective, targets), 1)


def _count_degrees(objective: Objective, targets: Targets) -> int:
    """Degrees of freedom; composites' own moments are not taken off."""
    model, n_fixed = objective.model, len(targets.exogenous)
    moments = sum(k * (k + 1) // 2 * sign for k, sign in ((model.n_observed, 1), (n_fixed, -1)))
    moments += model.n_observed - n_fixed if model.has_means else 0
    return model.n_groups * moments - objective.size


def _is_enough(state: Climb, name: str) -> bool:
    """An improper optimum is looked at from one more start, not from all of them."""
    best = state.best
    is_optimum = best is not None and best.examination.certificate.converged
    return is_optimum and (state.surveyed or not name.startswith("plain"))


Plan = tuple[str, str, Callable[[], Outcome]]


def _list_attempts(state: Climb, targets: Targets, options: EstimationOptions, start: FloatArray) -> Iterator[Plan]:
    objective = state.objective
    linear, is_linear = objective.model.constraints.linear, objective.model.constraints.is_linear
    theta = linear.reduce(start)
    if is_linear:
        solve: Callable[[FloatArray], Outcome] = lambda at: minimise(objective, at, options.max_iterations)  # noqa: E731
        algorithm = "Fisher scoring"
    else:
        solve = lambda at: minimise_constrained(objective, at)  # noqa: E731
        algorithm = "SLSQP"
    yield algorithm, "least-squares start", lambda: solve(theta)
    simple = linear.reduce(compute_simple_start(objective.model, targets))
    yield algorithm, "plain start", lambda: solve(simple)
    # what most fits do not come to is loaded where one does
    from sem_toolkit.estimation.by_scipy import minimise_in_trust_region, minimise_with_positive_variances

    if is_linear:
        yield "trust region", "least-squares start", lambda: minimise_in_trust_region(objective, theta)
        yield (
            algorithm,
            "optimum with positive variances",
            lambda: solve(minimise_with_positive_variances(objective, theta)),
        )
    else:
        base = theta if objective.locate(theta) is not None else simple
        yield (
            "sequential quadratic programming",
            "feasible start",
            lambda: minimise_from_feasible(objective, base, options.seed),
        )
    rng = np.random.default_rng(options.seed)
    for number in range(options.restarts):
        from_simple = number % 2 == 1
        perturbed = _perturb(objective, simple if from_simple else theta, rng, 0.2 + 0.1 * number)
        yield algorithm, f"perturbed start {number + 1}", lambda at=perturbed: solve(at)  # type: ignore[misc]
    if is_linear and state.best is not None:
        lowest = state.best.point.theta  # a search that was given up as drifting may have been on its way
        yield "trust region", "lowest point so far", lambda: minimise_in_trust_region(objective, lowest)


def minimise_from_feasible(objective: Objective, theta: FloatArray, seed: int) -> Outcome:
    """Minimise under all constraints from a point at which they hold; "infeasible" where none was found from θ."""
    from sem_toolkit.estimation.feasible import find_feasible
    from sem_toolkit.estimation.sequential import minimise_sequentially

    start = find_feasible(objective, theta, seed)
    if start is None:
        return Outcome(None, "infeasible", 0, np.inf)
    found, iterations = minimise_sequentially(objective, start)
    finished = polish_constrained(objective, found)
    return replace(finished, iterations=iterations + finished.iterations)


def _perturb(objective: Objective, theta: FloatArray, rng: np.random.Generator, size: float) -> FloatArray:
    """A point around θ at which the discrepancy has a value; θ itself if none is found."""
    for _ in range(10):
        trial = theta + size * rng.normal(size=len(theta)) * np.maximum(np.abs(theta), 0.1)
        if objective.locate(trial) is not None:
            return np.asarray(trial)
        size *= 0.6
    return theta


def _explain_reason(outcome: Outcome) -> str:
    return {
        "iteration limit": f"the solver stopped at its limit of {outcome.iterations} iterations",
        "drifting": "the solver gained less and less while parameters ran away",
        "stalled": "no step in any direction made it smaller",
    }.get(outcome.reason, "")
