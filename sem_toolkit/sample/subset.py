"""Some of the variables of a sample as a sample of its own."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sem_toolkit.sample.patterns import build_patterns
from sem_toolkit.sample.sample import Sample, SampleGroup
from sem_toolkit.sample.saturated import compute_saturated_model


def select_variables(sample: Sample, names: Sequence[str]) -> Sample:
    """Moments and rows of these variables, in this order; of incomplete rows their own saturated model."""
    places = np.array([sample.variables.index(name) for name in names])
    groups = tuple(_select(group, places) for group in sample.groups)
    return replace(sample, variables=tuple(names), groups=groups, auxiliary=())


def select_statistics(sample: Sample, names: Sequence[str], covariates: Sequence[str]) -> Sample:
    """The same of variables some of which are ordered, with the statistics of those given the covariates.

    covariates  variables that the statistics are conditional on, all of them among the names
    """
    others = [name for name in sample.variables if name not in covariates]
    order = np.array([others.index(name) for name in names if name not in covariates])
    picked = [None if group.categorical is None else group.categorical.pick(order) for group in sample.groups]
    chosen = select_variables(sample, names)
    pairs = zip(chosen.groups, picked, strict=True)
    return replace(chosen, groups=tuple(replace(group, categorical=own) for group, own in pairs))


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
    covariance = group.covariance[np.ix_(places, places)]
    return replace(group, data=data, mean=mean, covariance=covariance, stream=None, categorical=None)
