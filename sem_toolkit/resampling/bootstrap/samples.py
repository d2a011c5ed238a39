"""Bootstrap samples as moments: weighted sums over the rows, never copies of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.model.jacobian import vech_indices

FloatArray = NDArray[np.float64]

RESAMPLINGS = {
    "ordinary": "rows drawn with replacement",
    "bollen.stine": "rows made to fit the model first, then drawn with replacement",
    "parametric": "rows of a normal population that is the model at its estimates",
}
"""What a bootstrap sample is, by lavaan's names."""
_BLOCK = 64
"""Samples whose covariance matrices are made at once, so that these stay near the processor."""


@dataclass(frozen=True, eq=False)
class GroupRows:
    """The rows of one group (n × p), and which of them are drawn together.

    clusters  n: number of the cluster of each row, from 0; None where each row is its own
    """

    rows: FloatArray
    clusters: NDArray[np.intp] | None = None

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @cached_property
    def centre(self) -> FloatArray:
        """Means of the variables (p): products are taken about them, so that no digits are lost."""
        return np.asarray(self.rows.mean(axis=0))

    @cached_property
    def products(self) -> FloatArray:
        """Centred values and their products, summed within clusters (units × (p + p(p + 1)/2))."""
        centred = self.rows - self.centre
        row, column = vech_indices(self.rows.shape[1])
        whole = np.concatenate([centred, centred[:, row] * centred[:, column]], axis=1)
        if self.clusters is None:
            return whole
        sums = np.zeros((int(self.clusters.max()) + 1, whole.shape[1]))
        np.add.at(sums, self.clusters, whole)
        return sums

    @cached_property
    def sizes(self) -> FloatArray:
        """Rows of every unit that is drawn."""
        if self.clusters is None:
            return np.ones(self.n)
        return np.bincount(self.clusters).astype(np.float64)

    def draw(self, rng: np.random.Generator, draws: int) -> FloatArray:
        """How often every unit is drawn, draws × units."""
        units = len(self.sizes)
        counts = np.empty((draws, units))
        write_counts(rng, counts)
        return counts

    def compute_moments(self, counts: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Covariances with divisor n (b × p × p), means (b × p) and n (b) of weighted rows; counts: b × units."""
        n, sums = counts @ self.sizes, counts @ self.products
        sums /= n[:, None]
        return *self._assemble(sums), n

    def compute_moments_without(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The same of all units but one, for each of them."""
        n = self.sizes.sum() - self.sizes
        return *self._assemble((self.products.sum(axis=0) - self.products) / n[:, None]), n

    def _assemble(self, sums: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Covariances and means of means and products about the centre (b × (p + p(p + 1)/2))."""
        p = self.rows.shape[1]
        row, column = vech_indices(p)
        places = np.empty((p, p), dtype=np.intp)
        places[row, column] = places[column, row] = p + np.arange(len(row))
        covariance, shift = np.empty((len(sums), p, p)), sums[:, :p]
        for first in range(0, len(sums), _BLOCK):
            block = slice(first, first + _BLOCK)
            own, mean = covariance[block], shift[block]
            np.take(sums[block], places, axis=1, out=own, mode="clip")
            own -= mean[:, :, None] * mean[:, None, :]
        return covariance, self.centre + shift


def draw_counts(rng: np.random.Generator, units: int, draws: int) -> NDArray[np.intp]:
    """How often every unit is among as many that are drawn with replacement, draws × units."""
    counts = np.empty((draws, units), dtype=np.intp)
    write_counts(rng, counts)
    return counts


def write_counts(rng: np.random.Generator, counts: FloatArray | NDArray[np.intp]) -> None:
    """The same, written where they are to stand, some draws at a time, so that these stay near the processor."""
    draws, units = counts.shape
    first = units * np.arange(_BLOCK)[:, None]
    for begin in range(0, draws, _BLOCK):
        own = counts[begin : begin + _BLOCK]
        drawn = rng.integers(units, size=own.shape)
        drawn += first[: len(own)]
        own[:] = np.bincount(drawn.ravel(), minlength=own.size).reshape(own.shape)


def transform_bollen_stine(rows: FloatArray, implied: FloatArray, mean: FloatArray | None) -> FloatArray:
    """Rows (n × p) whose covariance (divisor n) is the implied one: Z S^(−½) Σ^(½), and their mean the implied one.

    Without a mean structure the mean is 0. Source: Bollen & Stine (1992), Sociological Methods & Research 21, 205-229.
    """
    centred = rows - rows.mean(axis=0)
    turned = centred @ _compute_root(centred.T @ centred / len(rows), -0.5) @ _compute_root(implied, 0.5)
    return np.asarray(turned if mean is None else turned + mean)


def _compute_root(matrix: FloatArray, power: float) -> FloatArray:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * values**power) @ vectors.T)


def draw_normal_moments(
    rng: np.random.Generator, n: int, covariance: FloatArray, mean: FloatArray, draws: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Moments of samples of n rows of a normal population: the mean, and a Wishart matrix by Bartlett's decomposition.

    Source: Smith & Hocking (1972), Applied Statistics 21, 341-345.
    """
    p = len(covariance)
    root = np.linalg.cholesky(covariance)
    lower = np.zeros((draws, p, p))
    lower[:, np.arange(p), np.arange(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p), size=(draws, p)))
    row, column = np.tril_indices(p, -1)
    lower[:, row, column] = rng.normal(size=(draws, len(row)))
    half = root @ lower
    means = mean + rng.normal(size=(draws, p)) @ root.T / np.sqrt(n)
    return half @ half.swapaxes(-1, -2) / n, means, np.full(draws, float(n))


Drawing = Callable[[np.random.Generator, int], tuple[FloatArray, FloatArray, FloatArray]]
"""Moments of so many samples of one group: covariances, means, n."""


def build_drawings(
    groups: tuple[GroupRows, ...], implied: tuple[FloatArray, FloatArray | None], kind: str
) -> tuple[Drawing, ...]:
    """How samples of each group are drawn. implied: covariances (G × p × p) and means (G × p) of the model."""
    covariance, mean = implied
    found: list[Drawing] = []
    for place, group in enumerate(groups):
        own = None if mean is None else mean[place]
        if kind == "parametric":
            found.append(_draw_normal(group, covariance[place], group.centre if own is None else own))
            continue
        if kind == "bollen.stine":
            group = GroupRows(transform_bollen_stine(group.rows, covariance[place], own), group.clusters)
        found.append(_draw_rows(group))
    return tuple(found)


def _draw_rows(group: GroupRows) -> Drawing:
    return lambda rng, draws: group.compute_moments(group.draw(rng, draws))


def _draw_normal(group: GroupRows, covariance: FloatArray, mean: FloatArray) -> Drawing:
    return lambda rng, draws: draw_normal_moments(rng, group.n, covariance, mean, draws)


def number_clusters(values: FloatArray) -> NDArray[np.intp]:
    """Clusters (n) numbered from 0."""
    return np.unique(values, return_inverse=True)[1].astype(np.intp)
