"""The ladder of measurement invariance against lavaan's."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.comparison.invariance import STEPS, build_item_parameters, write_steps
from sem_toolkit.comparison.invariance import compute_invariance as fit_ladder
from sem_toolkit.comparison.invariance.releases import list_new_ties
from sem_toolkit.comparison.invariance.starts import build_start
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import fit
from sem_toolkit.inference.hypotheses import score
from sem_toolkit.spec import parse_spec, read_spec

ORACLES = Path(__file__).parents[1] / "oracles"
HS = ORACLES / "data" / "hs.csv"
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


GROUPED = ["inv_hs_ml", "inv_hs_mlr", "inv_hs_fiml_mlr", "inv_hs_partial", "inv_hs_stdlv_sex"]


def _read_case(case: str) -> tuple[dict[str, Any], dict[str, Any]]:
    oracle = json.loads((ORACLES / "invariance" / f"{case}.json").read_text())
    return oracle, {entry["step"].replace("lv_", "lv."): entry for entry in oracle["steps"]}


def _require_equal(table: pd.DataFrame, steps: dict[str, Any]) -> None:
    """Every step and its difference test as lavaan has them."""
    for name, entry in steps.items():
        row, expected = table.loc[name], entry["fit_measures"]
        suffix, tolerance = (".scaled", 1e-4) if "chisq.scaled" in expected else ("", 1e-6)
        assert row["npar"] == expected["npar"]
        assert row["df"] == expected["df"]
        assert row["chisq"] == pytest.approx(expected["chisq"], rel=1e-6)
        assert row[f"chisq{suffix}"] == pytest.approx(expected[f"chisq{suffix}"], rel=tolerance)
        for index in (f"cfi{suffix}", f"rmsea{suffix}"):
            assert row[index] == pytest.approx(expected[index], abs=1e-5, rel=1e-4 if suffix else 0)
        assert row["srmr"] == pytest.approx(expected["srmr"], abs=1e-5)
        test = entry.get("test_against_step_before")
        assert (test is None) == (name == "configural")
        if test is not None:
            assert row["chisq_diff"] == pytest.approx(test["chisq_diff"], rel=1e-4)
            assert row["df_diff"] == test["df_diff"]
            assert row["pvalue_diff"] == pytest.approx(test["pvalue"], abs=1e-5)


@pytest.mark.parametrize("case", GROUPED)
def test_ladder_equals_lavaan(case: str) -> None:
    oracle, steps = _read_case(case)
    options = {name: value for name, value in steps["configural"]["options"].items() if name != "group_equal"}
    partial = max((entry["options"].get("group_partial", []) for entry in oracle["steps"]), key=len)
    found = fit_ladder(
        parse_spec(oracle["spec"]), ORACLES / "data" / oracle["data"], steps=list(steps), release=partial, **options
    )
    assert found.certified
    _require_equal(found.table.set_index("step"), steps)


@pytest.mark.parametrize("estimator", [pytest.param("ML", marks=pytest.mark.slow), "MLR"])
def test_ladder_over_time_equals_lavaan(estimator: str) -> None:
    oracle, _ = _read_case("inv_long_poldem")
    steps = {entry["step"].replace("lv_", "lv."): entry for entry in oracle["steps"] if entry["estimator"] == estimator}
    names = ["configural", "metric", "scalar", "strict", "lv.variances", "means"]
    data = ORACLES / "data" / oracle["data"]
    found = fit_ladder(
        parse_spec(oracle["spec"]), data, steps=names, time=[("dem60", "dem65")], call="cfa", estimator=estimator
    )
    _require_equal(found.table.set_index("step"), steps)
    assert "y1 ~~ y5" in found.messages[-1].message


@pytest.mark.slow
def test_std_lv_over_time_is_the_same_ladder() -> None:
    oracle, _ = _read_case("inv_long_poldem")
    spec, data = parse_spec(oracle["spec"]), ORACLES / "data" / oracle["data"]
    one = fit_ladder(spec, data, time=[("dem60", "dem65")]).table
    other = fit_ladder(spec, data, time=[("dem60", "dem65")], std_lv=True).table
    assert other["chisq"].to_numpy() == pytest.approx(one["chisq"].to_numpy(), rel=1e-8)
    assert other["df"].tolist() == one["df"].tolist()


def test_spec_of_one_wave_is_spread_over_the_endings_of_columns() -> None:
    oracle, _ = _read_case("inv_long_poldem")
    rows = pd.read_csv(ORACLES / "data" / oracle["data"])
    rows = rows.rename(columns={f"y{k}": f"item{(k - 1) % 4 + 1}_{1 + (k > 4)}" for k in range(1, 9)})
    found = fit_ladder(parse_spec("dem =~ item1 + item2 + item3 + item4"), rows, time=[("_1", "_2")])
    steps = {entry["step"]: entry for entry in oracle["steps"] if entry["estimator"] == "ML"}
    for name, row in found.table.set_index("step").iterrows():
        assert row["chisq"] == pytest.approx(steps[str(name)]["fit_measures"]["chisq"], rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("case", [*GROUPED, "inv_long_poldem"])
def test_written_steps_fit_alike(case: str, tmp_path: Path) -> None:
    oracle, steps = _read_case(case)
    path = tmp_path / "given.lav"
    path.write_text(oracle["spec"])
    waves = oracle.get("waves", [])
    options = {} if waves else {k: v for k, v in steps["configural"]["options"].items() if k != "group_equal"}
    data = ORACLES / "data" / oracle["data"]
    spec = read_spec(path)
    found = fit_ladder(spec, data, time=waves, **options)
    written = {entry.stem.removeprefix("given-"): entry for entry in write_steps(found, spec, data, tmp_path / "steps")}
    assert set(STEPS) <= set(written)
    for name, step in found.steps.items():
        again = fit(read_spec(written[name]))
        assert again.fit_measures["chisq"] == pytest.approx(step.fit.fit_measures["chisq"], rel=1e-9)
        assert again.fit_measures["df"] == step.fit.fit_measures["df"]
        assert again.npar == step.fit.npar
        if name + "-partial" in written:
            less = fit(read_spec(written[name + "-partial"]))
            assert less.fit_measures["df"] < again.fit_measures["df"]
            assert less.fit_measures["chisq"] < again.fit_measures["chisq"]


def test_release_is_chosen_among_the_new_equalities_of_a_step() -> None:
    found = fit_ladder(parse_spec(CFA), HS, group="school")
    strict = found.steps["strict"].releases
    assert list(strict["parameter"]) == sorted(strict["parameter"], key=list(strict["parameter"]).index)
    assert all("~~" in name for name in strict["parameter"])
    assert len(strict) == 9
    scalar = found.steps["scalar"].releases
    assert scalar["parameter"].iloc[0] == "x3~1"
    whole = found.fits["scalar"].score_tests.univariate
    of_intercepts = whole[whole["parameters"].str.contains("~1")].sort_values("X2", ascending=False)
    assert scalar["X2"].to_numpy() == pytest.approx(of_intercepts["X2"].to_numpy(), rel=1e-6)


def test_expected_change_foretells_the_released_estimates() -> None:
    found = fit_ladder(parse_spec(CFA), HS, group="school")
    row = found.steps["scalar"].releases.iloc[0]
    freed = fit_ladder(parse_spec(CFA), HS, group="school", release=["x3~1"]).fits["scalar"].parameters
    now = freed[(freed["lhs"] == "x3") & (freed["op"] == "~1")]["est"].to_numpy()
    before = row["est"]
    expected = [before + row["epc.Pasteur"], before + row["epc.Grant-White"]]
    assert expected == pytest.approx(now, abs=0.06)  # a linear forecast of changes of 0.2 and 0.3
    assert row["X2"] == pytest.approx(164.103 - freed_chisq(), rel=0.1)


def freed_chisq() -> float:
    """χ² of scalar invariance without the intercept of x3."""
    return float(fit_ladder(parse_spec(CFA), HS, group="school", release=["x3~1"]).fits["scalar"].fit_measures["chisq"])


def test_many_releases_at_once_are_those_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.read_csv(HS)
    rows["three"] = range(len(rows))
    rows["three"] %= 3
    found = fit_ladder(parse_spec(CFA), rows, group="three", std_lv=True)
    evaluation = found.fits["scalar"].evaluated.evaluation
    ties = list_new_ties(found.fits["scalar"].table, found.fits["metric"].table)
    wanted = [[row.plabel for row in members] for members in ties]
    fast = score.compute_joint_releases(evaluation, wanted)
    monkeypatch.setattr(score, "_release_separately", lambda *given: [None] * len(given[-1]))
    slow = score.compute_joint_releases(evaluation, wanted)
    for one, other in zip(fast, slow, strict=True):
        assert one[0] == pytest.approx(other[0], rel=1e-7)
        assert one[1] == other[1] == 2
        assert one[2] == pytest.approx(other[2], abs=1e-6)


def test_several_groups_are_released_together() -> None:
    rows = pd.read_csv(HS)
    rows["three"] = range(len(rows))
    rows["three"] %= 3
    found = fit_ladder(parse_spec(CFA), rows, group="three")
    releases = found.steps["metric"].releases
    assert set(releases["df"]) == {2}
    assert {"epc.0", "epc.1", "epc.2"} <= set(releases.columns)


def test_automatic_release_goes_on_until_the_step_holds() -> None:
    found = fit_ladder(parse_spec(CFA), HS, group="school", release="auto")
    table = found.table.set_index("step")
    assert table.loc["scalar", "partial"] == "x3~1, x7~1"
    assert table.loc["scalar", "chisq_diff"] == pytest.approx(5.3789361513, abs=1e-5)
    assert table.loc["scalar", "pvalue_diff"] == pytest.approx(0.25057781175349, abs=1e-6)
    assert table.loc["strict", "pvalue_diff"] >= 0.05
    assert table.loc["strict", "partial"].startswith("x3~1, x7~1")
    assert any(entry.code == "released-by-search" for entry in found.messages)


def test_header_that_is_set_aside_is_said() -> None:
    text = "#' options:\n#'   group: school\n#'   group_equal: [loadings]\n#'   group_partial: [x3~1]\n" + CFA
    found = fit_ladder(parse_spec(text), HS)
    assert any("group_equal of the header (loadings) is set aside" in entry.message for entry in found.messages)
    assert found.table["partial"].tolist() == ["", "", "x3~1", "x3~1"]


def test_scaled_statistics_are_called_scaled() -> None:
    plain = fit_ladder(parse_spec(CFA), HS, group="school").table
    scaled = fit_ladder(parse_spec(CFA), HS, group="school", estimator="MLR").table
    assert not any(".scaled" in name for name in plain)
    assert {"chisq", "chisq.scaled", "cfi.scaled", "rmsea.scaled"} <= set(scaled)
    assert "cfi" not in scaled
    assert scaled["method"].tolist()[1:] == ["satorra.bentler.2001"] * 3
    assert plain["chisq"].to_numpy() == pytest.approx(scaled["chisq"].to_numpy())


@pytest.mark.slow
def test_item_parameters_come_from_the_last_step_that_leaves_them_free() -> None:
    found = fit_ladder(parse_spec(CFA), HS, group="school")
    items = build_item_parameters(found)
    assert dict(zip(items["kind"], items["step"], strict=True)) == {
        "loading": "configural",
        "intercept": "metric",
        "residual variance": "scalar",
    }
    assert len(items) == 3 * 9 * 2
    assert set(items["place"]) == {"Pasteur", "Grant-White"}
    waves = build_item_parameters(
        fit_ladder(parse_spec(_read_case("inv_long_poldem")[0]["spec"]), ORACLES / "data" / "poldem.csv",
                   time=[("dem60", "dem65")])
    )  # fmt: skip
    assert set(waves["place"]) == {"wave 1", "wave 2"}
    assert list(dict.fromkeys(waves["item"])) == ["y1", "y2", "y3", "y4"]


def test_verdict_and_release_name_rule_and_parameter() -> None:
    text = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
    table = fit_ladder(parse_spec(text), HS, group="school").table.set_index("step")
    assert table.loc["metric", "verdict"] == "holds by all rules"
    assert table.loc["scalar", "verdict"] == "mixed: fails by difference test, ΔCFI"
    assert "x3~1" in table.loc["scalar", "release_next"]


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("f =~ x1 + x2 + x3", {}, "needs groups"),
        ("x1 ~ x2", {"group": "school"}, "has none"),
        ("f =~ x1 + x2 + x3", {"group": "school", "group_equal": ["loadings"]}, "set themselves"),
        ("f =~ x1 + x2 + x3", {"group": "school", "release": ["x9~1"]}, "no step holds it equal"),
        ("f =~ x1 + x2 + x3", {"group": "school", "steps": ["metrc"]}, "no step"),
        ("f =~ x1 + x2 + x3", {"group": "school", "steps": ["metric"]}, "only one"),
        ("f =~ x1 + x2 + x3", {"time": [("f", "g")]}, "'g' is no factor"),
        ("f =~ x1 + x2 + x3", {"time": [("school", "sex")]}, "neither a factor"),
        ("f =~ x1 + x2 + x3", {"time": [("f",)]}, "only one is named"),
        ("f =~ x1 + x2 + x3\ng =~ x4 + x5", {"time": [("f", "g")]}, "cannot be the same items"),
        ("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6", {"time": [("f", "g")], "group": "school"}, "either across groups"),
        ("f =~ x1 + x2 + x3\ng =~ NA*x4 + 1*x5 + x6", {"time": [("f", "g")]}, "not set by the same item"),
    ],
)
def test_bad_input_is_said(text: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(SemError, match=said):
        fit_ladder(parse_spec(text), HS, **options)


def test_marker_cannot_be_released_and_the_hint_says_why() -> None:
    with pytest.raises(SemError) as fault:
        fit_ladder(parse_spec(CFA), HS, group="school", release=["visual=~x1"])
    assert "--std-lv frees it" in str(fault.value.diagnostics[0].hint)
    found = fit_ladder(parse_spec(CFA), HS, group="school", std_lv=True, release=["visual=~x1"])
    assert found.table["partial"].tolist()[1] == "visual=~x1"


def test_a_single_group_is_refused() -> None:
    rows = pd.read_csv(HS)
    spec = parse_spec("f =~ x1 + x2 + x3")
    with pytest.raises(SemError, match="only one"):
        fit_ladder(spec, rows[rows["school"] == "Pasteur"], group="school")


def test_a_step_begins_within_its_equalities_and_near_its_optimum() -> None:
    found = fit_ladder(parse_spec(CFA), HS, group="school", call="cfa")
    for step in list(found.steps.values())[1:]:
        model, x = step.fit.solution.model, step.fit.solution.x
        start = build_start(model, step.before)
        linear = model.constraints.linear
        np.testing.assert_allclose(linear.expand(linear.reduce(start)), start, rtol=0, atol=1e-12)
        errors = step.fit.parameters["se"]
        assert np.abs(start - x).max() < errors.max()
        assert step.fit.solution.transcript[0].iterations <= 5


def test_a_p_value_that_rounds_to_the_level_is_told_with_more_digits():
    ladder = fit_ladder(parse_spec("f =~ x1 + x2 + x3"), HS, group="school")
    step = ladder.steps["metric"]
    near = replace(step, test=replace(step.test, pvalue=0.04954))
    assert near.verdict.startswith("mixed: fails by difference test (p = 0.04954)")
