"""Non-iterative starting values.

Every effect by least squares on covariances completed with those of latent variables (`completion`), and what is left
over as (residual) variances and covariances.
Values that the user gave with start() win.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.estimation.completion import MOST_CORRELATED, complete_covariance
from sem_toolkit.model import Model, compute_moments
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SYMMETRIC, WEIGHT

FloatArray = NDArray[np.float64]


def compute_start(model: Model, targets: Targets) -> FloatArray:
    """Starting values x (q) that satisfy the linear equalities and the bounds, with Σ positive definite if possible."""
    raw = np.zeros(model.n_parameters)
    for group in range(model.n_groups):
        _start_group(model, group, targets, raw)
    start_responses(model, targets, raw)
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
    start_responses(model, targets, x)
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


def start_responses(model: Model, targets: Targets, x: FloatArray) -> None:
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
    covariance = complete_covariance(model, group, targets.covariance[group], x)
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
    limit = MOST_CORRELATED * np.sqrt(np.abs(symmetric[i, i] * symmetric[j, j]))
    x[pairs] = np.clip(left_over[i, j], -limit, limit)
    if targets.mean is not None:
        _start_means(model, group, targets, effects, x)


def _regress(model: Model, group: int, covariance: FloatArray, x: FloatArray) -> FloatArray:
    """All effects of the group (t × t), the free ones by least squares; these are written into x."""
    where = model.locations
    effects: FloatArray = model.directed[group].copy()
    mine = np.flatnonzero((where.group == group) & (where.kind == DIRECTED))
    mine = mine[np.argsort(where.row[mine], kind="stable")]
    causes = np.bincount(where.row[mine])
    variables = np.flatnonzero(causes)
    count = causes[variables]
    first = np.cumsum(count) - count
    for size in sorted({*count.tolist()}):  # all variables with so many causes at once
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
