"""Γ: n times the covariance matrix of the sample moments [m; vech S], free of distribution and by normal theory.

Given fixed exogenous variables it is that of the moments less those of the regressions on these.
Source: Browne (1984), British Journal of Mathematical and Statistical Psychology 37, 62-83.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.base import invert_symmetric
from sem_toolkit.discrepancy.pair import MomentPair
from sem_toolkit.discrepancy.rows import centre_rows
from sem_toolkit.discrepancy.vectors import compute_products
from sem_toolkit.discrepancy.weights import DenseWeight
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.model.namespace import get_namespace, swap, take
from sem_toolkit.sample.design import PLAIN, Design

FloatArray = NDArray[np.float64]


def compute_distribution_free_covariance(
    data: FloatArray, *, means: bool, exogenous: tuple[int, ...] = (), design: Design = PLAIN
) -> FloatArray:
    """Γ: n times the covariance matrix of the sample moments [m; vech S], from raw data (n × p), divisor n.

    Given exogenous variables it is that of the moments less those of the regressions on these.
    """
    centred = data - design.average(data)
    scores = compute_products(centred, means=means)
    if exogenous:
        scores = scores - compute_products(regress_rows(centred, exogenous, design), means=means)
    draws = design.sum_moments(scores - design.average(scores))
    return np.asarray(draws.T @ draws / design.count(len(data)))


def regress_rows(centred: FloatArray, exogenous: tuple[int, ...], design: Design) -> FloatArray:
    """Regression of centred rows (n × p) on the exogenous variables among them: n × p."""
    root = np.ones(1) if design.weights is None else np.sqrt(design.weights)
    scaled = root[:, None] * centred
    basis, _ = np.linalg.qr(scaled[:, list(exogenous)])
    return np.asarray(basis @ (basis.T @ scaled) / root[:, None])


def compute_normal_variances(covariance: FloatArray, *, means: bool, exogenous: tuple[int, ...] = ()) -> FloatArray:
    """Diagonal of the normal-theory Γ of [m; vech S], ... × m, by S (... × p × p).

    Given exogenous variables it is less that of the regressions.
    """
    space, p = get_namespace(covariance), covariance.shape[-1]
    parts = [covariance]
    if exogenous:
        parts.append(compute_explained_covariance(covariance, exogenous))
    rows, columns = vech_indices(p)
    found = []
    for part in parts:
        variance = space.linalg.diagonal(part)
        flat = take(space.reshape(part, (*part.shape[:-2], -1)), rows * p + columns, -1)
        spread = take(variance, rows, -1) * take(variance, columns, -1) + flat**2
        found.append(space.concat([variance, spread], axis=-1) if means else spread)
    return found[0] if len(found) == 1 else found[0] - found[1]  # type: ignore[no-any-return]


def compute_explained_covariance(covariance: FloatArray, exogenous: tuple[int, ...]) -> FloatArray:
    """Covariance (... × p × p) of the regressions on exogenous variables."""
    block = np.array(exogenous)
    across = take(covariance, block, -1)
    inner = take(across, block, -2)
    return across @ get_namespace(covariance).linalg.solve(inner, swap(across))  # type: ignore[no-any-return]


def compute_gamma(pair: MomentPair, group: int) -> FloatArray:
    """Distribution-free covariance matrix (m × m, divisor n) of [y; vech((y − ȳ)(y − ȳ)ᵀ)], given fixed exogenous y.

    Source: Browne (1984), British Journal of Mathematical and Statistical Psychology 37, 62-83.
    """
    rows = centre_rows(pair, group, at_model=False)
    design = pair.sample.groups[group].design
    return compute_distribution_free_covariance(rows, means=pair.has_means, exogenous=pair.exogenous, design=design)


def spread_weight(inner: FloatArray, kept: NDArray[np.bool_]) -> FloatArray:
    """A weight of some moments as one of all (m × m, or m for a diagonal), 0 for the others."""
    if kept.all():
        return inner
    whole = np.zeros((len(kept),) * inner.ndim)
    whole[np.ix_(kept, kept) if inner.ndim == 2 else kept] = inner
    return whole


def build_distribution_free_weight(pair: MomentPair, group: int) -> FloatArray:
    """Γ⁻¹ (m × m); 0 for the moments of fixed exogenous variables alone."""
    return _invert_kept(pair, compute_gamma(pair, group))


def build_model_based_weight(pair: MomentPair) -> DenseWeight:
    """Γ⁻¹ with the casewise moments taken about the implied means and less the implied covariances, in every group."""
    matrices = []
    for g, implied in enumerate(pair.implied_cov):
        rows, block = centre_rows(pair, g, at_model=True), list(pair.exogenous)
        moments = compute_products(rows, means=pair.has_means) - _stack_covariance(pair, implied)
        if block:
            effects = np.linalg.solve(implied[np.ix_(block, block)], implied[block])
            explained = compute_explained_covariance(implied, pair.exogenous)
            moments -= compute_products(rows[:, block] @ effects, means=pair.has_means) - _stack_covariance(
                pair, explained
            )
        draws = pair.sample.groups[g].design.sum_moments(moments)
        matrices.append(_invert_kept(pair, draws.T @ draws / pair.rows[g]))
    return DenseWeight(tuple(matrices))


def _stack_covariance(pair: MomentPair, covariance: FloatArray) -> FloatArray:
    """[0; vech(covariance)], m: expected casewise moments."""
    rows, cols = vech_indices(len(covariance))
    second = covariance[rows, cols]
    return np.concatenate([np.zeros(len(covariance)), second]) if pair.has_means else second


def _invert_kept(pair: MomentPair, gamma: FloatArray) -> FloatArray:
    """The inverse of Γ, without the moments of fixed exogenous variables alone."""
    kept = pair.kind.vector.find_free(pair)
    return spread_weight(invert_symmetric(gamma[np.ix_(kept, kept)]), kept)
