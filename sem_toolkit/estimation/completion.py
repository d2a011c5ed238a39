"""Covariances of observed variables, completed with those of latent variables: estimates from indicators alone.

Factor by factor from below: loadings by a principal axis of the indicators' correlations with squared multiple
correlations as communalities, covariances of factors from factor scores, corrected by the loadings.
"""

from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]

MOST_CORRELATED = 0.85
"""Correlation beyond which no start is made."""


@dataclass(frozen=True)
class Factor:
    """A factor of one group: positions of its indicators, its fixed loadings (NaN where free), its fixed variance.

    leads  whether the first indicator decides on the sign: where the variance is fixed in some group, as in lavaan
    """

    variable: int
    indicators: NDArray[np.intp]
    fixed: FloatArray
    variance: float | None
    leads: bool = False


def _find_factors(model: Model, group: int) -> list[Factor]:
    place = {name: position for position, name in enumerate(model.variables)}
    rows = [row for row in model.table.parameters if row.group == group + 1]
    variances = {row.lhs: row for row in rows if row.op == "~~" and row.lhs == row.rhs}
    standardized = {row.lhs for row in model.table.parameters if row.op == "~~" and row.lhs == row.rhs and not row.free}
    found: dict[str, list[tuple[int, float]]] = {}
    for row in rows:
        if row.op == "=~" and row.lhs != row.rhs:
            value = np.nan if row.free else float(row.ustart or 0.0)
            if value != 0.0:
                found.setdefault(row.lhs, []).append((place[row.rhs], value))
    factors = []
    for name, pairs in found.items():
        own = variances.get(name)
        fixed = own.ustart if own is not None and own.free == 0 else None
        indicators = np.array([pair[0] for pair in pairs])
        loadings = np.array([pair[1] for pair in pairs])
        factors.append(Factor(place[name], indicators, loadings, fixed, name in standardized))
    return factors


def complete_covariance(model: Model, group: int, observed: FloatArray, x: FloatArray) -> FloatArray:
    """Covariances of all t variables: those of the observed ones, and estimates for the others."""
    p, t = model.n_observed, model.n_variables
    full = np.zeros((t, t))
    full[:p, :p] = observed
    known = np.arange(t) < p
    if model.composites is not None:
        for member in model.composites.members:
            if member.group == group:
                _extend(full, known, member.variable, member.indicators, member.weight_values(x))
    pending = _find_factors(model, group)
    _add_fixed_pattern(full, known, [f for f in pending if not np.isnan(f.fixed).any() and len(f.indicators) > 1])
    pending = [factor for factor in pending if not known[factor.variable]]
    while pending:
        ready = [factor for factor in pending if known[factor.indicators].all()]
        if not ready:
            break
        _add_factors(full, known, ready)
        pending = [factor for factor in pending if not known[factor.variable]]
    rest = np.flatnonzero(~known)
    full[rest, rest] = 0.3 * float(np.diagonal(observed).mean())
    return full


def _extend(
    full: FloatArray, known: NDArray[np.bool_], variable: int, indicators: NDArray[np.intp], weights: FloatArray
) -> None:
    """Add the variable Σ weights × indicators to the covariances, in place."""
    full[variable, known] = full[known, variable] = weights @ full[np.ix_(indicators, known)]
    full[variable, variable] = weights @ full[np.ix_(indicators, indicators)] @ weights
    known[variable] = True


def _add_fixed_pattern(full: FloatArray, known: NDArray[np.bool_], factors: list[Factor]) -> None:
    """Factors whose loadings are all fixed (growth curves): least-squares scores, with a share of error in them."""
    factors = [factor for factor in factors if known[factor.indicators].all()]
    if not factors:
        return
    indicators = np.unique(np.concatenate([factor.indicators for factor in factors]))
    pattern = np.zeros((len(indicators), len(factors)))
    for column, factor in enumerate(factors):
        pattern[np.searchsorted(indicators, factor.indicators), column] = factor.fixed
    weights = np.linalg.pinv(pattern)
    for factor, weight in zip(factors, weights, strict=True):
        _extend(full, known, factor.variable, indicators, weight)
    for factor in factors:
        full[factor.variable, factor.variable] *= 1.15


def _add_factors(full: FloatArray, known: NDArray[np.bool_], factors: list[Factor]) -> None:
    """Factors from their indicators: scores for their covariances, one-factor loadings for those with indicators."""
    t = len(full)
    scores, loadings = np.zeros((len(factors), t)), np.zeros((len(factors), t))
    sizes = [len(factor.indicators) for factor in factors]
    for size in dict.fromkeys(sizes):
        places = [place for place, own in enumerate(sizes) if own == size]
        _measure([factors[place] for place in places], places, full, scores, loadings)
    variables = [factor.variable for factor in factors]
    pairs = list(zip(factors, loadings, strict=True))
    scale = np.array([_find_scale(factor, own[factor.indicators]) for factor, own in pairs])
    size = np.abs(scale)
    reach = scores @ full
    limit = MOST_CORRELATED * np.sqrt(np.abs(np.diagonal(full)))
    among = np.clip(reach @ scores.T, -MOST_CORRELATED * size, MOST_CORRELATED * size)
    reach = np.where(known, scale[:, None] * np.clip(reach, -limit, limit), 0.0)
    for (factor, own), row, unit in zip(pairs, reach, scale, strict=True):
        row[factor.indicators] = unit * own[factor.indicators]
    full[variables] = reach
    full[:, variables] = reach.T
    full[np.ix_(variables, variables)] = scale[:, None] * scale * among
    full[variables, variables] = scale**2
    known[variables] = True


def _measure(
    factors: list[Factor], places: list[int], full: FloatArray, scores: FloatArray, loadings: FloatArray
) -> None:
    """Fill in the score weights and loadings (rows `places`, t columns) of factors with as many indicators each."""
    indicators = np.array([factor.indicators for factor in factors])
    block = full[indicators[:, :, None], indicators[:, None, :]]
    variance = np.maximum(np.diagonal(block, axis1=1, axis2=2), 1e-12)
    deviation = np.sqrt(variance)
    standard = compute_axes(block / (deviation[:, :, None] * deviation[:, None, :]))
    own = standard * deviation
    precision = own / (variance * np.maximum(1.0 - standard**2, 0.1))
    size = (precision * own).sum(axis=1, keepdims=True)
    rows = np.array(places)[:, None]
    loadings[rows, indicators] = own
    scores[rows, indicators] = np.where(size > 1e-10, precision / np.maximum(size, 1e-10), 0.0)


def compute_axes(correlations: FloatArray) -> FloatArray:
    """Standardised loadings on one factor (b × k) for each of b correlation matrices; their sums are not negative."""
    k = correlations.shape[-1]
    if k == 1:
        return np.full(correlations.shape[:-1], 0.9)
    if k == 2:
        r = correlations[:, 0, 1]
        size = np.sqrt(np.clip(np.abs(r), 0.1, 0.9))
        return np.stack([size, np.copysign(size, r)], axis=1)
    try:
        with np.errstate(divide="ignore"):  # where the others correlate perfectly: clipped below
            squared = 1.0 - 1.0 / np.diagonal(np.linalg.inv(correlations), axis1=1, axis2=2)
    except np.linalg.LinAlgError:
        squared = np.full(correlations.shape[:-1], 0.5)
    place = np.arange(k)
    reduced = correlations.copy()
    reduced[:, place, place] = 0.0
    largest = np.abs(reduced).max(axis=1)
    reduced[:, place, place] = np.clip(np.maximum(squared, 0.5 * largest), 0.05, 0.95)
    values, vectors = np.linalg.eigh(reduced)
    axes = vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:], 0.05))
    axes = np.where(axes.sum(axis=1, keepdims=True) < 0.0, -axes, axes)
    return np.asarray(np.clip(axes, -0.95, 0.95))


def _find_scale(factor: Factor, loadings: FloatArray) -> float:
    """Standard deviation of the factor with its sign, from its marker, its variance, or the size of its loadings."""
    markers = [place for place, value in enumerate(factor.fixed.tolist()) if not isnan(value)]
    if markers:
        marker = max(markers, key=lambda place: abs(loadings[place]))
        ratio = loadings[marker] / factor.fixed[marker]
        floor = 0.1 * float(np.abs(loadings).max()) / abs(factor.fixed[marker])
        return float(np.copysign(max(abs(ratio), floor), ratio))
    sign = float(np.copysign(1.0, loadings[0])) if factor.leads else 1.0
    if factor.variance is not None and factor.variance > 0.0:
        return sign * float(np.sqrt(factor.variance))
    return sign * float(np.abs(loadings).mean())
