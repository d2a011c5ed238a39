"""Scaled, adjusted and generalised score and Wald tests against lavaan 0.7-2."""

import json

import numpy as np
import pytest

from sem_toolkit import fit
from tests.support import DATA, ORACLES

CASES = json.loads((ORACLES / "restrictions.json").read_text())["cases"]
STAGES = "visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + b*x5 + b*x6\nspeed =~ x7 + x8 + x9"


@pytest.fixture(params=CASES, ids=lambda case: ",".join(map(str, list(case["options"].values())[1:])))
def pair(request):
    case = request.param
    return case, fit(case["spec"] + "\n", DATA / case["data"], **case["options"])


def test_forms_of_score_tests_are_lavaans(pair):
    case, found = pair
    tests = found.score_tests
    ours = [("score", tests.stat, tests.df)] + [(f"score.{form.form}", form.stat, form.df) for form in tests.forms]
    assert [row[0] for row in ours] == [row["test"] for row in case["total"]]
    for mine, theirs in zip(ours, case["total"], strict=True):
        assert mine[1:] == pytest.approx((theirs["X2"], theirs["df"]), rel=2e-4)
    for table, expected in ((tests.univariate, case["univariate"]), (tests.cumulative, case["cumulative"])):
        by_place = {(row["lhs"], row["rhs"]): row for row in expected}
        for row in table.to_dict("records"):
            theirs = by_place[row["lhs"], row["rhs"]]
            assert row["X2.scaled"] == pytest.approx(theirs["X2_scaled"], rel=1e-3, abs=1e-5)
            assert row["pvalue.scaled"] == pytest.approx(theirs["p_value_scaled"], abs=1e-4)


def test_forms_of_wald_tests_are_lavaans(pair):
    case, found = pair
    if "wald" not in case:
        return
    test, theirs = found.test_hypotheses("a == b; c == d"), case["wald"]
    scaled, adjusted, robust = test.forms
    assert (test.stat, test.standard) == pytest.approx((theirs["stat"], theirs["stat.standard"]), rel=3e-4)
    assert scaled.stat == pytest.approx(theirs["stat.scaled"], rel=3e-4)
    assert (adjusted.stat, adjusted.df) == pytest.approx((theirs["stat.adjusted"], theirs["df.adjusted"]), rel=3e-4)
    assert robust.stat == pytest.approx(theirs["stat.robust"], rel=3e-4)


def test_forms_need_a_sandwich():
    found = fit(STAGES, DATA / "hs.csv")
    assert found.score_tests.forms == ()
    assert "X2.scaled" not in found.score_tests.univariate


def test_equal_restrictions_have_one_test_however_they_are_written():
    """Generalised inverses would count directions that the data know nothing of: scaled by them, 10 for 8."""
    options = {"group": "school", "group_equal": "loadings,intercepts", "estimator": "MLM"}
    spec = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
    tests = fit(spec, DATA / "hs.csv", **options).score_tests
    scaled, adjusted, _ = tests.forms
    assert tests.df == 8
    assert adjusted.df < 8
    last = tests.cumulative["X2.scaled"].to_numpy()[-2:]
    np.testing.assert_allclose(last, scaled.stat, rtol=1e-6)  # the last equalities that are released open nothing
    marked = fit(spec, DATA / "hs.csv", std_lv=True, **options)
    assert marked.score_tests.forms[0].stat == pytest.approx(scaled.stat, rel=1e-5)


@pytest.mark.parametrize("missing", ["two.stage", "robust.two.stage"])
def test_forms_of_two_stages_know_what_empty_cells_cost(missing):
    """lavaan's tests by normal theory; its forms take Γ of complete rows, the same for both ways, and grow (6.26)."""
    spec = "visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + b*x5 + b*x6\nspeed =~ x7 + c*x8 + d*x9\n"
    found = fit(spec + "x1 ~~ v*x1\nx2 ~~ v*x2", DATA / "hs_missing.csv", missing=missing)
    assert found.score_tests.stat == pytest.approx(18.89987, rel=1e-5)
    additions = found.test_additions("x1 ~~ x4; visual =~ x5")["X2"].tolist()
    assert additions[:3] == pytest.approx([0.649771, 1.201392, 1.561967], rel=1e-4)
    test = found.test_hypotheses("a == b; c == d")
    assert test.standard == pytest.approx(5.371867, rel=1e-4)
    scaled, _, robust = test.forms
    assert robust.stat == pytest.approx(test.stat, rel=1e-8)
    assert scaled.stat < test.standard
