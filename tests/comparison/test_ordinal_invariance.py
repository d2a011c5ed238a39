"""The ladder of ordered items against that of semTools and lavaan."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sem_toolkit.comparison.invariance import Invariance, build_item_parameters, compute_invariance, write_steps
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import fit
from sem_toolkit.spec import parse_spec, read_spec

ORACLES = Path(__file__).parents[1] / "oracles"
GROUPS = ORACLES / "data" / "ordinal_groups.csv"
TWO_FACTORS = "f1 =~ v1 + v2 + v3 + v4\nf2 =~ v5 + v6 + v7 + v8"
ONE_FACTOR = "f1 =~ v1 + v2 + v3 + v4"
SLOW = ["wu_theta", "wu_delta", "wu_partial", "mplus"]
CASES = ["wu_mixed", "long", "millsap", *(pytest.param(case, marks=pytest.mark.slow) for case in SLOW)]


def _climb(case: str, **changes: Any) -> tuple[Invariance, dict[str, dict[str, Any]], dict[str, Any]]:
    oracle = json.loads((ORACLES / "invariance" / f"inv_ord_{case}.json").read_text())
    steps = {entry["step"].replace("lv_", "lv."): entry for entry in oracle["steps"]}
    options = {"ordered": oracle["ordered"], "parameterization": oracle["parameterization"]}
    options |= {"group": oracle["group"]} if "group" in oracle else {}
    options |= {"time": list(oracle["longitudinal_factors"].values())} if "longitudinal_factors" in oracle else {}
    options |= {"identification": oracle["ID_cat"].split(".")[0].lower(), "steps": list(steps)}
    options |= {"release": max((entry["partial"] for entry in oracle["steps"]), key=len)}
    data = ORACLES / "data" / oracle["data"]
    return compute_invariance(parse_spec(oracle["spec"]), data, **(options | changes)), steps, oracle


@pytest.mark.parametrize("case", CASES)
def test_ladder_equals_semtools(case: str) -> None:
    found, steps, _ = _climb(case)
    assert found.certified
    table = found.table.set_index("step")
    for name, entry in steps.items():
        row, expected = table.loc[name], entry["fit_measures"]
        assert [row["npar"], row["df"]] == [expected["npar"], expected["df"]]
        assert row["chisq"] == pytest.approx(expected["chisq"], rel=1e-6)
        assert row["chisq.scaled"] == pytest.approx(expected["chisq.scaled"], rel=1e-5)
        for index in ("cfi.scaled", "rmsea.scaled", "srmr"):
            assert row[index] == pytest.approx(expected[index], abs=1e-5)
        if name != "configural":
            test = entry["test_against_step_before"]
            assert row["df_diff"] == test["df_diff"]
            assert row["chisq_diff"] == pytest.approx(test["chisq_diff"], rel=1e-5)
            assert row["pvalue_diff"] == pytest.approx(test["pvalue"], abs=1e-6)


def test_markers_are_identified_where_semtools_frees_all_means() -> None:
    oracle = json.loads((ORACLES / "invariance" / "inv_ord_wu_marker_unidentified.json").read_text())
    found, steps, _ = _climb("wu_theta", std_lv=False, steps=[])
    table = found.table.set_index("step")
    assert table["npar"].tolist() == [66, 58, 52, 46, 38]
    for entry in oracle["steps"]:
        assert table.loc[entry["step"], "chisq"] == pytest.approx(entry["fit_measures"]["chisq"], rel=1e-6)
        assert entry["fit_measures"]["npar"] == table.loc[entry["step"], "npar"] + 4  # as semTools counts them
    assert table.loc["strict", "chisq"] == pytest.approx(steps["strict"]["fit_measures"]["chisq"], rel=1e-6)


@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow) for case in ("wu_mixed", "wu_delta", "long", "millsap")]
)
def test_written_steps_fit_alike(case: str, tmp_path: Path) -> None:
    found, _, oracle = _climb(case)
    path = tmp_path / "given.lav"
    path.write_text(oracle["spec"])
    data = ORACLES / "data" / oracle["data"]
    paths = write_steps(found, read_spec(path), data, tmp_path)
    written = {entry.stem.removeprefix("given-"): entry for entry in paths}
    assert set(found.steps) <= set(written)
    for name, step in found.steps.items():
        again = fit(read_spec(written[name]))
        assert again.npar == step.fit.npar
        assert again.fit_measures["chisq.scaled"] == pytest.approx(step.fit.fit_measures["chisq.scaled"], rel=1e-7)
    if case == "wu_mixed":
        assert "q7a ~ c(0, NA)*1" in written["metric"].read_text()
        less = fit(read_spec(written["scalar-partial"]))
        assert less.npar == found.fits["scalar"].npar + 1
        assert less.fit_measures["chisq"] < found.fits["scalar"].fit_measures["chisq"]


def test_score_test_of_an_equal_intercept_is_its_modification_index() -> None:
    found, _, _ = _climb("wu_theta", steps=["metric", "scalar"])
    releases = found.steps["scalar"].releases.set_index("parameter")
    indices = found.fits["scalar"].modification_indices
    for name in ("v8", "v5", "v1"):
        mine = indices[(indices["lhs"] == name) & (indices["op"] == "~1") & (indices["group"] == 2)].iloc[0]
        assert releases.loc[f"{name}~1", "X2"] == pytest.approx(mine["mi"], rel=1e-6)
        assert releases.loc[f"{name}~1", "epc.b"] == pytest.approx(mine["epc"], rel=1e-6)
        assert releases.loc[f"{name}~1", "epc.a"] == 0.0


def test_what_few_answers_cannot_test_is_said() -> None:
    found, _, _ = _climb("wu_mixed", steps=[])
    said = [entry.message for entry in found.messages if entry.code == "few-answers"]
    assert "tests nothing of q3a" in said[0]
    assert said[1].startswith("of q2a, with two answers")


def test_expected_change_foretells_a_released_intercept() -> None:
    found, _, _ = _climb("wu_mixed")
    best = found.steps["scalar"].releases.iloc[0]
    assert best["parameter"] == "q7a~1"
    released, _, _ = _climb("wu_mixed", release=["q7a~1"])
    rows = released.fits["scalar"].parameters
    now = rows[(rows["lhs"] == "q7a") & (rows["op"] == "~1") & (rows["group"] == 2)]["est"].iloc[0]
    assert best["epc.two"] == pytest.approx(now, abs=0.1)
    assert "q2a~1" not in set(found.steps["scalar"].releases["parameter"])  # two answers: nothing would be gained


def _collapse(most: int) -> pd.DataFrame:
    rows = pd.read_csv(GROUPS)
    return rows.assign(**{name: rows[name].clip(upper=most) for name in rows if name.startswith("v")})


@pytest.mark.parametrize(
    ("most", "steps"),
    [(3, ["configural", "metric", "scalar", "strict"]), (2, ["configural", "scalar", "strict"])],
)
def test_steps_that_few_answers_cannot_tell_apart_are_left_out_and_said(most: int, steps: list[str]) -> None:
    found = compute_invariance(parse_spec(ONE_FACTOR), _collapse(most), group="g", ordered=True)
    assert list(found.steps) == steps
    assert found.certified
    said = [entry.message for entry in found.messages if entry.code == "step-left-out"]
    assert len(said) == 5 - len(steps)
    assert "thresholds" in said[0]


def test_equal_thresholds_of_three_answers_fit_any_data() -> None:
    steps = ["configural", "thresholds", "metric"]
    found = compute_invariance(parse_spec(ONE_FACTOR), _collapse(3), group="g", ordered=True, steps=steps)
    table = found.table.set_index("step")
    assert table.loc["thresholds", "df"] == table.loc["configural", "df"]
    assert table.loc["thresholds", "chisq"] == pytest.approx(table.loc["configural", "chisq"], rel=1e-6)
    assert table.loc["thresholds", "verdict"] == "nothing new is equal"


def test_binary_items_lose_two_degrees_a_factor_to_its_mean_and_variance() -> None:
    found = compute_invariance(parse_spec(ONE_FACTOR), _collapse(2), group="g", ordered=True)
    assert found.table["df_diff"].tolist()[1:] == [2, 4]  # 2p restrictions less p variances, mean and variance


def test_delta_has_no_strict_step() -> None:
    options: dict[str, Any] = {"group": "g", "ordered": True, "parameterization": "delta"}
    found = compute_invariance(parse_spec(ONE_FACTOR), GROUPS, **options)
    assert list(found.steps) == ["configural", "thresholds", "metric", "scalar"]
    assert any("strict is left out" in entry.message for entry in found.messages)


def test_thresholds_are_drawn_item_by_item() -> None:
    found, _, _ = _climb("wu_theta", steps=[])
    items = build_item_parameters(found)
    kinds = dict(zip(items["kind"], items["step"], strict=True))
    assert kinds == {
        "threshold": "configural",
        "loading": "thresholds",
        "intercept": "metric",
        "residual variance": "scalar",
    }
    assert len(items[items["kind"] == "threshold"]) == 8 * 3 * 2


def test_continuous_items_beside_ordered_ones_keep_their_means() -> None:
    spec = parse_spec(TWO_FACTORS)
    found = compute_invariance(spec, GROUPS, group="g", ordered=["v1", "v2", "v3", "v4"])
    assert found.certified
    configural, thresholds, metric, scalar, strict = found.table["npar"]
    assert configural - thresholds == 4 * (3 - 2)
    assert [metric - thresholds, scalar - metric, strict - scalar] == [-6, -6, -8]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"identification": "wo", "ordered": True}, "no identification"),
        ({"identification": "wu"}, "none of the items is said to be ordered"),
        ({"identification": "millsap", "ordered": True, "parameterization": "delta"}, "does not have"),
        ({"identification": "millsap", "ordered": True, "std_lv": True}, "std_lv has no place"),
        ({"identification": "millsap", "ordered": True, "release": ["v1|t1"]}, "cannot be left free"),
        ({"ordered": True, "parameterization": "delta", "steps": ["scalar", "strict"]}, "needs their residual"),
        ({"ordered": True, "steps": ["threshold"]}, "no step"),
    ],
)
def test_bad_input_is_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises(SemError, match=said):
        compute_invariance(parse_spec(ONE_FACTOR), GROUPS, group="g", **options)


def test_items_with_other_answers_at_another_wave_are_refused() -> None:
    rows = pd.read_csv(GROUPS)
    rows["v5"] = rows["v5"].clip(upper=3)
    with pytest.raises(SemError, match="different numbers of answers over time: v1 4, v5 3"):
        compute_invariance(parse_spec(TWO_FACTORS), rows, time=[("f1", "f2")], ordered=True)


def test_several_groups_are_released_together() -> None:
    rows = pd.read_csv(GROUPS)
    rows["third"] = [f"part {place % 3}" for place in range(len(rows))]
    found = compute_invariance(parse_spec(ONE_FACTOR), rows, group="third", ordered=True, steps=["metric", "scalar"])
    releases = found.steps["scalar"].releases
    assert set(releases["df"]) == {2}
    best = releases.iloc[0]["parameter"]
    freed = compute_invariance(
        parse_spec(ONE_FACTOR), rows, group="third", ordered=True, steps=["metric", "scalar"], release=[best]
    )
    assert freed.fits["scalar"].npar == found.fits["scalar"].npar + 2


def test_an_item_without_equal_thresholds_keeps_what_identifies_it() -> None:
    released = ["v2|t1", "v2|t2", "v2|t3"]
    found = compute_invariance(parse_spec(ONE_FACTOR), GROUPS, group="g", ordered=True, release=released)
    assert found.certified
    rows = found.fits["thresholds"].table.parameters
    fixed = {(row.lhs, row.op): row.free for row in rows if row.group == 2 and row.op in ("~1", "~~")}
    assert (fixed["v2", "~1"], fixed["v2", "~~"]) == (0, 0)
    assert min(fixed["v1", "~1"], fixed["v1", "~~"]) > 0
