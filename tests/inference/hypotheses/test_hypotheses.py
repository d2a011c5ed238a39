"""Wald and score tests against lavaan."""

import json

import numpy as np
import pytest

from sem_toolkit import ModelError, SpecError, fit
from sem_toolkit.inference import compute_score, compute_score_of_additions, compute_wald
from sem_toolkit.sample import read_table
from tests.support import ORACLES


@pytest.fixture(scope="module")
def solved():
    made = {}

    def get(name):
        if name not in made:
            reference = json.loads((ORACLES / "comparisons" / f"{name}.json").read_text())
            frame = read_table(ORACLES / "data" / reference["data"])
            made[name] = reference, fit(reference["spec"], frame, **reference["options"]).solution
        return made[name]

    return get


@pytest.mark.parametrize("name", ["score_wald_hs", "score_groups"])
def test_score_tests_of_constraints(solved, name):
    reference, solution = solved(name)
    theirs, ours = reference["score_all_constraints"], compute_score(solution)
    assert (ours.stat, ours.df) == pytest.approx((theirs["test"][0]["X2"], theirs["test"][0]["df"]), rel=1e-5)
    for mine, table in ((ours.univariate, theirs["uni"]), (ours.cumulative, theirs["cumulative"])):
        assert mine["lhs"].tolist() == [row["lhs"] for row in table]
        assert mine["X2"].tolist() == pytest.approx([row["X2"] for row in table], rel=1e-4)
        assert mine["pvalue"].tolist() == pytest.approx([row["p_value"] for row in table], abs=1e-5)
    changes = [row["epc"] for row in theirs["epc"] if row["free"]]
    np.testing.assert_allclose(ours.changes, changes, atol=1e-5)


def test_score_test_of_additions(solved):
    reference, solution = solved("score_add_hs")
    theirs = reference["score_add"]
    ours = compute_score_of_additions(solution, theirs["add"])
    assert ours["X2"].tolist()[:-1] == pytest.approx([row["X2"] for row in theirs["uni"]], rel=1e-4)
    assert ours["epc"].tolist()[:-1] == pytest.approx([row["epc"] for row in theirs["uni"]], rel=1e-4)
    assert ours["X2"].tolist()[-1] == pytest.approx(theirs["test"][0]["X2"], rel=1e-5)


@pytest.mark.parametrize("name", ["score_wald_hs", "score_add_hs"])
def test_wald_tests(solved, name):
    reference, solution = solved(name)
    for theirs in reference["wald"]:
        ours = compute_wald(solution, theirs["constraints"])
        assert (ours.stat, ours.df, ours.pvalue) == pytest.approx(
            (theirs["stat"], theirs["df"], theirs["p.value"]), rel=1e-4
        )


def test_hypotheses_that_are_refused(solved):
    _, solution = solved("score_add_hs")
    for text, error, message in [
        ("a = b", SpecError, "not an equality"),
        ("", SpecError, "no hypothesis"),
        ("a == nowhere", ModelError, '"nowhere" is not the label'),
        ("a == b; 2*a == 2*b", ModelError, "follow from each other"),
    ]:
        with pytest.raises(error, match=message):
            compute_wald(solution, text)
    with pytest.raises(ModelError, match="no equality constraints"):
        compute_score(solution)
    with pytest.raises(ModelError, match="'x99', which the model does not have"):
        compute_score_of_additions(solution, "x1 ~~ x99")


def test_equal_loadings_and_intercepts_are_tested_together_with_the_degrees_of_freedom_of_the_likelihood_ratio():
    """lavaan 0.7: X2 34.092 in all, 22.167 for the intercepts of one factor, of which one direction tells nothing."""
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
    data = ORACLES / "data" / "hs.csv"
    equal = fit(model, data, group="school", group_equal="loadings,intercepts")
    configural = fit(model, data, group="school")
    tests = equal.score_tests
    assert tests.stat == pytest.approx(34.092, abs=1e-3)
    assert tests.df == 8 == equal.fit_measures["df"] - configural.fit_measures["df"]
    found = tests.cumulative["X2"].tolist()
    assert found[:4] == pytest.approx([19.422, 22.167, 22.167, 25.437], abs=1e-3)
    assert tests.cumulative["df"].tolist()[:4] == [1, 2, 2, 3]


@pytest.mark.parametrize("estimator", ["ULSM", "ULSMV", "WLSM", "WLSMV"])
def test_the_unscaled_minimum_of_ULS_and_DWLS_has_no_p_value(estimator):
    options = {"estimator": estimator} | ({"ordered": False} if estimator.startswith("WLS") else {})
    found = fit("visual =~ x1 + x2 + x3 + x4", ORACLES / "data" / "hs.csv", **options)
    assert np.isnan(found.fit_measures["pvalue"])
    assert np.isnan(found.tests[0].pvalue)
    assert 0.0 < found.tests[1].pvalue < 1.0
    assert "NaN" not in str(found)
