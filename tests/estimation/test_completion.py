"""Loadings on one factor from correlations alone."""

import numpy as np
import pytest

from sem_toolkit.estimation.completion import compute_axes


def test_axes_of_one_factor_are_its_loadings() -> None:
    """With communalities as squared multiple correlations the loadings come out near, in order and with their signs."""
    loadings = np.array([0.8, 0.7, -0.6, 0.5, 0.7, 0.8])
    correlations = np.outer(loadings, loadings)
    np.fill_diagonal(correlations, 1.0)
    found = compute_axes(np.stack([correlations, np.abs(correlations)]))
    np.testing.assert_allclose(found[0], loadings, atol=0.06)
    np.testing.assert_allclose(found[1], np.abs(loadings), atol=0.06)


def test_axes_of_fewer_than_three_items() -> None:
    np.testing.assert_array_equal(compute_axes(np.ones((2, 1, 1))), np.full((2, 1), 0.9))
    pairs = np.array([[[1.0, r], [r, 1.0]] for r in (0.49, -0.49, 0.01, 0.99)])
    root = np.sqrt([0.49, 0.49, 0.1, 0.9])
    np.testing.assert_allclose(compute_axes(pairs), np.stack([root, root * [1, -1, 1, 1]], axis=1))


def test_axes_where_correlations_are_singular() -> None:
    """Two copies of one variable: half of each variance counts as common, and the copies load alike."""
    found = compute_axes(np.array([[[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]]]))[0]
    assert found[0] == pytest.approx(found[1])
    assert found[0] > found[2] > 0.3


def test_axes_where_two_of_three_correlate_perfectly() -> None:
    """The inverse has a 0 on its diagonal, which was a warning of numpy (levels between clusters come near to it)."""
    found = compute_axes(np.array([[[1.0, -0.5, 0.5], [-0.5, 1.0, 1.0], [0.5, 1.0, 1.0]]]))[0]
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= 0.95
