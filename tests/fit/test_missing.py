"""Full information from incomplete rows: lavaan's numbers, certified, and plain words about rows and cells."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.comparison import build_nested_table
from sem_toolkit.diagnostics import DataError, ModelError, OptionError
from sem_toolkit.fit import Fit, fit
from sem_toolkit.report.tables import build_table_of
from tests.support import DATA, ORACLES, near, row_key

CASES = sorted(path.stem for path in (ORACLES / "missing").glob("*.json"))
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.fixture(scope="module", params=CASES)
def fitted(request) -> tuple[Fit, dict]:
    case = json.loads((ORACLES / "missing" / f"{request.param}.json").read_text())
    return fit(case["spec"], DATA / case["data"], **case["options"]), case


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(DATA / "hs_missing.csv")


def test_everything_is_certified(fitted):
    found, case = fitted
    assert found.certificate.verdict == "converged"
    assert found.certificate.gradient_max < 1e-9
    assert found.sample.n == case["n"]
    assert found.npar == case["fit_measures"]["npar"]
    for group in found.sample.groups:
        assert group.saturated.gradient_max < 1e-9
        assert group.saturated.converged
        assert group.saturated.definite


def test_parameters_and_standard_errors(fitted):
    found, case = fitted
    mine = {row_key(row): row for row in found.parameters.to_dict("records")}
    for row in case["parameters"]:
        if row["op"] in ("==", "<", ">"):
            continue
        own = mine[row_key(row)]
        assert near(own["est"], row["est"], 1e-4, max(1e-4, 1e-3 * row["se"])), row_key(row)
        assert near(own["se"], row["se"], 5e-4, 1e-6), row_key(row)


def test_fit_measures(fitted):
    """The saturated model of lavaan stops short where two variables are never together: ours is likelier."""
    found, case = fitted
    ours, theirs = found.fit_measures, case["fit_measures"]
    inexact = "never" in case["id"]
    if inexact:
        assert ours["unrestricted.logl"] > theirs["unrestricted.logl"] + 1e-4
    for name, value in theirs.items():
        if case["id"] == "two_stage_robust_sem" and name.startswith("gfi") and name[4:] not in ("lisrel", "ci.level"):
            assert math.isnan(ours[name])  # 75 rows for 77 moments: its weight has no inverse, and lavaan says 1
            continue
        if name == "fmin" or (inexact and ("rm" in name or "robust" in name or "gfi" in name)):
            continue
        loose = name.endswith((".scaled", ".robust", ".factor")) or "rmsea" in name
        assert near(ours.get(name), value, 5e-4 if loose else 1e-5, 1e-4 if loose or inexact else 2e-5), name


def test_modification_indices(fitted):
    found, case = fitted
    mine = {row_key(row): row for row in found.modification_indices.to_dict("records")}
    for row in case.get("modification_indices", []):
        if row["mi"] > 1e-6:
            assert near(mine[row_key(row)]["mi"], row["mi"], 2e-3, 1e-4), row_key(row)
            assert near(mine[row_key(row)]["epc"], row["epc"], 2e-3, 1e-4), row_key(row)


def test_logl_is_the_sum_over_rows(rows):
    found = fit(CFA, rows, call="cfa", missing="ml")
    moments = found.implied_moments
    total = 0.0
    for row in rows[list(found.solution.model.observed)].to_numpy():
        there = ~np.isnan(row)
        gap, block = row[there] - moments.mean[0, there], moments.covariance[0][np.ix_(there, there)]
        total -= 0.5 * (np.linalg.slogdet(2.0 * np.pi * block)[1] + gap @ np.linalg.solve(block, gap))
    assert found.fit_measures["logl"] == pytest.approx(total, rel=1e-12)


def test_complete_rows_are_fitted_as_by_listwise_deletion():
    data = pd.read_csv(DATA / "hs.csv")
    first, second = (
        fit(CFA, data, call="cfa", missing=choice, meanstructure=True, information="observed")
        for choice in ("ml", "listwise")
    )
    for column in ("est", "se"):
        np.testing.assert_allclose(first.parameters[column], second.parameters[column], rtol=1e-7, atol=1e-9)
    for name in ("chisq", "cfi", "rmsea", "logl", "srmr", "baseline.chisq", "bic"):
        assert first.fit_measures[name] == pytest.approx(second.fit_measures[name], rel=1e-9), name


def test_factor_scores_of_rows_with_empty_cells(rows):
    """First three rows by lavaan 0.7-2: lavPredict(), regression and Bartlett."""
    found = fit(CFA, rows, call="cfa", missing="ml")
    (scores,) = found.factor_scores()
    np.testing.assert_allclose(
        scores.scores[1:3],
        [[0.04281358565, -1.02326758266, 0.6224217217], [-0.74893726164, -1.88480699416, -0.8332316670]],
        atol=1e-5,
    )
    (scores,) = found.factor_scores("bartlett")
    np.testing.assert_allclose(scores.scores[0], [-0.97613054269, 0.235677454212, 0.2624423504], atol=2e-5)
    assert np.isnan(scores.scores).sum() == 3  # one factor each of three rows without an indicator of it
    with pytest.raises(DataError) as caught:
        found.factor_scores("tenberge")
    assert caught.value.diagnostics[0].code == "complete-rows-needed"


def test_listwise_deletion_says_how_to_keep_the_rows(rows):
    found = fit(CFA, rows, call="cfa")
    (message,) = [entry for entry in found.sample.messages if entry.code == "rows-dropped"]
    dropped = int(rows[[f"x{i}" for i in range(1, 10)]].isna().any(axis=1).sum())
    assert f"{dropped} of 301 rows left out" in message.message
    assert 'missing = "ml"' in message.hint
    asked = fit(CFA, rows, call="cfa", missing="listwise")
    (message,) = [entry for entry in asked.sample.messages if entry.code == "rows-dropped"]
    assert message.hint is None


def test_empty_rows_and_missing_exogenous_values_are_said():
    data = pd.read_csv(DATA / "mediation_missing.csv")
    data.loc[3] = np.nan
    spec = "m ~ x1 + x2\ny1 ~ m + x1\ny2 ~ m + x2"
    found = fit(spec, data, missing="ml")
    messages = {entry.code: entry for entry in found.sample.messages}
    assert "1 of 250 rows left out because every value is missing" in messages["rows-empty"].message
    assert "ml.x" in messages["rows-dropped"].hint
    assert fit(spec, data, missing="fiml.x").sample.n == 249


def test_a_pair_never_observed_together_is_named():
    found = fit(CFA, DATA / "hs_neverpair.csv", call="cfa", missing="direct")
    (message,) = [entry for entry in found.sample.messages if entry.code == "never-observed-together"]
    assert "x1 and x9" in message.message
    assert found.sample.groups[0].covariance[0, 8] == 0.0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"estimator": "GLS"}, "missing-estimator"),
        ({"estimator": "MLM"}, "missing-estimator"),
        ({"se": "robust.sem"}, "missing-estimator"),
        ({"likelihood": "wishart"}, "missing-estimator"),
        ({"test": "satorra.bentler"}, "missing-test"),
        ({"meanstructure": False}, "no-means"),
        ({"se": "two.stage"}, "option-value"),
        ({"missing": "two.stage", "estimator": "MLR"}, "missing-estimator"),
        ({"missing": "two.stage", "test": "yuan.bentler.mplus"}, "missing-test"),
        ({"missing": "two.stage", "observed_information": "hessian"}, "missing-estimator"),
        ({"missing": "listwise", "aux": ["ageyr"]}, "aux-without-missing"),
    ],
)
def test_what_full_information_does_not_go_with_is_refused(rows, options, code):
    with pytest.raises(OptionError) as caught:
        fit(CFA, rows, **({"missing": "ml"} | options))
    assert code in [entry.code for entry in caught.value.diagnostics]


@pytest.mark.parametrize("damage", ["empty", "constant", "few"])
def test_rows_that_cannot_be_fitted_are_refused_with_the_culprit(rows, damage):
    data = rows.copy()
    other = data["school"] == data["school"].iloc[0]
    if damage == "empty":
        data.loc[other, "x5"] = np.nan
    elif damage == "constant":
        data.loc[other & data["x5"].notna(), "x5"] = 3.0
    else:
        data = pd.concat([data[other].head(8), data[~other]])
    with pytest.raises(DataError) as caught:
        fit(CFA, data, call="cfa", missing="ml", group="school")
    expected = {"empty": "all-missing", "constant": "constant-column", "few": "too-few-rows"}[damage]
    assert caught.value.diagnostics[0].code == expected
    assert str(data["school"].iloc[0]) in caught.value.diagnostics[0].message


def test_gradient_of_the_saturated_model_is_lower_than_lavaans_stop():
    """lavaan's EM stops at 1e-5; the certificate here is a gradient."""
    case = json.loads((ORACLES / "missing" / "fiml_cfa_ml.json").read_text())
    found = fit(case["spec"], DATA / case["data"], **case["options"])
    assert found.fit_measures["unrestricted.logl"] >= case["fit_measures"]["unrestricted.logl"] - 1e-9


def test_two_stages_of_complete_rows_are_satorra_bentlers_of_normal_data():
    """Without empty cells Ω is Γ by normal theory, and the sandwich collapses to inverse information at S."""
    data = pd.read_csv(DATA / "hs.csv")
    staged = fit(CFA, data, call="cfa", missing="two.stage")
    plain = fit(CFA, data, call="cfa", meanstructure=True)
    np.testing.assert_allclose(staged.parameters["est"], plain.parameters["est"], rtol=1e-7, atol=1e-9)
    assert staged.fit_measures["chisq"] == pytest.approx(plain.fit_measures["chisq"], rel=1e-9)
    assert staged.fit_measures["chisq.scaling.factor"] == pytest.approx(1.0, abs=1e-9)


def test_tables_that_need_complete_rows_say_so(rows):
    for choice in ("ml", "two.stage"):
        found = fit(CFA, rows, call="cfa", missing=choice)
        assert np.isfinite(found.residuals[0].cov_se).all()
        if choice == "ml":
            for reweighted in (False, True):
                with pytest.raises(DataError) as caught:
                    found.compute_eigenvalue_tests(reweighted=reweighted)
                assert caught.value.diagnostics[0].code == "complete-rows-needed"


COMPARISONS = sorted(path.stem for path in (ORACLES / "missing_comparisons").glob("*.json"))


@pytest.mark.parametrize("name", COMPARISONS)
def test_difference_tests(name):
    case = json.loads((ORACLES / "missing_comparisons" / f"{name}.json").read_text())
    fits = {model["name"]: fit(model["spec"], DATA / case["data"], **model["options"]) for model in case["models"]}
    for result in case["results"]:
        table = build_nested_table(fits, method=result["arguments"].get("method"))
        for row in result["table"]:
            own = table.loc[row["model"]]
            assert own["Df"] == row["Df"]
            assert near(own["Chisq"], row["Chisq"], 1e-5, 1e-5)
            assert near(own["Chisq.diff"], row["Chisq_diff"], 1e-4, 1e-4), (result["name"], row["model"])
            assert near(own["Pr(>Chisq)"], row["Pr_Chisq"], 1e-4, 1e-4)


def test_fits_that_treat_missing_values_differently_are_not_compared(rows):
    staged, whole = (fit(CFA, rows, call="cfa", missing=choice) for choice in ("two.stage", "ml"))
    with pytest.raises(ModelError) as caught:
        build_nested_table({"first": staged, "second": whole})
    assert "missing" in caught.value.diagnostics[0].message


def test_auxiliary_variables_are_hidden_and_refused_where_the_model_has_them(rows):
    found = fit("visual =~ x1 + x2 + x3", rows, call="cfa", missing="ml", aux=["x4", "x7"])
    assert not {"x4", "x7"} & {*found.parameters["lhs"], *found.parameters["rhs"], *found.standardized["rhs"]}
    assert not {"x4", "x7"} & {row.rhs for row in found.table.rows}
    assert found.fit_measures["df"] == 0
    for aux, code in (("x1", "aux-in-model"), ("nobody", "unknown-variable")):
        with pytest.raises((OptionError, DataError)) as caught:
            fit("visual =~ x1 + x2 + x3", rows, call="cfa", missing="ml", aux=aux)
        assert caught.value.diagnostics[0].code == code
    with pytest.raises(OptionError) as caught:
        fit("x1 ~ x2", rows, missing="ml", aux=["x4"])
    assert caught.value.diagnostics[0].code == "aux-fixed-x"
    assert fit("x1 ~ x2", rows, missing="ml", aux=["x4"], fixed_x=False).converged


def test_patterns_and_coverage_as_tables(rows):
    found = fit(CFA, rows, call="cfa", missing="ml", group="school")
    patterns, coverage = build_table_of(found, "patterns"), build_table_of(found, "coverage")
    names = [f"x{i}" for i in range(1, 10)]
    assert patterns["rows"].sum() == 301
    for label, own in rows.groupby("school"):
        there = own[names].notna().to_numpy(dtype=float)
        mine = patterns[patterns["group"] == label]
        assert len(mine) == len(np.unique(there, axis=0))
        assert mine["share"].sum() == pytest.approx(1.0)
        np.testing.assert_allclose(coverage.loc[coverage["group"] == label, names], there.T @ there / len(own))
    complete = build_table_of(fit(CFA, DATA / "hs.csv", call="cfa"), "patterns")
    assert complete["rows"].tolist() == [301]


def test_pairwise_moments_are_pandas_own_and_come_with_a_warning(rows):
    found = fit(CFA, rows, call="cfa", missing="pairwise")
    names = list(found.sample.variables)
    np.testing.assert_allclose(found.sample.groups[0].covariance, rows[names].cov() * 300 / 301, rtol=1e-12)
    assert found.fit_measures["chisq"] == pytest.approx(107.333604129284, rel=1e-7)  # lavaan 0.7-2
    assert "pairwise-moments" in [entry.code for entry in found.sample.messages]
    with pytest.raises(OptionError) as caught:
        fit(CFA, rows, call="cfa", missing="pairwise", estimator="MLR")
    assert caught.value.diagnostics[0].code == "missing-estimator"
    with pytest.raises(DataError) as refused:
        fit(CFA, DATA / "hs_neverpair.csv", call="cfa", missing="pairwise")
    assert refused.value.diagnostics[0].code == "no-pair"


def test_bartlett_scores_beside_auxiliary_variables_are_of_the_indicators(rows):
    """(λᵀΘ⁻¹λ)⁻¹λᵀΘ⁻¹(y − ν); lavaan takes the auxiliary variables for indicators without loadings."""
    found = fit("visual =~ x1 + x2 + x3", rows, call="cfa", missing="ml", aux=["x4", "x7"])
    table = found.parameters.set_index(["lhs", "op", "rhs"])["est"]
    names = ["x1", "x2", "x3"]
    loadings = np.array([table["visual", "=~", name] for name in names])
    weights = loadings / np.array([table[name, "~~", name] for name in names])
    complete = rows[names].notna().all(axis=1).to_numpy()
    centred = rows[names].to_numpy()[complete] - np.array([table[name, "~1", ""] for name in names])
    expected = centred @ weights / (loadings @ weights)
    (scores,) = found.factor_scores("bartlett")
    np.testing.assert_allclose(scores.scores[complete, 0], expected, atol=1e-8)


def test_bartlett_scores_leave_out_what_covariates_do_to_an_indicator(rows):
    """(λᵀΘ⁻¹λ)⁻¹λᵀΘ⁻¹(y − ν − κx), of the indicators that a row has."""
    found = fit("visual =~ x1 + x2 + x3\nvisual ~ ageyr\nx2 ~ ageyr", rows, missing="ml")
    table = found.parameters.set_index(["lhs", "op", "rhs"])["est"]
    names = ["x1", "x2", "x3"]
    loadings = np.array([table["visual", "=~", name] for name in names])
    weights = loadings / np.array([table[name, "~~", name] for name in names])
    errors = rows[names].to_numpy() - np.array([table[name, "~1", ""] for name in names])
    errors[:, 1] -= table["x2", "~", "ageyr"] * rows["ageyr"].to_numpy()
    there = np.isfinite(errors)
    some = there.any(axis=1)
    expected = (np.nan_to_num(errors) @ weights)[some] / (there @ (loadings * weights))[some]
    (scores,) = found.factor_scores("bartlett")
    np.testing.assert_allclose(scores.scores[some, 0], expected, atol=1e-8)


def test_an_indicator_with_a_missing_cause_says_nothing_of_a_factor(rows):
    holes = rows.assign(ageyr=rows["ageyr"].where(np.arange(len(rows)) % 7 > 0))
    text = "visual =~ x1 + x2 + x3\nvisual ~ ageyr\nx2 ~ ageyr"
    found = fit(text, holes, missing="ml", fixed_x=False)
    table = found.parameters.set_index(["lhs", "op", "rhs"])["est"]
    names = ["x1", "x3"]
    loadings = np.array([table["visual", "=~", name] for name in names])
    weights = loadings / np.array([table[name, "~~", name] for name in names])
    some = (holes["ageyr"].isna() & holes[names].notna().all(axis=1)).to_numpy()
    errors = holes.loc[some, names].to_numpy() - np.array([table[name, "~1", ""] for name in names])
    (scores,) = found.factor_scores("bartlett")
    np.testing.assert_allclose(scores.scores[some, 0], errors @ weights / (loadings @ weights), atol=1e-7)


def test_two_stages_say_how_to_have_robust_errors(rows):
    with pytest.raises(OptionError) as refused:
        fit("visual =~ x1 + x2 + x3", rows, missing="two.stage", estimator="MLR")
    assert 'estimator = "ML"' in refused.value.diagnostics[0].hint


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({}, (62.02806525, 1.02571738, 1.05846073, 542.85194391, 0.92497204, 0.07255432, 0.93307157, 0.09018906)),
        (
            {"information": "expected"},
            (63.05402402, 1.00902783, 1.05905519, 740.95013188, 0.94460030, 0.07352652, 0.93312817, 0.09015072),
        ),
        (
            {"group": "school", "group_equal": ["loadings", "intercepts"]},
            (137.76909618, 0.98073342, 0.80950597, 597.94468753, 0.85213446, 0.09280249, 0.88444245, 0.10497772),
        ),
    ],
    ids=["observed", "expected", "groups"],
)
def test_the_yuan_bentler_test_of_incomplete_rows(rows, options, numbers):
    """lavaan 0.7-2, whose saturated model is found by EM and so is known to some six digits."""
    measures = fit(CFA, rows, call="cfa", missing="ml", test="yuan.bentler", **options).fit_measures
    names = ("chisq.scaled", "chisq.scaling.factor", "scaling.factor.h0", "baseline.chisq.scaled")
    names += ("cfi.scaled", "rmsea.scaled", "cfi.robust", "rmsea.robust")
    for name, number in zip(names, numbers, strict=True):
        assert measures[name] == pytest.approx(number, rel=2e-5), name


def test_differences_of_yuan_bentler_tests_of_incomplete_rows(rows):
    options = {"call": "cfa", "missing": "ml", "test": "yuan.bentler", "group": "school"}
    fits = {"free": fit(CFA, rows, **options)}
    fits["equal"] = fit(CFA, rows, **options, group_equal=["loadings", "intercepts"])
    assert build_nested_table(fits).loc["equal", "Chisq.diff"] == pytest.approx(55.4819672, rel=2e-5)


def test_composites_go_with_two_stages() -> None:
    """With nothing missing the two stages are one, and normal errors leave the statistic as it is."""
    spec = "f <~ x1 + x2 + x3\ny =~ x4 + x5 + x6\ny ~ f"
    complete = fit(spec, DATA / "hs.csv", missing="two.stage").fit_measures
    assert complete["chisq"] == pytest.approx(fit(spec, DATA / "hs.csv").fit_measures["chisq"], rel=1e-9)
    assert complete["chisq.scaling.factor"] == pytest.approx(1.0, abs=1e-8)
    for missing in ("two.stage", "robust.two.stage"):
        found = fit(spec, DATA / "hs_missing.csv", missing=missing)
        assert found.certified
        assert 1.0 < found.fit_measures["chisq.scaling.factor"] < 1.6  # what is missing makes moments vary more
        assert "f <~" in found.summary()
