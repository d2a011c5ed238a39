"""Statistics of ordered and numeric variables together: closed forms, differences and what must not change them."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal, norm

from sem_toolkit.sample.categorical import compute_categorical_statistics
from sem_toolkit.sample.categorical.margins import fit_numeric, fit_ordered
from sem_toolkit.sample.categorical.pairs import fit_polychoric, fit_polyserial, fit_residuals


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """Two ordered and two numeric variables (400 × 4), and two covariates."""
    random = np.random.default_rng(8)
    x = np.column_stack([random.normal(size=400), random.integers(0, 2, 400)])
    response = (
        random.normal(size=(400, 4)) + random.normal(size=(400, 1)) + x @ np.array([[0.5, 0.2, 0.0, -0.3], [0.3] * 4])
    )
    answers = [np.digitize(response[:, 0], [-0.5, 0.8]), np.digitize(response[:, 1], [0.2])]
    return np.column_stack([*answers, response[:, 2], 3.0 + 2.0 * response[:, 3]]).astype(float), x


ORDERED = (3, 2, 0, 0)


def test_probit_margins_maximise_their_likelihood(rows: tuple[np.ndarray, np.ndarray]) -> None:
    data, x = rows
    margin = fit_ordered(data[:, 0], 3, x, np.ones(400))

    def loss(at: np.ndarray) -> float:
        rim = np.concatenate([[-np.inf], at[:2], [np.inf]])
        code = data[:, 0].astype(int)
        return -np.log(norm.cdf(rim[code + 1] - x @ at[2:]) - norm.cdf(rim[code] - x @ at[2:])).sum()

    found = minimize(loss, margin.values + 0.1, method="BFGS", options={"gtol": 1e-7}).x
    np.testing.assert_allclose(margin.values, found, atol=2e-5)
    np.testing.assert_allclose(margin.scores.sum(axis=0), 0.0, atol=1e-8)


def test_numeric_margins_are_regressions(rows: tuple[np.ndarray, np.ndarray]) -> None:
    data, x = rows
    margin = fit_numeric(data[:, 3], x, np.ones(400))
    design = np.column_stack([np.ones(400), x])
    effects, residual = np.linalg.lstsq(design, data[:, 3], rcond=None)[:2]
    np.testing.assert_allclose(margin.values, [*effects, residual[0] / 400], rtol=1e-10)


def test_pairs_maximise_their_likelihood(rows: tuple[np.ndarray, np.ndarray]) -> None:
    data, x = rows
    weight = np.ones(400)
    first, second = (fit_ordered(data[:, k], ORDERED[k], x, weight) for k in (0, 1))
    numeric, other = (fit_numeric(data[:, k], x, weight) for k in (2, 3))
    for fit in (
        fit_polychoric(first, second, x, weight),
        fit_polyserial(numeric, first, x, weight),
        fit_residuals(numeric, other, x, weight),
    ):
        assert abs(fit.gradient) < 1e-10
        assert abs(fit.scores.sum()) < 1e-7
    assert fit.correlation == pytest.approx(np.corrcoef(numeric.residual, other.residual)[0, 1], rel=1e-10)


def test_a_polychoric_correlation_given_covariates_is_that_of_rectangles(rows: tuple[np.ndarray, np.ndarray]) -> None:
    data, x = rows
    first, second = (fit_ordered(data[:40, k], ORDERED[k], x[:40], np.ones(40)) for k in (0, 1))
    fit = fit_polychoric(first, second, x[:40], np.ones(40))

    def loss(rho: float) -> float:
        distribution = multivariate_normal(cov=[[1.0, rho], [rho, 1.0]])
        total = 0.0
        for row in range(40):
            low = np.maximum([first.low[row], second.low[row]], -9.0)
            high = np.minimum([first.high[row], second.high[row]], 9.0)
            total -= np.log(distribution.cdf(high, lower_limit=low))
        return total

    ends = [loss(fit.correlation + step) for step in (-0.02, 0.0, 0.02)]
    assert ends[1] < min(ends[0], ends[2])


def test_the_order_of_variables_permutes_the_statistics(rows: tuple[np.ndarray, np.ndarray]) -> None:
    data, x = rows
    order = np.array([2, 1, 3, 0])
    for covariates in (None, x):
        plain = compute_categorical_statistics(data, ORDERED, covariates)
        turned = compute_categorical_statistics(data[:, order], tuple(ORDERED[k] for k in order), covariates)
        expected = plain.pick(order)
        np.testing.assert_allclose(turned.values, expected.values, rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(turned.gamma, expected.gamma, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(plain.with_values(plain.values).covariance, plain.covariance, rtol=1e-14)


def test_weights_that_count_rows_do_as_copies_of_them(rows: tuple[np.ndarray, np.ndarray]) -> None:
    data, x = rows
    counts = np.where(np.arange(400) < 100, 2.0, 1.0)
    repeated = np.repeat(np.arange(400), counts.astype(int))
    copies = compute_categorical_statistics(data[repeated], ORDERED, x[repeated])
    weights = counts * 400 / counts.sum()
    weighted = compute_categorical_statistics(data, ORDERED, x, weights=weights, frequencies=True)
    np.testing.assert_allclose(weighted.values, copies.values, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(weighted.gamma, copies.gamma, rtol=1e-6, atol=1e-7)


@pytest.mark.slow
def test_gamma_is_the_variance_of_the_statistics_over_samples() -> None:
    """Over 300 samples of 400 rows, within the error of a variance (8 %, three of them allowed)."""
    random = np.random.default_rng(1)
    found, gammas = [], []
    for _ in range(300):
        response = random.normal(size=(400, 3)) + random.normal(size=(400, 1))
        data = np.column_stack(
            [np.digitize(response[:, 0], [0.0, 1.0]), np.digitize(response[:, 1], [0.5]), response[:, 2]]
        )
        statistics = compute_categorical_statistics(data.astype(float), (3, 2, 0))
        found.append(statistics.values)
        gammas.append(np.diag(statistics.gamma))
    ratio = 400 * np.var(found, axis=0) / np.mean(gammas, axis=0)
    np.testing.assert_allclose(ratio, 1.0, atol=0.25)


@pytest.mark.parametrize(("unit", "origin"), [(1e6, 0.0), (1.0, 2000.0), (1e-7, 0.0)])
def test_margins_follow_the_units_of_covariates(
    rows: tuple[np.ndarray, np.ndarray], unit: float, origin: float
) -> None:
    """A salary or a year instead of a score: thresholds are those of the other units (once −.39 instead of −.42)."""
    data, x = rows
    other = origin + unit * x
    for ours, theirs in (
        (fit_ordered(data[:, 0], 3, x, np.ones(400)), fit_ordered(data[:, 0], 3, other, np.ones(400))),
        (fit_numeric(data[:, 3], x, np.ones(400)), fit_numeric(data[:, 3], other, np.ones(400))),
    ):
        np.testing.assert_allclose(theirs.slopes * unit, ours.slopes, rtol=1e-7)
        shift = origin * theirs.slopes.sum() * (1.0 if ours.is_ordered else -1.0)
        np.testing.assert_allclose(theirs.first, ours.first + shift, rtol=1e-7, atol=1e-7)
        np.testing.assert_allclose(theirs.variance, ours.variance, rtol=1e-9)
