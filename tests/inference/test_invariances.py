"""What must not change when variables are rescaled, factors identified otherwise, or groups reordered."""

import numpy as np
import pytest

from sem_toolkit import fit
from sem_toolkit.inference import (
    build_modification_indices,
    build_standardized_solution,
    compute_eigenvalue_tests,
    compute_residual_summaries,
    compute_residuals,
    evaluate_solution,
)
from sem_toolkit.inference.exact_fit.statistics import compute_standard_test
from sem_toolkit.inference.weights.estimator import build_estimator_weight
from tests.support import ORACLES

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
CHANGING = {"logl", "unrestricted.logl", "aic", "bic", "bic2", "rmr", "rmr_nomean"}


@pytest.fixture(scope="module")
def frame():

    from sem_toolkit.sample import read_table

    return read_table(ORACLES / "data" / "hs.csv")


@pytest.mark.parametrize("estimator", ["ML", "MLR", "MLM", "MLMV", "GLS", "WLS"])
def test_rescaled_variables(frame, estimator):
    rescaled = frame.copy()
    rescaled["x2"] *= 10.0
    rescaled["x7"] = rescaled["x7"] / 4.0 + 3.0
    first, second = (fit(HS, data, call="cfa", estimator=estimator) for data in (frame, rescaled))
    measures = first.fit_measures
    for name, value in second.fit_measures.items():
        if name not in CHANGING:
            assert value == pytest.approx(measures[name], rel=1e-6, abs=1e-8), name
    tables = [build_standardized_solution(f.solution, options=f.options.inference) for f in (first, second)]
    np.testing.assert_allclose(tables[1][["est.std", "se"]], tables[0][["est.std", "se"]], atol=1e-6)
    indices = [build_modification_indices(f.solution)["mi"].to_numpy() for f in (first, second)]
    np.testing.assert_allclose(indices[1], indices[0], rtol=1e-5, atol=1e-6)
    z = [compute_residuals(f.solution, options=f.options.inference)[0].cov_z for f in (first, second)]
    np.testing.assert_allclose(z[1], z[0], atol=1e-4)


@pytest.mark.parametrize("estimator", ["ML", "MLR", "MLM"])
def test_factors_identified_otherwise(frame, estimator):
    marker = fit(HS, frame, call="cfa", estimator=estimator)
    unit = fit(HS, frame, call="cfa", estimator=estimator, std_lv=True)
    for name, value in unit.fit_measures.items():
        assert value == pytest.approx(marker.fit_measures[name], rel=1e-6, abs=1e-8), name
    tables = [build_standardized_solution(f.solution, options=f.options.inference) for f in (marker, unit)]
    merged = tables[0].merge(tables[1], on=["lhs", "op", "rhs"], suffixes=("_marker", "_unit"))
    loadings = merged[merged["op"] == "=~"]
    assert len(loadings) == 9
    np.testing.assert_allclose(loadings["est.std_unit"], loadings["est.std_marker"], atol=1e-7)
    np.testing.assert_allclose(loadings["se_unit"], loadings["se_marker"], atol=1e-7)


def test_equal_groups_are_twice_one_group(frame):
    twice = frame.assign(half="a")
    import pandas as pd

    twice = pd.concat([twice, frame.assign(half="b")], ignore_index=True)
    one = fit(HS, frame, call="cfa", meanstructure=True)
    two = fit(HS, twice, call="cfa", group="half", group_equal=["loadings", "intercepts", "residuals"])
    free = fit(HS, twice, call="cfa", group="half")
    assert free.fit_measures["chisq"] == pytest.approx(2 * one.fit_measures["chisq"], rel=1e-8)
    assert free.fit_measures["cfi"] == pytest.approx(one.fit_measures["cfi"], rel=1e-8)
    assert two.fit_measures["chisq"] == pytest.approx(free.fit_measures["chisq"], rel=1e-6)
    assert two.fit_measures["srmr"] == pytest.approx(one.fit_measures["srmr"], rel=1e-6)


def test_eigenvalue_tests_lie_between_the_uncorrected_and_nothing(frame):
    found = compute_eigenvalue_tests(fit(HS, frame, call="cfa").solution)
    assert set(found) == {"all", "peba", "pols"}
    assert all(0 < value < 0.001 for value in found.values())


@pytest.mark.parametrize("estimator", ["ML", "MLM", "MLMV", "MLR"])
def test_a_composite_with_fixed_weights_is_a_sum_of_predictors(estimator):
    """Two ways to write one model: the robust tests must agree, and so must the standard errors.

    With MLM the factors differ by how far residuals and predictors are from independent in the sample.
    """

    from sem_toolkit.sample import read_table

    data = read_table(ORACLES / "data" / "composite.csv")
    composite = fit("C <~ 1*x1 + 1*x2 + 1*x3\ny1 ~ b*C\ny2 ~ c*C", data, estimator=estimator)
    sums = fit("y1 ~ b*x1 + b*x2 + b*x3\ny2 ~ c*x1 + c*x2 + c*x3", data, estimator=estimator)
    close = 0.02 if estimator in {"MLM", "MLMV"} else 1e-6
    for name in {"chisq", "df", "rmsea", "chisq.scaled", "chisq.scaling.factor"} & set(sums.fit_measures):
        assert composite.fit_measures[name] == pytest.approx(sums.fit_measures[name], rel=close, abs=1e-8), name
    first, second = (f.parameters[f.parameters["op"] == "~"] for f in (composite, sums))
    for label in "bc":
        mine, theirs = first[first["label"] == label].iloc[0], second[second["label"] == label].iloc[0]
        assert mine["est"] == pytest.approx(theirs["est"], rel=1e-7)
        assert mine["se"] == pytest.approx(theirs["se"], rel=close)


@pytest.mark.parametrize(
    "spec", ["x1 ~~ 1*x1\nx2 ~~ 1*x2", "x1 ~~ x1", "x1 ~ x2", "x1 ~ 1*x2", "visual =~ x1 + x2 + x3"]
)
@pytest.mark.parametrize("estimator", ["ML", "MLR", "MLMV", "GLS"])
def test_models_at_the_edge_have_all_their_tables(frame, spec, estimator):
    """No free parameter, one variable, no degrees of freedom: nothing divides by zero."""
    result = fit(spec, frame, estimator=estimator)
    assert result.converged
    assert set(result.to_dict(everything=True)) >= {"parameters", "fit_measures", "standardized", "effects"}
    compute_residual_summaries(evaluate_solution(result.solution), result.options.inference)


@pytest.mark.parametrize("estimator", ["GLS", "ULS", "WLS", "DWLS", "WLSM", "ULSMV"])
def test_weights_are_those_of_the_estimation(frame, estimator):
    """At the estimate nothing is left to gain along any free direction, by the weight that inference uses."""
    spec = HS + "\nx1 ~~ v*x1\nx2 ~~ v*x2\nx4 ~~ w*x4\nx5 ~~ w*x5"
    solution = fit(spec, frame, call="cfa", estimator=estimator, ordered=False).solution
    evaluation = evaluate_solution(solution)
    weight = build_estimator_weight(evaluation)
    gain = evaluation.basis.T @ weight.slope(evaluation)
    scale = np.sqrt(np.diag(evaluation.basis.T @ weight.information(evaluation) @ evaluation.basis))
    np.testing.assert_allclose(gain / scale, 0.0, atol=1e-7)
    half = compute_standard_test(evaluation).stat / (2.0 * evaluation.rows.sum())
    assert half == pytest.approx(solution.discrepancy, rel=1e-8)
