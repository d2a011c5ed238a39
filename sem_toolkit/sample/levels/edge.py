"""The maximum of the likelihood of two levels by factors: Σ_W = L_W L_Wᵀ and Σ_B = L_B L_Bᵀ, which may be singular.

By a factor the derivative is 2DL (lower triangle), which vanishes at the edge of the positive definite matrices too:
there D itself need not. Pinheiro & Bates (1996), Statistics and Computing 6, 289-296.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.sample.levels.clusters import Clusters
from sem_toolkit.sample.levels.likelihood import LevelLikelihood, LevelMoments, compute_level_likelihood
from sem_toolkit.sample.moments import FloatArray

Places = tuple[NDArray[np.intp], NDArray[np.intp]]

_ITERATIONS = 2000
_OUTSIDE = 1e10  # of a point without a likelihood


def minimise_by_factors(start: LevelLikelihood) -> tuple[LevelLikelihood, float]:
    """The maximum and the largest element of the gradient by means and factors, from a point near it."""
    from scipy.optimize import minimize

    clusters = start.clusters
    places = tuple(_list_places(own) for own in (clusters.within, clusters.between))

    def evaluate(z: FloatArray) -> tuple[float, FloatArray]:
        here = _locate(clusters, z, places)
        return (_OUTSIDE, np.zeros(len(z))) if here is None else (here.value, _compute_slopes(here, z, places))

    options = {"maxiter": _ITERATIONS, "maxfun": 2 * _ITERATIONS, "ftol": 1e-16, "gtol": 1e-9, "maxcor": 30}
    with np.errstate(all="ignore"):
        result = minimize(evaluate, _factorise(start.moments, places), jac=True, method="L-BFGS-B", options=options)
    found = _locate(clusters, result.x, places)
    if found is None or found.value > start.value:
        return start, np.inf
    return found, float(np.abs(_compute_slopes(found, result.x, places)).max())


def _list_places(own: NDArray[np.bool_]) -> Places:
    """Rows and columns of the lower triangle among the variables of a level."""
    chosen = np.flatnonzero(own)
    rows, columns = np.tril_indices(len(chosen))
    return chosen[rows], chosen[columns]


def _factorise(moments: LevelMoments, places: tuple[Places, ...]) -> FloatArray:
    parts = [moments.mean]
    for matrix, (rows, columns) in zip((moments.within, moments.between), places, strict=True):
        chosen = np.unique(rows)
        factor = np.zeros_like(matrix)
        factor[np.ix_(chosen, chosen)] = np.linalg.cholesky(matrix[np.ix_(chosen, chosen)])
        parts.append(factor[rows, columns])
    return np.concatenate(parts)


def _split(z: FloatArray, places: tuple[Places, ...], p: int) -> tuple[FloatArray, ...]:
    """The factors of both levels (p × p)."""
    found, first = [], p
    for rows, columns in places:
        factor = np.zeros((p, p))
        factor[rows, columns] = z[first : first + len(rows)]
        first += len(rows)
        found.append(factor)
    return tuple(found)


def _locate(clusters: Clusters, z: FloatArray, places: tuple[Places, ...]) -> LevelLikelihood | None:
    p = len(clusters.within)
    inner, outer = _split(z, places, p)
    return compute_level_likelihood(clusters, LevelMoments(z[:p], inner @ inner.T, outer @ outer.T))


def _compute_slopes(at: LevelLikelihood, z: FloatArray, places: tuple[Places, ...]) -> FloatArray:
    p = len(at.moments.mean)
    parts = [at.by_mean]
    slopes = (at.by_within, at.by_between)
    for slope, factor, (rows, columns) in zip(slopes, _split(z, places, p), places, strict=True):
        parts.append((2.0 * slope @ factor)[rows, columns])
    return np.concatenate(parts)
