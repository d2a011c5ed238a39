"""P-values of a test statistic from the eigenvalues of UΓ: the exact mixture of chi-squares, and steadier versions of
it.

Under the model a statistic is distributed as Σ λ_j χ²_1, with λ the eigenvalues of UΓ. Estimated eigenvalues spread too
much in samples of usual size; averaging them in blocks (pEBA) or pulling them towards a line (pOLS) corrects for that.
Source: Foldnes, Moss & Grønneberg (2024), Structural Equation Modeling 31.
"""

import math

import numpy as np

from sem_toolkit.sample.moments import FloatArray

_NODES = 40
"""Nodes of the contour."""


def compute_mixture_pvalue(stat: float, weights: FloatArray) -> float:
    """P(Σ λ_j χ²_1 > stat) for weights λ of 0 or more, exact to about 1e-12.

    The distribution function has the Laplace transform Π(1 + 2λ_j s)^(−½)/s, which is inverted on a Talbot contour
    around the negative axis. Source of the contour: Weideman (2006), SIAM Journal on Numerical Analysis 44, 2342-2362.
    """
    weights = np.asarray(weights, dtype=np.float64)
    weights = weights[weights > 0]
    if not weights.size or math.isnan(stat):
        return math.nan
    if stat <= 0:
        return 1.0
    theta = (2.0 * np.arange(_NODES // 2) + 1.0) * np.pi / _NODES  # the other half is conjugate
    cot = 1.0 / np.tan(0.6407 * theta)
    s = _NODES * (0.5017 * theta * cot - 0.6122 + 0.2645j * theta)
    ds = _NODES * (0.5017 * cot - 0.5017 * 0.6407 * theta * (1.0 + cot**2) + 0.2645j)
    log_transform = -0.5 * np.sum(np.log1p(2.0 * np.multiply.outer(s / stat, weights)), axis=-1) - np.log(s)
    below = 2.0 / _NODES * float(np.sum((np.exp(s + log_transform) * ds).imag))
    return min(max(1.0 - below, 0.0), 1.0)


def average_eigenvalues(eigenvalues: FloatArray, blocks: int) -> FloatArray:
    """Eigenvalues in descending order, each replaced by the mean of its block of neighbours (pEBA)."""
    ordered = np.sort(eigenvalues)[::-1]
    return np.concatenate(
        [np.full(len(part), part.mean()) for part in np.array_split(ordered, min(blocks, len(ordered)))]
    )


def smooth_eigenvalues(eigenvalues: FloatArray, penalty: float = 2.0) -> FloatArray:
    """Eigenvalues replaced by their regression on rank with 1/penalty of its slope, never below 0 (pOLS)."""
    ordered = np.sort(eigenvalues)[::-1]
    rank = np.arange(len(ordered), dtype=np.float64)
    spread = np.sum((rank - rank.mean()) ** 2)
    slope = float(np.sum((rank - rank.mean()) * ordered) / spread) / penalty if spread > 0 else 0.0
    return np.asarray(np.maximum(ordered.mean() + slope * (rank - rank.mean()), 0.0))


def compute_eigenvalue_pvalues(
    stat: float, eigenvalues: FloatArray, blocks: int = 4, penalty: float = 2.0
) -> dict[str, float]:
    """P-values of a statistic: "all" (every eigenvalue), "peba" (averaged in blocks) and "pols" (penalised
    regression).
    """
    return {
        "all": compute_mixture_pvalue(stat, np.maximum(eigenvalues, 0.0)),
        "peba": compute_mixture_pvalue(stat, average_eigenvalues(eigenvalues, blocks)),
        "pols": compute_mixture_pvalue(stat, smooth_eigenvalues(eigenvalues, penalty)),
    }
