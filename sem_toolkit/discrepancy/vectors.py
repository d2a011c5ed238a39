"""The statistics of a group as one vector: which of them there are, in the sample and by the model.

Moments of numeric variables are [mean; vech(covariance)], vech the lower triangle column by column, the mean where the
model has means. Other statistics have a class of their own beside the discrepancy that compares them.
"""

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.model import compute_jacobian
from sem_toolkit.model.jacobian import vech_indices

if TYPE_CHECKING:
    from sem_toolkit.discrepancy.pair import MomentPair

FloatArray = NDArray[np.float64]


class MomentVector(Protocol):
    """What is asked of the m statistics of each of G groups."""

    def count(self, pair: "MomentPair") -> int:
        """m."""
        ...

    def observe(self, pair: "MomentPair") -> FloatArray:
        """Those of the sample, as its quadratic form counts them: G × m."""
        ...

    def compare(self, pair: "MomentPair") -> FloatArray:
        """Those of the sample less those that the model implies: G × m."""
        ...

    def differentiate(self, pair: "MomentPair") -> FloatArray:
        """Derivative of what the model implies by x: G × m × q."""
        ...

    def find_free(self, pair: "MomentPair") -> NDArray[np.bool_]:
        """Which of them vary, given the exogenous variables that are fixed (m)."""
        ...


class ContinuousVector:
    """[mean; vech(covariance)]."""

    def count(self, pair: "MomentPair") -> int:
        p = pair.model.n_observed
        return p * (p + 1) // 2 + (p if pair.has_means else 0)

    def observe(self, pair: "MomentPair") -> FloatArray:
        """Moments of fixed exogenous variables among themselves are 0 where the kind doesn't count them."""
        counted = pair.kind.counts_exogenous
        return stack_moments(*(pair.sample_cov, pair.sample_mean) if counted else blank_exogenous(pair))

    def compare(self, pair: "MomentPair") -> FloatArray:
        return stack_moments(pair.sample_cov - pair.implied_cov, pair.mean_gap)

    def differentiate(self, pair: "MomentPair") -> FloatArray:
        delta = compute_jacobian(pair.model, pair.x, pair.moments)
        unused = pair.moments.mean is not None and not pair.has_means
        return delta[:, pair.model.n_observed :] if unused else delta

    def find_free(self, pair: "MomentPair") -> NDArray[np.bool_]:
        return find_conditional(pair.model.n_observed, pair.exogenous, means=pair.has_means)


CONTINUOUS = ContinuousVector()


def find_conditional(p: int, exogenous: tuple[int, ...], *, means: bool) -> NDArray[np.bool_]:
    """Which of [m; vech S] are not moments of exogenous variables alone, m."""
    alone = np.isin(np.arange(p), exogenous)
    rows, columns = vech_indices(p)
    found = ~(alone[rows] & alone[columns])
    return np.concatenate([~alone, found]) if means else found


def blank_exogenous(pair: "MomentPair") -> tuple[FloatArray, FloatArray | None]:
    """Sample covariances and means with 0 for those of exogenous variables among themselves (fixed.x)."""
    covariance, mean = pair.sample_cov, pair.sample_mean
    block = list(pair.exogenous)
    if not block:
        return covariance, mean
    covariance = covariance.copy()
    covariance[:, np.array(block)[:, None], block] = 0.0
    if mean is not None:
        mean = mean.copy()
        mean[:, block] = 0.0
    return covariance, mean


def stack_moments(covariance: FloatArray, mean: FloatArray | None) -> FloatArray:
    """[mean; vech(covariance)] of each group, G × m."""
    first, second = vech_indices(covariance.shape[-1])
    vech = covariance[:, first, second]
    return vech if mean is None else np.concatenate([mean, vech], axis=1)


def compute_products(rows: FloatArray, *, means: bool) -> FloatArray:
    """z_i = [d_i; vech(d_i d_iᵀ)] of rows d_i (n × p), the first part where `means`: n × m."""
    first, second = vech_indices(rows.shape[1])
    products = rows[:, first] * rows[:, second]
    return np.concatenate([rows, products], axis=1) if means else products
