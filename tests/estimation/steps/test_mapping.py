"""Mapping matrices and latent moments: identities that hold for each of them."""

from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit.estimation.steps.mapping import Measurement, compute_latent_moments, compute_mapping
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.estimation.steps.parts import find_blocks
from sem_toolkit.spec import build_parameter_table, parse_spec


def build(seed: int = 1, error: float = 1.0) -> tuple[Measurement, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    L = np.zeros((6, 2))
    L[:3, 0], L[3:, 1] = generator.uniform(0.5, 1.5, (2, 3))
    V = np.array([[1.0, 0.4], [0.4, 2.0]])
    errors = np.diag(generator.uniform(0.3, 1.0, 6)) * error
    weight = np.zeros((6, 6))
    for k in (0, 1):
        block = slice(3 * k, 3 * k + 3)
        weight[block, block] = np.linalg.inv(np.outer(L[block, k], L[block, k]) * V[k, k] + errors[block, block])
    measurement = Measurement(L, errors, np.arange(6.0), weight, np.array([True, True]), np.ones(6))
    return measurement, V, L @ V @ L.T + errors


@pytest.mark.parametrize("method", ["ML", "GLS", "ULS"])
def test_a_mapping_undoes_the_loadings(method):
    measurement, V, S = build()
    np.testing.assert_allclose(compute_mapping(measurement, S, method) @ measurement.loadings, np.eye(2), atol=1e-12)
    options = StepOptions("local", m_method=method)
    mean = np.arange(6.0) + measurement.loadings @ [0.3, -0.2]
    found = compute_latent_moments(measurement, S, mean, 200, options)
    np.testing.assert_allclose(found.covariance, V, atol=1e-12)
    np.testing.assert_allclose(found.mean, [0.3, -0.2], atol=1e-12)


def test_responses_are_measured_in_their_own_units():
    """Moments of responses that were multiplied by something else than 1 say the same of the latent variables."""
    measurement, V, S = build()
    units = np.linspace(0.5, 2.0, 6)
    scaled = replace(measurement, units=units)
    mean = (np.arange(6.0) + measurement.loadings @ [0.3, -0.2]) * units
    found = compute_latent_moments(scaled, S * np.outer(units, units), mean, 200, StepOptions("local"))
    np.testing.assert_allclose(found.covariance, V, atol=1e-12)
    np.testing.assert_allclose(found.mean, [0.3, -0.2], atol=1e-12)


def test_maximum_likelihood_is_bartlett():
    measurement, _, S = build()
    inverse = np.linalg.inv(measurement.errors)
    L = measurement.loadings
    expected = np.linalg.solve(L.T @ inverse @ L, L.T @ inverse)
    np.testing.assert_allclose(compute_mapping(measurement, S, "ML"), expected, atol=1e-10)


def test_no_more_error_is_taken_off_than_leaves_variances():
    """Where the error is larger than what there is, Fuller's bound leaves a positive definite matrix."""
    measurement, _, _ = build()
    S = measurement.errors * 0.9
    found = compute_latent_moments(measurement, S, None, 50, StepOptions("local"))
    assert np.linalg.eigvalsh(found.covariance).min() > 0.0
    bare = compute_latent_moments(measurement, S, None, 50, StepOptions("local", lambda_correction=False))
    assert np.linalg.eigvalsh(bare.covariance).min() < 0.0


def test_factor_scores_keep_their_error():
    measurement, V, S = build()
    found = compute_latent_moments(measurement, S, None, 50, StepOptions("fsr"))
    M = compute_mapping(measurement, S, "ML")
    np.testing.assert_allclose(found.covariance, V + M @ measurement.errors @ M.T, atol=1e-12)


@pytest.mark.parametrize(
    ("spec", "blocks"),
    [
        ("f =~ a + b + c\ng =~ d + e + h\ng ~ f", {"f": ("f",), "g": ("g",)}),
        ("f =~ a + b + c\ng =~ c + e + h\ng ~ f", {"f": ("f", "g")}),
        ("f =~ a + b + c\ng =~ d + e + h\na ~~ d\ng ~ f", {"f": ("f", "g")}),
        ("f =~ a + b + c\ng =~ d + e + h\na ~~ 0*d\ng ~ f", {"f": ("f",), "g": ("g",)}),
        ("f =~ a + b + c\ng =~ d + e + h\nk =~ f + g\nx ~ k", {"k": ("k",)}),
    ],
)
def test_blocks_share_indicators_or_residuals(spec, blocks):
    assert find_blocks(build_parameter_table(parse_spec(spec))) == blocks
