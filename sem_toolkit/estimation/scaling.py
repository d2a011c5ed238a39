"""The problem in units of its own: variables with unit variance, whatever the data are measured in.

The estimates do not depend on it, but every tolerance, start and factorisation is then about numbers near 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]

_MODERATE = 10.0


@dataclass(frozen=True, eq=False)
class Scaling:
    """A model and targets in other units: x of the given model = units × x of `model`.

    deviations  p: what the observed variables were divided by
    """

    model: Model
    targets: Targets
    units: FloatArray
    deviations: FloatArray


def build_scaling(model: Model, targets: Targets) -> Scaling:
    """Divide every observed variable by its standard deviation, unless all of these are moderate already."""
    deviation = np.sqrt(targets.variances)
    p, q = model.n_observed, model.n_parameters
    if targets.statistics and model.responses is not None:  # responses have units of their own
        deviation[list(model.responses.items)] = 1.0
    if deviation.max() < _MODERATE and deviation.min() > 1.0 / _MODERATE:
        return Scaling(model, targets, np.ones(q), np.ones(p))
    scale = np.concatenate([deviation, compute_latent_scale(model, deviation)])
    return Scaling(model.in_units(scale), _scale_targets(targets, deviation), model.compute_units(scale), deviation)


def compute_latent_scale(model: Model, deviation: FloatArray) -> FloatArray:
    """A unit for each latent variable (t − p): that of its marker, or the root of its fixed variance."""
    p, t = model.n_observed, model.n_variables
    scale = np.concatenate([deviation, np.ones(t - p)])
    for place in range(p, t):
        loadings = _find_column(model.directed[:, :p, place])
        markers = np.flatnonzero(loadings)
        variance = float(_find_column(model.symmetric[:, place, place, None])[0])
        if len(markers):
            scale[place] = deviation[markers[0]] / abs(loadings[markers[0]])
        elif variance > 0.0:
            scale[place] = np.sqrt(variance)
    for place in range(p, t):  # factors of factors take the unit of their marker
        loadings = _find_column(model.directed[:, p:, place])
        markers = np.flatnonzero(loadings)
        if len(markers) and not _find_column(model.directed[:, :p, place]).any():
            scale[place] = scale[p + markers[0]] / abs(loadings[markers[0]])
    return np.asarray(scale[p:])


def _find_column(columns: FloatArray) -> FloatArray:
    """The first group's column (of G × k) that is not 0; levels have factors of their own, which no other level has."""
    return np.asarray(columns[int(np.argmax(columns.any(axis=1)))])


def _scale_targets(targets: Targets, deviation: FloatArray) -> Targets:
    return Targets(
        covariance=targets.covariance / (deviation[:, None] * deviation),
        mean=None if targets.mean is None else targets.mean / deviation,
        n=targets.n,
        data=tuple(None if rows is None else rows / deviation for rows in targets.data),
        designs=targets.designs,
        exogenous=targets.exogenous,
        patterns=None if targets.patterns is None else tuple(part.divide(deviation) for part in targets.patterns),
        saturated=None if targets.saturated is None else _scale_saturated(targets, deviation),
        clusters=tuple(part.divide(deviation) for part in targets.clusters),
        statistics=targets.statistics,
        layout=targets.layout,
    )


def _scale_saturated(targets: Targets, deviation: FloatArray) -> FloatArray:
    """Half the mean log-determinant changes by the logarithms of the units of what is observed (G)."""
    assert targets.saturated is not None  # noqa: S101
    if targets.clusters:
        values = np.stack([part.count_values() / part.n for part in targets.clusters])
        return np.asarray(targets.saturated - values @ np.log(deviation))
    assert targets.patterns is not None  # noqa: S101
    shift = [float(part.share @ part.observed @ np.log(deviation)) for part in targets.patterns]
    return np.asarray(targets.saturated - np.array(shift))
