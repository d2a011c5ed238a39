"""How many factors a correlation matrix speaks for: parallel analysis and minimum average partial correlations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ParallelAnalysis:
    """Eigenvalues of a correlation matrix (p, descending) beside those of uncorrelated normal variables.

    mean, limit  of the random ones: their mean and their quantile (p)
    quantile     which one; draws: of how many
    """

    eigenvalues: FloatArray
    mean: FloatArray
    limit: FloatArray
    quantile: float
    draws: int

    @property
    def factors(self) -> int:
        """How many eigenvalues, the first ones, lie above the limit."""
        above = self.eigenvalues > self.limit
        return len(above) if above.all() else int(np.argmin(above))


@dataclass(frozen=True, eq=False)
class PartialCorrelations:
    """Average partial correlations once m = 0, 1, ... components are taken out.

    squares, fourths  of their second and fourth powers (p − 1 each, NaN from where a residual variance is 0)
    """

    squares: FloatArray
    fourths: FloatArray

    @property
    def factors(self) -> int:
        """Where the average square is the least (Velicer, 1976)."""
        return int(np.nanargmin(self.squares))

    @property
    def factors_by_fourths(self) -> int:
        """Where the average fourth power is (Velicer, Eaton & Fava, 2000)."""
        return int(np.nanargmin(self.fourths))


def analyse_in_parallel(
    correlations: FloatArray, n: int, draws: int = 500, quantile: float = 0.95, seed: int = 1
) -> ParallelAnalysis:
    """Horn (1965), Psychometrika 30, 179-185, of a correlation matrix (p × p) of n rows, against a quantile instead of
    the mean (Glorfeld, 1995, Educational and Psychological Measurement 55, 377-393).

    The random covariance matrices are drawn as such (Bartlett, 1933), so that time does not depend on n.
    """
    p = len(correlations)
    random = _draw_eigenvalues(n, p, draws, np.random.default_rng(seed))
    eigenvalues = np.asarray(np.linalg.eigvalsh(correlations)[::-1], dtype=np.float64)
    limit = np.quantile(random, quantile, axis=0)
    return ParallelAnalysis(eigenvalues, random.mean(axis=0), limit, quantile, draws)


def _draw_eigenvalues(n: int, p: int, draws: int, rng: np.random.Generator) -> FloatArray:
    """Eigenvalues, descending, of correlation matrices of n rows of p independent normal variables: draws × p."""
    if n - 1 < p:
        rows = rng.standard_normal((draws, n, p))
        rows -= rows.mean(axis=1, keepdims=True)
        scatter = np.swapaxes(rows, 1, 2) @ rows
    else:
        root = np.tril(rng.standard_normal((draws, p, p)), -1)
        root[:, np.arange(p), np.arange(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p), size=(draws, p)))
        scatter = root @ np.swapaxes(root, 1, 2)
    spread = np.sqrt(np.diagonal(scatter, axis1=1, axis2=2))
    return np.asarray(np.linalg.eigvalsh(scatter / (spread[:, :, None] * spread[:, None, :]))[:, ::-1])


def average_partial_correlations(correlations: FloatArray) -> PartialCorrelations:
    """Velicer (1976), Psychometrika 41, 321-327: what the first components leave of the correlations (p × p)."""
    p = len(correlations)
    values, vectors = np.linalg.eigh(correlations)
    components = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, ::-1]
    squares, fourths = np.full(p - 1, np.nan), np.full(p - 1, np.nan)
    for m in range(p - 1):
        left = correlations - components[:, :m] @ components[:, :m].T
        variances = np.diagonal(left)
        if variances.min() < 1e-10:
            break
        partial = left / np.sqrt(np.outer(variances, variances))
        own = partial[np.triu_indices(p, 1)]
        squares[m], fourths[m] = (own**2).mean(), (own**4).mean()
    return PartialCorrelations(squares, fourths)
