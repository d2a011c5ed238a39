"""Derivatives against differences, and two routes to one answer."""

from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit.discrepancy import DenseWeight
from sem_toolkit.discrepancy.moment_covariance import compute_gamma
from sem_toolkit.discrepancy.weights import compute_delta
from sem_toolkit.inference import InferenceOptions, evaluate_solution
from sem_toolkit.inference.exact_fit.likelihood import compute_logl
from sem_toolkit.inference.exact_fit.ugamma import _over_moments, _over_rows, compute_ugamma_trace
from sem_toolkit.inference.parameters.effects import compute_effects
from sem_toolkit.inference.parameters.standardized import standardize
from sem_toolkit.inference.residuals.metrics import MetricJacobian
from sem_toolkit.inference.residuals.saturated import build_gamma, times_delta
from sem_toolkit.inference.weights.casewise import CasewiseMoments
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from sem_toolkit.inference.weights.information import (
    compute_casewise_scores,
    compute_expected_information,
    compute_gradient_of_fit,
    compute_observed_information,
)
from sem_toolkit.inference.weights.moment_derivatives import build_sparse_delta, compute_row_products
from sem_toolkit.inference.weights.normal_gamma import multiply_normal_gamma
from sem_toolkit.inference.weights.observed import build_observed_weight, observed_pieces, times_observed_information

CASES = ["hs_cfa_marker", "poldem_sem", "path_med_fixedx", "mg_scalar", "growth_tic", "composite", "hs_second_order"]


def moved(solve, name):
    """An evaluation away from the optimum, where nothing cancels."""
    evaluation = evaluate_solution(solve(name))
    shift = 0.03 * np.random.default_rng(5).standard_normal(len(evaluation.x))
    return replace(evaluation, x=evaluation.x * (1.0 + shift))


def difference(function, x, step=1e-6):
    columns = []
    for j in range(len(x)):
        h = step * max(abs(x[j]), 1.0)
        up, down = x.copy(), x.copy()
        up[j] += h
        down[j] -= h
        columns.append((np.asarray(function(up)) - np.asarray(function(down))) / (2.0 * h))
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("name", CASES)
def test_gradient_is_that_of_the_likelihood(solve, name):
    at = moved(solve, name)
    by_difference = difference(lambda x: -compute_logl(replace(at, x=x))[0] / at.total, at.x)
    np.testing.assert_allclose(compute_gradient_of_fit(at), by_difference, atol=2e-7)


@pytest.mark.parametrize("name", CASES)
def test_observed_information_is_the_hessian(solve, name):
    at = moved(solve, name)
    by_difference = difference(lambda x: compute_gradient_of_fit(replace(at, x=x)), at.x)
    scale = np.abs(by_difference).max()
    np.testing.assert_allclose(compute_observed_information(at) / scale, by_difference / scale, atol=1e-7)


@pytest.mark.parametrize("name", ["hs_cfa_marker", "mg_scalar", "path_med_fixedx"])
def test_casewise_scores_add_up_to_the_gradient(solve, name):
    at = moved(solve, name)
    total = sum(compute_casewise_scores(at, g).sum(axis=0) for g in range(at.model.n_groups))
    np.testing.assert_allclose(-total / at.total, compute_gradient_of_fit(at), atol=1e-10)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("scale", ["std.lv", "std.all", "std.nox"])
def test_standardised_values_have_their_derivatives(solve, name, scale):
    at = moved(solve, name)
    by_difference = difference(lambda x: standardize(replace(at, x=x)).values(scale), at.x)
    np.testing.assert_allclose(standardize(at).jacobian(scale), by_difference, atol=1e-7)


def test_effects_have_their_derivatives(solve):
    at = moved(solve, "poldem_sem")
    names = at.model.variables
    for pair in [("ind60", "dem65"), ("ind60", "y7"), (names[0], "dem65")]:
        effects = compute_effects(at, 0, *pair)

        def values(x, pair=pair):
            return [effect.value for effect in compute_effects(replace(at, x=x), 0, *pair)]

        if effects:
            by_difference = difference(values, at.x)
            np.testing.assert_allclose([effect.slope for effect in effects], by_difference, atol=1e-8)


@pytest.mark.parametrize("name", ["hs_cfa_marker", "mg_scalar", "path_med_fixedx"])
def test_information_by_gather_is_that_by_products(solve, name):
    at = moved(solve, name)
    weight = build_estimator_weight(at)
    dense = DenseWeight(tuple(weight.times(g, np.eye(at.moments_per_group)) for g in range(at.model.n_groups)))
    np.testing.assert_allclose(compute_expected_information(at), dense.information(at), rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(weight.quadratic(at), dense.quadratic(at), rtol=1e-9)
    np.testing.assert_allclose(weight.slope(at), dense.slope(at), atol=1e-10)
    rows = at.sample.groups[0].data - at.sample.groups[0].mean
    np.testing.assert_allclose(weight.scores(at, 0, rows), dense.scores(at, 0, rows), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", ["poldem_sem", "mg_scalar", "growth_tic"])
def test_observed_weight_by_gather_and_by_its_matrix(solve, name):
    at = moved(solve, name)
    weight = build_observed_weight(at)
    identity = np.eye(at.moments_per_group)
    groups = range(at.model.n_groups)
    dense = DenseWeight(tuple(times_observed_information(observed_pieces(at, g), identity) for g in groups))
    scale = np.abs(dense.information(at)).max()
    np.testing.assert_allclose(weight.information(at), dense.information(at), atol=1e-9 * scale)
    np.testing.assert_allclose(weight.slope(at), dense.slope(at), atol=1e-9 * scale)
    np.testing.assert_allclose(weight.quadratic(at), dense.quadratic(at), rtol=1e-9)
    np.testing.assert_allclose(weight.observed_quadratic(at), dense.observed_quadratic(at), rtol=1e-9)
    for g in groups:
        rows = at.sample.groups[g].data - at.sample.groups[g].mean
        expected = dense.scores(at, g, rows)
        np.testing.assert_allclose(weight.scores(at, g, rows), expected, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("name", ["hs_cfa_marker", "poldem_sem", "mg_scalar", "path_med_fixedx", "growth_tic"])
def test_sparse_derivatives_of_the_moments(solve, name):
    at = moved(solve, name)
    dense = compute_delta(at)
    inner = np.random.default_rng(4).normal(size=(at.model.n_parameters,) * 2)
    for g in range(at.model.n_groups):
        sparse = build_sparse_delta(at, g)
        np.testing.assert_allclose(sparse.toarray(), dense[g], atol=1e-12)
        expected = np.diag(dense[g] @ inner @ dense[g].T)
        np.testing.assert_allclose(compute_row_products(sparse, inner), expected, atol=1e-9)
        np.testing.assert_allclose(compute_row_products(dense[g], inner, sparse), expected, atol=1e-9)


@pytest.mark.parametrize("metric", ["raw", "cor.bollen", "cor.bentler"])
@pytest.mark.parametrize("name", ["growth_tic", "path_med_fixedx"])
def test_casewise_moments_in_a_metric_by_blocks_and_by_its_jacobian(solve, name, metric):
    at = evaluate_solution(solve(name))
    part = CasewiseMoments(at, build_estimator_weight(at), 0)
    jacobian = MetricJacobian(at.sample_cov[0], metric, at.has_means)
    blocks = np.concatenate([block for _, block in jacobian.list_casewise(part)])
    np.testing.assert_allclose(blocks, jacobian.times(part.moments.T), atol=1e-10 * np.abs(blocks).max())


@pytest.mark.parametrize("name", ["hs_cfa_marker", "mg_scalar", "path_med_fixedx", "hs_est_uls"])
def test_ugamma_over_rows_and_over_moments(solve, name):
    at = evaluate_solution(solve(name))
    weight = build_estimator_weight(at)
    rows, moments = _over_rows(at, weight), _over_moments(at, weight)
    first = np.linalg.eigvalsh(rows)[::-1][: at.df]
    second = np.linalg.eigvalsh(moments)[::-1][: at.df]
    np.testing.assert_allclose(first, second, rtol=1e-7)
    assert np.trace(rows) == pytest.approx(np.trace(moments), rel=1e-8)
    assert compute_ugamma_trace(at) == pytest.approx(np.trace(rows), rel=1e-8)


def test_gamma_of_normal_theory_is_that_of_normal_data():
    """Isserlis: Cov(x_i x_j, x_k x_l) = s_ik s_jl + s_il s_jk."""
    S = np.array([[2.0, 0.6, 0.3], [0.6, 1.5, -0.4], [0.3, -0.4, 1.0]])
    pairs = [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1), (2, 2)]
    expected = [[S[i, k] * S[j, m] + S[i, m] * S[j, k] for k, m in pairs] for i, j in pairs]
    np.testing.assert_allclose(multiply_normal_gamma(S, np.eye(6), means=False), expected)


@pytest.mark.slow
def test_distribution_free_gamma_tends_to_the_normal_one(solve):
    at = evaluate_solution(solve("hs_cfa_marker"))
    rows = np.random.default_rng(8).multivariate_normal(np.zeros(9), at.implied_cov[0], 200_000)
    group = replace(at.sample.groups[0], data=rows, n=len(rows), mean=rows.mean(axis=0))
    large = replace(at, sample=replace(at.sample, groups=(group,)))
    normal = multiply_normal_gamma(at.implied_cov[0], np.eye(45), means=False)
    np.testing.assert_allclose(compute_gamma(large, 0), normal, atol=0.12)


@pytest.mark.parametrize("information", ["expected", "observed", "first.order"])
def test_weighted_derivatives_by_gather(solve, information):
    at = moved(solve, "poldem_sem")
    options = InferenceOptions(information=information)
    delta = compute_delta(at)[0]
    expected = at.data.times_information(at, information, 0, delta)
    np.testing.assert_allclose(times_delta(at, options, 0, delta), expected, atol=1e-9 * np.abs(expected).max())


def test_casewise_moments_given_exogenous_variables_do_not_vary_with_them(solve):
    at = evaluate_solution(solve("path_med_fixedx"))
    moments = CasewiseMoments(at, build_estimator_weight(at), 0).moments
    block = list(at.exogenous)
    rows, cols = np.tril_indices(at.model.n_observed)
    order = np.lexsort((rows, cols))
    inside = np.isin(rows[order], block) & np.isin(cols[order], block)
    assert np.abs(moments[:, inside]).max() < 1e-10
    gamma = build_gamma(at, InferenceOptions(), 0)
    assert np.abs(gamma.times(np.eye(len(inside)))[inside]).max() < 1e-12
