"""Polychoric correlations against closed forms, lavaan's values for sparse tables, and their own gradient."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sem_toolkit.sample.categorical.polychoric import compute_bivariate_normal, compute_polychoric


def answers(counts: tuple[int, int, int, int]) -> np.ndarray:
    """Rows (n × 2) of two binary items with these counts of 00, 01, 10 and 11."""
    return np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), counts, axis=0)


@pytest.mark.parametrize("case", [(0.3, -1.0, 0.5), (1.0, 1.2, 0.9), (-2.0, 0.1, -0.95)])
def test_the_bivariate_normal_is_scipys(case: tuple[float, float, float]) -> None:
    first, second, correlation = (np.array(value) for value in case)
    covariance = [[1.0, case[2]], [case[2], 1.0]]
    expected = multivariate_normal([0.0, 0.0], covariance).cdf(case[:2])
    assert compute_bivariate_normal(first, second, correlation) == pytest.approx(expected, abs=1e-10)


def test_a_median_split_has_sheppards_correlation() -> None:
    result = compute_polychoric(answers((30, 20, 20, 30)), (2, 2))
    assert result.correlations[0, 1] == pytest.approx(np.sin(2.0 * np.pi * (0.3 - 0.25)), abs=1e-9)


@pytest.mark.parametrize(("counts", "correlation"), [((40, 25, 0, 35), 0.90976436), ((0, 30, 40, 30), -0.87724591)])
def test_one_empty_cell_is_filled_as_lavaan_does(counts: tuple[int, int, int, int], correlation: float) -> None:
    result = compute_polychoric(answers(counts), (2, 2))
    assert result.correlations[0, 1] == pytest.approx(correlation, abs=1e-4)
    assert result.empty_cells[0, 1] == 1


@pytest.mark.parametrize(("counts", "bound"), [((30, 0, 0, 20), 1.0), ((0, 30, 20, 0), -1.0)])
def test_an_empty_diagonal_is_at_the_bound(counts: tuple[int, int, int, int], bound: float) -> None:
    assert compute_polychoric(answers(counts), (2, 2)).correlations[0, 1] == bound


def test_each_pair_is_at_its_maximum_with_unanswered_items() -> None:
    random = np.random.default_rng(7)
    response = random.normal(size=(400, 8)) + random.normal(size=(400, 1))
    codes = np.digitize(response, [-1.5, -0.5, 0.5, 1.5]).astype(float)
    codes[random.uniform(size=codes.shape) < 0.1] = np.nan
    result = compute_polychoric(codes, (5,) * 8)
    assert np.max(np.abs(result.gradients)) < 1e-10
    assert result.certified.all()
    pair = compute_polychoric(codes[:, [2, 5]], (5, 5))
    assert result.correlations[2, 5] == pytest.approx(pair.correlations[0, 1], abs=1e-10)


def test_a_category_that_no_row_chose_is_refused() -> None:
    with pytest.raises(ValueError, match="item 1"):
        compute_polychoric(np.array([[0.0, 0.0], [1.0, 2.0]]), (2, 3))


def test_a_likelihood_that_is_flat_towards_one_is_not_certified() -> None:
    """Few answers at the ends and none that contradict: from some correlation on, every larger one is as good."""
    table = np.array([[96, 2, 0], [0, 1, 0], [0, 0, 1]])
    rows = [(i, j) for i in range(3) for j in range(3) for _ in range(table[i, j])]
    result = compute_polychoric(np.array(rows, dtype=float), (3, 3))
    assert result.correlations[0, 1] > 0.9
    assert not result.certified[0, 1]
