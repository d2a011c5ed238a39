"""Statistics of ordered variables and their derivatives at many points at once: leading axes of x.

The same as `CategoricalLayout.stack` and `jacobian` give one point at a time. Points whose moments do not exist have
NaN, and do not disturb their neighbours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.jacobian import compute_jacobian, vech_indices
from sem_toolkit.model.moments import ImpliedMoments, compute_stacked_moments
from sem_toolkit.model.namespace import swap
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StackedStatistics:
    """At b points: values (b × G × m), their derivatives by x (b × G × m × q), moments, and which exist (b)."""

    values: FloatArray
    jacobian: FloatArray
    moments: ImpliedMoments
    exists: NDArray[np.bool_]


def compute_stacked_statistics(layout: CategoricalLayout, model: Model, x: FloatArray) -> StackedStatistics:
    """The statistics that a model implies at every x (b × q)."""
    moments, exists = compute_stacked_moments(model, x)
    if not exists.all() and exists.any():  # derivatives there are of no use, and may not exist
        x = np.where(exists[:, None], x, x[np.argmax(exists)])
    raw = compute_jacobian(model, x, moments)
    found = [_push_group(layout, model, moments, raw[:, g], g) for g in range(model.n_groups)]
    values, slopes = (np.stack(parts, axis=1) for parts in zip(*found, strict=True))
    return StackedStatistics(values, slopes, moments, exists)


def _push_group(
    layout: CategoricalLayout, model: Model, moments: ImpliedMoments, raw: FloatArray, g: int
) -> tuple[FloatArray, FloatArray]:
    """Statistics (b × m) and slopes (b × m × q) of a group, from those of [μ; vech Σ] (b × … × q)."""
    responses = model.responses
    assert responses is not None  # noqa: S101 (the layout of a model with ordered variables)
    assert moments.mean is not None  # noqa: S101 (such a model has means)
    assert moments.thresholds is not None  # noqa: S101
    b, q, p = len(raw), raw.shape[-1], model.n_observed
    y, given = layout.variables, layout.covariates
    place = np.empty((p, p), dtype=np.intp)
    rows, columns = vech_indices(p)
    place[rows, columns] = place[columns, rows] = p + np.arange(len(rows))
    S, mean = moments.covariance[:, g], moments.mean[:, g]
    V, location = S[:, y[:, None], y], mean[:, y]
    dV, shift = raw[:, place[y[:, None], y]], raw[:, y]
    slopes, d_slopes = np.zeros((b, len(y), 0)), np.zeros((b, len(y), 0, q))
    if len(given):
        own, across = S[:, given[:, None], given], S[:, given[:, None], y]
        slopes = np.asarray(swap(np.linalg.solve(own, across)), dtype=np.float64)
        V = V - slopes @ across
        location = location - (slopes @ mean[:, given, None])[..., 0]
        moved = np.linalg.solve(own, raw[:, place[given[:, None], y]].reshape(b, len(given), -1))
        d_slopes = np.asarray(moved.reshape(b, len(given), len(y), q).swapaxes(1, 2), dtype=np.float64)
        turn = np.einsum("bikq,bkj->bijq", d_slopes, across)
        dV = dV - turn - turn.swapaxes(1, 2)
        shift = shift - np.einsum("bikq,bk->biq", d_slopes, mean[:, given])
    units, bent = _find_units(layout, model, moments, V, dV, g)
    variable, threshold = layout.first
    is_ordered = threshold >= 0
    heights = np.concatenate([moments.thresholds[:, g], np.zeros((b, 1))], axis=1)[:, threshold] - location[:, variable]
    first = np.where(is_ordered, units[:, variable] * heights, location[:, variable])
    d_first = np.where(is_ordered[:, None], -units[:, variable, None] * shift[:, variable], shift[:, variable])
    d_first += np.where(is_ordered[:, None], bent[:, variable] * heights[..., None], 0.0)
    free = np.where(is_ordered, responses.free_thresholds[g][threshold], -1)
    at = np.flatnonzero(free >= 0)
    d_first[:, at, free[at]] += units[:, variable[at]]
    by_slope = (units[..., None] * slopes).swapaxes(1, 2).reshape(b, -1)
    d_by_slope = units[..., None, None] * d_slopes + bent[:, :, None] * slopes[..., None]
    i, j = layout.pairs
    covariances = units[:, i] * units[:, j] * V[:, i, j]
    d_covariances = (units[:, i] * units[:, j])[..., None] * dV[:, i, j]
    d_covariances += V[:, i, j, None] * (bent[:, i] * units[:, j, None] + units[:, i, None] * bent[:, j])
    n = layout.numeric
    values = np.concatenate([first, by_slope, V[:, n, n], covariances], axis=1)
    parts = [d_first, d_by_slope.swapaxes(1, 2).reshape(b, by_slope.shape[1], q), dV[:, n, n], d_covariances]
    return values, np.concatenate(parts, axis=1)


def _find_units(
    layout: CategoricalLayout, model: Model, moments: ImpliedMoments, V: FloatArray, dV: FloatArray, g: int
) -> tuple[FloatArray, FloatArray]:
    """What each variable is multiplied by (b × p') and how that changes (b × p' × q): δ, or 1/√V_ii."""
    b, p, q = len(V), V.shape[-1], dV.shape[-1]
    units, bent, own = np.ones((b, p)), np.zeros((b, p, q)), layout.ordered_places
    if moments.scales is None:
        units[:, own] = 1.0 / np.sqrt(V[:, own, own])
        bent[:, own] = -0.5 * units[:, own, None] ** 3 * dV[:, own, own]
        return units, bent
    units[:, own] = moments.scales[:, g]
    assert model.responses is not None  # noqa: S101
    free = model.responses.free_scales[g]
    at = np.flatnonzero(free >= 0)
    bent[:, own[at], free[at]] = 1.0
    return units, bent
