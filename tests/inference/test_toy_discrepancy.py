"""A discrepancy that nobody knew of, as one file: estimates, standard errors, tests and measures without any change.

It is least squares on the moments with the weight of normal theory at a fixed covariance matrix, the diagonal of the
sample's: between ULS and GLS. Its value at any point follows from a formula of its own, so that the optimum can be
checked by finite differences, and its weights are asked of it by inference through its `Kind` alone.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from sem_toolkit.discrepancy import Kind, MomentPair, NormalWeight
from sem_toolkit.discrepancy.base import Quadratic, QuadraticEvaluation
from sem_toolkit.estimation import EstimationOptions, Estimator, estimate
from sem_toolkit.inference import (
    InferenceOptions,
    build_modification_indices,
    build_parameter_estimates,
    compute_fit_measures,
    compute_test_statistics,
)
from sem_toolkit.model import build_model, compute_information, compute_moments

from .conftest import solve_case


@dataclass(frozen=True, eq=False)
class DiagonallyWeighted(Quadratic):
    """½ Σ_g (n_g − 1)/n ½ tr[(D⁻¹(S − Σ))²] with D the sample variances."""

    @property
    def weight(self):
        return np.stack([np.diag(1.0 / np.diagonal(S)) for S in self.targets.covariance])

    def evaluate(self, moments):
        half = self.weight @ (self.targets.covariance - moments.covariance)
        values = 0.25 * (half * np.swapaxes(half, -1, -2)).sum(axis=(-2, -1))
        scale = (self.factors * self.targets.share)[:, None, None]
        D = -0.5 * (half @ self.weight) * scale
        return QuadraticEvaluation(self, moments, self.factors * values, 0.5 * (D + np.swapaxes(D, -1, -2)), None)

    def information(self, model, x, moments):
        return compute_information(model, x, moments, self.weight, self.factors * self.targets.share)


def weigh(pair: MomentPair) -> NormalWeight:
    return NormalWeight(np.stack([np.diag(1.0 / np.diagonal(S)) for S in pair.sample_cov]))


TOY = Kind("toy", build=lambda targets, deviations: DiagonallyWeighted(targets), weigh=weigh, has_distribution=False)
ESTIMATOR = Estimator("TOY", TOY, se="robust.sem", test="satorra.bentler")
ROBUST = InferenceOptions("robust.sem", "satorra.bentler")


@pytest.fixture(scope="module")
def solution():
    given = solve_case("hs_cfa_marker")
    return estimate(
        build_model(given.model.table), given.sample, EstimationOptions(estimator=ESTIMATOR, engine="native")
    )


def test_the_optimum_is_certified_and_a_minimum(solution):
    assert solution.certificate.verdict == "converged"
    S = solution.targets.covariance[0]
    inverse = np.diag(1.0 / np.diagonal(S))

    def value(x):
        half = inverse @ (S - compute_moments(solution.model, x).covariance[0])
        return float(np.trace(half @ half))

    rng = np.random.default_rng(4)
    for _ in range(20):
        step = 1e-3 * rng.normal(size=len(solution.x))
        assert value(solution.x + step) > value(solution.x)


def test_standard_errors_are_those_of_the_sandwich(solution):
    """ΔᵀVΔ and ΔᵀVΓVΔ from dense matrices, built here from the rows."""
    from sem_toolkit.model import compute_jacobian
    from sem_toolkit.model.jacobian import vech_indices

    rows, columns = vech_indices(9)
    data = solution.targets.data[0]
    centred = data - data.mean(axis=0)
    moments = centred[:, rows] * centred[:, columns]
    gamma = np.cov(moments, rowvar=False, bias=True)
    variance = np.diagonal(solution.targets.covariance[0])
    V = np.diag(np.where(rows == columns, 0.5, 1.0) / (variance[rows] * variance[columns]))
    delta = compute_jacobian(solution.model, solution.x, solution.moments)[0]
    bread = np.linalg.inv(delta.T @ V @ delta)
    expected = np.sqrt(np.diagonal(bread @ delta.T @ V @ gamma @ V @ delta @ bread) / (len(data) - 1))
    found = build_parameter_estimates(solution, options=ROBUST)
    np.testing.assert_allclose(found.loc[found["free"] > 0, "se"], expected, rtol=1e-6)


def test_tests_measures_and_modification_indices_exist(solution):
    standard, scaled = compute_test_statistics(solution, ROBUST)
    assert (standard.df, scaled.df) == (24, 24)
    assert scaled.stat == pytest.approx(standard.stat / scaled.scaling_factor)
    measures = compute_fit_measures(solution, ROBUST)
    assert 0.8 < measures["cfi.scaled"] < 1.0
    assert 0.03 < measures["srmr"] < 0.12
    assert "aic" not in measures
    found = build_modification_indices(solution)
    assert found["mi"].iloc[0] > 5.0


def test_the_mean_of_its_scaled_test_is_the_number_of_degrees_of_freedom(solution):
    """Over samples of a population in which the model holds (chi-square's mean is df)."""
    rng = np.random.default_rng(12)
    implied = solution.moments.covariance[0]
    from sem_toolkit.sample import Sample, SampleGroup

    stats = []
    for _ in range(60):
        data = rng.multivariate_normal(np.zeros(9), implied, size=400)
        group = SampleGroup("", 400, np.cov(data, rowvar=False, bias=True), data.mean(axis=0), data)
        sample = Sample(solution.model.observed, (group,), 400)
        again = estimate(solution.model, sample, EstimationOptions(estimator=ESTIMATOR, engine="native"))
        stats.append(compute_test_statistics(again, ROBUST)[1].stat)
    assert 24.0 - 3.5 * np.sqrt(48 / 60) < np.mean(stats) < 24.0 + 3.5 * np.sqrt(48 / 60)
