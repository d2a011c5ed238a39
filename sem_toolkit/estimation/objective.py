"""The discrepancy as a function of θ, the parameters that are left when linear equalities are solved."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, EstimationError
from sem_toolkit.discrepancy import Discrepancy, Evaluation
from sem_toolkit.model import ImpliedMoments, Model, compute_moments

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Point:
    """A point at which the discrepancy has a value; its derivatives are exact and computed when they are asked for."""

    model: Model
    theta: FloatArray
    x: FloatArray
    evaluation: Evaluation

    @property
    def value(self) -> float:
        return self.evaluation.value

    @property
    def moments(self) -> ImpliedMoments:
        return self.evaluation.moments

    @cached_property
    def gradient(self) -> FloatArray:
        """dF/dθ (r)."""
        by_x = self.evaluation.gradient(self.model, self.x)
        linear = self.model.constraints.linear
        return by_x if linear.is_trivial else by_x @ linear.basis

    @cached_property
    def information(self) -> FloatArray:
        """Expected second derivative by θ (r × r)."""
        return self._restrict(self.evaluation.information(self.model, self.x))

    @cached_property
    def hessian(self) -> FloatArray:
        """Exact second derivative by θ (r × r)."""
        return self._restrict(self.evaluation.hessian(self.model, self.x))

    def _restrict(self, square: FloatArray) -> FloatArray:
        linear = self.model.constraints.linear
        return square if linear.is_trivial else linear.basis.T @ square @ linear.basis


@dataclass(frozen=True)
class Progress:
    """What a watcher of a search hears: how many points were looked at so far, and the discrepancy at the last one."""

    evaluations: int
    value: float


class Watcher:
    """Tells somebody of every point of a search, and ends the search where the answer is False."""

    def __init__(self, watch: Callable[[Progress], object]) -> None:
        self._watch = watch
        self._evaluations = 0

    def tell(self, value: float) -> None:
        """Raises EstimationError where the search is to end."""
        self._evaluations += 1
        if self._watch(Progress(self._evaluations, value)) is False:
            message = f"the search for an optimum was cancelled after {self._evaluations} evaluations"
            raise EstimationError(Diagnostic("error", "cancelled", message))


@dataclass(frozen=True, eq=False)
class Objective:
    """F(θ) for x = offset + basis θ; a watcher hears of every point.

    correlates  places of auxiliary variables, which are no part of what the model says
    units       q: what x is multiplied by to be in the units of the data; None: it is in them
    """

    model: Model
    discrepancy: Discrepancy
    watcher: Watcher | None = None
    correlates: tuple[int, ...] = ()
    units: FloatArray | None = None

    @property
    def size(self) -> int:
        return len(self.model.constraints.linear.kept)

    def locate(self, theta: FloatArray) -> Point | None:
        """The point θ, or None where the discrepancy has no value there (Σ not positive definite, I − A singular)."""
        x = self.model.constraints.linear.expand(theta)
        if not np.isfinite(x).all():
            return None
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                evaluation = self.discrepancy.evaluate(compute_moments(self.model, x))
        except np.linalg.LinAlgError:
            return None
        if evaluation is None or not np.isfinite(evaluation.value):
            return None
        if self.watcher is not None:
            self.watcher.tell(evaluation.value)
        return Point(self.model, theta, x, evaluation)
