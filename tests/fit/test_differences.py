"""Entries of docs/differences.md that no other test holds."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import SemError, fit
from sem_toolkit.inference import compute_parameter_covariance
from sem_toolkit.inference.solution import build_standardized_solution
from sem_toolkit.model import compute_matrices
from tests.support import DATA

MODEL = "visual =~ x1 + a*x2 + b*x3\n"


def test_the_standard_error_of_an_absolute_value_is_that_of_the_delta_method() -> None:
    rows = fit(MODEL + "size := abs(a)\n", DATA / "hs.csv", engine="native").parameters
    own, defined = (rows.loc[rows["label"] == label].iloc[0] for label in ("a", "size"))
    assert defined["se"] == pytest.approx(own["se"], rel=1e-10)
    assert own["se"] > 0.05


def test_small_p_values_keep_their_digits() -> None:
    rows = fit(MODEL, DATA / "hs.csv", engine="native", likelihood="wishart").parameters
    assert rows["pvalue"].dropna().min() > 0.0
    large = fit("x1 ~ x2\nx4 ~ x5 + x6", DATA / "hs.csv", engine="native").parameters
    assert 0.0 < large["pvalue"].dropna().min() < 1e-20


def test_a_wishart_likelihood_of_weighted_rows_is_refused() -> None:
    frame = pd.read_csv(DATA / "hs.csv").assign(weight=1.0)
    with pytest.raises(SemError, match=r"(?i)wishart"):
        fit(MODEL, frame, sampling_weights="weight", likelihood="wishart")


def test_auxiliary_variables_take_no_degrees_of_freedom_where_intercepts_are_equal() -> None:
    options = {"engine": "native", "missing": "ml", "group": "school", "group_equal": ["loadings", "intercepts"]}
    bare, aided = (fit(MODEL, DATA / "hs.csv", **options, **more).fit_measures["df"] for more in ({}, {"aux": ["x9"]}))
    assert aided == bare


def test_rows_that_are_left_out_are_counted() -> None:
    frame = pd.read_csv(DATA / "hs.csv")
    frame.loc[:6, "x2"] = float("nan")
    found = fit(MODEL, frame, engine="native")
    assert found.sample.n == 294
    assert any(
        "7 of 301 rows" in message.message and 'missing = "ml"' in (message.hint or "") for message in found.messages
    )


def test_robust_indices_of_equal_thresholds_are_those_of_either_parameterization() -> None:
    items = [f"v{i}" for i in range(1, 5)]
    options = {"ordered": items, "group": "g", "group_equal": ["thresholds", "loadings"], "engine": "native"}
    text = "F =~ v1 + v2 + v3 + v4"
    delta, theta = (
        fit(text, DATA / "ordinal_groups.csv", parameterization=name, **options).fit_measures
        for name in ("delta", "theta")
    )
    for measure in ("cfi.robust", "tli.robust", "rmsea.robust"):
        assert 0.0 <= delta[measure] < 1.1
        assert theta[measure] == pytest.approx(delta[measure], abs=1e-6)


def test_scales_are_candidates_where_they_are_parameters() -> None:
    items = ["u1", "u2", "u3", "u4"]
    text = "f =~ u1 + u2 + u3 + u4\nu2 | t1 + t2 + q*t3 + t4\nu4 | t1 + t2 + t3 + q*t4"
    delta, theta = (
        fit(text, DATA / "likert5_n477.csv", ordered=items, parameterization=name).modification_indices.set_index(
            ["lhs", "op", "rhs"]
        )
        for name in ("delta", "theta")
    )
    assert not (theta.index.get_level_values("op") == "~*~").any()
    for item in ("u2", "u4"):
        scale = delta.loc[(item, "~*~", item)]
        assert scale["sepc.all"] == pytest.approx(scale["epc"])
        assert theta.loc[(item, "~~", item), "mi"] > 0.0


def test_modification_indices_beside_a_negative_variance_are_near_what_a_release_takes_off() -> None:
    rng = np.random.default_rng(8)
    level = rng.normal(size=300)
    waves = level[:, None] + np.array([0.0, 0.5, 1.3, 1.5]) + 0.7 * rng.normal(size=(300, 4))
    frame = pd.DataFrame(waves, columns=["t1", "t2", "t3", "t4"])
    text = "i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + {}*t4"
    held, freed = (fit(text.format(loading), frame, call="growth", engine="native") for loading in ("3", "NA"))
    assert held.certificate.verdict == "improper"
    indices = held.modification_indices.set_index(["lhs", "op", "rhs"])
    fall = held.fit_measures["chisq"] - freed.fit_measures["chisq"]
    assert indices.loc[("s", "=~", "t4"), "mi"] == pytest.approx(fall, rel=0.35)
    assert indices.loc[("s", "=~", "t4"), "mi"] <= held.fit_measures["chisq"]


def test_free_tests_of_residuals_where_moments_depend_on_each_other_are_limits() -> None:
    """The square of a 0/1 variable is itself: with means its moments say the same twice."""
    rows = pd.read_csv(DATA / "hs.csv").assign(male=lambda frame: frame["sex"] - 1.0)
    options = {"estimator": "ULS", "se": "robust.sem", "group": "school", "group_equal": ["loadings", "intercepts"]}
    noise = 1e-3 * np.random.default_rng(2).normal(size=len(rows))
    text = "visual =~ x1 + x2 + x3\nvisual ~ male"
    exact, near = (fit(text, rows.assign(male=rows["male"] + more), **options).fit_measures for more in (0.0, noise))
    for measure in ("chisq", "baseline.chisq"):
        assert exact[measure] > 0.0
        assert exact[measure] == pytest.approx(near[measure], rel=5e-3)


def test_full_information_takes_observed_information_whatever_the_design() -> None:
    rows = pd.read_csv(DATA / "survey_missing.csv")
    options = {"missing": "ml", "cluster": "cl"}
    plain, first = (
        fit("f =~ y1 + y2 + y3", rows, estimator=name, sampling_weights="wt", **options).parameters["se"]
        for name in ("MLR", "ML")
    )
    np.testing.assert_allclose(first, plain, rtol=1e-9)


def test_moments_of_pairs_have_no_factor_scores() -> None:
    found = fit("visual =~ x1 + x2 + x3", DATA / "hs_missing.csv", missing="pairwise")
    with pytest.raises(SemError, match="rows"):
        found.factor_scores("regression")


def test_incomplete_rows_given_covariates_have_the_robust_indices_of_fixed_ones() -> None:
    text = "m ~ x1 + x2\ny1 ~ m + x1\ny2 ~ m + x2"
    given, fixed = (
        fit(text, DATA / "mediation_missing.csv", missing="ml", conditional_x=conditional).fit_measures
        for conditional in (True, False)
    )
    assert given["chisq"] == pytest.approx(fixed["chisq"], rel=1e-8)
    assert given["rmsea.robust"] == pytest.approx(fixed["rmsea.robust"], abs=1e-8)
    assert np.isnan(given.get("gfi_lisrel", np.nan))


def test_pairs_leave_rows_without_fixed_covariates_out_with_and_without_means() -> None:
    text = "m ~ x1 + x2\ny1 ~ m + x1"
    counts = [
        fit(text, DATA / "mediation_missing.csv", missing="pairwise", meanstructure=m).sample.n for m in (False, True)
    ]
    rows = pd.read_csv(DATA / "mediation_missing.csv")
    assert counts == [rows[["x1", "x2"]].notna().all(axis=1).sum()] * 2


def test_observed_information_without_observed_information_is_refused() -> None:
    with pytest.raises(SemError, match="observed_information"):
        fit(MODEL, DATA / "hs.csv", observed_information="h1")
    assert fit(MODEL, DATA / "hs.csv", information="observed", observed_information="h1").certified


def test_scales_and_residual_variances_of_ordered_variables_that_act_on_others() -> None:
    """lavaan's expected changes of the scale of x1 are -0.094 and 0.028."""
    data = pd.read_csv(DATA / "hs.csv")
    data[["x1", "x2"]] = data[["x1", "x2"]].apply(lambda column: pd.qcut(column, 4, labels=False))
    text = "x1 ~ x4\nx5 ~ x1 + x4\nx2 ~ x5 + x1\n"
    options = {"ordered": ["x1", "x2"], "group": "school", "group_equal": ["regressions"], "estimator": "ULSMV"}
    found = fit(text, data, **options)
    indices = found.modification_indices
    indices = indices[(indices["op"] == "~*~") & (indices["lhs"] == "x1")].set_index("group")
    for group, labels in ((1, "NA,1"), (2, "1,NA")):
        freed = fit(text + f"x1 ~*~ c({labels})*x1\n", data, **options)
        rows = freed.parameters
        scale = rows[(rows["op"] == "~*~") & (rows["lhs"] == "x1") & (rows["group"] == group)]["est"].item()
        gain = found.fit_measures["chisq"] - freed.fit_measures["chisq"]
        assert indices["mi"][group] == pytest.approx(gain, rel=0.02)
        assert indices["epc"][group] == pytest.approx(scale - 1.0, rel=0.06)
    solution = found.solution
    place = list(solution.model.observed).index("x2")
    steps = 1e-6 * np.eye(len(solution.x))
    ends = [
        [compute_matrices(solution.model, solution.x + sign * step).symmetric[:, place, place] for step in steps]
        for sign in (1.0, -1.0)
    ]
    slopes = (np.stack(ends[0], axis=1) - np.stack(ends[1], axis=1)) / 2e-6
    covariance = compute_parameter_covariance(solution, found.options.inference)
    rows = build_standardized_solution(found.evaluated, 0.95, "std.lv", found.options.inference)
    errors = rows[(rows["op"] == "~~") & (rows["lhs"] == "x2")].sort_values("group")["se"]
    np.testing.assert_allclose(errors, np.sqrt(np.diagonal(slopes @ covariance @ slopes.T)), rtol=1e-5)
