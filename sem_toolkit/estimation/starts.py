"""Non-iterative starting values.

Factor by factor from below: loadings by a principal axis of the indicators' correlations with squared multiple
correlations as communalities, covariances of factors from factor scores (corrected by the loadings), every effect by
least squares on the covariances so completed, and what is left over as (residual) variances and covariances.
Values that the user gave with start() win.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.model import Model, compute_moments
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SYMMETRIC, WEIGHT

FloatArray = NDArray[np.float64]

_MOST_CORRELATED = 0.85


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


def compute_start(model: Model, targets: Targets) -> FloatArray:
    """Starting values x (q) that satisfy the linear equalities and the bounds, with Σ positive definite if possible."""
    raw = np.zeros(model.n_parameters)
    for group in range(model.n_groups):
        _start_group(model, group, targets, raw)
    _start_responses(model, targets, raw)
    for candidate in _list_candidates(model, targets, raw):
        if _is_usable(model, candidate):
            return candidate
    return compute_simple_start(model, targets)


def _list_candidates(model: Model, targets: Targets, raw: FloatArray) -> Iterator[FloatArray]:
    """From the best guess to the safest; the user's values are given up where nothing works with them."""
    where = model.locations
    off = (where.kind == SYMMETRIC) & (where.row != where.column)
    for keep in (True, False):
        for factor in (1.0, 0.5, 0.0):
            yield _finish(model, np.where(off, factor * raw, raw), keep=keep)
        if keep:
            yield compute_simple_start(model, targets)


def compute_simple_start(model: Model, targets: Targets) -> FloatArray:
    """lavaan-like values: no effects, halves of the observed variances, small factor variances."""
    where = model.locations
    x = np.zeros(model.n_parameters)
    p = model.n_observed
    for number, row in enumerate(model.parameters):
        variance = np.diagonal(targets.covariance[where.group[number]])
        i, j = where.row[number], where.column[number]
        if row.op in ("=~", "<~"):
            x[number] = 1.0
        elif where.kind[number] == SYMMETRIC and i == j:
            x[number] = 0.5 * variance[i] if i < p else 0.05 * float(variance.mean())
        elif where.kind[number] == INTERCEPT and i < p and targets.mean is not None:
            x[number] = targets.mean[where.group[number], i]
    _start_responses(model, targets, x)
    return _finish(model, x)


def _finish(model: Model, x: FloatArray, *, keep: bool = True) -> FloatArray:
    """Put in the user's values (if they are kept), then satisfy bounds and linear equalities."""
    given = np.array([np.nan if row.ustart is None or not keep else row.ustart for row in model.parameters])
    x = np.where(np.isnan(given), x, given)
    constraints = model.constraints
    x = np.clip(x, constraints.lower, constraints.upper)
    return np.asarray(constraints.linear.average(x))


def _is_usable(model: Model, x: FloatArray) -> bool:
    try:
        with np.errstate(all="ignore"):
            covariance = compute_moments(model, x).covariance
            if model.presence is not None:  # what does not occur at a level has no variance there
                covariance = covariance + np.eye(model.n_observed) * ~model.presence[:, :, None]
            np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return False
    return True


def _start_responses(model: Model, targets: Targets, x: FloatArray) -> None:
    """Thresholds as the sample has them, and scales of 1, in place."""
    responses = model.responses
    if responses is None or not targets.statistics:
        return
    for group, statistics in enumerate(targets.statistics):
        free = responses.free_thresholds[group]
        x[free[free >= 0]] = np.concatenate(statistics.thresholds)[free >= 0]
        scales = responses.free_scales[group]
        x[scales[scales >= 0]] = 1.0


def _start_group(model: Model, group: int, targets: Targets, x: FloatArray) -> None:
    """Fill in the parameters of one group, in place."""
    where = model.locations
    mine = np.flatnonzero(where.group == group)
    x[mine[where.kind[mine] == WEIGHT]] = 1.0
    covariance = _complete_covariance(model, group, targets.covariance[group], x)
    effects = _regress(model, group, covariance, x)
    left_over = (np.eye(len(effects)) - effects) @ covariance @ (np.eye(len(effects)) - effects).T
    symmetric = model.symmetric[group].copy()
    own = mine[(where.kind[mine] == SYMMETRIC) & (where.row[mine] == where.column[mine])]
    diagonal = where.row[own]
    total = np.abs(np.diagonal(covariance))[diagonal]
    x[own] = np.clip(left_over[diagonal, diagonal], 0.05 * total, np.maximum(total, 1e-12))
    symmetric[diagonal, diagonal] = x[own]
    pairs = mine[(where.kind[mine] == SYMMETRIC) & (where.row[mine] != where.column[mine])]
    i, j = where.row[pairs], where.column[pairs]
    limit = _MOST_CORRELATED * np.sqrt(np.abs(symmetric[i, i] * symmetric[j, j]))
    x[pairs] = np.clip(left_over[i, j], -limit, limit)
    if targets.mean is not None:
        _start_means(model, group, targets, effects, x)


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


def _complete_covariance(model: Model, group: int, observed: FloatArray, x: FloatArray) -> FloatArray:
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
    limit = _MOST_CORRELATED * np.sqrt(np.abs(np.diagonal(full)))
    among = np.clip(reach @ scores.T, -_MOST_CORRELATED * size, _MOST_CORRELATED * size)
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
    markers = np.flatnonzero(~np.isnan(factor.fixed))
    if len(markers):
        marker = markers[np.argmax(np.abs(loadings[markers]))]
        ratio = loadings[marker] / factor.fixed[marker]
        floor = 0.1 * float(np.abs(loadings).max()) / abs(factor.fixed[marker])
        return float(np.copysign(max(abs(ratio), floor), ratio))
    sign = float(np.copysign(1.0, loadings[0])) if factor.leads else 1.0
    if factor.variance is not None and factor.variance > 0.0:
        return sign * float(np.sqrt(factor.variance))
    return sign * float(np.abs(loadings).mean())


def _regress(model: Model, group: int, covariance: FloatArray, x: FloatArray) -> FloatArray:
    """All effects of the group (t × t), the free ones by least squares; these are written into x."""
    where = model.locations
    effects: FloatArray = model.directed[group].copy()
    mine = np.flatnonzero((where.group == group) & (where.kind == DIRECTED))
    mine = mine[np.argsort(where.row[mine], kind="stable")]
    variables, first, count = np.unique(where.row[mine], return_index=True, return_counts=True)
    for size in np.unique(count):  # all variables with so many causes at once
        chosen = count == size
        own = mine[first[chosen][:, None] + np.arange(size)]
        sources, targets = where.column[own], variables[chosen]
        block = covariance[sources[:, :, None], sources[:, None, :]]
        if size > 1:  # covariances with latent variables are estimates: a ridge where there are any
            place = np.arange(size)
            block[:, place, place] *= np.where((sources >= model.n_observed).any(axis=1, keepdims=True), 1.05, 1.0)
        fixed = (covariance[sources] * effects[targets][:, None, :]).sum(axis=2)
        x[own] = _solve_least_squares(block, covariance[sources, targets[:, None]] - fixed)
    effects[where.row[mine], where.column[mine]] = x[mine]
    if model.composites is not None:
        for member in model.composites.members:
            if member.group == group:
                effects[member.indicators, member.variable] = member.inner_values(x)[: len(member.indicators)]
    return np.asarray(effects)


def _solve_least_squares(blocks: FloatArray, targets: FloatArray) -> FloatArray:
    """Solutions (b × s) of b symmetric systems; the shortest one where a system is singular."""
    if blocks.shape[-1] == 1:
        size = blocks[:, 0]
        return np.where(size > 1e-300, targets / np.maximum(size, 1e-300), 0.0)
    inverses = np.linalg.pinv(blocks, rcond=1e-8, hermitian=True)
    return np.asarray((inverses @ targets[:, :, None])[:, :, 0])


def _start_means(model: Model, group: int, targets: Targets, effects: FloatArray, x: FloatArray) -> None:
    """Free intercepts by least squares: the means are linear in them once the effects are given."""
    where = model.locations
    mine = np.flatnonzero((where.group == group) & (where.kind == INTERCEPT))
    if not len(mine) or targets.mean is None:
        return
    p = model.n_observed
    effects, fixed = _reverse_composites(model, group, effects, x)
    try:
        reach = np.linalg.inv(np.eye(len(effects)) - effects)[:p]
    except np.linalg.LinAlgError:
        return
    variance = np.diagonal(targets.covariance[group])
    weight = np.where(variance > 0.0, 1.0 / np.sqrt(np.where(variance > 0.0, variance, 1.0)), 0.0)
    target = targets.mean[group] - reach @ fixed
    x[mine] = np.linalg.lstsq(weight[:, None] * reach[:, where.row[mine]], weight * target, rcond=1e-8)[0]


def _reverse_composites(model: Model, group: int, effects: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Effects and fixed intercepts as means see them: composites are sums of their indicators, and nothing else."""
    fixed = model.intercepts[group]
    if model.composites is None:
        return effects, fixed
    effects, fixed = effects.copy(), fixed.copy()
    for member in model.composites.members:
        if member.group == group:
            effects[member.indicators, member.variable] = 0.0
            effects[member.variable], fixed[member.variable] = 0.0, 0.0
            effects[member.variable, member.indicators] = member.weight_values(x)
    return effects, fixed
