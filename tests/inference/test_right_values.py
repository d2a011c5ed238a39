"""Values that were once wrong or withheld: each against lavaan 0.7-2 or a closed form."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sem_toolkit import DataError, fit
from sem_toolkit.comparison.nested import compute_difference
from sem_toolkit.inference import compute_score
from sem_toolkit.inference.distributions import compute_noncentral_tail
from sem_toolkit.inference.exact_fit.baseline import BaselineTest
from sem_toolkit.inference.exact_fit.residual_tests import compute_browne_adf_test
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.measures.incremental import Comparison, compute_incremental_measures
from sem_toolkit.inference.measures.robust import build_robust_comparison
from sem_toolkit.inference.parameters.factor_scores import compute_factor_scores
from sem_toolkit.inference.solution import build_standardized_solution, compute_parameter_covariance
from sem_toolkit.model.moments import compute_moments
from sem_toolkit.sample import read_table
from tests.support import ORACLES

THREE = "visual =~ x1 + {}x2 + {}x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
MIMIC = "f =~ x1 + x2 + x3\nf ~ ageyr"


@pytest.fixture(scope="module")
def hs():
    return read_table(ORACLES / "data" / "hs.csv")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"test": "yuan.bentler"}, 3.87647),
        ({"test": "yuan.bentler.mplus"}, 3.804317),
        ({"estimator": "MLR"}, 3.73531),
    ],
)
def test_difference_of_yuan_bentler_tests_is_scaled(hs, options, expected):
    larger, smaller = (fit(THREE.format(label, label), hs, **options) for label in ("", "a*"))
    assert compute_difference(larger, smaller).stat == pytest.approx(expected, rel=1e-4)


def test_residual_test_where_gamma_is_singular(hs):
    frame = hs.assign(male=(hs["sex"] == 1).astype(float))
    found = fit("f =~ x1 + x2 + x3 + male", frame, meanstructure=True)
    test = compute_browne_adf_test(found.evaluated.evaluation)
    assert test.stat == pytest.approx(2.039603, rel=1e-4)
    assert test.df == 2


def test_residual_test_by_complement_is_that_by_the_inverse(hs, monkeypatch):
    evaluation = fit("f =~ x1 + x2 + x3 + x4", hs, group="school", meanstructure=True).evaluated.evaluation
    usual = compute_browne_adf_test(evaluation)
    monkeypatch.setattr("sem_toolkit.inference.exact_fit.residual_tests._NO_VARIANCE", 2.0)
    monkeypatch.setattr(
        "sem_toolkit.inference.exact_fit.residual_tests._is_singular", lambda gamma: len(gamma) > usual.df
    )
    assert compute_browne_adf_test(evaluation).stat == pytest.approx(usual.stat, rel=1e-8)


@pytest.mark.parametrize("estimator", ["ULSM", "ULSMV", "WLSM", "WLSMV"])
def test_minimum_without_a_known_distribution_has_no_pvalue(hs, estimator):
    options = {"ordered": False} if estimator.startswith("WLS") else {}
    measures = fit(THREE.format("", ""), hs, estimator=estimator, **options).fit_measures
    assert measures["chisq"] > 0
    assert math.isnan(measures["pvalue"])
    assert math.isnan(measures["baseline.pvalue"])
    assert 0 < measures["pvalue.scaled"] < 0.01


@pytest.mark.parametrize("estimator", ["ULS", "DWLS"])
def test_minimum_of_ordered_items_has_no_pvalue_without_a_scaled_test(estimator):
    rows = read_table(ORACLES / "data" / "likert5_n477.csv")
    measures = fit("f =~ u1 + u2 + u3 + u4", rows, ordered=True, estimator=estimator).fit_measures
    assert measures["chisq"] > 0
    assert math.isnan(measures["pvalue"])
    assert math.isnan(measures["baseline.pvalue"])


def test_joint_score_test_where_the_released_model_is_not_identified(hs):
    found = fit(THREE.format("", ""), hs, group="school", group_equal="loadings,intercepts")
    free = fit(THREE.format("", ""), hs, group="school", meanstructure=True)
    score = compute_score(found.solution)
    ratio = found.fit_measures["chisq"] - free.fit_measures["chisq"]
    assert score.df == found.fit_measures["df"] - free.fit_measures["df"] == 12
    assert score.stat == pytest.approx(ratio, rel=0.05)
    steps = score.cumulative["X2"].to_numpy()
    assert len(steps) == 15
    assert (np.diff(steps) > -1e-8).all()
    assert steps[-1] == pytest.approx(score.stat, rel=1e-8)
    assert score.cumulative["df"].tolist()[-1] == 12


def test_scores_of_a_mimic_are_the_same_with_and_without_means(hs):
    plain, means = (
        compute_factor_scores(fit(MIMIC, hs, meanstructure=means).evaluated.evaluation)[0].scores
        for means in (False, True)
    )
    np.testing.assert_allclose(plain, means, atol=1e-6)
    assert plain.mean() == pytest.approx(-0.08193222, abs=1e-6)


def test_scores_beside_an_observed_outcome_are_the_same_with_and_without_means(hs):
    """lavaan shifts those without means by what the mean of the outcome would say of the factor (visual by −0.90)."""
    text = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nx9 ~ visual + textual"
    plain, with_means = (fit(text, hs, meanstructure=means) for means in (False, True))
    for method in ("regression", "bartlett"):
        one, other = (found.factor_scores(method)[0].scores for found in (plain, with_means))
        assert one == pytest.approx(other, abs=1e-9)
        assert one.mean(axis=0) == pytest.approx(0.0, abs=1e-9)


def test_an_inequality_without_force_takes_no_degree_of_freedom(hs):
    """Beside a non-linear equality lavaan counts it as if it held (24 where the equality alone has 25)."""
    text = THREE.format("a*", "b*") + "\na*b == 0.5"
    for more in ("", "\na > 0.01"):
        assert fit(text + more, hs).fit_measures["df"] == 25


def test_scales_that_follow_from_a_theta_model_have_standard_errors():
    """lavaan 0.7-2: standardizedSolution(type = "std.lv"); the table of parameters shows them as fixed, as there."""
    rows = read_table(ORACLES / "data" / "likert5_n477.csv")
    text = "f1 =~ u1 + u2 + u3 + u4\nf2 =~ u5 + u6 + u7 + u8"
    found = fit(text, rows, ordered=True, parameterization="theta")
    table = build_standardized_solution(found.evaluated, 0.95, "std.lv", found.options.inference)
    scales = table[table["op"] == "~*~"].set_index("lhs")
    x, q = found.evaluated.x, found.npar
    covariance = compute_parameter_covariance(found.evaluated, found.options.inference)
    layout, model = found.solution.model.layout, found.solution.model
    slopes = np.zeros((q, 8))
    for k in range(q):
        step = np.zeros(q)
        step[k] = 1e-6
        ahead, behind = (layout.find_units(compute_moments(model, x + sign * step), 0) for sign in (1, -1))
        slopes[k] = (ahead - behind) / 2e-6
    assert scales["se"].to_numpy() == pytest.approx(np.sqrt(np.diag(slopes.T @ covariance @ slopes)), rel=1e-6)
    assert scales["se"].iloc[0] == pytest.approx(0.0446929653, rel=1e-4)
    parameters = found.parameters
    assert (parameters.loc[parameters["op"] == "~*~", "se"] == 0.0).all()


def test_changes_have_no_scale_where_a_factor_has_a_negative_variance(hs):
    """They were 0 for loadings and infinite for means; lavaan has NA."""
    text = "g =~ x1 + x2 + x3 + x4\nf =~ 1*x5 + 1*x6\nf ~~ -0.2*f\ng ~~ 0.1*f"
    found = fit(text, hs, multistart=1)
    indices = found.modification_indices
    loadings = indices[(indices["lhs"] == "f") & (indices["op"] == "=~")]
    assert len(loadings) == 6
    assert loadings["epc"].notna().all()
    assert loadings[["sepc.lv", "sepc.all", "sepc.nox"]].isna().all(axis=None)


def test_changes_without_a_scale_have_no_verdict(hs):
    """Those of an indicator without a residual of its own are infinite; their interval was a warning of numpy."""
    table = fit("f =~ x1\ng =~ x4 + x5 + x6\ng ~ f", hs).epc_equivalence
    endless = table[np.isinf(table["sepc.all"])]
    assert len(endless) > 0
    assert (endless["verdict"] == "").all()


def test_determinacy_of_improper_estimates_is_no_number(hs):
    """It was a warning of numpy, and with warnings as errors no scores."""
    found = fit("g =~ x1 + x2 + x3 + x4\nf =~ 1*x5 + 1*x6\nf ~~ -0.2*f\ng ~~ 0.1*f", hs, multistart=1)
    assert found.factor_scores()[0].names == ("g", "f")
    assert math.isnan(found.factor_scores()[0].determinacy[1])


def test_baseline_of_ordered_models_where_a_variable_is_no_outcome():
    """It failed: such a variable has slopes in the baseline model and stood elsewhere there. lavaan 0.7-2."""
    rows = read_table(ORACLES / "data" / "likert5_n477.csv")
    measures = fit("u1 ~ u2\nu3 ~ u1 + u2\nu3 ~~ u4", rows, ordered=["u1"], estimator="WLSMV").fit_measures
    expected = {"chisq": 167.635, "baseline.chisq": 115.537, "baseline.df": 3, "baseline.chisq.scaled": 102.680}
    expected |= {"chisq.scaled": 166.868, "df": 2, "srmr": 0.154}
    for name, value in expected.items():
        assert measures[name] == pytest.approx(value, abs=5.1e-4), name


def test_chisq_of_a_saturated_model_is_zero(hs):
    measures = fit("visual =~ x1 + x2 + x3", hs).fit_measures
    assert measures["chisq"] == 0.0
    assert measures["cfi"] == 1.0


@pytest.mark.parametrize(
    ("chisq", "df", "ncp"), [(300.0, 10, 5.0), (85.3, 24, 18.0), (900.0, 24, 20.0), (40.0, 1, 0.3)]
)
def test_upper_tail_keeps_small_values(chisq, df, ncp):
    tail = compute_noncentral_tail(chisq, df, ncp)
    assert tail > 0
    assert tail == pytest.approx(_sum_of_central_tails(chisq, df, ncp), rel=1e-9)


def _sum_of_central_tails(chisq, df, ncp):
    j = np.arange(3000)
    return float(np.sum(stats.poisson.pmf(j, ncp / 2) * stats.chi2.sf(chisq, df + 2 * j)))


def test_robust_cfi_needs_the_scaling_of_the_baseline():
    model = TestStatistic("satorra.bentler", 8.0, 4, 0.1, scaling_factor=1.2, trace_ugamma=4.8)
    nothing = TestStatistic("satorra.bentler", math.nan, 6, math.nan)
    standard = TestStatistic("standard", 9.6, 4, 0.05)
    robust = build_robust_comparison(standard, model, BaselineTest((90.0,), 6), nothing)
    found = compute_incremental_measures(Comparison(9.6, 4, 90.0, 6), robust=robust)
    assert all(math.isnan(found[f"{name}.robust"]) for name in ("cfi", "tli", "nnfi", "rni"))
    assert found["cfi"] > 0.9


def test_gfi_does_not_exist_where_the_implied_covariance_is_indefinite(hs):
    found = fit("x1 ~~ x1 + 5*x2 + x3\nx2 ~~ x2 + x3\nx3 ~~ x3", hs, estimator="ULS")
    assert np.linalg.eigvalsh(found.evaluated.evaluation.implied_cov[0])[0] < 0
    assert math.isnan(found.fit_measures["gfi"])
    assert math.isnan(found.fit_measures["gfi.ci.lower"])


def test_score_tests_of_least_squares_in_several_groups(hs):
    found = fit("visual =~ x1 + x2 + x3", hs, group="school", group_equal="loadings", estimator="GLS")
    assert compute_score(found.solution).univariate["X2"].tolist() == pytest.approx([0.29219323, 0.09237400], rel=1e-4)
    found = fit("visual =~ x1 + a*x2 + a*x3 + x4", hs, estimator="GLS")
    assert compute_score(found.solution).univariate["X2"].tolist() == pytest.approx([3.1115891], rel=1e-4)


def test_uls_needs_moments_only(hs):
    names = [f"x{i}" for i in range(1, 10)]
    rows = fit(THREE.format("", ""), hs, estimator="ULS")
    moments = fit(THREE.format("", ""), sample_cov=hs[names].cov(), sample_nobs=301, estimator="ULS")
    assert moments.fit_measures["chisq"] == pytest.approx(rows.fit_measures["chisq"], rel=1e-8)


def test_wls_blames_a_balanced_condition():
    """A variance without error: the estimates were NaN, with warnings of numpy."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.standard_normal(300), "z": np.repeat([0.0, 1.0], 150)})
    frame["y"] = frame["x"] + 0.3 * frame["z"] + rng.standard_normal(300)
    with pytest.raises(DataError, match="cannot be inverted"):
        fit("y ~ x + z", frame, estimator="WLS", fixed_x=False)
    assert fit("y ~ x + z", frame, estimator="WLS", fixed_x=True).converged


def test_wls_blames_a_singular_gamma(hs):
    frame = hs.assign(male=(hs["sex"] == 1).astype(float))
    with pytest.raises(DataError, match="weight matrix of WLS cannot be inverted"):
        fit("f =~ x1 + x2 + x3 + male", frame, meanstructure=True, estimator="WLS")


@pytest.mark.parametrize("estimator", ["WLSM", "WLSMV"])
def test_robust_cfi_where_the_baseline_model_has_a_factor_of_one(hs, estimator):
    """Its UΓ has its degrees of freedom for trace, which lavaan takes for "not scaled": 1 beside an RMSEA > 0."""
    spec = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nvisual ~ ageyr\ntextual ~ ageyr"
    options = {"ordered": False, "meanstructure": True}
    scaled = fit(spec, hs, estimator="WLSM", **options).fit_measures
    ours = fit(spec, hs, estimator=estimator, **options).fit_measures
    assert scaled["baseline.chisq.scaling.factor"] == pytest.approx(1.0, abs=1e-10)
    excess = scaled["chisq"] - scaled["chisq.scaling.factor"] * scaled["df"]
    expected = 1.0 - excess / (scaled["baseline.chisq"] - scaled["baseline.df"])
    assert ours["cfi.robust"] == pytest.approx(expected, rel=1e-9)
    assert ours["rmsea.robust"] == pytest.approx(0.0433916, rel=1e-5)


def test_error_of_a_parameter_that_only_constraints_determine(hs):
    """The correlation of two variables as the variance of a phantom: its error is (1 - r²)/√n."""
    spec = "r =~ 0\nr ~~ rho*r\nx1 ~~ a*x1\nx2 ~~ b*x2\nx1 ~~ c*x2\nc == sqrt(a*b)*rho"
    found = fit(spec, hs)
    row = found.parameters.set_index("label").loc["rho"]
    correlation = np.corrcoef(hs["x1"].astype(float), hs["x2"].astype(float))[0, 1]
    assert row["est"] == pytest.approx(correlation, abs=1e-8)
    assert row["se"] == pytest.approx((1.0 - correlation**2) / math.sqrt(301), rel=1e-6)
