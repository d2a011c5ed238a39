"""Γ of thresholds and polychoric correlations against lavaan 0.7-2, closed forms and what must not change it."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from sem_toolkit.sample.categorical.polychoric import compute_polychoric
from sem_toolkit.sample.categorical.statistics import compute_categorical_statistics
from sem_toolkit.sample.categorical.two_steps import EmptyCells, estimate_two_steps
from tests.support import DATA, ORACLES


def read_codes(case: dict[str, Any]) -> tuple[np.ndarray, tuple[int, ...]]:
    """The items of a reference case coded from 0, NaN where unanswered, and their numbers of categories."""
    frame = pd.read_csv(DATA / case["data"])[case["items"]]
    if case["missing"] == "listwise":
        frame = frame.dropna()
    codes = frame.rank(method="dense").to_numpy() - 1.0
    return codes, tuple(int(largest) + 1 for largest in np.nanmax(codes, axis=0))


def compute_gamma(codes: np.ndarray, categories: tuple[int, ...]) -> np.ndarray:
    """Γ of thresholds, then correlations."""
    return compute_categorical_statistics(codes, categories).gamma


def likert(rows: int, items: int, seed: int) -> np.ndarray:
    """Answers in four categories (rows × items) that one factor moves, every category chosen."""
    random = np.random.default_rng(seed)
    response = random.normal(size=(rows, items)) + random.normal(size=(rows, 1))
    return np.digitize(response, [-1.5, 0.0, 1.2]).astype(float)


@pytest.mark.parametrize("name", ["small", "binary", "bfi_pairwise", "rare"])
def test_statistics_and_gamma_are_lavaans(name: str) -> None:
    case = json.loads((ORACLES / "polychoric" / f"{name}.json").read_text(encoding="utf-8"))
    codes, categories = read_codes(case)
    estimates = compute_polychoric(codes, categories)
    np.testing.assert_allclose(np.concatenate(estimates.thresholds), case["th"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(estimates.correlations, case["cor"], rtol=0, atol=1e-7)
    gamma = compute_gamma(codes, categories)
    expected = np.zeros_like(gamma)
    expected[np.triu_indices(len(gamma))] = case["gamma_lower"]
    expected = np.triu(expected) + np.triu(expected, 1).T
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(gamma / np.outer(scale, scale), expected / np.outer(scale, scale), rtol=0, atol=1e-6)


def test_a_threshold_has_the_variance_of_a_share_over_its_density() -> None:
    codes = likert(300, 3, seed=1)
    estimates = compute_polychoric(codes, (4,) * 3)
    thresholds = np.concatenate(estimates.thresholds)
    share = norm.cdf(thresholds)
    expected = share * (1.0 - share) / norm.pdf(thresholds) ** 2
    assert np.diag(compute_gamma(codes, (4,) * 3))[:9] == pytest.approx(expected, rel=1e-12)


def test_a_median_split_has_the_tetrachoric_variance() -> None:
    """ρ = sin(2π(p11 − ¼)); about the estimated medians its variance is that of the share of answers that agree."""
    codes = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), (30, 20, 20, 30), axis=0)
    estimates = compute_polychoric(codes, (2, 2))
    agree = 0.6
    correlation = estimates.correlations[0, 1]
    expected = np.pi**2 * (1.0 - correlation**2) * agree * (1.0 - agree)
    assert compute_gamma(codes, (2, 2))[2, 2] == pytest.approx(expected, rel=1e-9)


def test_reversed_answers_turn_the_signs_only() -> None:
    codes = likert(300, 3, seed=2)
    reversed_codes = codes.copy()
    reversed_codes[:, 1] = 3.0 - codes[:, 1]
    gamma, turned = (compute_gamma(answers, (4,) * 3) for answers in (codes, reversed_codes))
    order = [0, 1, 2, 5, 4, 3, 6, 7, 8, 9, 10, 11]
    signs = np.array([1, 1, 1, -1, -1, -1, 1, 1, 1, -1, 1, -1])
    np.testing.assert_allclose(turned, (signs[:, None] * signs * gamma)[np.ix_(order, order)], atol=1e-8)


def test_influences_sum_to_zero_over_the_rows_with_unanswered_items() -> None:
    codes = likert(400, 4, seed=3)
    codes[np.random.default_rng(4).uniform(size=codes.shape) < 0.1] = np.nan
    found = estimate_two_steps(codes, (4,) * 4, np.zeros((400, 0)), np.ones(400), EmptyCells())
    influences = found.influences
    assert influences.shape == (400, 18)
    assert np.max(np.abs(influences[:, :12].sum(axis=0))) < 1e-8
    unanswered = np.vstack((codes, np.full((100, 4), np.nan)))
    widened = compute_gamma(unanswered, (4,) * 4)
    np.testing.assert_allclose(widened, 1.25 * compute_gamma(codes, (4,) * 4), rtol=1e-7, atol=1e-9)


@pytest.mark.slow
def test_the_spread_of_many_samples_is_gammas() -> None:
    """Twelve statistics of 400 samples of 500 rows: standard deviations within five standard errors of theirs."""
    found = []
    for seed in range(400):
        estimates = compute_polychoric(likert(500, 3, seed), (4,) * 3)
        found.append(np.concatenate((*estimates.thresholds, estimates.correlations[np.triu_indices(3, 1)])))
    codes = likert(20_000, 3, seed=1000)
    gamma = compute_gamma(codes, (4,) * 3)
    ratio = np.std(found, axis=0) / np.sqrt(np.diag(gamma) / 500)
    assert np.all(np.abs(ratio - 1.0) < 5.0 / np.sqrt(2 * 400))


def test_a_correlation_at_its_bound_is_told() -> None:
    codes = np.repeat(np.array([[0, 0], [1, 1]], dtype=float), (30, 20), axis=0)
    statistics = compute_categorical_statistics(codes, (2, 2))
    assert statistics.pairs_at_fault == ((1, 0),)
    assert statistics.covariance[1, 0] == 1.0
