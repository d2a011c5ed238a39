"""The ladder of measurement invariance against lavaan's."""

import json
from pathlib import Path

import pandas as pd
import pytest

from sem_toolkit.comparison.invariance import STEPS
from sem_toolkit.comparison.invariance import compute_invariance as fit_ladder
from sem_toolkit.diagnostics import SemError
from sem_toolkit.spec import parse_spec

ORACLES = Path(__file__).parents[1] / "oracles"
HS = ORACLES / "data" / "hs.csv"


@pytest.mark.parametrize("case", ["inv_hs_ml", "inv_hs_mlr", "inv_hs_fiml_mlr"])
def test_ladder_equals_lavaan(case: str) -> None:
    oracle = json.loads((ORACLES / "invariance" / f"{case}.json").read_text())
    steps = {entry["step"]: entry for entry in oracle["steps"]}
    options = {name: value for name, value in steps["configural"]["options"].items() if name != "group_equal"}
    found = fit_ladder(parse_spec(oracle["spec"]), ORACLES / "data" / oracle["data"], **options)
    assert found.certified
    table = found.table.set_index("step")
    for step in STEPS:
        row, expected = table.loc[step], steps[step]["fit_measures"]
        scaled = "chisq.scaled" in expected
        suffix, tolerance = (".scaled", 1e-4) if scaled else ("", 1e-6)
        assert row["npar"] == expected["npar"]
        assert row["df"] == expected["df"]
        assert row["chisq"] == pytest.approx(expected[f"chisq{suffix}"], rel=tolerance)
        for name in ("cfi", "rmsea"):
            assert row[name] == pytest.approx(expected[f"{name}{suffix}"], abs=1e-5, rel=1e-4 if scaled else 0)
        assert row["srmr"] == pytest.approx(expected["srmr"], abs=1e-5)
        if step != "configural":
            test = steps[step]["test_against_step_before"]
            assert row["chisq_diff"] == pytest.approx(test["chisq_diff"], rel=1e-4)
            assert row["df_diff"] == test["df_diff"]
            assert row["pvalue_diff"] == pytest.approx(test["pvalue"], abs=1e-5)


def test_verdict_and_release_name_rule_and_parameter() -> None:
    text = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
    table = fit_ladder(parse_spec(text), HS, group="school").table.set_index("step")
    assert table.loc["metric", "verdict"] == "holds by all rules"
    assert table.loc["scalar", "verdict"] == "mixed: fails by difference test, ΔCFI"
    assert "x3 ~1" in table.loc["scalar", "release_next"]


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("f =~ x1 + x2 + x3", {}, "needs groups"),
        ("x1 ~ x2", {"group": "school"}, "has none"),
        ("f =~ x1 + x2 + x3", {"group": "school", "group_equal": ["loadings"]}, "set themselves"),
    ],
)
def test_bad_input_is_said(text: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(SemError, match=said):
        fit_ladder(parse_spec(text), HS, **options)


def test_single_group_and_ordered_items_are_refused() -> None:
    rows = pd.read_csv(HS)
    spec = parse_spec("f =~ x1 + x2 + x3")
    with pytest.raises(SemError, match="only one"):
        fit_ladder(spec, rows[rows["school"] == "Pasteur"], group="school")
    rows[["x1", "x2", "x3"]] = rows[["x1", "x2", "x3"]].round().clip(2, 4)
    with pytest.raises(SemError, match="ordered variables"):
        fit_ladder(spec, rows, group="school", ordered=["x1", "x2", "x3"])
