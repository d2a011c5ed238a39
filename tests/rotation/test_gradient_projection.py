"""The search for the best rotation."""

import numpy as np
import pytest

from sem_toolkit.rotation import ROTATIONS, RotationOptions
from sem_toolkit.rotation.criteria import build_criterion
from sem_toolkit.rotation.equations import apply_rotation
from sem_toolkit.rotation.gradient_projection import find_rotation

RNG = np.random.default_rng(7)
SIMPLE = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.5]]))
PHI = np.array([[1.0, 0.4, 0.3], [0.4, 1.0, 0.2], [0.3, 0.2, 1.0]])
NOISY = SIMPLE + RNG.normal(scale=0.08, size=SIMPLE.shape)
NAMES = [name for name in ROTATIONS if name not in ("none", "promax", "target", "target.strict")]


def _search(A, name, **rest):
    options = RotationOptions(name, **rest)
    criterion = build_criterion(options, *A.shape)
    return criterion, options.is_orthogonal, find_rotation(A, criterion, options.is_orthogonal, options.starts, 1)


@pytest.mark.parametrize("name", ["quartimin", "oblimin", "cf-quartimax", "geomin"])
def test_oblique_rotations_recover_perfect_simple_structure(name):
    turn = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    _, _, found = _search(SIMPLE @ np.linalg.cholesky(PHI) @ turn, name)
    loadings = apply_rotation(SIMPLE @ np.linalg.cholesky(PHI) @ turn, found.rotation, False)
    order = np.argmax(np.abs(loadings[[0, 4, 8]]), axis=1)
    signs = np.sign(loadings[[0, 4, 8], order])
    tolerance = 0.02 if name == "geomin" else 1e-8  # its ε trades a little of it
    assert np.allclose(loadings[:, order] * signs, SIMPLE, atol=tolerance)
    phi = (found.rotation.T @ found.rotation)[np.ix_(order, order)] * np.outer(signs, signs)
    assert np.allclose(phi, PHI, atol=10 * tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_the_end_is_stationary_and_a_rotation(name):
    criterion, orthogonal, found = _search(NOISY, name)
    T = found.rotation
    assert found.converged
    assert found.gradient < 1e-11
    assert np.allclose(np.diag(T.T @ T), 1.0, atol=1e-12)
    if orthogonal:
        assert np.allclose(T.T @ T, np.eye(3), atol=1e-12)
    assert found.value <= found.values[0] + 1e-9
    nearby = T + 1e-4 * RNG.normal(size=(50, 3, 3))
    nearby = np.linalg.svd(nearby)[0] @ np.linalg.svd(nearby)[2] if orthogonal else nearby
    nearby = nearby / np.linalg.norm(nearby, axis=-2, keepdims=True)
    assert (criterion.evaluate(apply_rotation(NOISY, nearby, orthogonal))[0] >= found.value - 1e-12).all()


def test_no_start_beats_the_best_and_optima_are_counted():
    A = NOISY + RNG.normal(scale=0.15, size=NOISY.shape)
    _, _, found = _search(A, "geomin", starts=60)
    assert len(found.optima) > 1
    assert found.value == pytest.approx(found.optima[0], abs=1e-8)
    assert 1 <= found.hits < 60
    assert (np.diff(found.optima) > 0).all()


def test_the_same_seed_gives_the_same_rotation():
    first, second = _search(NOISY, "geomin")[2], _search(NOISY, "geomin")[2]
    assert np.array_equal(first.rotation, second.rotation)


def test_varimax_of_two_factors_is_the_angle_of_kaiser():
    """Kaiser (1958): tan 4φ = (D − 2AB/p) / (C − (A² − B²)/p)."""
    A = NOISY[:, :2]
    _, _, found = _search(A, "varimax")
    u, v = A[:, 0] ** 2 - A[:, 1] ** 2, 2 * A[:, 0] * A[:, 1]
    p = len(A)
    numerator = 2 * (u @ v) - 2 * u.sum() * v.sum() / p
    denominator = (u**2 - v**2).sum() - (u.sum() ** 2 - v.sum() ** 2) / p
    angle = np.arctan2(numerator, denominator) / 4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    assert np.allclose(np.sort(np.abs(A @ turn), axis=1), np.sort(np.abs(A @ found.rotation), axis=1), atol=1e-10)
