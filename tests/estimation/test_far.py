"""Minima far from where a search began: those of the ladder, for many samples at once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.discrepancy import ML
from sem_toolkit.estimation import EstimationOptions, estimate
from sem_toolkit.estimation.arrivals import Arrival
from sem_toolkit.estimation.far import seek_minima
from sem_toolkit.estimation.minimand import evaluate_stack
from sem_toolkit.estimation.nearby import approach_minima
from sem_toolkit.estimation.trust_region import descend_stack
from sem_toolkit.fit import fit
from sem_toolkit.model import compute_moments
from sem_toolkit.sample import Sample, SampleGroup

TEXT = "f =~ a + b + c\ng =~ d + e + h\ng ~ f"
LOADINGS = np.array([[0.8, 0.7, 0.6, 0.24, 0.21, 0.18], [0.0, 0.0, 0.0, 0.8, 0.7, 0.6]])
N = 32


@pytest.fixture(scope="module")
def few_rows() -> tuple[Any, Any, np.ndarray]:
    """A fit of a population; covariances of small samples of it that have no minimum near (s × 1 × p × p)."""
    population = LOADINGS.T @ LOADINGS + np.diag(np.tile([0.36, 0.51, 0.64], 2))
    names = list("abcdeh")
    frame = pd.DataFrame(population, names, names)
    solution = fit(TEXT, sample_cov=frame, sample_nobs=N, engine="native", multistart=0).solution
    rng = np.random.default_rng(4)
    rows = rng.multivariate_normal(np.zeros(6), population, (400, N))
    rows -= rows.mean(axis=1, keepdims=True)
    covariance = (rows.swapaxes(1, 2) @ rows / N)[:, None]
    targets = solution.targets.with_moments(covariance, None)
    many: Any = ML.build(targets, None)
    near = approach_minima(solution.model, many, np.tile(solution.x, (400, 1)))
    return solution, targets, covariance[near.status != Arrival.MINIMUM]


@pytest.mark.slow
def test_minima_are_as_low_as_those_of_the_ladder(few_rows: tuple[Any, Any, np.ndarray]) -> None:
    solution, targets, covariance = few_rows
    chosen = covariance[:6]
    own = targets.with_moments(chosen, None)
    around = targets.with_moments(compute_moments(solution.model, solution.x).covariance, None)
    found = seek_minima(solution.model, ML, own, solution.x, around, 1907)
    options = EstimationOptions(engine="native", bad_marker_crit=0.0)
    compared = 0
    for draw in range(len(chosen)):
        sample = Sample(solution.model.observed, (SampleGroup("", N, chosen[draw, 0], None),), N)
        alone = estimate(solution.model, sample, options)
        if alone.certificate.converged and found.status[draw] == Arrival.MINIMUM:
            compared += 1
            assert found.values[draw] < alone.discrepancy + 1e-7
    assert compared >= 3


def test_what_is_called_a_minimum_is_one(few_rows: tuple[Any, Any, np.ndarray]) -> None:
    solution, targets, covariance = few_rows
    own = targets.with_moments(covariance, None)
    around = targets.with_moments(compute_moments(solution.model, solution.x).covariance, None)
    found = seek_minima(solution.model, ML, own, solution.x, around, 1907)
    there = np.flatnonzero(found.status == Arrival.MINIMUM)
    assert len(there) > 0.7 * len(covariance)
    at = evaluate_stack(solution.model, ML.build(own, None), found.x[there], there, exact=True)  # type: ignore[arg-type]
    scale = 1.0 / np.sqrt(np.diagonal(at.informations, axis1=1, axis2=2))
    assert np.abs(at.gradients * scale).max() < 1e-8
    assert np.linalg.eigvalsh(at.informations * scale[:, :, None] * scale[:, None, :])[:, 0].min() > 0.0
    np.testing.assert_allclose(at.values, found.values[there], rtol=1e-9, atol=1e-12)


def test_a_trust_region_ends_where_newton_does(few_rows: tuple[Any, Any, np.ndarray]) -> None:
    solution, targets, _ = few_rows
    many: Any = ML.build(replace(targets, covariance=targets.covariance[:40]), None)
    starts = np.tile(1.2 * solution.x, (40, 1))
    found = descend_stack(solution.model, many, starts)
    near = approach_minima(solution.model, many, starts)
    both = np.flatnonzero((found.status == Arrival.MINIMUM) & (near.status == Arrival.MINIMUM))
    assert len(both) > 30
    same = np.abs(found.values[both] - near.values[both]) < 1e-9
    assert same.mean() > 0.9
    np.testing.assert_allclose(found.x[both][same], near.x[both][same], rtol=1e-6, atol=1e-6)
