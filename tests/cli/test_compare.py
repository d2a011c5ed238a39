"""`sem-toolkit compare`: one table, tests of nested pairs, and reasons where there is none."""

import json

import pytest

from tests.support import DATA, ORACLES, near

BASE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


def test_models_and_tests(command, write):
    general = write("general.lav", BASE)
    restricted = write("restricted.lav", BASE + "visual ~~ 0*speed\n")
    other = write("other.lav", BASE.replace("=~ x1 + x2", "=~ x1 + x7 + x2").replace("=~ x7 + x8", "=~ x8"))
    outcome = command("compare", general, restricted, other, "--data", DATA / "hs.csv", "--call", "cfa", "--json")
    assert outcome.code == 0, outcome.err
    models = {row["model"]: row for row in outcome.record["models"]}
    reference = json.loads((ORACLES / "cases" / "hs_cfa_marker.json").read_text())["fit_measures"]
    for name in ("chisq", "df", "cfi", "rmsea", "bic"):
        assert near(models["general"][name], reference[name], 1e-6, 1e-5)
    tests = {(row["restricted"], row["general"]): row for row in outcome.record["tests"]}
    nested = tests["restricted", "general"]
    expected = models["restricted"]["chisq"] - models["general"]["chisq"]
    assert nested["chisq_diff"] == pytest.approx(expected, rel=1e-9)
    assert nested["df_diff"] == 1
    assert nested["pvalue"] < 0.001
    assert nested["reason"] == ""
    assert tests["other", "general"]["relation"] == "not nested"
    against_other = next(row for pair, row in tests.items() if set(pair) == {"restricted", "other"})
    assert against_other["relation"] == "not nested"
    assert against_other["pvalue"] is None
