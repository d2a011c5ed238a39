"""Fit measures of many samples of one model at once, by the formulas of `inference.measures`.

Arrays are of b samples; N is the number of rows of a sample, all groups together.
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.inference.measures.residual_indices import compute_residual_indices
from sem_toolkit.model import Model
from sem_toolkit.spec.names import exogenous_observed_variables

FloatArray = NDArray[np.float64]

MEASURES = ("chisq", "pvalue", "rmsea", "cfi", "tli", "srmr")
"""What is kept of every sample."""


def compute_stacked_measures(
    model: Model,
    chisq: FloatArray,
    df: float,
    rows: tuple[float, FloatArray],
    sample: tuple[FloatArray, FloatArray | None],
    implied: tuple[FloatArray, FloatArray | None],
) -> dict[str, FloatArray]:
    """RMSEA, CFI, TLI and SRMR (b each) by maximum likelihood, beside χ² (b).

    rows     N and the shares of the groups (G)
    sample   covariances (b × G × p × p) and means (b × G × p, or None) of the samples; implied: of their estimates
    """
    n, share = rows
    names = set(exogenous_observed_variables(model.table))
    exogenous = tuple(place for place, name in enumerate(model.observed) if name in names)
    null, df_null = compute_stacked_baseline(sample[0], share, n, exogenous)
    return {
        "rmsea": compute_stacked_rmsea(chisq, df, n, len(share)),
        "cfi": compute_stacked_cfi(chisq, df, null, df_null),
        "tli": compute_stacked_tli(chisq, df, null, df_null),
        "srmr": compute_stacked_srmr(sample, implied, share),
    }


def gather_products(matrices: FloatArray, rows: NDArray[np.intp], columns: NDArray[np.intp]) -> FloatArray:
    """Q_ac Q_bd + Q_ad Q_bc of symmetric matrices Q (... × p × p) for the pairs (a, b) and (c, d): ... × P × P.

    With the inverse of Σ it is the information of normal theory of covariances, but for halves on the diagonal.
    """
    straight = matrices[..., rows[:, None], rows] * matrices[..., columns[:, None], columns]
    return straight + matrices[..., rows[:, None], columns] * matrices[..., columns[:, None], rows]


def compute_stacked_rmsea(chisq: FloatArray, df: float, n: float | FloatArray, groups: int) -> FloatArray:
    """√(max(χ² − df, 0) G/(N df)), b; 0 where df is 0. Source: Steiger (1990)."""
    if df <= 0:
        return np.zeros_like(chisq)
    return np.asarray(np.sqrt(np.maximum(chisq - df, 0.0) * groups / (n * df)))


def compute_stacked_cfi(chisq: FloatArray, df: float, null: FloatArray, df_null: float) -> FloatArray:
    """1 − max(χ² − df, 0)/max(χ² − df, χ²₀ − df₀, 0), b; 1 where both are 0. Source: Bentler (1990)."""
    excess = np.maximum(chisq - df, 0.0)
    largest = np.maximum(excess, null - df_null)
    return np.where(largest < 1e-8, 1.0, 1.0 - excess / np.where(largest < 1e-8, 1.0, largest))


def compute_stacked_tli(chisq: FloatArray, df: float, null: FloatArray, df_null: float) -> FloatArray:
    """1 − (χ² − df) df₀/((χ²₀ − df₀) df), b; 1 where df is 0. Source: Bentler & Bonett (1980)."""
    if df <= 0:
        return np.ones_like(chisq)
    room = null - df_null
    return np.where(room == 0.0, 1.0, 1.0 - (chisq - df) * df_null / (np.where(room == 0.0, 1.0, room) * df))


def compute_stacked_srmr(
    sample: tuple[FloatArray, FloatArray | None],
    implied: tuple[FloatArray, FloatArray | None],
    share: FloatArray,
) -> FloatArray:
    """SRMR (Bentler), b, of covariances (b × G × p × p) and means (b × G × p or None).

    share  of the groups, G or b × G
    """
    (S, m), (sigma, mu) = sample, implied
    p, groups = S.shape[-1], share.shape[-1]
    means = (None, None) if m is None or mu is None else (m.reshape(-1, p), mu.reshape(-1, p))
    found = compute_residual_indices(S.reshape(-1, p, p), sigma.reshape(-1, p, p), *means)["srmr"]
    return np.asarray((found.reshape(-1, groups) * share).sum(axis=1))


def compute_stacked_baseline(
    covariance: FloatArray, share: FloatArray, n: float, exogenous: tuple[int, ...]
) -> tuple[FloatArray, int]:
    """χ² (b) and df of the model of uncorrelated variables but for the exogenous ones, by maximum likelihood.

    covariance  b × G × p × p. Source: Bentler & Bonett (1980), Psychological Bulletin 88, 588-606.
    """
    p, block = covariance.shape[-1], list(exogenous)
    logs = np.log(np.diagonal(covariance, axis1=-2, axis2=-1)).copy()
    logs[..., block] = 0.0
    among = np.linalg.slogdet(covariance[..., block, :][..., :, block])[1] if block else 0.0
    gap = logs.sum(axis=-1) + among - np.linalg.slogdet(covariance)[1]
    df = len(share) * (p * (p - 1) // 2 - len(block) * (len(block) - 1) // 2)
    return np.asarray(n * (gap @ share)), df
