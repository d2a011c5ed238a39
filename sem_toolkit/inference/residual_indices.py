"""Summaries of residual moments: RMR, SRMR and CRMR in lavaan's variants.

Arrays are one group's: sample covariance S and implied Σ (p × p), and, where means are modelled, sample mean and
implied mean (p). Several groups are averaged with their shares of the sample.
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.sample.moments import FloatArray, compute_correlation


@dataclass(frozen=True)
class ResidualIndices:
    """Root mean square residuals of one group; the `nomean` variants leave means out.

    rmr    raw residuals
    srmr   residuals over sample standard deviations (Bentler, 1995, EQS manual)
    crmr   residual correlations, without the diagonal (Bollen, 1989, Structural equations with latent variables)
    srmr_mplus   residual correlations and relative residual variances (Asparouhov & Muthén, 2018, SRMR in Mplus)
    """

    rmr: float
    rmr_nomean: float
    srmr: float
    srmr_nomean: float
    crmr: float
    crmr_nomean: float
    srmr_mplus: float
    srmr_mplus_nomean: float


def compute_residual_indices(
    sample_cov: FloatArray,
    implied_cov: FloatArray,
    sample_mean: FloatArray | None = None,
    implied_mean: FloatArray | None = None,
) -> ResidualIndices:
    """All root mean square residuals of one group."""
    p = len(sample_cov)
    lower, strict = np.tril_indices(p), np.tril_indices(p, -1)
    deviation = np.sqrt(np.diag(sample_cov))
    raw = sample_cov - implied_cov
    scaled = raw / np.outer(deviation, deviation)
    bollen = compute_correlation(sample_cov) - compute_correlation(implied_cov)
    relative = np.diag(raw) / np.diag(sample_cov)
    mean_raw = mean_scaled = mean_bollen = np.zeros(0)
    if sample_mean is not None and implied_mean is not None:
        mean_raw = sample_mean - implied_mean
        mean_scaled = mean_raw / deviation
        mean_bollen = sample_mean / deviation - implied_mean / np.sqrt(np.diag(implied_cov))
    none = np.zeros(0)
    mplus = np.concatenate([bollen[strict], relative])
    return ResidualIndices(
        rmr=_root_mean_square(raw[lower], mean_raw),
        rmr_nomean=_root_mean_square(raw[lower], none),
        srmr=_root_mean_square(scaled[lower], mean_scaled),
        srmr_nomean=_root_mean_square(scaled[lower], none),
        crmr=_root_mean_square(bollen[strict], mean_scaled),
        crmr_nomean=_root_mean_square(bollen[strict], none),
        srmr_mplus=_root_mean_square(mplus, mean_bollen),
        srmr_mplus_nomean=_root_mean_square(mplus, none),
    )


def _root_mean_square(first: FloatArray, second: FloatArray) -> float:
    count = first.size + second.size
    return float(np.sqrt((np.sum(first**2) + np.sum(second**2)) / count)) if count else 0.0
