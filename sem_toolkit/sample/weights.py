"""Sampling weights: a sample of rows that do not stand for equally many people."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_names, describe_group, numeric_values
from sem_toolkit.sample.choices import Normalization, Weighting
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.patterns import build_patterns
from sem_toolkit.sample.sample import Sample, SampleGroup
from sem_toolkit.sample.saturated import compute_saturated_model

if TYPE_CHECKING:
    import pandas as pd

_EVEN = 0.2
"""Share of the rows that their effective number must not fall below."""


def attach_weights(sample: Sample, frame: "pd.DataFrame", weighting: Weighting) -> Sample:
    """The sample with its moments weighted by a column of the frame that it was built from.

    Raises DataError where there is no such column, or a row used has a weight that is missing, zero or negative.
    """
    name = weighting.column
    faults = check_names([name], [str(column) for column in frame.columns], "the data")
    values = None if faults else numeric_values(frame[name])
    if values is None:
        message = f"the weights {name!r} are not numbers"
        raise DataError(faults or [Diagnostic("error", "text-column", message)])
    found = []
    for group in sample.groups:
        assert group.places is not None  # noqa: S101 (the sample is one of rows)
        own, where = values[group.places], describe_group(group.label)
        bad = np.flatnonzero(~(np.isfinite(own) & (own > 0.0)))
        if bad.size:
            rows = f"{bad.size} rows used have" if bad.size > 1 else "a row used has"
            message = f"{rows} no positive weight {name!r}{where}: row {group.places[bad[0]] + 1} has "
            message += "none" if np.isnan(own[bad[0]]) else f"{own[bad[0]]:g}"
            raise DataError(Diagnostic("error", "bad-weight", message, hint="leave these rows out"))
        found.append(own)
    parts = zip(sample.groups, _normalise(found, weighting.normalization), strict=True)
    groups = tuple(_weigh(group, own, weighting.frequencies) for group, own in parts)
    return replace(sample, groups=groups, messages=(*sample.messages, *_check_evenness(groups, name)))


def _check_evenness(groups: Sequence[SampleGroup], name: str) -> list[Diagnostic]:
    """A warning where a few rows have almost all of the weight.

    The effective number of rows is (Σw)²/Σw². Source: Kish (1965), Survey sampling, section 11.7.
    """
    found = []
    for group in groups:
        weights = group.design.weights
        assert weights is not None  # noqa: S101
        effective = float(weights.sum() ** 2 / (weights @ weights))
        if effective < _EVEN * group.n:
            message = (
                f"the weights {name!r} are so unequal that {group.n} rows{describe_group(group.label)} count like "
            )
            message += f"{effective:.0f}"
            found.append(Diagnostic("warning", "uneven-weights", message, hint="is this the column of weights?"))
    return found


def _normalise(weights: Sequence[FloatArray], normalization: Normalization) -> list[FloatArray]:
    if normalization == "none":
        return [*weights]
    if normalization == "group":
        return [own / own.mean() for own in weights]
    mean = float(np.concatenate(weights).mean())
    return [own / mean for own in weights]


def _weigh(group: SampleGroup, weights: FloatArray, frequencies: bool) -> SampleGroup:
    assert group.data is not None  # noqa: S101
    saturated = compute_saturated_model(build_patterns(group.data, weights))
    design = replace(group.design, weights=weights, frequencies=frequencies)
    kept = saturated if group.saturated is not None else None
    return replace(group, covariance=saturated.covariance, mean=saturated.mean, saturated=kept, design=design)
