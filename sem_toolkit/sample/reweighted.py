"""Incomplete rows that differ from draw to draw: moments of patterns and likelihoods, all at once.

The formulas are those of `incomplete`; here every draw (b of them) has rows of its own for the same patterns.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.incomplete import gather_cross, gather_pairs, list_vech
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.patterns import Patterns, build_patterns


@dataclass(frozen=True, eq=False)
class ReweightedPatterns:
    """The patterns of one group's rows, with the rows of b draws.

    share    b × P: each pattern's share of the rows of a draw; 0 where none of its rows was drawn
    mean     b × P × p: means of these rows; scatter: b × P × p × p, second moments about them; 0 where there is nothing
    """

    patterns: Patterns
    share: FloatArray
    mean: FloatArray
    scatter: FloatArray

    def pick(self, draws: NDArray[np.intp]) -> "ReweightedPatterns":
        """Those of these draws."""
        return ReweightedPatterns(self.patterns, self.share[draws], self.mean[draws], self.scatter[draws])


def reweight_patterns(patterns: Patterns, counts: FloatArray) -> ReweightedPatterns:
    """The patterns where row i counts counts[d, i] times in draw d (b × n); no row is copied."""
    draws, p = len(counts), patterns.rows.shape[1]
    size = len(patterns.counts)
    n, mean = np.zeros((draws, size)), np.zeros((draws, size, p))
    scatter = np.zeros((draws, size, p, p))
    row, column = list_vech(p)
    for place in range(size):
        own = np.flatnonzero(patterns.row == place)
        centre = patterns.mean[place]
        gaps = np.where(patterns.observed[place], patterns.rows[own] - centre, 0.0)
        weights = counts[:, own]
        n[:, place] = weights.sum(axis=1)
        total = np.where(n[:, place] > 0.0, n[:, place], 1.0)[:, None]
        shift = weights @ gaps / total
        squares = weights @ (gaps[:, row] * gaps[:, column]) / total - shift[:, row] * shift[:, column]
        mean[:, place] = centre + shift
        scatter[:, place, row, column] = scatter[:, place, column, row] = squares
    whole = n.sum(axis=1, keepdims=True)
    return ReweightedPatterns(patterns, n / np.where(whole > 0.0, whole, 1.0), mean, scatter)


def group_patterns(rows: FloatArray) -> tuple[ReweightedPatterns, FloatArray]:
    """The patterns of draws with rows of their own (b × n × p, NaN where a cell is empty), and rows used of each."""
    draws, n, p = rows.shape
    patterns = build_patterns(rows.reshape(-1, p))
    size = len(patterns.counts)
    used = np.flatnonzero(patterns.row >= 0)
    key = (used // n) * size + patterns.row[used]
    order = np.argsort(key, kind="stable")
    centre = np.nanmean(patterns.rows, axis=0)
    gaps = np.nan_to_num(patterns.rows[used[order]] - centre)
    row, column = list_vech(p)
    counts = np.bincount(key, minlength=draws * size).astype(np.float64)
    there = np.flatnonzero(counts)
    starts = np.searchsorted(key[order], there)
    total = counts[there, None]
    shift = np.add.reduceat(gaps, starts, axis=0) / total
    squares = np.add.reduceat(gaps[:, row] * gaps[:, column], starts, axis=0) / total
    squares -= shift[:, row] * shift[:, column]
    mean, scatter = np.zeros((draws * size, p)), np.zeros((draws * size, p, p))
    mean[there] = np.where(patterns.observed[there % size], centre + shift, 0.0)
    scatter[there[:, None], row, column] = scatter[there[:, None], column, row] = squares
    counts = counts.reshape(draws, size)
    whole = counts.sum(axis=1)
    share = counts / np.maximum(whole, 1.0)[:, None]
    return ReweightedPatterns(patterns, share, mean.reshape(draws, size, p), scatter.reshape(draws, size, p, p)), whole


@dataclass(frozen=True, eq=False)
class ReweightedLikelihood:
    """The likelihoods of b draws, each at a mean (p) and a covariance matrix of its own.

    inverses  Q_j, b × P × p × p; sizes: log|Σ_j| (b × P); pull: z_j, b × P × p; usable: b
    """

    drawn: ReweightedPatterns
    gap: FloatArray
    inverses: FloatArray
    sizes: FloatArray
    pull: FloatArray
    usable: NDArray[np.bool_]

    @cached_property
    def value(self) -> FloatArray:
        """f: −logl/n without its constant (b)."""
        forms = self.sizes + (self.gap * self.pull).sum(axis=-1)
        forms += np.einsum("djab,djab->dj", self.inverses, self.drawn.scatter)
        return np.asarray(0.5 * (self.drawn.share * forms).sum(axis=-1))

    @cached_property
    def by_mean(self) -> FloatArray:
        """e (b × p) with df = eᵀdμ."""
        return np.asarray(-(self.drawn.share[:, None, :] @ self.pull)[:, 0, :])

    @cached_property
    def products(self) -> FloatArray:
        """P_j, b × P × p × p."""
        found = self.inverses @ self.drawn.scatter @ self.inverses
        found += self.pull[..., :, None] * self.pull[..., None, :]
        return np.asarray(found)

    @cached_property
    def mean_inverse(self) -> FloatArray:
        """Σ_j n_j/n Q_j, b × p × p."""
        return self._average(self.inverses)

    @cached_property
    def by_covariance(self) -> FloatArray:
        """D (b × p × p, symmetric) with df = tr(D dΣ)."""
        return 0.5 * (self.mean_inverse - self._average(self.products))

    def information(self, *, expected: bool) -> FloatArray:
        """Second derivatives of f by [μ; vech Σ], b × m × m; expected given the patterns, or as observed."""
        p = self.gap.shape[-1]
        lower, upper = list_vech(p)
        flat = self.inverses[:, :, lower, upper]
        weighted = np.swapaxes(flat * self.drawn.share[:, :, None], -1, -2)
        if expected:
            both = weighted @ flat
        else:
            half = weighted @ (self.products[:, :, lower, upper] - 0.5 * flat)
            both = half + np.swapaxes(half, -1, -2)
        result = np.zeros((len(flat), p + len(lower), p + len(lower)))
        result[:, :p, :p] = self.mean_inverse
        result[:, p:, p:] = gather_pairs(both, p)
        if not expected:
            cross = gather_cross(weighted @ self.pull, p)
            result[:, :p, p:], result[:, p:, :p] = cross, np.swapaxes(cross, -1, -2)
        return result

    def _average(self, matrices: FloatArray) -> FloatArray:
        draws, size, p = matrices.shape[:3]
        flat = self.drawn.share[:, None, :] @ matrices.reshape(draws, size, p * p)
        return np.asarray(flat.reshape(draws, p, p))


def compute_reweighted_likelihood(
    drawn: ReweightedPatterns, mean: FloatArray, covariance: FloatArray, inverse: FloatArray, size: FloatArray
) -> ReweightedLikelihood:
    """The likelihoods at μ (b × p) and Σ (b × p × p), of which the inverses and log|Σ| (b) are at hand."""
    patterns, (draws, p) = drawn.patterns, mean.shape
    inverses = np.empty((draws, len(patterns.counts), p, p))
    sizes = np.empty((draws, len(patterns.counts)))
    usable = np.ones(draws, dtype=np.bool_)
    for stack in patterns.stacks:
        absent, where = stack.absent, stack.where
        if absent.shape[1] == 0:
            inverses[:, where], sizes[:, where] = inverse[:, None], size[:, None]
            continue
        # what is known without the absent: a step of elimination from the whole inverse
        corner = inverse[:, absent[:, :, None], absent[:, None, :]]
        sides = inverse[:, absent]
        if absent.shape[1] == 1:
            sign, log = np.sign(corner[..., 0, 0]), np.log(np.abs(corner[..., 0, 0]))
            turned = sides / corner
        else:
            sign, log = np.linalg.slogdet(corner)
            sound = np.where((sign > 0)[..., None, None], corner, np.eye(absent.shape[1]))
            turned = np.asarray(np.linalg.solve(sound, sides), dtype=np.float64)
        usable &= (sign > 0).all(axis=1)
        there = patterns.observed[where]
        found = inverse[:, None] - np.swapaxes(sides, -1, -2) @ turned
        inverses[:, where] = found * (there[:, :, None] & there[:, None, :])
        sizes[:, where] = size[:, None] + log
    gap = np.where(patterns.observed, drawn.mean - mean[:, None, :], 0.0)
    pull = (inverses @ gap[..., None])[..., 0]
    return ReweightedLikelihood(drawn, gap, inverses, sizes, pull, usable)
