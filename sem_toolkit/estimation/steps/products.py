"""Moments of products of latent variables, from factor scores of rows with their measurement error taken off.

Scores f = M(y − ν) have error covariances B = MΘMᵀ. With f₀ = 1 every variable wanted is a product f_a f_b. With E the
second moments of the latent variables and normal errors that are independent of them, the error in the covariance of
f_a f_b and f_c f_d is E_ac B_bd + E_bd B_ac + E_ad B_bc + E_bc B_ad + B_ac B_bd + B_ad B_bc.
Sources: Rosseel, Burghgraeve, Loh & Schermelleh-Engel (2025), Behavior Research Methods 57; Wall & Amemiya (2000),
Journal of the American Statistical Association 95, 929-940.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.steps.mapping import LatentMoments, Measurement
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.model.jacobian import vech_indices

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Products:
    """Which products are wanted beside k variables: places of both parts among [1, the k variables].

    first, second  k + r each; the k variables themselves are products with 1
    """

    first: IntArray
    second: IntArray


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Scores with a 1 before them (n × (k + 1)) and their error covariances B ((k + 1) × (k + 1), 0 for the 1)."""

    scores: FloatArray
    errors: FloatArray


def list_products(names: tuple[str, ...], products: tuple[str, ...]) -> Products:
    """Places of the parts of products such as "f:g" among [1, names]."""
    k = len(names)
    parts = [product.split(":") for product in products]
    first = [0] * k + [names.index(left) + 1 for left, _ in parts]
    second = list(range(1, k + 1)) + [names.index(right) + 1 for _, right in parts]
    return Products(np.array(first), np.array(second))


def score_rows(rows: FloatArray, measurement: Measurement, mapping: FloatArray) -> ScoredRows:
    """Scores of rows (n × p)."""
    k = len(mapping)
    scores = np.ones((len(rows), k + 1))
    scores[:, 1:] = (rows - measurement.intercepts) @ mapping.T
    errors = np.zeros((k + 1, k + 1))
    errors[1:, 1:] = mapping @ measurement.errors @ mapping.T
    return ScoredRows(scores, errors)


def add_products(
    moments: LatentMoments, scored: ScoredRows, products: Products, options: StepOptions
) -> tuple[LatentMoments, float]:
    """Moments of the k variables and of the products, and the share of the error that was taken off these."""
    a, b = products.first, products.second
    k, n = len(moments.mean), len(scored.scores)
    second = _add_one(moments.covariance, moments.mean)
    error = compute_product_error(second, scored.errors, products)
    values = scored.scores[:, a] * scored.scores[:, b]
    total = np.atleast_2d(np.cov(values.T, bias=True))
    error *= 1.0 - min(options.alpha_correction / (n - 1.0), 1.0)
    share = _limit(total, error, n) if options.lambda_correction else 1.0
    found = total - share * error
    mean = np.concatenate([moments.mean, second[a[k:], b[k:]]])
    reliability = np.concatenate([moments.reliability, np.diagonal(found)[k:] / np.diagonal(total)[k:]])
    return replace(moments, mean=mean, covariance=found, reliability=reliability), share


def compute_product_error(second: FloatArray, errors: FloatArray, products: Products) -> FloatArray:
    """Error in the covariances of the wanted products, from second moments and error covariances of [1, variables]."""
    a, b = products.first, products.second
    E, B = second, errors
    aa, bb, ab, ba = np.ix_(a, a), np.ix_(b, b), np.ix_(a, b), np.ix_(b, a)
    found = E[aa] * B[bb] + E[bb] * B[aa] + E[ab] * B[ba] + E[ba] * B[ab]
    return np.asarray(found + B[aa] * B[bb] + B[ab] * B[ba])


def _add_one(covariance: FloatArray, mean: FloatArray) -> FloatArray:
    """Second moments of [1, variables]."""
    whole = np.zeros((len(mean) + 1,) * 2)
    whole[1:, 1:] = covariance
    middle = np.concatenate([[1.0], mean])
    return whole + np.outer(middle, middle)


def _limit(total: FloatArray, error: FloatArray, n: int) -> float:
    """Share of the error to take off: all, or what leaves a covariance matrix with a margin (Fuller, 1987)."""
    root = np.linalg.inv(np.linalg.cholesky(total))
    smallest = 1.0 / max(float(np.linalg.eigvalsh(root @ error @ root.T)[-1]), 1e-300)
    return max(0.0, smallest - len(total) / (n - 1.0)) if smallest < 1.0 + 2.0 / n else 1.0


def compute_influences(scored: ScoredRows, products: Products, first_share: float, share: float) -> FloatArray:
    """What each row adds to [means; vech(covariances)] of the variables and products, given the measurement part: n ×
    moments.

    first_share, share  of the error that was taken off the covariances of the variables, and of the products
    """
    a, b, f, B = products.first, products.second, scored.scores, scored.errors
    values = f[:, a] * f[:, b]
    means = values - first_share * B[a, b]
    rows, columns = vech_indices(len(a))
    r1, s1, r2, s2 = a[rows], b[rows], a[columns], b[columns]
    centred = values - values.mean(axis=0)
    apart = f[:, r1] * f[:, r2] * B[s1, s2] + f[:, s1] * f[:, s2] * B[r1, r2]
    apart += f[:, r1] * f[:, s2] * B[s1, r2] + f[:, s1] * f[:, r2] * B[r1, s2]
    apart += (1.0 - 2.0 * first_share) * (B[r1, r2] * B[s1, s2] + B[s1, r2] * B[r1, s2])
    return np.concatenate([means, centred[:, rows] * centred[:, columns] - share * apart], axis=1)


def compute_mean_influence(scored: ScoredRows, products: Products, first_share: float, share: float) -> FloatArray:
    """The mean of what rows add, as a function of the measurement part: means, then vech of covariances."""
    a, b, f, B = products.first, products.second, scored.scores, scored.errors
    second = f.T @ f / len(f) - first_share * B
    values = f[:, a] * f[:, b]
    total = np.atleast_2d(np.cov(values.T, bias=True)) - share * compute_product_error(second, B, products)
    rows, columns = vech_indices(len(a))
    return np.concatenate([second[a, b], total[rows, columns]])
