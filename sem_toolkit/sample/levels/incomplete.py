"""The likelihood of rows in clusters with empty cells: each cluster by what its rows have.

Let Q_i be the inverse of Σ_W among the cells of a row i (0 elsewhere), z the variables that do not vary within the
cluster and S the covariance matrix of u given z. With A = Σ_i Q_i, M = (S⁻¹ + A)⁻¹ = (I + SA)⁻¹S (which exists for a
singular S as well), r_i what a row differs from its mean given z by, b = Σ_i Q_i r_i and û = Mb,

    log|V| = Σ_i log|Σ_i| + log|I + SA| + log|Σ_zz|,    rᵀV⁻¹r = Σ_i r_iᵀQ_ir_i − bᵀMb + d_zᵀΣ_zz⁻¹d_z,

and with w_i = Q_i(r_i − û), G = A − AMA and H_i = (I − AM)Q_i the blocks of V⁻¹ are Q_i − Q_iMQ_k for rows i and k, H_i
between levels and G for u, so that first and second derivatives are sums of products of elements of these, of b − Aû
and of w_i. Du Toit & du Toit (2008); the inverse of a sum: Henderson & Searle (1981), SIAM Review 23, 53-60.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.incomplete import (
    compute_incomplete_likelihood,
    gather_cross,
    gather_pairs,
    get_halves,
    list_vech,
)
from sem_toolkit.sample.levels.clusters import Clusters
from sem_toolkit.sample.levels.likelihood import LevelMoments
from sem_toolkit.sample.levels.members import Members, build_members
from sem_toolkit.sample.levels.outer import Outer, build_outer
from sem_toolkit.sample.levels.posterior import compute_posterior
from sem_toolkit.sample.moments import FloatArray

IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class IncompleteLevels:
    """See `LevelLikelihood`.

    inverses  Q of each pattern of rows (P × p × p); sizes: log|Σ_i| of each (P)
    gap       r_i, 0 for empty cells (n × p)
    inside    A, J × p × p
    posterior M, J × p × p
    extra     log|I + SA| of each cluster (J)
    """

    clusters: Clusters
    moments: LevelMoments
    members: Members
    outer: Outer
    inverses: FloatArray
    sizes: FloatArray
    gap: FloatArray
    inside: FloatArray
    posterior: FloatArray
    extra: FloatArray

    @cached_property
    def _turned(self) -> FloatArray:
        """Q_i r_i, n × p."""
        return _turn(self.inverses, self.clusters.patterns.row, self.gap)

    @cached_property
    def _sums(self) -> FloatArray:
        """b, J × p."""
        return self.members.sum_clusters(self.members.sum_rows(self._turned))

    @cached_property
    def predictions(self) -> FloatArray:
        """û: the expectation of u_j − μ given the rows and z, less that given z (J × p)."""
        return np.asarray((self.posterior @ self._sums[:, :, None])[:, :, 0])

    @cached_property
    def value(self) -> float:
        row = self.clusters.patterns.row
        total = self.sizes[row[row >= 0]].sum() + self.extra.sum() + self.outer.size[self.outer.pattern].sum()
        total += (self.gap * self._turned).sum() - (self._sums * self.predictions).sum()
        total += np.einsum("ja,jab,jb->", self.outer.gap, self.outer.inverse[self.outer.pattern], self.outer.gap)
        return float(0.5 * total / self.clusters.n)

    @cached_property
    def weights(self) -> FloatArray:
        """w_i = Q_i(r_i − û), n × p."""
        cluster = self.clusters.cluster
        return self._turned - _turn(self.inverses, self.clusters.patterns.row, self.predictions[cluster])

    @cached_property
    def gain(self) -> FloatArray:
        """I − AM, J × p × p."""
        return np.eye(self.inside.shape[-1]) - self.inside @ self.posterior

    @cached_property
    def outward(self) -> FloatArray:
        """G of u and z together, J × p × p."""
        reach = self.outer.reach[self.outer.pattern]
        own = self.gain @ self.inside
        own = 0.5 * (own + own.swapaxes(1, 2))
        return np.asarray(reach.swapaxes(1, 2) @ own @ reach + self.outer.inverse[self.outer.pattern])

    @cached_property
    def direction(self) -> FloatArray:
        """V⁻¹r summed over the rows, with its part of z: ∂logl_j/∂μ, J × p."""
        reach, inverse = self.outer.reach[self.outer.pattern], self.outer.inverse[self.outer.pattern]
        own = np.einsum("jab,jb->ja", self.gain, self._sums)
        return np.asarray(np.einsum("jba,jb->ja", reach, own) + np.einsum("jab,jb->ja", inverse, self.outer.gap))

    @cached_property
    def by_mean(self) -> FloatArray:
        return np.asarray(-self.direction.sum(axis=0) / self.clusters.n)

    @cached_property
    def by_between(self) -> FloatArray:
        return np.asarray(0.5 * (self.outward.sum(axis=0) - self.direction.T @ self.direction) / self.clusters.n)

    @cached_property
    def by_within(self) -> FloatArray:
        return np.asarray(0.5 * (self.blocks.sum(axis=0) - self.weights.T @ self.weights) / self.clusters.n)

    @cached_property
    def blocks(self) -> FloatArray:
        """Σ_i (Q_i − Q_iMQ_i) of the rows of each entry, R × p × p."""
        Q = self.inverses[self.members.pattern]
        return np.asarray((Q - Q @ self.posterior[self.members.cluster] @ Q) * self.members.count[:, None, None])

    @cached_property
    def _crossings(self) -> FloatArray:
        """H of each entry, with the part of z, R × p × p."""
        reach = self.outer.reach[self.outer.pattern[self.members.cluster]]
        own = self.gain[self.members.cluster] @ self.inverses[self.members.pattern]
        return np.asarray(reach.swapaxes(1, 2) @ own)

    @cached_property
    def mean_information(self) -> FloatArray:
        return np.asarray(self.outward.sum(axis=0) / self.clusters.n)

    def information(self, *, expected: bool = True) -> FloatArray:
        p = len(self.moments.mean)
        lower, upper = list_vech(p)
        result = np.zeros((p + 2 * len(lower),) * 2)
        within, between = slice(p, p + len(lower)), slice(p + len(lower), None)
        result[:p, :p] = self.outward.sum(axis=0)
        result[between, between] = self._pair_between(expected)
        result[within, within] = self._pair_within(expected)
        result[within, between] = self._pair_levels(expected)
        result[between, within] = result[within, between].T
        if not expected:
            flat = self.outward[:, lower, upper]
            result[:p, between] = gather_cross(flat.T @ self.direction, p)
            result[:p, within] = self._leverage.sum(axis=0)
            result[between, :p], result[within, :p] = result[:p, between].T, result[:p, within].T
        return result / self.clusters.n

    def _pair_between(self, expected: bool) -> FloatArray:
        lower, upper = list_vech(len(self.moments.mean))
        flat = self.outward[:, lower, upper]
        right = 0.5 * flat
        if not expected:
            right = self.direction[:, lower] * self.direction[:, upper] - right
        half = flat.T @ right
        return gather_pairs(half + half.T, len(self.moments.mean))

    def _pair_within(self, expected: bool) -> FloatArray:
        """½tr of products of V⁻¹ between rows; what data add takes w_i and the blocks of V⁻¹ between the rows."""
        p, members = len(self.moments.mean), self.members
        lower, upper = list_vech(p)
        Q, M = self.inverses[members.pattern], self.posterior[members.cluster]
        turned = Q @ M @ Q
        flat, bent = Q[:, lower, upper] * members.count[:, None], turned[:, lower, upper]
        half = flat.T @ (0.5 * Q[:, lower, upper] - bent)
        result = gather_pairs(half + half.T, p)
        result += self._pair_rows()
        if expected:
            return result
        moments = members.sum_rows(self.weights[:, lower] * self.weights[:, upper])
        half = Q[:, lower, upper].T @ moments
        leverage = self._row_leverage
        answered = (self.posterior @ leverage).reshape(-1, len(lower))
        return np.asarray(gather_pairs(half + half.T, p) - leverage.reshape(-1, len(lower)).T @ answered - result)

    def _pair_rows(self) -> FloatArray:
        """½tr(M L M L′) with L = Σ_i Q_i dΣ_W Q_i: what pairs of rows of a cluster have, summed over the clusters."""
        p, members = len(self.moments.mean), self.members
        half, (first, second) = get_halves(p), _list_turns(p)
        result = np.zeros((len(half), len(half)))
        for j, entries in members.iterate_clusters():
            Q = self.inverses[members.pattern[entries]].reshape(-1, p * p)
            products = ((Q * members.count[entries, None]).T @ Q).ravel()
            turned = (products.take(first) + products.take(second)) @ self.posterior[j]
            result += turned.reshape(len(half), -1) @ turned.swapaxes(1, 2).reshape(len(half), -1).T
        return np.asarray(0.5 * half[:, None] * half * result)

    def _pair_levels(self, expected: bool) -> FloatArray:
        p, members = len(self.moments.mean), self.members
        lower, upper = list_vech(p)
        columns = self._crossings.swapaxes(1, 2).reshape(len(members.count), -1)
        result = _gather_squares((columns * members.count[:, None]).T @ columns, p)
        if expected:
            return result
        size = self.inside.shape[0]
        along = self.direction.T @ self._leverage.reshape(size, -1)
        along = along.reshape(p, p, len(lower))  # of g_b and of what dΣ_W does to the a-th element of V⁻¹r
        crossed = (along[upper, lower] + along[lower, upper]) * get_halves(p)[:, None]
        return np.asarray(crossed.T - result)

    @cached_property
    def _row_leverage(self) -> FloatArray:
        """Σ_i Q_i dΣ_W w_i by vech Σ_W, J × p × vech."""
        p, members = len(self.moments.mean), self.members
        lower, upper = list_vech(p)
        w = members.sum_rows(self.weights)
        products = np.zeros((self.clusters.count, p, p, p))
        for j, entries in members.iterate_clusters():
            Q = self.inverses[members.pattern[entries]].reshape(-1, p * p)
            products[j] = (Q.T @ w[entries]).reshape(p, p, p)
        return np.asarray((products[:, :, lower, upper] + products[:, :, upper, lower]) * get_halves(p))

    @cached_property
    def _leverage(self) -> FloatArray:
        """What dΣ_W takes from V⁻¹r summed over the rows, with the part of z: J × p × vech."""
        reach = self.outer.reach[self.outer.pattern]
        return np.asarray(reach.swapaxes(1, 2) @ (self.gain @ self._row_leverage))

    def cluster_scores(self) -> FloatArray:
        p = len(self.moments.mean)
        lower, upper = list_vech(p)
        half = get_halves(p)
        inside = self.members.sum_rows(self.weights[:, lower] * self.weights[:, upper]) - self.blocks[:, lower, upper]
        u = self.direction
        outer = u[:, lower] * u[:, upper] - self.outward[:, lower, upper]
        return np.concatenate([u, half * self.members.sum_clusters(inside), half * outer], axis=1)


def compute_incomplete_level_likelihood(clusters: Clusters, moments: LevelMoments) -> IncompleteLevels | None:
    """The likelihood at these moments; raises LinAlgError where a covariance matrix is not positive definite."""
    chosen = np.flatnonzero(clusters.within)
    block = np.ix_(chosen, chosen)
    p, patterns = len(moments.mean), clusters.patterns
    rows = compute_incomplete_likelihood(patterns, moments.mean[chosen], moments.within[block])
    if rows is None:
        return None
    inverses = np.zeros((len(rows.inverses), p, p))
    inverses[:, chosen[:, None], chosen] = rows.inverses
    members = build_members(clusters)
    outer = build_outer(clusters, moments)
    gap = np.where(np.isnan(clusters.rows) | ~clusters.within, 0.0, clusters.rows - moments.mean)
    there = ~np.isnan(clusters.rows) & clusters.within
    gap = np.where(there, gap - outer.shift[clusters.cluster], 0.0)
    inside = members.sum_clusters(inverses[members.pattern] * members.count[:, None, None])
    posterior, extra = compute_posterior(outer.left[outer.pattern], inside)
    return IncompleteLevels(clusters, moments, members, outer, inverses, rows.sizes, gap, inside, posterior, extra)


@lru_cache(maxsize=8)
def _list_turns(p: int) -> tuple[IntArray, IntArray]:
    """Where Q_ac Q_bd and Q_ad Q_bc stand among products of vec(Q) with itself, for (c, d) of vech: vech × p × p."""
    lower, upper = list_vech(p)
    a, b = np.arange(p)[:, None] * p**3, np.arange(p) * p
    first = a + b + (lower * p**2 + upper)[:, None, None]
    return first, a + b + (upper * p**2 + lower)[:, None, None]


def _turn(matrices: FloatArray, which: IntArray, rows: FloatArray) -> FloatArray:
    """matrices[which_i] times each row (n × p); 0 where `which` is −1."""
    result = np.zeros_like(rows)
    order = np.argsort(which, kind="stable")
    numbers, starts = np.unique(which[order], return_index=True)
    for number, chosen in zip(numbers, np.split(order, starts[1:]), strict=True):
        if number >= 0:
            result[chosen] = rows[chosen] @ matrices[number]
    return result


def _gather_squares(products: FloatArray, p: int) -> FloatArray:
    """Σ c_ab c_cd (X_ac X_bd + X_ad X_bc) from Σ vec(X) vec(X)ᵀ (p² × p²), vec row by row; rows: (a, b)."""
    lower, upper = list_vech(p)
    a, b = lower[:, None] * p, upper[:, None] * p
    found = products[a + lower, b + upper] + products[a + upper, b + lower]
    half = get_halves(p)
    return np.asarray(found * half[:, None] * half)
