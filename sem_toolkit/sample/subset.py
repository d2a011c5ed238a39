"""Some of the variables of a sample as a sample of its own."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sem_toolkit.sample.patterns import build_patterns
from sem_toolkit.sample.sample import Sample, SampleGroup
from sem_toolkit.sample.saturated import compute_saturated_model


def select_variables(sample: Sample, names: Sequence[str]) -> Sample:
    """Moments and rows of these numeric variables, in this order; of incomplete rows their own saturated model."""
    places = np.array([sample.variables.index(name) for name in names])
    groups = tuple(_select(group, places) for group in sample.groups)
    return replace(sample, variables=tuple(names), groups=groups, auxiliary=())


def _select(group: SampleGroup, places: np.ndarray) -> SampleGroup:
    data = None if group.data is None else group.data[:, places]
    if group.saturated is not None:
        known = group.saturated.likelihood.patterns
        patterns = build_patterns(known.rows[:, places], known.weights)
        saturated = compute_saturated_model(patterns)
        n = round(patterns.total) if known.weights is None else group.n
        own = {"covariance": saturated.covariance, "mean": saturated.mean, "saturated": saturated, "n": n}
        return replace(group, data=data, **own)  # type: ignore[arg-type]
    mean = None if group.mean is None else group.mean[places]
    return replace(group, data=data, mean=mean, covariance=group.covariance[np.ix_(places, places)], stream=None)
