"""Polychoric correlations of many samples at once, and their variances, beside those of each sample's own rows."""

import numpy as np
import pytest

from sem_toolkit.sample.categorical.stacked import compute_stacked_correlations, compute_stacked_gamma
from sem_toolkit.sample.categorical.stacked_tables import CountedRows, OwnRows
from sem_toolkit.sample.categorical.statistics import compute_categorical_statistics
from sem_toolkit.sample.categorical.two_steps import EmptyCells

CATEGORIES = (4, 3, 2, 2, 5)


def _draw_codes(n: int, loading: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    common = rng.normal(size=(n, 1))
    responses = loading * common + np.sqrt(1.0 - loading**2) * rng.normal(size=(n, len(CATEGORIES)))
    cuts = [np.linspace(-1.0, 1.2, known - 1) if known > 2 else [0.3] for known in CATEGORIES]
    return np.stack([np.digitize(responses[:, item], own) for item, own in enumerate(cuts)], axis=1)


@pytest.mark.parametrize(("n", "loading"), [(250, 0.7), (250, 0.88), (40, 0.6)])
def test_each_sample_has_the_statistics_of_its_rows(n: int, loading: float) -> None:
    codes, rng = _draw_codes(n, loading), np.random.default_rng(2)
    counts = np.stack([np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(12)]).astype(float)
    whole = compute_categorical_statistics(codes.astype(float), CATEGORIES)
    found = compute_stacked_correlations(CountedRows(codes, CATEGORIES, counts), whole.covariance, EmptyCells())
    j, i = np.triu_indices(len(CATEGORIES), 1)
    assert found.usable.sum() >= 6
    for draw in np.flatnonzero(found.usable):
        rows = np.repeat(codes, counts[draw].astype(int), axis=0).astype(float)
        alone = compute_categorical_statistics(rows, CATEGORIES)
        assert not alone.pairs_at_fault
        np.testing.assert_allclose(found.thresholds[draw], alone.values[: found.thresholds.shape[1]], atol=1e-14)
        np.testing.assert_allclose(found.correlations[draw], alone.covariance, atol=1e-9)
        variances = np.diagonal(alone.weight_gamma)[-len(i) :]
        np.testing.assert_allclose(found.variances[draw][i, j], variances, rtol=1e-8)


def test_a_lost_category_and_a_table_on_one_diagonal_are_said() -> None:
    codes = _draw_codes(60, 0.7)
    counts = np.ones((3, 60))
    counts[1, codes[:, 4] == 4] = 0.0
    counts[2, codes[:, 2] != codes[:, 3]] = 0.0
    start = np.eye(len(CATEGORIES))
    found = compute_stacked_correlations(CountedRows(codes, CATEGORIES, counts), start, EmptyCells())
    assert found.complete.tolist() == [True, False, True]
    assert found.usable.tolist() == [True, False, False]


def test_samples_of_their_own_rows_have_the_covariance_matrix_of_their_correlations() -> None:
    codes, rng = _draw_codes(600, 0.7), np.random.default_rng(3)
    own = np.stack([codes[rng.integers(600, size=250)] for _ in range(4)])
    start = compute_categorical_statistics(codes.astype(float), CATEGORIES).covariance
    found = compute_stacked_correlations(OwnRows(own, CATEGORIES), start, EmptyCells())
    gamma = compute_stacked_gamma(found, own)
    assert found.usable.all()
    pairs = len(CATEGORIES) * (len(CATEGORIES) - 1) // 2
    for draw, rows in enumerate(own):
        alone = compute_categorical_statistics(rows.astype(float), CATEGORIES)
        np.testing.assert_allclose(found.correlations[draw], alone.covariance, atol=1e-9)
        np.testing.assert_allclose(gamma[draw], alone.gamma[-pairs:, -pairs:], rtol=1e-7, atol=1e-9)
