"""NET at several points and in both directions."""

import json
from pathlib import Path

import numpy as np
import pytest

from sem_toolkit import compare, fit
from sem_toolkit.comparison import build_comparison_table, check_nesting
from sem_toolkit.fit import Moments
from tests.support import DATA, ORACLES

SPECS = Path(__file__).parents[2] / "model_specs"

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


def relate(first, second, data=DATA / "hs.csv", **options):
    return compare({"first": first, "second": second}, data, **options).tests.loc[0]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (CFA, CFA + "g =~ visual + textual + speed", "equivalent"),
        (CFA, CFA + "speed ~ visual + textual", "equivalent"),
        (CFA + "visual ~~ 0*speed", CFA, "nested"),
        (CFA, CFA + "visual ~ a*textual\nspeed ~ b*textual\na*b == 0.2", "nested"),
        (CFA + "visual =~ x9", CFA + "textual =~ x9", "not nested"),
        (CFA + "x1 ~~ x4", CFA + "x1 ~~ x7\nx4 ~~ x8", "not nested"),
    ],
)
def test_relation_of_a_pair(first, second, expected):
    row = relate(first, second)
    assert row["relation"] == expected
    assert (row["reason"] == "") == (expected == "nested")


@pytest.mark.parametrize("estimator", ["ULS", "DWLS", "WLS", "WLSMV"])
def test_relation_of_models_of_ordered_items(estimator):
    """ULS and DWLS failed: their standard errors were taken for those of numeric variables."""
    items = "f =~ u1 + {}u2 + {}u3 + u4"
    options = {"ordered": True, "estimator": estimator}
    row = relate(items.format("", ""), items.format("a*", "a*"), DATA / "likert5_n477.csv", **options)
    assert row["relation"] == "nested"


def test_a_meeting_point_is_no_nesting():
    """Where an estimate happens to be 0 two models imply the same; points near it tell them apart."""
    covariance = np.array([[1.0, 0.5, 0.25], [0.5, 1.0, 0.5], [0.25, 0.5, 1.0]])
    options = {"sample_cov": {"": Moments(("x", "m", "y"), covariance)}, "sample_nobs": 300}
    chain = fit("y ~ m\nm ~ x", **options)
    curve = fit("y ~ a*m + b*x\nm ~ x\nb == 0.5*a - 0.25", **options)
    assert curve.fit_measures["chisq"] == pytest.approx(0.0, abs=1e-6)
    assert not check_nesting(chain.solution, curve.solution).nested
    assert not check_nesting(curve.solution, chain.solution).nested


@pytest.mark.slow
def test_textbook_pairs_get_the_true_verdict():
    """Ten pairs with what is known of them: "b nested in a", "equivalent" or neither."""
    pairs = json.loads((ORACLES / "nonnested" / "net_hs.json").read_text())["pairs"]
    for pair in pairs:
        row = relate(pair["a"], pair["b"], **pair["options"])
        if "equivalent" in pair["truth"]:  # of one pair only while a covariance is positive, as it is at the estimate
            expected = "equivalent"
        else:
            expected = "nested" if "nested" in pair["truth"] else "not nested"
        assert row["relation"] == expected, pair["name"]


def test_the_studys_research_model_is_equivalent_to_its_measurement_model():
    specs = [SPECS / "research_model.lav", SPECS / "measurement_all_stages.lav"]
    found = compare(specs)
    assert found.tests["relation"].tolist() == ["equivalent"]
    assert "no data tell them apart" in found.tests["reason"][0]


def test_weights_of_five_models_are_lavaans():
    reference = json.loads((ORACLES / "nonnested" / "icw_hs.json").read_text())
    models = {m["name"]: fit(m["spec"], DATA / "hs.csv", **m["options"]) for m in reference["models"]}
    table = build_comparison_table(models)
    for name in ("aic", "bic"):
        assert table[f"{name}.weight"].tolist() == pytest.approx(reference[name]["weight"], rel=1e-6)
    assert table["delta.bic"].tolist() == pytest.approx(reference["bic"]["delta"], rel=1e-8, abs=1e-8)


def test_models_without_a_test_are_still_related():
    row = relate(CFA + "visual ~~ 0*speed", CFA, test="none")
    assert (row["restricted"], row["general"], row["relation"]) == ("first", "second", "nested")
    assert row["reason"] == "a test was not asked for (test = none)"
