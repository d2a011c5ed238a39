"""Reliability of sums of ordered answers, on the scale of the sum that people compute.

Source: Green & Yang (2009), Psychometrika 74, 155-167: the answers are intervals of normal responses, so that the
covariance of two answers follows from their thresholds and the correlation of their responses.
"""

import numpy as np

from sem_toolkit.sample.categorical.polychoric import compute_bivariate_normal
from sem_toolkit.sample.moments import FloatArray


def compute_green_yang(thresholds: list[FloatArray], common: FloatArray, correlations: FloatArray) -> float:
    """Share of the variance of the sum of k ordered answers (coded 0, 1, …) that is theirs in common.

    thresholds    of each answer, on the scale of responses with variance 1
    common        k × k: covariances of the responses that the factor makes, its shares of variance on the diagonal
    correlations  k × k: correlations of the responses, sample or implied
    """
    total = compute_answer_covariance(thresholds, correlations)
    true = compute_answer_covariance(thresholds, common, own=common)
    return float(true.sum() / total.sum())


def compute_answer_covariance(
    thresholds: list[FloatArray], correlations: FloatArray, own: FloatArray | None = None
) -> FloatArray:
    """Covariances of k ordered answers (k × k); on the diagonal their variances, or, with `own`, the covariances of
    two answers whose responses correlate as its diagonal says.
    """
    heights = np.concatenate(thresholds)
    owner = np.repeat(np.arange(len(thresholds)), [len(values) for values in thresholds])
    same = owner[:, None] == owner
    rho = correlations[np.ix_(owner, owner)] if own is None else own[np.ix_(owner, owner)]
    rho = np.clip(rho, -0.999999, 0.999999)
    far = np.full(1, 40.0)
    margins = compute_bivariate_normal(heights, far, np.zeros(1))
    joint = compute_bivariate_normal(heights[:, None], heights, np.where(same & (own is None), 0.0, rho))
    if own is None:
        joint = np.where(same, np.minimum(margins[:, None], margins), joint)
    member = (owner == np.arange(len(thresholds))[:, None]).astype(np.float64)
    return np.asarray(member @ (joint - np.outer(margins, margins)) @ member.T)


def compute_answer_alpha(codes: FloatArray) -> float:
    """Cronbach's α of the answers as they are coded (n × k), rows with all answers; NaN with fewer than 2 of either."""
    complete = codes[~np.isnan(codes).any(axis=1)]
    k = codes.shape[1]
    if len(complete) < 2 or k < 2:
        return float("nan")
    covariance = np.cov(complete.T)
    return float(k / (k - 1) * (1.0 - np.trace(covariance) / covariance.sum()))
