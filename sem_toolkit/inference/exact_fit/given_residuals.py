"""Residuals of numeric variables given exogenous ones (conditional_x), and the residual test that is made of them.

The statistics are those of the regression of the other variables on the exogenous ones: the residual covariance matrix
R, intercepts and slopes.
"""

from dataclasses import dataclass

import numpy as np

from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.moments import FloatArray


@dataclass(frozen=True, eq=False)
class Regression:
    """R (y × y), intercepts (y) and slopes (y × x) of one group."""

    residual: FloatArray
    intercepts: FloatArray
    slopes: FloatArray

    @property
    def coefficients(self) -> FloatArray:
        """Intercepts and slopes, y × (1 + x)."""
        return np.column_stack([self.intercepts, self.slopes])


def regress_sample(evaluation: AtEstimate, g: int) -> Regression:
    """The regression in a group of the sample."""
    mean = evaluation.sample_mean
    assert mean is not None  # noqa: S101 (there are means, always)
    return _regress(evaluation, mean[g], evaluation.sample_cov[g])


def regress_implied(evaluation: AtEstimate, g: int) -> Regression:
    """The regression that the model implies."""
    mean = evaluation.moments.mean
    assert mean is not None  # noqa: S101
    return _regress(evaluation, mean[g], evaluation.implied_cov[g])


def compute_design(evaluation: AtEstimate, g: int) -> FloatArray:
    """Second moments of (1, x) in a group of the sample."""
    x = list(evaluation.exogenous)
    mean = evaluation.sample_mean
    assert mean is not None  # noqa: S101
    own = np.concatenate([[1.0], mean[g][x]])
    design = np.outer(own, own)
    design[1:, 1:] += evaluation.sample_cov[g][np.ix_(x, x)]
    return design


def compute_given_residual_test(evaluation: AtEstimate) -> FloatArray:
    """n eᵀ[V − VΔ(ΔᵀVΔ)⁻¹ΔᵀV]e of residual covariances, intercepts and slopes, shared out over the groups (G).

    With R = LLᵀ that of the model and X = MMᵀ the second moments of (1, x), V measures a residual covariance matrix Q
    by ½|L⁻¹QL⁻ᵀ|² and coefficients B by |L⁻¹BM|². Source: Browne (1984), equation 2.20a, of a regression.
    """
    evaluation = evaluation.sized
    gaps, slopes = [], []
    for g, changes in enumerate(compute_delta(evaluation)):
        own, implied = regress_sample(evaluation, g), regress_implied(evaluation, g)
        lower = np.asarray(np.linalg.inv(np.linalg.cholesky(implied.residual)), dtype=np.float64)
        root = np.asarray(np.linalg.cholesky(compute_design(evaluation, g)), dtype=np.float64)
        gap = own.residual - implied.residual, own.coefficients - implied.coefficients
        each = [gap, *(_differentiate(evaluation, g, change, implied) for change in changes.T)]
        measured = np.sqrt(evaluation.sizes[g]) * np.stack([_measure(*pair, lower, root) for pair in each])
        gaps.append(measured[0])
        slopes.append(measured[1:].T)
    whole = np.concatenate(gaps)
    along, _ = np.linalg.qr(np.concatenate(slopes) @ evaluation.basis)
    parts = np.array([gap @ gap for gap in gaps])
    stat = float(whole @ whole - np.sum((along.T @ whole) ** 2))
    return stat * parts / parts.sum() if parts.any() else parts


def _measure(residual: FloatArray, coefficients: FloatArray, lower: FloatArray, root: FloatArray) -> FloatArray:
    """Coordinates in which V is the identity matrix."""
    turned = np.sqrt(0.5) * lower @ residual @ lower.T
    return np.concatenate([turned.ravel(), (lower @ coefficients @ root).ravel()])


def _regress(evaluation: AtEstimate, mean: FloatArray, covariance: FloatArray) -> Regression:
    x, y = _split(evaluation)
    slopes = np.asarray(np.linalg.solve(covariance[np.ix_(x, x)], covariance[np.ix_(x, y)]).T, dtype=np.float64)
    residual = covariance[np.ix_(y, y)] - slopes @ covariance[np.ix_(x, y)]
    return Regression(residual, mean[y] - slopes @ mean[x], slopes)


def _differentiate(
    evaluation: AtEstimate, g: int, change: FloatArray, implied: Regression
) -> tuple[FloatArray, FloatArray]:
    """Changes of R and of the coefficients that go with one of the moments [m; vech S], those of x being fixed."""
    x, y = _split(evaluation)
    p = evaluation.model.n_observed
    rows, columns = vech_indices(p)
    mean, covariance = change[:p], np.zeros((p, p))
    covariance[rows, columns] = covariance[columns, rows] = change[p:]
    given = evaluation.implied_cov[g][np.ix_(x, x)]
    crossed = covariance[np.ix_(y, x)]
    slopes = np.linalg.solve(given, crossed.T).T
    pulled = implied.slopes @ crossed.T
    center = evaluation.moments.mean
    assert center is not None  # noqa: S101
    residual = covariance[np.ix_(y, y)] - pulled - pulled.T
    return residual, np.column_stack([mean[y] - slopes @ center[g][x], slopes])


def _split(evaluation: AtEstimate) -> tuple[list[int], list[int]]:
    x = list(evaluation.exogenous)
    return x, [i for i in range(evaluation.model.n_observed) if i not in x]
