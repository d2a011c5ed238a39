"""The two stages by other routes: least squares of rows, populations, and differences of the whole estimate."""

from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit.estimation import EstimationOptions, estimate
from sem_toolkit.estimation.instruments.equations import list_equations
from sem_toolkit.inference import evaluate_solution
from sem_toolkit.inference.errors.instruments import build_sensitivity
from sem_toolkit.inference.hypotheses.overidentification import adjust_pvalues
from sem_toolkit.model import build_model, compute_gradient, compute_moments
from sem_toolkit.model.jacobian import vech_indices
from sem_toolkit.sample import build_sample_from_moments
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec

IV = EstimationOptions(estimator="IV")
MODELS = {
    "cfa": "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6",
    "sem": "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\nh ~ f + g\ng ~ f\nx2 ~~ x5",
    "equal": "f =~ x1 + a*x2 + x3\ng =~ x4 + a*x5 + x6\nh =~ x7 + x8 + x9\nh ~ f + g\ng ~ f",
    "path": "m ~ x1 + x2\ny ~ m\nz ~ y + x1\nm ~~ z",
    "second order": "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\nk =~ f + g + h",
    "loop": "y ~ m + x1\nm ~ y + x2\ny ~~ m",
}


def build(spec: str, means: bool = False):
    options = TableOptions(fixed_x=False, meanstructure=means, marker_int_zero=True)
    return build_model(build_parameter_table(parse_spec(spec), options))


def draw(model, seed: int = 3):
    """A point with positive variances, and the sample with the moments that it implies."""
    generator = np.random.default_rng(seed)
    where = model.locations
    x = generator.uniform(0.3, 0.8, model.n_parameters)
    symmetric = where.kind == 1
    x[symmetric] = np.where(where.row == where.column, 1.0, 0.1)[symmetric]
    x = model.constraints.linear.average(x)
    return x, sample_of(model, compute_moments(model, x))


def sample_of(model, moments):
    n = 500
    mean = None if moments.mean is None else list(moments.mean)
    covariances = [S * n / (n - 1) for S in moments.covariance]
    return build_sample_from_moments(model.observed, covariances, [n], model.observed, mean=mean)


@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_a_population_is_recovered(name, means):
    """Instruments that the model implies are instruments: moments that it implies give the parameters back."""
    model = build(MODELS[name], means)
    x, sample = draw(model)
    found = estimate(model, sample, IV)
    factor = np.where(model.locations.kind == 1, 500 / 499, 1.0)  # covariances have divisor n - 1
    np.testing.assert_allclose(found.x, x * factor, rtol=1e-8, atol=1e-10)
    assert found.certificate.verdict == "solved"


@pytest.mark.parametrize("method", ["RLS", "2RLS", "GLS", "ULS"])
def test_each_second_stage_recovers_it(method):
    model = build(MODELS["sem"])
    x, sample = draw(model)
    options = replace(IV, instruments=replace(IV.instruments, iv_varcov_method=method))
    factor = np.where(model.locations.kind == 1, 500 / 499, 1.0)
    np.testing.assert_allclose(estimate(model, sample, options).x, x * factor, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", ["sem", "equal"])
def test_reweighted_variances_are_those_that_their_own_weight_gives(name):
    """Where the model does not hold: given the coefficients, the normal likelihood has no slope by the variances."""
    model = build(MODELS[name])
    sample = draw(model, 5)[1]
    noise = np.random.default_rng(8).normal(size=(model.n_observed, 30))
    disturbed = sample.groups[0].covariance + noise @ noise.T / 60
    found = estimate(model, replace(sample, groups=(replace(sample.groups[0], covariance=disturbed),)), IV)
    pair = found.stages.whole
    inverse = np.linalg.inv(pair.implied_cov)
    gap = inverse @ (pair.sample_cov - pair.implied_cov) @ inverse
    assert np.abs(pair.sample_cov - pair.implied_cov).max() > 0.1
    slopes = compute_gradient(model, pair.x, pair.moments, 0.5 * gap)
    np.testing.assert_allclose(slopes[model.locations.kind == 1], 0.0, atol=1e-10)


def test_instruments_of_a_known_model():
    """Bollen's (1996) rule for industrialisation and democracy, one indicator a factor scaling it."""
    model = build("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\ng ~ f\nx2 ~~ x5")
    found = {model.variables[e.variable]: [model.variables[z] for z in e.instruments] for e in list_equations(model)}
    assert found == {
        "x2": ["x3", "x4", "x6"],
        "x3": ["x2", "x4", "x5", "x6"],
        "x5": ["x1", "x3", "x6"],
        "x6": ["x1", "x2", "x3", "x5"],
        "g": ["x2", "x3"],
    }


@pytest.mark.parametrize("means", [False, True])
@pytest.mark.parametrize("name", ["sem", "equal", "path"])
def test_estimates_follow_the_moments_as_differences_do(name, means):
    """The derivatives of coefficients (and of intercepts taken equation by equation) by the sample moments."""
    model = build(MODELS[name], means)
    sample = draw(model, 5)[1]
    generator = np.random.default_rng(8)
    noise = generator.normal(size=(model.n_observed, 4 * model.n_observed)) * 0.3
    disturbed = [group.covariance + noise @ noise.T / noise.shape[1] for group in sample.groups]
    own = [None if group.mean is None else group.mean + 0.2 for group in sample.groups]
    options = replace(IV, instruments=replace(IV.instruments, iv_mean_structure="moments", iv_varcov_method="ULS"))

    def solve(covariance, mean):
        group = replace(sample.groups[0], covariance=covariance, mean=mean)
        return estimate(model, replace(sample, groups=(group,)), options)

    base = solve(disturbed[0], own[0])
    slopes = build_sensitivity(evaluate_solution(base), base.stages)
    rows, columns = vech_indices(model.n_observed)
    p = model.n_observed if means else 0
    kinds = model.locations.kind != 1
    for place in range(len(rows)):
        change = np.zeros_like(disturbed[0])
        change[rows[place], columns[place]] = change[columns[place], rows[place]] = 1e-5
        ahead, behind = (solve(disturbed[0] + sign * change, own[0]).x for sign in (1, -1))
        numeric = (ahead - behind) / 2e-5 * 499 / 500
        np.testing.assert_allclose(slopes.first[0][kinds, p + place], numeric[kinds], rtol=1e-5, atol=1e-7)
    for place in range(p):
        change = np.zeros(model.n_observed)
        change[place] = 1e-5
        ahead, behind = (solve(disturbed[0], own[0] + sign * change).x for sign in (1, -1))
        np.testing.assert_allclose(
            slopes.first[0][kinds, place], ((ahead - behind) / 2e-5)[kinds], rtol=1e-5, atol=1e-7
        )


def test_corrections_for_many():
    """As R's p.adjust has them."""
    p = np.array([0.01, 0.02, 0.03, 0.04, 0.8])
    np.testing.assert_allclose(adjust_pvalues(p, "holm"), [0.05, 0.08, 0.09, 0.09, 0.8])
    np.testing.assert_allclose(adjust_pvalues(p, "hochberg"), [0.05, 0.08, 0.08, 0.08, 0.8])
    np.testing.assert_allclose(adjust_pvalues(p, "bonferroni"), [0.05, 0.10, 0.15, 0.20, 1.0])
    np.testing.assert_allclose(adjust_pvalues(p, "BH"), [0.05, 0.05, 0.05, 0.05, 0.8])
    np.testing.assert_allclose(
        adjust_pvalues(p, "BY"), np.minimum(1.0, np.array([0.05, 0.05, 0.05, 0.05, 0.8]) * 137 / 60)
    )
