"""The saturated model of two levels: steps of EM to start with, scoring to finish, and a certificate.

A step of EM is one along the gradient in the metric of the complete data, had one seen u: with the derivatives D_W and
D_B of f it goes to Σ_W − 2 Σ_W D_W Σ_W and Σ_B − 2 (n/J) Σ_B D_B Σ_B; μ by generalised least squares.
Sources: Dempster, Laird & Rubin (1977), Journal of the Royal Statistical Society B 39, 1-38; Raudenbush (1995),
Educational and Behavioral Statistics 20, 1-23.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotrs

from sem_toolkit.sample.incomplete import list_vech
from sem_toolkit.sample.levels.clusters import Clusters
from sem_toolkit.sample.levels.likelihood import LevelLikelihood, LevelMoments, compute_level_likelihood
from sem_toolkit.sample.moments import FloatArray

TIGHT, ENOUGH = 1e-10, 1e-7
"""Largest element of the gradient in units of the information's diagonal at which the search ends, and that counts."""

_EM_STEPS = 10
_MOST_STEPS = 2000
_CLOSE = 3e-2
_FLAT = 1e-7


@dataclass(frozen=True, eq=False)
class SaturatedLevels:
    """The maximum of the likelihood over the moments of both levels.

    likelihood    there
    gradient_max  largest derivative in units of the information's diagonal
    iterations    steps of EM and scoring together
    converged     whether the gradient is as good as zero
    definite      whether Σ_B is positive definite
    """

    likelihood: LevelLikelihood
    gradient_max: float
    iterations: int
    converged: bool
    definite: bool

    @property
    def moments(self) -> LevelMoments:
        return self.likelihood.moments


def compute_saturated_levels(clusters: Clusters, diagonal: NDArray[np.bool_] | None = None) -> SaturatedLevels:
    """Maximise the likelihood of one group's rows.

    diagonal  p × p: the covariances that are estimated, the same at both levels; all of them by default
    """
    unit = _find_units(clusters)
    work = clusters.divide(unit)
    free = _list_free(work, diagonal)
    likelihood = _start(work)
    steps, slope = 0, np.inf
    for steps in range(1, _MOST_STEPS + 1):
        found = _step_scoring(likelihood, free) if steps > _EM_STEPS else None
        if found is None:
            found = _step_em(likelihood, free)
        if found is None:
            break
        slope = _measure(likelihood, free)
        if slope < TIGHT or (found.value >= likelihood.value and slope < ENOUGH and _measure(found, free) >= slope):
            break
        likelihood = found
    at = likelihood.moments
    scale = unit[:, None] * unit
    moments = LevelMoments(at.mean * unit, at.within * scale, at.between * scale)
    whole = compute_level_likelihood(clusters, moments)
    assert whole is not None  # noqa: S101 (it has a value in other units)
    slope = _measure(likelihood, free)
    return SaturatedLevels(whole, slope, steps, slope < ENOUGH, _is_definite(at.between, clusters.between))


def list_free_moments(clusters: Clusters) -> NDArray[np.intp]:
    """Places in κ of the moments that there are: means, then those of each level's own variables."""
    return _list_free(clusters, None)


def _find_units(clusters: Clusters) -> FloatArray:
    deviation = np.nanstd(clusters.rows, axis=0)
    return np.where(deviation > 0.0, deviation, 1.0)


def _list_free(clusters: Clusters, estimated: NDArray[np.bool_] | None) -> NDArray[np.intp]:
    p = len(clusters.within)
    lower, upper = list_vech(p)
    wanted = np.ones(len(lower), dtype=np.bool_) if estimated is None else estimated[lower, upper]
    parts = [np.ones(p, dtype=np.bool_)]
    parts += [own[lower] & own[upper] & wanted for own in (clusters.within, clusters.between)]
    return np.flatnonzero(np.concatenate(parts))


def _start(clusters: Clusters) -> LevelLikelihood:
    """Variances of half the size at either level where a variable is at both, without covariances."""
    rows, variance = clusters.rows, np.nanvar(clusters.rows, axis=0)
    both = clusters.within & clusters.between
    share = np.where(both, 0.5, 1.0) * variance
    inner, outer = np.nanmean(rows, axis=0), np.nanmean(rows[clusters.starts], axis=0)
    moments = LevelMoments(
        np.asarray(np.where(clusters.within, inner, outer)),
        np.diag(np.where(clusters.within, share, 0.0)),
        np.diag(np.where(clusters.between, share, 0.0)),
    )
    found = compute_level_likelihood(clusters, moments)
    assert found is not None  # noqa: S101 (diagonal matrices with positive elements)
    return found


def _step_em(at: LevelLikelihood, free: NDArray[np.intp]) -> LevelLikelihood | None:
    moments, clusters = at.moments, at.clusters
    p = len(moments.mean)
    mean = moments.mean - np.linalg.solve(at.information()[:p, :p], at.by_mean)
    lower, upper = list_vech(p)
    held = np.zeros(2 * len(lower), dtype=np.bool_)
    held[free[p:] - p] = True
    changed: list[FloatArray] = []
    factors = (1.0, clusters.n / clusters.count)
    parts = zip(
        (moments.within, moments.between), (at.by_within, at.by_between), factors, np.split(held, 2), strict=True
    )
    for matrix, slope, factor, own in parts:
        step = 2.0 * factor * matrix @ slope @ matrix
        mask = np.zeros((p, p))
        mask[lower, upper] = mask[upper, lower] = own
        changed.append(matrix - mask * 0.5 * (step + step.T))
    return compute_level_likelihood(clusters, LevelMoments(mean, changed[0], changed[1]))


def _step_scoring(at: LevelLikelihood, free: NDArray[np.intp]) -> LevelLikelihood | None:
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


def _move(at: LevelLikelihood, free: NDArray[np.intp], step: FloatArray) -> LevelLikelihood | None:
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
    return compute_level_likelihood(
        at.clusters, LevelMoments(moments.mean + whole[:p], moments.within + changes[0], between)
    )


def compute_gradient(at: LevelLikelihood) -> FloatArray:
    """df/dκ (m)."""
    lower, upper = list_vech(len(at.moments.mean))
    twice = np.where(lower == upper, 1.0, 2.0)
    return np.concatenate([at.by_mean, twice * at.by_within[lower, upper], twice * at.by_between[lower, upper]])


def _measure(at: LevelLikelihood, free: NDArray[np.intp]) -> float:
    scale = np.sqrt(np.maximum(at.information().diagonal()[free], 1e-300))
    return float(np.abs(compute_gradient(at)[free] / scale).max())


def _is_definite(matrix: FloatArray, own: NDArray[np.bool_]) -> bool:
    chosen = np.flatnonzero(own)
    block = matrix[np.ix_(chosen, chosen)]
    variance = block.diagonal()
    if not (variance > 0.0).all():
        return False
    unit = 1.0 / np.sqrt(variance)
    factor, fault = dpotrf(block * unit[:, None] * unit, lower=1)
    return not fault and bool((factor.diagonal() > _FLAT).all())


def _solve(square: FloatArray, gradient: FloatArray) -> tuple[FloatArray, float] | None:
    """The step to the minimum of a quadratic and what it gains (twice); None where it is not safely curved."""
    unit = 1.0 / np.sqrt(np.maximum(square.diagonal(), 1e-300))
    factor, fault = dpotrf(square * (unit[:, None] * unit), lower=1)
    if fault or (factor.diagonal() < 1e-6).any():
        return None
    step = -dpotrs(factor, gradient * unit, lower=1)[0] * unit
    return step, float(-gradient @ step)
