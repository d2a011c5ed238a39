"""Direct misspecification of any model: population correlations that miss the model's by a given amount on average.

With Σ = RᵀR and a random correlation matrix P = QᵀQ the population of a sample is (R + Q − I)ᵀ(R + Q − I), scaled to a
correlation matrix; the nearer P is to the identity, the smaller the discrepancy.
Sources: McNeish & Wolf (2024), Structural Equation Modeling, on direct discrepancy cut-offs; P after Lewandowski,
Kurowicka & Joe (2009), Journal of Multivariate Analysis 100, 1989-2001.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError

FloatArray = NDArray[np.float64]

_CALIBRATION = 400
_SEED = 20_240_000
_STEPS = 40
_MOST = 1e9


@dataclass(frozen=True, eq=False)
class PerturbedRows:
    """Rows (`Generator`) of populations that miss a correlation matrix, another one for every sample.

    root         upper triangular R of the model's correlation matrix (p × p)
    deviations   of the variables (p)
    concentrate  η of the random correlation matrices: the larger, the nearer to the identity
    """

    root: FloatArray
    deviations: FloatArray
    concentrate: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        """Rows (draws × n × p); the first of the shape counts populations."""
        roots = self._draw_roots(rng, shape[0])
        rows = rng.standard_normal((*shape, len(self.root))) @ roots
        return np.asarray(rows * self.deviations)

    def _draw_roots(self, rng: np.random.Generator, draws: int) -> FloatArray:
        """Upper triangular roots of the populations' correlation matrices, draws × p × p."""
        roots = (
            self.root + draw_correlation_roots(rng, len(self.root), self.concentrate, draws) - np.eye(len(self.root))
        )
        return np.asarray(roots / np.sqrt(np.sum(roots**2, axis=1, keepdims=True)))

    def draw_discrepancies(self, rng: np.random.Generator, draws: int) -> FloatArray:
        """Mean absolute discrepancy of the correlations of populations from those of the model (draws)."""
        roots = self._draw_roots(rng, draws)
        gap = np.abs(roots.swapaxes(-1, -2) @ roots - self.root.T @ self.root)
        below = np.tril_indices(len(self.root), -1)
        return np.asarray(gap[:, below[0], below[1]].mean(axis=1))


def build_perturbed_rows(covariance: FloatArray, discrepancy: float) -> PerturbedRows:
    """Rows of populations whose correlations miss those of a covariance matrix (p × p) by this much on average.

    Raises ModelError where no such populations are found.
    """
    deviations = np.sqrt(np.diagonal(covariance))
    root = np.asarray(np.linalg.cholesky(covariance / np.outer(deviations, deviations)).T)
    if not 0.0 < discrepancy < 1.0 or len(root) < 2:
        message = f"a mean absolute discrepancy of correlations cannot be {discrepancy:g}"
        raise ModelError(
            Diagnostic("error", "option-value", message, hint="between 0 and 1: .038 is close, .06 mediocre")
        )

    def measure(logarithm: float) -> float:
        rows = PerturbedRows(root, deviations, float(np.exp(logarithm)))
        return float(rows.draw_discrepancies(np.random.default_rng(_SEED), _CALIBRATION).mean())

    low, high = 0.0, float(np.log(_MOST))
    if not measure(low) > discrepancy > measure(high):
        message = f"no populations miss this model's correlations by {discrepancy:g} on average"
        hint = f"less than {measure(low):.3f} can be had"
        raise ModelError(Diagnostic("error", "option-value", message, hint=hint))
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if measure(middle) > discrepancy else (low, middle)
    return PerturbedRows(root, deviations, float(np.exp(high)))


def draw_correlation_roots(rng: np.random.Generator, size: int, concentrate: float, draws: int) -> FloatArray:
    """Upper triangular roots of random correlation matrices with density ∝ |P|^(η − 1), draws × p × p.

    By the onion method of Lewandowski, Kurowicka & Joe (2009), section 3.2: one column after the other.
    """
    roots = np.zeros((draws, size, size))
    roots[:, 0, 0] = 1.0
    shape = concentrate + 0.5 * (size - 2)
    first = 2.0 * rng.beta(shape, shape, draws) - 1.0
    roots[:, 0, 1], roots[:, 1, 1] = first, np.sqrt(1.0 - first**2)
    for m in range(2, size):
        shape -= 0.5
        reach = rng.beta(0.5 * m, shape, draws)
        direction = rng.standard_normal((draws, m))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        roots[:, :m, m] = np.sqrt(reach)[:, None] * direction
        roots[:, m, m] = np.sqrt(1.0 - reach)
    return roots
