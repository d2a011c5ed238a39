"""The likelihood of rows in clusters with random slopes, given the exogenous variables within clusters.

With v the parts of the outcomes that vary between clusters and the slopes, C its covariance matrix given the observed
variables between clusters, and Q_i what it does to a row (linear in x_i),

    y_i = μ_y + P(x_i − μ_x) + Q_i v + e_i,    e_i ~ N(0, R),    P = Σ_yx Σ_xx⁻¹,    R = Σ_yy − P Σ_xy,

so that a cluster's values are normal, A = Σ_i Q_iᵀR_i⁻¹Q_i and M = (C⁻¹ + A)⁻¹ being all that it takes. Derivatives are
those of the likelihood of y and v together, expected given y (Fisher's identity). Rows with empty outcomes are taken by
what they have. Source: Rockwood (2020), Psychometrika 85, 275-300, section 3.2; Laird & Ware (1982), Biometrics 38,
963-974.
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.sample.incomplete import get_halves, list_vech
from sem_toolkit.sample.levels.likelihood import LevelMoments
from sem_toolkit.sample.levels.slope_clusters import SlopeClusters
from sem_toolkit.sample.moments import FloatArray


def shift_lines(effects: FloatArray, v: FloatArray) -> FloatArray:
    """What v (J × v) adds to the lines of a cluster's rows, J × y × k."""
    k, y, _ = effects.shape
    return np.asarray((v @ effects.reshape(k * y, -1).T).reshape(-1, k, y).swapaxes(1, 2))


@dataclass(frozen=True, eq=False)
class SlopeLevels:
    """See `LevelLikelihood`. Arrays by cluster (J) unless they say otherwise.

    projection  P, y × (k − 1); spread Σ_xx⁻¹
    effects     T with Q_i = Σ_k x̃_ik T_k, k × y × v
    inverses    R⁻¹ by pattern of empty cells (C × y × y), 0 for empty ones; sizes: log|R| of each (C)
    reach       K of the regression of v on the observed variables between clusters, 0 for empty ones, J × v × o
    precision   inverse covariance matrix of these, J × o × o; gap: what they differ from their means by, J × o
    expected    of v, J × v; lines: of a row by x̃, J × y × k
    weighed     A, J × v × v; posterior: M, J × v × v
    log_size    of the observed variables between clusters and of I + CA
    """

    clusters: SlopeClusters
    moments: LevelMoments
    projection: FloatArray
    spread: FloatArray
    effects: FloatArray
    inverses: FloatArray
    sizes: FloatArray
    reach: FloatArray
    precision: FloatArray
    gap: FloatArray
    expected: FloatArray
    lines: FloatArray
    weighed: FloatArray
    posterior: FloatArray
    log_size: FloatArray

    @cached_property
    def _own(self) -> FloatArray:
        """R⁻¹ of each cell."""
        return self.inverses[self.clusters.cells.pattern]

    def _remainders(self, lines: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Σ x̃eᵀ and Σ eeᵀ of e = y − lines x̃, by cell."""
        cells = self.clusters.cells
        own = lines[cells.cluster]
        mixed = cells.mixed - cells.crossed @ own.swapaxes(1, 2)
        squares = cells.squares - cells.mixed.swapaxes(1, 2) @ own.swapaxes(1, 2) - own @ mixed
        return mixed, squares

    @cached_property
    def _prior_remainders(self) -> tuple[FloatArray, FloatArray]:
        return self._remainders(self.lines)

    @cached_property
    def sums(self) -> FloatArray:
        """b = Σ_i Q_iᵀR_i⁻¹r_i with r_i what a row differs from its expectation by."""
        mixed, _ = self._prior_remainders
        turned = (mixed @ self._own).reshape(len(mixed), -1)
        return self.clusters.cells.sum_clusters(turned @ self.effects.reshape(-1, self.effects.shape[-1]))

    @cached_property
    def predictions(self) -> FloatArray:
        """E(v | rows) less that without them: Mb."""
        return np.asarray((self.posterior @ self.sums[:, :, None])[:, :, 0])

    @cached_property
    def value(self) -> float:
        cells = self.clusters.cells
        _, squares = self._prior_remainders
        total = float(cells.count @ self.sizes[cells.pattern]) + float(self.log_size.sum())
        total += float((self._own * squares).sum()) - float((self.sums * self.predictions).sum())
        total += float(np.einsum("jo,jop,jp->", self.gap, self.precision, self.gap))
        return 0.5 * total / self.clusters.n

    @cached_property
    def pull(self) -> FloatArray:
        """g = C⁻¹(E(v | rows) − E(v)) = b − AMb."""
        return np.asarray(self.sums - np.einsum("jab,jb->ja", self.weighed, self.predictions))

    @cached_property
    def _after(self) -> tuple[FloatArray, FloatArray]:
        """Remainders of the rows with v at its prediction: Σ x̃eᵀ and Σ eeᵀ."""
        return self._remainders(self.lines + shift_lines(self.effects, self.predictions))

    @cached_property
    def _turned(self) -> FloatArray:
        """Σ R⁻¹e x̃ᵀ, by cell: y × k."""
        return np.asarray(self._own @ self._after[0].swapaxes(1, 2))

    @cached_property
    def _carried(self) -> FloatArray:
        """Σ_l (Σ x̃x̃ᵀ)_kl T_l M, by cell: k × y × v."""
        cells = self.clusters.cells
        k, y, v = self.effects.shape
        along = (self.effects.reshape(-1, v) @ self.posterior).reshape(-1, k, y * v)
        return np.asarray((cells.crossed @ along[cells.cluster]).reshape(-1, k, y, v))

    @cached_property
    def _by_residual(self) -> FloatArray:
        """D_R of each cluster."""
        cells, W = self.clusters.cells, self._own
        k, y, v = self.effects.shape
        columns = self._carried.swapaxes(1, 2).reshape(-1, y, k * v)
        spread = self._after[1] + columns @ self.effects.swapaxes(1, 2).reshape(k * v, y)
        spread = 0.5 * (spread + spread.swapaxes(1, 2))
        return self.clusters.cells.sum_clusters(0.5 * (cells.count[:, None, None] * W - W @ spread @ W))

    @cached_property
    def _by_effects(self) -> FloatArray:
        """Derivatives by T, J × k × y × v."""
        cells = self.clusters.cells
        v = (self.expected + self.predictions)[cells.cluster]
        own = self._turned.swapaxes(1, 2)[..., None] * v[:, None, None, :]
        own -= self._own[:, None] @ self._carried
        return -self.clusters.cells.sum_clusters(own)

    @cached_property
    def mean_scores(self) -> FloatArray:
        """∂logl/∂μ, J × p."""
        clusters, found = self.clusters, np.zeros((self.clusters.count, len(self.moments.mean)))
        rows = self.clusters.cells.sum_clusters(self._turned[:, :, 0])
        found[:, clusters.causes] = -rows @ self.projection
        found[:, clusters.hidden] = self.pull
        found[:, clusters.outcomes] = rows
        found[:, clusters.outer] = self._outer_pull
        return found

    @cached_property
    def _outer_pull(self) -> FloatArray:
        own = np.einsum("jop,jp->jo", self.precision, self.gap)
        return np.asarray(own - np.einsum("jvo,jv->jo", self.reach, self.pull))

    @cached_property
    def between_precision(self) -> FloatArray:
        """The blocks of the inverse covariance matrix of a cluster's values, summed over its rows, J × p × p."""
        clusters = self.clusters
        inner = self.weighed - self.weighed @ self.posterior @ self.weighed
        crossed = -inner @ self.reach
        outer = self.precision - self.reach.swapaxes(1, 2) @ crossed
        found = np.zeros((clusters.count, *self.moments.between.shape))
        v, o = clusters.hidden, clusters.outer
        found[:, v[:, None], v] = inner
        found[:, v[:, None], o] = crossed
        found[:, o[:, None], v] = crossed.swapaxes(1, 2)
        found[:, o[:, None], o] = outer
        return 0.5 * (found + found.swapaxes(1, 2))

    @cached_property
    def between_pull(self) -> FloatArray:
        """What multiplies covariances between clusters in E(· | rows): as `mean_scores`, of these variables only."""
        found = np.zeros((self.clusters.count, len(self.moments.mean)))
        found[:, self.clusters.hidden] = self.pull
        found[:, self.clusters.outer] = self._outer_pull
        return found

    @cached_property
    def between_slopes(self) -> FloatArray:
        """D of each cluster, J × p × p."""
        return 0.5 * (self.between_precision - self.between_pull[:, :, None] * self.between_pull[:, None, :])

    @cached_property
    def within_slopes(self) -> FloatArray:
        """D of each cluster, J × p × p."""
        clusters, moments = self.clusters, self.moments
        y, x, found = clusters.outcomes, clusters.causes, np.zeros((clusters.count, *moments.within.shape))
        D, P = self._by_residual, self.projection
        found[:, y[:, None], y] = D
        by_effects = self._by_effects
        if len(x):
            turned = self.clusters.cells.sum_clusters(self._turned)
            by_projection = -(turned[:, :, 1:] - turned[:, :, :1] * moments.mean[x]) @ self.spread
            crossed = 0.5 * by_projection - D @ P
            found[:, y[:, None], x] = crossed
            found[:, x[:, None], y] = crossed.swapaxes(1, 2)
            own = P.T @ by_projection
            found[:, x[:, None], x] = P.T @ D @ P - 0.5 * (own + own.swapaxes(1, 2))
        for path, row, column in clusters.placed_paths:
            slope = 0.5 * path.factor * by_effects[:, row, :, column]
            found[:, y, path.carrier] += slope
            found[:, path.carrier, y] += slope
        return found

    def compute_row_pull(self) -> FloatArray:
        """What multiplies covariances within clusters in E(· | rows), n × p: carriers bring what the slopes do."""
        clusters, mean = self.clusters, self.moments.mean
        rows, cluster = clusters.rows, clusters.cluster
        x = rows[:, clusters.causes]
        lines = self.lines + shift_lines(self.effects, self.predictions)
        gap = rows[:, clusters.outcomes] - lines[cluster, :, 0] - np.einsum("iyk,ik->iy", lines[cluster, :, 1:], x)
        there, pattern = np.unique(~np.isnan(gap), axis=0, return_inverse=True)
        assert len(there) == len(self.inverses)  # noqa: S101 (the same patterns in the same order)
        own = np.einsum("iyz,iz->iy", self.inverses[np.asarray(pattern).reshape(-1)], np.nan_to_num(gap))
        found = np.zeros_like(rows)
        found[:, clusters.outcomes] = own
        found[:, clusters.causes] = (x - mean[clusters.causes]) @ self.spread - own @ self.projection
        slopes = self.expected + self.predictions
        for path, _, column in clusters.placed_paths:
            found[:, path.carrier] += path.factor * rows[:, path.cause] * slopes[cluster, column]
        return found

    @cached_property
    def by_mean(self) -> FloatArray:
        return np.asarray(-self.mean_scores.sum(axis=0) / self.clusters.n)

    @cached_property
    def by_within(self) -> FloatArray:
        return np.asarray(self.within_slopes.sum(axis=0) / self.clusters.n)

    @cached_property
    def by_between(self) -> FloatArray:
        return np.asarray(self.between_slopes.sum(axis=0) / self.clusters.n)

    @property
    def mean_information(self) -> FloatArray:
        size = len(self.moments.mean)
        return self.information()[:size, :size]

    def information(self, *, expected: bool = True) -> FloatArray:
        """Cross-products of the scores of clusters, which is what there is in closed form."""
        scores = self.cluster_scores()
        return np.asarray(scores.T @ scores / self.clusters.n)

    def cluster_scores(self) -> FloatArray:
        lower, upper = list_vech(len(self.moments.mean))
        twice = -2.0 * get_halves(len(self.moments.mean))
        parts = [self.within_slopes[:, lower, upper] * twice, self.between_slopes[:, lower, upper] * twice]
        return np.concatenate([self.mean_scores, *parts], axis=1)
