"""The baseline model, which the incremental fit measures hold a model against."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sem_toolkit.discrepancy import once
from sem_toolkit.inference import exact_fit
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.numeric_baseline import IncompleteBaseline, NumericBaseline
from sem_toolkit.inference.exact_fit.statistics import TestStatistic, build_test
from sem_toolkit.inference.weights.by_kind import ByKind
from sem_toolkit.sample.moments import FloatArray


class BaselineModel(Protocol):
    """What differs by the kind of variables."""

    def build(self, evaluation: AtEstimate) -> AtEstimate:
        """The baseline model as a model, at its estimate for estimators that reproduce what it leaves free."""
        ...

    def count_degrees(self, evaluation: AtEstimate) -> int:
        """Its degrees of freedom."""
        ...

    def minimise(self, evaluation: AtEstimate, scaled: bool, free: bool) -> FloatArray:
        """χ² of each group over its size (G)."""
        ...


BASELINES: ByKind[BaselineModel] = ByKind(
    complete=NumericBaseline,
    incomplete=IncompleteBaseline,
    ordered=lambda: exact_fit.CategoricalBaseline(),
    levels=lambda: exact_fit.LevelBaseline(),
    given=lambda: exact_fit.GivenBaseline(),
    given_incomplete=lambda: exact_fit.GivenBaseline(),
)


@dataclass(frozen=True)
class BaselineTest:
    """χ² (by group, and their sum) and degrees of freedom of the baseline model."""

    stat_group: tuple[float, ...]
    df: int

    @property
    def chisq(self) -> float:
        return sum(self.stat_group)

    @property
    def statistic(self) -> TestStatistic:
        """The same as a test, which scaled tests scale."""
        return build_test("standard", np.array(self.stat_group), self.df)


@once
def compute_baseline(evaluation: AtEstimate, scaled: bool = False, free: bool = False) -> BaselineTest:
    """χ² and df of the baseline model, all groups together, by the estimator's own statistic.

    ULS and DWLS are referred to Browne's residual test by normal theory, which for the baseline model equals GLS,
    unless a `scaled` test corrects what they minimise; `free` of distribution it equals WLS.
    """
    model = BASELINES.choose(evaluation)
    minima = model.minimise(evaluation, scaled, free)
    stat_group = tuple(float(n * minimum) for n, minimum in zip(evaluation.sizes, minima, strict=True))
    return BaselineTest(stat_group, model.count_degrees(evaluation))


def build_baseline_evaluation(evaluation: AtEstimate) -> AtEstimate:
    """The baseline model as a model, at its estimate."""
    return BASELINES.choose(evaluation).build(evaluation)
