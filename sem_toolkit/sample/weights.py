"""Sampling weights: a sample of rows that do not stand for equally many people."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_names, describe_group, numeric_values
from sem_toolkit.sample.patterns import build_patterns
from sem_toolkit.sample.sample import Sample, SampleGroup
from sem_toolkit.sample.saturated import compute_saturated_model

if TYPE_CHECKING:
    import pandas as pd


def attach_weights(sample: Sample, frame: "pd.DataFrame", name: str) -> Sample:
    """The sample with its moments weighted by a column of the frame that it was built from.

    Weights are scaled to a mean of 1 in each group, as in lavaan by default. Raises DataError where there is no such
    column, or a row used has a weight that is missing, zero or negative.
    """
    faults = check_names([name], [str(column) for column in frame.columns], "the data")
    values = None if faults else numeric_values(frame[name])
    if values is None:
        message = f"the weights {name!r} are not numbers"
        raise DataError(faults or [Diagnostic("error", "text-column", message)])
    groups = []
    for group in sample.groups:
        assert group.places is not None  # noqa: S101 (the sample is one of rows)
        own, where = values[group.places], describe_group(group.label)
        bad = np.flatnonzero(~(np.isfinite(own) & (own > 0.0)))
        if bad.size:
            message = f"{bad.size} rows used have no positive weight {name!r}{where}, such as row"
            message += f" {group.places[bad[0]] + 1}: {own[bad[0]]:g}"
            raise DataError(Diagnostic("error", "bad-weight", message, hint="leave these rows out"))
        groups.append(_weigh(group, own / own.mean()))
    return replace(sample, groups=tuple(groups))


def _weigh(group: SampleGroup, weights: np.ndarray) -> SampleGroup:
    assert group.data is not None  # noqa: S101
    saturated = compute_saturated_model(build_patterns(group.data, weights))
    kept = saturated if group.saturated is not None else None
    return replace(group, covariance=saturated.covariance, mean=saturated.mean, saturated=kept, weights=weights)
