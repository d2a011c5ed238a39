"""The saturated model of two levels: steps of EM to start with, scoring to finish, and a certificate.

A step of EM is one along the gradient in the metric of the complete data, had one seen u: with the derivatives D_W and
D_B of f it goes to Σ_W − 2 Σ_W D_W Σ_W and Σ_B − 2 (n/J) Σ_B D_B Σ_B; μ by generalised least squares. Where the maximum
lies at the edge, with a singular Σ_B, EM creeps: it is then found by the triangular factors of the matrices (`edge`).
Sources: Dempster, Laird & Rubin (1977), Journal of the Royal Statistical Society B 39, 1-38; Raudenbush (1995),
Educational and Behavioral Statistics 20, 1-23.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.libraries import lapack
from sem_toolkit.sample.incomplete import list_vech
from sem_toolkit.sample.levels.clusters import Clusters
from sem_toolkit.sample.levels.edge import minimise_by_factors
from sem_toolkit.sample.levels.likelihood import (
    LevelLikelihood,
    LevelMoments,
    compute_gradient,
    compute_level_likelihood,
)
from sem_toolkit.sample.moments import FloatArray

IntArray = NDArray[np.intp]

TIGHT, ENOUGH = 1e-10, 1e-7
"""Largest element of the gradient, variables in units of standard deviations, at which the search ends, and that
counts as zero."""

_EM_STEPS = 10
_MOST_STEPS = 500
_REFUSALS = 20  # steps of scoring that lead out of the positive definite matrices: the maximum is at their edge
_CLOSE = 3e-2
_FLAT = 1e-7
_SINGULAR = 1e-8  # eigenvalue of Σ_B, variables in units of standard deviations
_AT_EDGE = 1e-5  # what a search by factors, without second derivatives, leaves of their gradient


@dataclass(frozen=True, eq=False)
class SaturatedLevels:
    """The maximum of the likelihood over the moments of both levels.

    likelihood    there
    gradient_max  largest derivative, variables in units of their standard deviations; by the factors at the edge
    iterations    steps of EM and scoring together
    converged     whether the gradient is as good as zero
    definite      whether Σ_B is positive definite; otherwise the maximum is that over matrices without negative
                  eigenvalues
    """

    likelihood: LevelLikelihood
    gradient_max: float
    iterations: int
    converged: bool
    definite: bool

    @property
    def moments(self) -> LevelMoments:
        return self.likelihood.moments


def compute_saturated_levels(clusters: Clusters) -> SaturatedLevels:
    """Maximise the likelihood of one group's rows."""
    unit = np.nanstd(clusters.rows, axis=0)
    unit = np.where(unit > 0.0, unit, 1.0)
    work = clusters.divide(unit)
    free = list_free_moments(work)
    likelihood = _start(work)
    steps, refused, slope = 0, 0, _measure(likelihood, free)
    for steps in range(1, _MOST_STEPS + 1):
        found = _step_scoring(likelihood, free) if steps > _EM_STEPS else None
        refused += steps > _EM_STEPS and found is None
        if found is None:
            found = _step_em(likelihood, free)
        if found is None or refused > _REFUSALS:
            break
        better = _measure(found, free)
        if slope < TIGHT or (found.value >= likelihood.value and slope < ENOUGH and better >= slope):
            break
        likelihood, slope = found, better
    limit = ENOUGH
    if slope > ENOUGH:
        likelihood, slope = minimise_by_factors(likelihood)
        limit = _AT_EDGE
    at, scale = likelihood.moments, unit[:, None] * unit
    whole = compute_level_likelihood(clusters, LevelMoments(at.mean * unit, at.within * scale, at.between * scale))
    assert whole is not None  # noqa: S101 (it has a value in other units)
    chosen = np.flatnonzero(clusters.between)
    smallest = np.linalg.eigvalsh(at.between[np.ix_(chosen, chosen)]).min(initial=1.0)
    return SaturatedLevels(whole, slope, steps, slope < limit, bool(smallest > _SINGULAR))


def list_free_moments(clusters: Clusters) -> IntArray:
    """Places in κ of the moments that there are: means, then those of each level's own variables."""
    p = len(clusters.within)
    lower, upper = list_vech(p)
    parts = [np.ones(p, dtype=np.bool_)]
    parts += [own[lower] & own[upper] for own in (clusters.within, clusters.between)]
    return np.flatnonzero(np.concatenate(parts))


def _start(clusters: Clusters) -> LevelLikelihood:
    """Variances of half the size at either level where a variable is at both, without covariances."""
    rows = clusters.rows
    share = np.where(clusters.within & clusters.between, 0.5, 1.0) * np.nanvar(rows, axis=0)
    inner, outer = np.nanmean(rows, axis=0), np.nanmean(rows[clusters.starts], axis=0)
    moments = LevelMoments(
        np.asarray(np.where(clusters.within, inner, outer)),
        np.diag(np.where(clusters.within, share, 0.0)),
        np.diag(np.where(clusters.between, share, 0.0)),
    )
    found = compute_level_likelihood(clusters, moments)
    assert found is not None  # noqa: S101 (diagonal matrices with positive elements)
    return found


def _step_em(at: LevelLikelihood, free: IntArray) -> LevelLikelihood | None:
    moments, clusters = at.moments, at.clusters
    p = len(moments.mean)
    lower, upper = list_vech(p)
    mean = moments.mean - np.linalg.solve(at.mean_information, at.by_mean)
    estimated = np.zeros(p + 2 * len(lower), dtype=np.bool_)
    estimated[free] = True
    changed: list[FloatArray] = []
    pairs = ((moments.within, at.by_within), (moments.between, at.by_between))
    factors = (1.0, clusters.n / clusters.count)
    for (matrix, slope), factor, own in zip(pairs, factors, np.split(estimated[p:], 2), strict=True):
        step = 2.0 * factor * matrix @ slope @ matrix
        mask = np.zeros((p, p))
        mask[lower, upper] = mask[upper, lower] = own
        changed.append(matrix - mask * 0.5 * (step + step.T))
    return compute_level_likelihood(clusters, LevelMoments(mean, changed[0], changed[1]))


def _step_scoring(at: LevelLikelihood, free: IntArray) -> LevelLikelihood | None:
    """A step by the expected information, or, close to the maximum, by the observed one; None where that does not help
    or would take Σ_B near the edge, where EM does better.
    """
    gradient = compute_gradient(at)[free]
    for expected in (True, False):
        found = _solve(at.information(expected=expected)[np.ix_(free, free)], gradient)
        if found is None:
            return None
        step, promise = found
        if expected and promise < _CLOSE:
            continue
        trial = _move(at, free, step)
        rises = trial is not None and trial.value <= at.value - 1e-4 * promise
        noise = promise < 1e-11 * (1.0 + abs(at.value))
        if rises or (trial is not None and noise and _measure(trial, free) < _measure(at, free)):
            return trial
        return None
    return None


def _move(at: LevelLikelihood, free: IntArray, step: FloatArray) -> LevelLikelihood | None:
    moments = at.moments
    p = len(moments.mean)
    lower, upper = list_vech(p)
    whole = np.zeros(p + 2 * len(lower))
    whole[free] = step
    changes = []
    for part in np.split(whole[p:], 2):
        change = np.zeros((p, p))
        change[lower, upper] = change[upper, lower] = part
        changes.append(change)
    between = moments.between + changes[1]
    if not _is_definite(between, at.clusters.between):
        return None
    moved = LevelMoments(moments.mean + whole[:p], moments.within + changes[0], between)
    return compute_level_likelihood(at.clusters, moved)


def _measure(at: LevelLikelihood, free: IntArray) -> float:
    """Largest element of the gradient; variables are in units of their standard deviations."""
    return float(np.abs(compute_gradient(at)[free]).max())


def _is_definite(matrix: FloatArray, own: NDArray[np.bool_]) -> bool:
    chosen = np.flatnonzero(own)
    block = matrix[np.ix_(chosen, chosen)]
    variance = block.diagonal()
    if not (variance > 0.0).all():
        return False
    unit = 1.0 / np.sqrt(variance)
    factor, fault = lapack.dpotrf(block * unit[:, None] * unit, lower=1)
    return not fault and bool((factor.diagonal() > _FLAT).all())


def _solve(square: FloatArray, gradient: FloatArray) -> tuple[FloatArray, float] | None:
    """The step to the minimum of a quadratic and what it gains (twice); None where it is not safely curved."""
    unit = 1.0 / np.sqrt(np.maximum(square.diagonal(), 1e-300))
    factor, fault = lapack.dpotrf(square * (unit[:, None] * unit), lower=1)
    if fault or (factor.diagonal() < 1e-6).any():
        return None
    step = -lapack.dpotrs(factor, gradient * unit, lower=1)[0] * unit
    return step, float(-gradient @ step)
