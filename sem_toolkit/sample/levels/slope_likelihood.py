"""The moments of both levels to the likelihood of rows with random slopes."""

import numpy as np

from sem_toolkit.sample.levels.likelihood import LevelMoments
from sem_toolkit.sample.levels.posterior import compute_posterior, get_log_determinants
from sem_toolkit.sample.levels.slope_clusters import SlopeClusters
from sem_toolkit.sample.levels.slopes import SlopeLevels, shift_lines
from sem_toolkit.sample.moments import FloatArray


def compute_slope_likelihood(clusters: SlopeClusters, moments: LevelMoments) -> SlopeLevels | None:
    """The likelihood at these moments; raises LinAlgError where a covariance matrix is not positive definite."""
    y, x, v, o = clusters.outcomes, clusters.causes, clusters.hidden, clusters.outer
    W, B, mean = moments.within, moments.between, moments.mean
    spread = np.asarray(np.linalg.inv(W[np.ix_(x, x)]), dtype=np.float64)
    projection = W[np.ix_(y, x)] @ spread
    residual = W[np.ix_(y, y)] - projection @ W[np.ix_(x, y)]
    inverses, sizes = _invert_present(0.5 * (residual + residual.T), clusters.cells.there)
    effects = _compute_effects(clusters, W)
    values = clusters.rows[clusters.starts][:, o]
    gap = np.where(np.isnan(values), 0.0, values - mean[o])
    patterns, which = np.unique(~np.isnan(values), axis=0, return_inverse=True)
    which = np.asarray(which).reshape(-1)
    precisions, outer_sizes = _invert_present(B[np.ix_(o, o)], patterns)
    reaches = B[np.ix_(v, o)] @ precisions
    priors = B[np.ix_(v, v)] - reaches @ B[np.ix_(o, v)]
    reach = reaches[which]
    expected = np.einsum("jvo,jo->jv", reach, gap)
    expected[:, len(v) - len(clusters.slopes) :] += mean[clusters.slopes]
    base = np.column_stack([mean[y] - projection @ mean[x], projection])
    lines = base + shift_lines(effects, expected)
    weighed = _weigh(clusters, effects, inverses)
    posterior, size = _update(priors, which, weighed)
    if not (np.isfinite(size).all() and np.isfinite(inverses).all()):
        return None
    return SlopeLevels(
        clusters, moments, projection, spread, effects, inverses, sizes, reach, precisions[which], gap, expected, lines,
        weighed, posterior, size + outer_sizes[which],
    )  # fmt: skip


def _compute_effects(clusters: SlopeClusters, within: FloatArray) -> FloatArray:
    y, v = clusters.outcomes, clusters.hidden
    effects = np.zeros((1 + len(clusters.causes), len(y), len(v)))
    for a, place in enumerate(v):
        if place not in clusters.slopes:
            effects[0, :, a] = y == place
    for path, row, column in clusters.placed_paths:
        effects[row, :, column] += path.factor * within[y, path.carrier]
    return effects


def _invert_present(matrix: FloatArray, patterns: np.ndarray) -> tuple[FloatArray, FloatArray]:
    """Inverse among the variables that each pattern has, 0 elsewhere, and log-determinant."""
    inverses, sizes = np.zeros((len(patterns), *matrix.shape)), np.zeros(len(patterns))
    for c, present in enumerate(patterns):
        chosen = np.flatnonzero(present)
        block = matrix[np.ix_(chosen, chosen)]
        sizes[c] = 2.0 * np.log(np.diagonal(np.linalg.cholesky(block))).sum()
        inverses[c][np.ix_(chosen, chosen)] = np.linalg.inv(block)
    return 0.5 * (inverses + inverses.swapaxes(1, 2)), sizes


def _weigh(clusters: SlopeClusters, effects: FloatArray, inverses: FloatArray) -> FloatArray:
    """A of each cluster."""
    cells = clusters.cells
    k, _, v = effects.shape
    own = np.empty((len(cells.count), v, v))
    for pattern, inverse in enumerate(inverses):
        pairs = effects[:, None].swapaxes(2, 3) @ inverse @ effects[None]  # k × k × v × v
        chosen = cells.pattern == pattern
        own[chosen] = (cells.crossed[chosen].reshape(-1, k * k) @ pairs.reshape(k * k, -1)).reshape(-1, v, v)
    total = cells.sum_clusters(own)
    return np.asarray(0.5 * (total + total.swapaxes(1, 2)))


def _update(priors: FloatArray, which: np.ndarray, weighed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """M and log|I + CA| of each cluster, with the covariance matrix C of its pattern.

    C may have negative eigenvalues, where the root of A tells whether I + CA has.
    """
    try:
        left = np.linalg.cholesky(priors)[which]
        middle = left.swapaxes(1, 2) @ weighed @ left
        factor = np.linalg.cholesky(np.eye(priors.shape[-1]) + 0.5 * (middle + middle.swapaxes(1, 2)))
        half = np.linalg.solve(factor, left.swapaxes(1, 2))
        return half.swapaxes(1, 2) @ half, get_log_determinants(factor)
    except np.linalg.LinAlgError:
        return compute_posterior(priors[which], weighed)
