"""Whether one model is nested in another: its implied moments, taken as data, must be fitted exactly by the other.

Source: Bentler & Satorra (2010), Psychological Methods 15, 111-123 (NET).
"""

from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.estimation import EstimationOptions, Solution, estimate
from sem_toolkit.model import compute_moments
from sem_toolkit.sample import Sample

_EXACT = 1e-6
"""Discrepancy (of correlations, half a χ² a row) below which a fit counts as exact."""


@dataclass(frozen=True)
class Nesting:
    """Result of the check: `discrepancy` is what the larger model leaves of the smaller one's moments."""

    nested: bool
    discrepancy: float
    reason: str = ""


def check_nesting(larger: Solution, smaller: Solution) -> Nesting:
    """Fit the larger model to the moments that the smaller one implies at its estimate."""
    if larger.model.observed != smaller.model.observed and set(larger.model.observed) != set(smaller.model.observed):
        only = sorted(set(larger.model.observed) ^ set(smaller.model.observed))
        return Nesting(False, float("nan"), f"the models are about different variables ({', '.join(only)})")
    if larger.model.has_means != smaller.model.has_means and smaller.model.has_means:
        return Nesting(False, float("nan"), "one of the models has a mean structure, the other has none")
    solution = estimate(larger.model, _implied_sample(larger, smaller), EstimationOptions(engine="native"))
    discrepancy = float(solution.discrepancy)
    if discrepancy <= _EXACT:
        return Nesting(True, discrepancy)
    return Nesting(False, discrepancy, "the larger model cannot reproduce the moments that the smaller one implies")


def _implied_sample(larger: Solution, smaller: Solution) -> Sample:
    """The smaller model's implied moments as a sample, in the order of the larger model's variables."""
    moments = compute_moments(smaller.model, smaller.x)
    order = [smaller.model.observed.index(name) for name in larger.model.observed]
    groups = []
    for g, group in enumerate(larger.sample.groups):
        mean = group.mean if moments.mean is None else moments.mean[g][order]
        covariance = np.ascontiguousarray(moments.covariance[g][np.ix_(order, order)])
        groups.append(replace(group, covariance=covariance, mean=mean, data=None, saturated=None))
    return replace(larger.sample, groups=tuple(groups), messages=(), missing="listwise")
