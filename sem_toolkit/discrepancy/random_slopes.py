"""Maximum likelihood of rows in clusters with random slopes: the likelihood of two levels, without a saturated model.

What the likelihood is held against is a point of no meaning (`Targets.saturated`), so that its value may be below 0.
First derivatives are exact; second ones are differences of these, and far from the optimum cross-products of the
clusters' scores stand for them (Berndt, Hall, Hall & Hausman, 1974, Annals of Economic and Social
Measurement 3, 653-665).
"""

from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.discrepancy.kind import Kind
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.discrepancy.two_level import TWO_LEVELS, TwoLevelEvaluation, TwoLevelLikelihood
from sem_toolkit.model import ImpliedMoments, Model, compute_moments
from sem_toolkit.sample.moments import FloatArray

_STEP = 3e-5  # of what a parameter's own information makes a unit


@dataclass(frozen=True, eq=False)
class RandomSlopes(TwoLevelLikelihood):
    """ML of two levels with random slopes, for targets with such clusters."""

    def evaluate(self, moments: ImpliedMoments) -> "RandomSlopesEvaluation | None":
        """Value and what its derivatives are made of; None outside its domain."""
        found = super().evaluate(moments)
        if found is None:
            return None
        return RandomSlopesEvaluation(found.targets, found.moments, found.by_group, found.likelihoods)


@dataclass(frozen=True, eq=False)
class RandomSlopesEvaluation(TwoLevelEvaluation):
    """The discrepancy at a point."""

    def hessian(self, model: Model, x: FloatArray) -> FloatArray:
        """By central differences of the gradient; NaN where it has no value near x."""
        discrepancy = RandomSlopes(self.targets)
        result = np.zeros((len(x), len(x)))
        told = np.diagonal(self.information(model, x))
        steps = _STEP / np.sqrt(np.where(told > 0.0, told, 1.0))
        for i in range(len(x)):
            step = steps[i]
            for side in (-1.0, 1.0):
                moved = x.copy()
                moved[i] += side * step
                found = discrepancy.evaluate(compute_moments(model, moved))
                if found is None:
                    return np.full_like(result, np.nan)
                result[i] += side * found.gradient(model, moved) / (2.0 * step)
        return 0.5 * (result + result.T)


def _build(targets: Targets, deviations: FloatArray | None) -> RandomSlopes:
    return RandomSlopes(targets)


RANDOM_SLOPES: Kind = replace(TWO_LEVELS, name="ML of two levels with random slopes", build=_build, has_saturated=False)
