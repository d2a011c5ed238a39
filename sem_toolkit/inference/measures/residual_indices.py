"""Summaries of residual moments: RMR, SRMR and CRMR in lavaan's variants.

Arrays are of G groups: sample covariance S and implied Σ (G × p × p), and, where means are modelled, sample mean and
implied mean (G × p). Several groups are averaged with their shares of the sample.
"""

import numpy as np

from sem_toolkit.sample.moments import FloatArray

_NAMES = ("rmr", "srmr", "crmr", "srmr_mplus")


def compute_residual_indices(
    sample_cov: FloatArray,
    implied_cov: FloatArray,
    sample_mean: FloatArray | None = None,
    implied_mean: FloatArray | None = None,
    slopes: tuple[FloatArray, FloatArray] | None = None,
) -> dict[str, FloatArray]:
    """All root mean square residuals by lavaan's names, each of every group (G); `_nomean` leaves means out.

    rmr    raw residuals
    srmr   residuals over sample standard deviations (Bentler, 1995, EQS manual)
    crmr   residual correlations, without the diagonal (Bollen, 1989, Structural equations with latent variables)
    srmr_mplus   residual correlations and relative residual variances (Asparouhov & Muthén, 2018, SRMR in Mplus)

    slopes  where moments are those given other variables: residual slopes on these (G × k), raw and standardised, which
            count as means do, but not for Mplus
    """
    p = sample_cov.shape[-1]
    with np.errstate(invalid="ignore"):  # some estimates imply negative variances: NaN
        own, implied = _diagonal(sample_cov) ** 0.5, _diagonal(implied_cov) ** 0.5
    raw, scale = sample_cov - implied_cov, own[:, :, None] * own[:, None, :]
    bollen = sample_cov / scale - implied_cov / (implied[:, :, None] * implied[:, None, :])
    squares = np.stack([raw, raw / scale, bollen]) ** 2
    diagonal = _diagonal(squares).sum(axis=2)
    below = 0.5 * (squares.sum(axis=(2, 3)) - diagonal)
    lower = below + diagonal
    without = np.stack([lower[0], lower[1], below[2], below[2] + diagonal[1]])
    count, pairs = p * (p + 1) // 2, p * (p - 1) // 2
    counts = np.array([[count], [count], [max(pairs, 1)], [count]])
    plain = dict(zip(_NAMES, np.sqrt(np.maximum(without, 0.0) / counts), strict=True))
    result = {f"{name}_nomean": value for name, value in plain.items()}
    if sample_mean is None or implied_mean is None:
        return plain | result
    gap = sample_mean - implied_mean
    means = np.stack([gap, gap / own, gap / own, sample_mean / own - implied_mean / implied]) ** 2
    counts = np.array([[count], [count], [pairs], [count]]) + p
    whole = without + means.sum(axis=2)
    if slopes is not None:
        along, standardised = ((own**2).sum(axis=1) for own in slopes)
        whole[:3] += np.stack([along, standardised, standardised])
        counts[:3] += slopes[0].shape[1]
    return dict(zip(_NAMES, np.sqrt(whole / counts), strict=True)) | result


def average_indices(found: dict[str, FloatArray], rows: FloatArray) -> dict[str, float]:
    """Those of groups with so many rows (G) by their shares, as fit measures are named."""
    shares = rows / rows.sum()
    measures = {name: float(shares @ values) for name, values in found.items()}
    return measures | {"srmr_bentler": measures["srmr"], "srmr_bentler_nomean": measures.pop("srmr_nomean")}


def _diagonal(matrices: FloatArray) -> FloatArray:
    return np.diagonal(matrices, axis1=-2, axis2=-1)
