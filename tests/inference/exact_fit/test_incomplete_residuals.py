"""Browne's residual test of incomplete rows, and why lavaan's is another number."""

import numpy as np
import pytest

from sem_toolkit import fit
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference.at_estimate import evaluate_solution
from sem_toolkit.inference.weights.incomplete import list_information, list_patterns
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample.patterns import compute_available_moments
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


def compute_statistic(kind, moments):
    """n eᵀ[V − VΔ(ΔᵀVΔ)⁻¹ΔᵀV]e with V the information of this kind at the implied moments."""
    found = fit(CFA, DATA / "hs_missing.csv", call="cfa", missing="ml")
    evaluation = evaluate_solution(found.solution)
    rows, columns = vech_indices(9)
    mean, covariance = moments(evaluation)
    implied = evaluation.moments.mean[0], evaluation.implied_cov[0]
    residual = np.concatenate([mean - implied[0], (covariance - implied[1])[rows, columns]])
    weight, delta = list_information(evaluation, kind, True)[0], compute_delta(evaluation)[0] @ evaluation.basis
    along = delta.T @ weight @ residual
    value = residual @ weight @ residual - along @ np.linalg.solve(delta.T @ weight @ delta, along)
    return found, evaluation.sizes[0] * value


def test_it_is_of_the_saturated_estimates():
    found, value = compute_statistic(
        "expected", lambda e: (e.sample.groups[0].saturated.mean, e.sample.groups[0].saturated.covariance)
    )
    ours = next(test for test in found.tests if test.test == "browne.residual.nt.model")
    assert ours.stat == pytest.approx(value, rel=1e-9)


def test_lavaan_takes_the_moments_of_available_cases():
    """60.1168558 (lavaan 0.7-2): their residuals with the information of the saturated estimates, observed."""
    _, value = compute_statistic("observed", lambda e: compute_available_moments(list_patterns(e)[0]))
    assert value == pytest.approx(60.1168558, rel=1e-5)
