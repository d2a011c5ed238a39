"""Rows in clusters: lavaan's standard errors and tests, and plain words about clusters that cannot be used."""

import json

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.comparison import build_nested_table
from sem_toolkit.diagnostics import DataError, OptionError
from sem_toolkit.fit import fit
from sem_toolkit.inference.exact_fit.ugamma import compute_ugamma_eigenvalues
from tests.support import DATA, ORACLES, near, row_key

CASES = sorted(path.stem for path in (ORACLES / "clusters").glob("*.json"))
CFA = "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6"


@pytest.fixture(scope="module")
def survey() -> pd.DataFrame:
    return pd.read_csv(DATA / "survey.csv")


@pytest.mark.parametrize("name", CASES)
def test_standard_errors_and_fit_measures(name):
    case = json.loads((ORACLES / "clusters" / f"{name}.json").read_text())
    found = fit(case["spec"], DATA / case["data"], **case["options"])
    assert found.certificate.verdict == "converged"
    mine = {row_key(row): row for row in found.parameters.to_dict("records")}
    for row in case["parameters"]:
        if row["op"] not in ("==", "<", ">"):
            assert near(mine[row_key(row)]["est"], row["est"], 1e-4, max(1e-4, 1e-3 * row["se"])), row_key(row)
            assert near(mine[row_key(row)]["se"], row["se"], 5e-4, 1e-6), row_key(row)
    for measure, value in case["fit_measures"].items():
        loose = measure.endswith((".scaled", ".robust", ".factor")) or "rmsea" in measure
        if measure != "fmin":
            assert near(found.fit_measures.get(measure), value, 5e-4 if loose else 1e-5, 1e-4), measure


def test_difference_tests_count_clusters():
    case = json.loads((ORACLES / "clusters_lrt.json").read_text())
    fits = {model["name"]: fit(model["spec"], DATA / case["data"], **model["options"]) for model in case["models"]}
    for result in case["results"]:
        table = build_nested_table(fits, method=result["arguments"].get("method"))
        for row in result["table"]:
            assert near(table.loc[row["model"], "Chisq.diff"], row["Chisq_diff"], 2e-4, 1e-4), result["name"]


def test_clusters_of_one_row_are_rows_but_for_the_correction(survey):
    """Cross-products of n sums times n/(n − 1): standard errors grow by the root of it."""
    survey = survey.assign(own=np.arange(len(survey)))
    single, plain = (
        fit(CFA, survey, call="cfa", cluster="own"),
        fit(CFA, survey, call="cfa", estimator="MLR", meanstructure=True),
    )
    free = plain.parameters["se"] > 0
    ratio = single.parameters["se"][free] / plain.parameters["se"][free]
    np.testing.assert_allclose(ratio, np.sqrt(len(survey) / (len(survey) - 1)), rtol=1e-9)


def test_repeated_rows_in_clusters_have_the_standard_errors_of_the_rows(survey):
    twice = pd.concat([survey, survey], ignore_index=True).assign(own=lambda rows: np.arange(len(rows)) % len(survey))
    once = fit(CFA, survey.assign(own=np.arange(len(survey))), call="cfa", cluster="own")
    doubled = fit(CFA, twice, call="cfa", cluster="own")
    np.testing.assert_allclose(doubled.parameters["se"], once.parameters["se"], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("damage", "code"), [("empty", "missing-cluster"), ("one", "too-few-clusters"), ("none", "unknown-variable")]
)
def test_clusters_that_cannot_be_used_are_refused(survey, damage, code):
    data = survey.copy()
    if damage == "empty":
        data["cl"] = data["cl"].astype(float)
        data.loc[5, "cl"] = np.nan
    elif damage == "one":
        data["cl"] = 1
    with pytest.raises(DataError) as caught:
        fit(CFA, data, call="cfa", cluster="nobody" if damage == "none" else "cl")
    assert caught.value.diagnostics[0].code == code


def test_tests_for_independent_rows_are_refused(survey):
    found = fit(CFA, survey, call="cfa", cluster="cl", missing="ml")
    with pytest.raises(DataError) as caught:
        found.compute_eigenvalue_tests()
    assert caught.value.diagnostics[0].code == "complete-rows-needed"
    for options in ({"estimator": "GLS"}, {"test": "browne.residual.adf"}, {"missing": "two.stage"}):
        with pytest.raises(OptionError) as refused:
            fit(CFA, survey, call="cfa", cluster="cl", **options)
        assert refused.value.diagnostics[0].code in ("cluster-estimator", "missing-test", "missing-estimator")
    few = fit(CFA, survey.assign(cl=survey["cl"] % 5), call="cfa", cluster="cl")
    assert "few-clusters" in [entry.code for entry in few.sample.messages]


def test_equal_weights_change_nothing(survey):
    weighted = fit(CFA, survey.assign(w=3.0), call="cfa", sampling_weights="w")
    plain = fit(CFA, survey, call="cfa", estimator="MLR")
    for column in ("est", "se"):
        np.testing.assert_allclose(weighted.parameters[column], plain.parameters[column], rtol=1e-7, atol=1e-9)
    for name in ("chisq", "chisq.scaled", "rmsea.robust", "cfi.robust", "logl"):
        assert weighted.fit_measures[name] == pytest.approx(plain.fit_measures[name], rel=1e-7), name


def test_whole_weights_estimate_as_repeated_rows_do(survey):
    counts = np.random.default_rng(3).integers(1, 4, len(survey))
    weighted = fit(CFA, survey.assign(w=counts), call="cfa", sampling_weights="w", missing="ml")
    repeated = fit(CFA, survey.loc[np.repeat(np.arange(len(survey)), counts)], call="cfa", missing="ml")
    np.testing.assert_allclose(weighted.parameters["est"], repeated.parameters["est"], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("estimator", ["MLM", "MLMV", "ULSMV", "GLS", "WLS"])
def test_weights_that_are_frequencies_are_repeated_rows(survey, estimator):
    counts = np.random.default_rng(4).integers(1, 4, len(survey))
    asked = {"sampling_weights": "w", "sampling_weights_normalization": "none", "sampling_weights_type": "frequency"}
    plain = {"se": "robust.sem"} if estimator == "GLS" else {}
    weighted = fit(CFA, survey.assign(w=counts), call="cfa", estimator=estimator, **asked)
    rows = survey.loc[np.repeat(np.arange(len(survey)), counts)]
    repeated = fit(CFA, rows, call="cfa", estimator=estimator, **plain)
    for column in ("est", "se"):
        np.testing.assert_allclose(weighted.parameters[column], repeated.parameters[column], rtol=2e-6, atol=1e-7)
    for name, value in repeated.fit_measures.items():
        assert weighted.fit_measures[name] == pytest.approx(value, rel=1e-5, abs=1e-7, nan_ok=True), name
    assert weighted.to_dict()["n"] == counts.sum()


def test_clustered_scaled_test_is_that_of_its_eigenvalues(survey):
    """The Satorra-Bentler factor is the mean of the eigenvalues of UΓ, of rows in clusters too."""
    found = fit(CFA, survey, call="cfa", cluster="cl", estimator="MLM")
    eigenvalues = compute_ugamma_eigenvalues(found.evaluated.evaluation)
    assert found.fit_measures["chisq.scaling.factor"] == pytest.approx(eigenvalues.mean(), rel=1e-9)


def test_standard_errors_that_ignore_clusters_are_said(survey):
    found = fit(CFA, survey, call="cfa", cluster="cl", se="standard")
    assert "rows-taken-for-draws" in [entry.code for entry in found.messages]


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_weights_that_are_no_weights_are_refused(survey, value):
    survey = survey.copy()
    survey.loc[7, "wt"] = value
    with pytest.raises(DataError) as caught:
        fit(CFA, survey, call="cfa", sampling_weights="wt")
    assert caught.value.diagnostics[0].code == "bad-weight"
    assert "row 8" in caught.value.diagnostics[0].message


def test_pairs_of_answers_in_clusters_of_one_row_are_those_of_rows(survey):
    """lavaan 0.7-2 halves these standard errors where answers are missing (docs/differences.md)."""
    answers = ["o1", "o2", "o3"]
    holes = np.random.default_rng(11).random((len(survey), 3)) < 0.1
    rows = survey.assign(own=np.arange(len(survey)))
    rows[answers] = rows[answers].mask(holes)
    options = {"ordered": answers, "missing": "pairwise"}
    single, plain = (fit("f =~ o1 + o2 + o3", rows, **options, **more).parameters for more in ({"cluster": "own"}, {}))
    free = plain["se"] > 0
    ratio = single["se"][free] / plain["se"][free]
    np.testing.assert_allclose(ratio, np.sqrt(len(rows) / (len(rows) - 1)), rtol=1e-6)


@pytest.mark.parametrize(("plain", "named"), [("ULS", "ULSM"), ("DWLS", "WLSM")])
def test_least_squares_of_answers_in_clusters_have_a_scaled_test(survey, plain, named):
    options = {"ordered": ["o1", "o2", "o3", "o4"], "cluster": "cl"}
    own, other = (fit("f =~ o1 + o2 + o3 + o4", survey, estimator=name, **options) for name in (plain, named))
    assert own.options.inference.test == "satorra.bentler"
    assert own.fit_measures["chisq.scaled"] == pytest.approx(other.fit_measures["chisq.scaled"], rel=1e-8)


def test_the_baseline_model_of_weighted_incomplete_rows_has_their_moments(survey):
    """χ² of uncorrelated outcomes given a fixed covariate, by hand: weighted moments of the values there."""
    rows = survey[["y1", "y2", "x"]].assign(weight=np.random.default_rng(3).uniform(0.3, 3.0, len(survey)))
    rows["weight"] *= np.exp(0.5 * rows["x"])
    rows.loc[::7, "y2"] = np.nan
    measures = fit("y1 ~ x\ny2 ~ x", rows, missing="ml", sampling_weights="weight").fit_measures
    weight, logl = (rows["weight"] / rows["weight"].mean()).to_numpy(), 0.0
    for name in ("y1", "y2"):
        there = rows[name].notna().to_numpy()
        values, own = rows.loc[there, name].to_numpy(), weight[there]
        gap = values - np.average(values, weights=own)
        variance = np.average(gap**2, weights=own)
        logl -= 0.5 * float(own @ (np.log(2.0 * np.pi * variance) + gap**2 / variance))
    assert measures["baseline.chisq"] == pytest.approx(2.0 * (measures["unrestricted.logl"] - logl), rel=1e-7)


def test_clusters_of_which_almost_all_have_one_row_are_told(survey):
    """Some clusters of one row are usual; an identifier with a few repetitions is no column of clusters."""
    n = len(survey)
    rows = np.arange(n)
    repeated = fit(CFA, survey.assign(cl=np.maximum(rows, 5)), call="cfa", cluster="cl")
    told = [entry for entry in repeated.sample.messages if entry.code == "single-row-clusters"]
    assert len(told) == 1
    assert f"{n - 6} of {n} rows" in told[0].message
    usual = fit(CFA, survey.assign(cl=np.where(rows < n // 2, rows // 5, rows)), call="cfa", cluster="cl")
    assert "single-row-clusters" not in [entry.code for entry in usual.sample.messages]


@pytest.mark.parametrize("missing", ["listwise", "ml"])
@pytest.mark.parametrize(
    "design", [{"cluster": "cl"}, {"sampling_weights": "w"}, {"cluster": "cl", "sampling_weights": "w"}]
)
def test_moments_given_covariates_have_the_errors_and_tests_of_fixed_ones(missing, design):
    """The likelihoods differ by that of the covariates, which no parameter changes."""
    rows = pd.read_csv(DATA / "hs_holes.csv")
    rows["older"] = rows["ageyr"] + rows["agemo"] / 12.0
    spec = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nvisual ~ older + sex\ntextual ~ visual"
    options = {"estimator": "MLR", "missing": missing, "meanstructure": True, **design}
    joint = fit(spec, rows, **options)
    given = fit(spec, rows, conditional_x=True, **options)
    columns = ["lhs", "op", "rhs", "est", "se"]
    expected = joint.parameters[columns].merge(given.parameters[columns], on=["lhs", "op", "rhs"])
    free = expected[(expected["se_x"] > 0) & (expected["se_y"] > 0)]
    assert len(free) == given.npar
    np.testing.assert_allclose(free["est_y"], free["est_x"], rtol=1e-7)
    np.testing.assert_allclose(free["se_y"], free["se_x"], rtol=1e-7)
    for name in ("chisq", "df", "chisq.scaled", "scaling.factor.h0", "scaling.factor.h1", "rmsea.robust"):
        assert given.fit_measures[name] == pytest.approx(joint.fit_measures[name], rel=1e-7), name
    assert given.fit_measures["cfi.scaled"] != pytest.approx(joint.fit_measures["cfi.scaled"], abs=1e-6)
