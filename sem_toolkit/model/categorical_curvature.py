"""Second derivatives of the statistics of ordered variables as functions of moments, thresholds and scales."""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model.categorical_changes import Change, Inner, ParameterChanges, Pulled
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.moments import ImpliedMoments

FloatArray = NDArray[np.float64]


def compute_curvature(
    layout: CategoricalLayout, moments: ImpliedMoments, changes: list[ParameterChanges], pulled: Pulled
) -> FloatArray:
    """What the statistics' own curvature as functions of the moments contributes to a Hessian by x (q × q)."""
    q = changes[0].size
    total = np.zeros((q, q))
    variable, _ = layout.first
    for g, own in enumerate(changes):
        inner, moving = pulled.inner[g], own.moving
        if not len(moving):
            continue
        total[np.ix_(moving, moving)] += _curve_group(layout, moments, g, own.change, inner)
        # a threshold's statistic is linear in it, with the response's unit as the slope
        across = np.zeros((len(moving), q))
        np.add.at(across.T, own.threshold, (inner.first[own.first] * own.change.units[:, variable[own.first]]).T)
        total[moving] += 2.0 * across
    return 0.5 * (total + total.T)


def _curve_group(
    layout: CategoricalLayout, moments: ImpliedMoments, g: int, change: Change, inner: Inner
) -> FloatArray:
    """Σ over statistics of weight × second derivative, along all pairs of changes (q × q)."""
    given, units = layout.find_given(moments, g), layout.find_units(moments, g)
    variable, threshold = layout.first
    ordered = threshold >= 0
    q, p = change.units.shape
    dw = change.units
    by_first = np.where(ordered, -inner.first * change.intercepts[:, variable], 0.0)
    d_units = np.zeros((q, p))
    np.add.at(d_units.T, variable, by_first.T)
    d_units += (inner.slopes * change.slopes).sum(axis=2)
    d_units += 2.0 * ((inner.U * change.covariance) @ units + dw @ (inner.U * given.covariance))
    # derivative by V, slopes and intercepts along each change
    by_v = inner.U * (dw[:, :, None] * units + units[:, None] * dw[:, None, :])
    by_first_change = np.where(ordered, inner.first * dw[:, variable], 0.0)
    by_intercepts = np.zeros((q, p))
    np.add.at(by_intercepts.T, variable, -by_first_change.T)
    by_slopes = inner.slopes * dw[:, :, None]
    total = d_units @ dw.T
    if moments.scales is None:
        own = layout.ordered_places
        along = change.covariance[:, own, own]
        total += (0.75 * units[own] ** 5 * inner.by_units[own] * along) @ along.T
    total += by_v.reshape(q, -1) @ change.covariance.reshape(q, -1).T
    total += by_intercepts @ change.intercepts.T
    total += by_slopes.reshape(q, -1) @ change.slopes.reshape(q, -1).T
    if len(layout.covariates):
        S = moments.covariance[g][np.ix_(layout.covariates, layout.covariates)]
        pushed = inner.by_covariance @ change.slopes @ S
        total -= 2.0 * pushed.reshape(q, -1) @ change.slopes.reshape(q, -1).T
    return np.asarray(total)
