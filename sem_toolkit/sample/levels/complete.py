"""The likelihood of complete rows in clusters, at the cost of the number of sizes that clusters have.

With C_s clusters of size s, whose means have mean m_s and scatter S_s, T_s = S_s + (m_s − μ)(m_s − μ)ᵀ,
Ω_s = Σ_B + Σ_W/s and the scatter S within clusters,

    2n f = (n − J) log|Σ_W| + tr(SΣ_W⁻¹) + Σ_s C_s (log|Ω_s| + tr(T_sΩ_s⁻¹)):

a sum of likelihoods of normal data whose moments are linear in those of the levels.
Muthén (1990); du Toit & du Toit (2008), in de Leeuw & Meijer, Handbook of multilevel analysis, 435-478.
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.incomplete import gather_cross, gather_pairs, get_halves, list_vech
from sem_toolkit.sample.levels.clusters import Clusters
from sem_toolkit.sample.levels.likelihood import LevelMoments
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class CompleteLevels:
    """See `LevelLikelihood`.

    inverse   Σ_W⁻¹ among the variables that vary within clusters, 0 elsewhere (p × p)
    inverses  Ω_s⁻¹ (K × p × p)
    size, sizes  log|Σ_W| and log|Ω_s| (K)
    """

    clusters: Clusters
    moments: LevelMoments
    inverse: FloatArray
    inverses: FloatArray
    size: float
    sizes: FloatArray

    @cached_property
    def gap(self) -> FloatArray:
        """m_s − μ, K × p."""
        return self.clusters.size_means - self.moments.mean

    @cached_property
    def weights(self) -> FloatArray:
        """C_s/n (K)."""
        return np.asarray(self.clusters.distinct[2] / self.clusters.n)

    @cached_property
    def inner(self) -> float:
        """(n − J)/n: share of what is seen within clusters only."""
        return (self.clusters.n - self.clusters.count) / self.clusters.n

    @cached_property
    def value(self) -> float:
        between = self.sizes + (self.inverses * self._second).sum(axis=(1, 2))
        inside = self.inner * self.size + float((self.inverse * self.clusters.scatter).sum()) / self.clusters.n
        return float(0.5 * (inside + self.weights @ between))

    @cached_property
    def _second(self) -> FloatArray:
        """T_s, K × p × p."""
        return self.clusters.size_scatter + self.gap[:, :, None] * self.gap[:, None, :]

    @cached_property
    def pull(self) -> FloatArray:
        """z_s = Ω_s⁻¹(m_s − μ), K × p."""
        return np.asarray((self.inverses @ self.gap[:, :, None])[:, :, 0])

    @cached_property
    def products(self) -> FloatArray:
        """P_s = Ω_s⁻¹T_sΩ_s⁻¹, K × p × p."""
        return np.asarray(self.inverses @ self._second @ self.inverses)

    @cached_property
    def product(self) -> FloatArray:
        """Σ_W⁻¹SΣ_W⁻¹/(n − J), p × p."""
        divisor = max(self.clusters.n - self.clusters.count, 1)
        return np.asarray(self.inverse @ self.clusters.scatter @ self.inverse / divisor)

    @cached_property
    def by_mean(self) -> FloatArray:
        return np.asarray(-self.weights @ self.pull)

    @cached_property
    def by_between(self) -> FloatArray:
        return 0.5 * np.asarray(np.tensordot(self.weights, self.inverses - self.products, axes=1))

    @cached_property
    def by_within(self) -> FloatArray:
        shared = np.tensordot(self.weights / self.clusters.distinct[0], self.inverses - self.products, axes=1)
        return 0.5 * np.asarray(self.inner * (self.inverse - self.product) + shared)

    @cached_property
    def mean_information(self) -> FloatArray:
        return np.asarray(np.tensordot(self.weights, self.inverses, axes=1))

    def information(self, *, expected: bool = True) -> FloatArray:
        p = len(self.moments.mean)
        lower, upper = list_vech(p)
        flat, own = self.inverses[:, lower, upper], self.inverse[lower, upper]
        right, along = 0.5 * flat, 0.5 * own
        if not expected:
            right, along = self.products[:, lower, upper] - right, self.product[lower, upper] - along
        result = np.zeros((p + 2 * len(lower),) * 2)
        within, between = slice(p, p + len(lower)), slice(p + len(lower), None)
        inverse_sizes = 1.0 / self.clusters.distinct[0]
        result[:p, :p] = self.mean_information
        for power, rows, columns in ((0, between, between), (1, within, between), (2, within, within)):
            half = (flat * (self.weights * inverse_sizes**power)[:, None]).T @ right
            if power == 2:
                half += self.inner * np.outer(own, along)
            result[rows, columns] = gather_pairs(half + half.T, p)
        result[between, within] = result[within, between].T
        if not expected:
            for power, columns in ((0, between), (1, within)):
                crossed = (flat * (self.weights * inverse_sizes**power)[:, None]).T @ self.pull
                result[:p, columns] = gather_cross(crossed, p)
                result[columns, :p] = result[:p, columns].T
        return result

    def cluster_scores(self) -> FloatArray:
        lower, upper = list_vech(len(self.moments.mean))
        sizes, place, _ = self.clusters.distinct
        half = get_halves(len(self.moments.mean))
        u = np.einsum("jab,jb->ja", self.inverses[place], self.clusters.means - self.moments.mean)
        outer = u[:, lower] * u[:, upper] - self.inverses[place][:, lower, upper]
        turned = self.clusters.deviations @ self.inverse
        inside = np.add.reduceat(turned[:, lower] * turned[:, upper], self.clusters.starts, axis=0)
        inside -= (self.clusters.sizes - 1.0)[:, None] * self.inverse[lower, upper]
        return np.concatenate([u, half * (inside + outer / sizes[place][:, None]), half * outer], axis=1)


def compute_complete_likelihood(clusters: Clusters, moments: LevelMoments) -> CompleteLevels | None:
    """The likelihood at these moments; raises LinAlgError where a covariance matrix is not positive definite."""
    chosen = np.flatnonzero(clusters.within)
    own = moments.within[np.ix_(chosen, chosen)]
    size = _compute_size(own)
    inverse = np.zeros_like(moments.within)
    inverse[np.ix_(chosen, chosen)] = np.linalg.inv(own)
    omega = moments.between + moments.within / clusters.distinct[0][:, None, None]
    sizes = _compute_size(omega)
    inverses = np.linalg.inv(omega)
    if not (np.isfinite(sizes).all() and np.isfinite(inverses).all() and np.isfinite(inverse).all()):
        return None
    inverses = 0.5 * (inverses + inverses.swapaxes(1, 2))
    return CompleteLevels(clusters, moments, 0.5 * (inverse + inverse.T), inverses, float(size), sizes)


def _compute_size(matrices: FloatArray) -> FloatArray:
    """log|·| of positive definite matrices (... × p × p)."""
    roots = np.linalg.cholesky(matrices)
    return np.asarray(2.0 * np.log(np.diagonal(roots, axis1=-2, axis2=-1)).sum(axis=-1))
