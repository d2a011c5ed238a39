"""The ladder of ordered items against that of Wu & Estabrook (2016) as semTools and lavaan fit it."""

import json
from pathlib import Path
from typing import Any

import pytest

from sem_toolkit.comparison.invariance import Invariance, build_item_parameters, compute_invariance, write_steps
from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit import fit
from sem_toolkit.spec import parse_spec, read_spec

ORACLES = Path(__file__).parents[1] / "oracles"
SLOW = ["inv_ord_wu_theta", "inv_ord_wu_delta", "inv_ord_wu_partial", "inv_ord_mplus", "inv_ord_millsap"]
CASES = ["inv_ord_wu_mixed", "inv_ord_long", *(pytest.param(case, marks=pytest.mark.slow) for case in SLOW)]


def _read_case(case: str) -> dict[str, Any]:
    return json.loads((ORACLES / "invariance" / f"{case}.json").read_text())


def _climb(oracle: dict[str, Any], steps: list[str], **more: Any) -> Invariance:
    options: dict[str, Any] = {"ordered": oracle["ordered"], "parameterization": oracle["parameterization"]}
    if oracle.get("group"):
        options["group"] = oracle["group"]
    waves = list((oracle.get("longitudinal_factors") or {}).values())
    spec, data = parse_spec(oracle["spec"]), ORACLES / "data" / oracle["data"]
    return compute_invariance(spec, data, steps=steps, time=waves, call="cfa", **{**options, **more})


@pytest.mark.parametrize("case", CASES)
def test_every_step_is_lavaans(case: str) -> None:
    """Millsap's and Mplus's identification of other steps is that of scalar invariance in another form."""
    oracle = _read_case(case)
    names = {"lv_variances": "lv.variances"}
    if oracle["ID_cat"] != "Wu.Estabrook.2016":
        names["metric"] = "scalar"
    steps = [names.get(entry["step"], entry["step"]) for entry in oracle["steps"]]
    partial = {text for entry in oracle["steps"] for text in entry["partial"] or ()}
    found = _climb(oracle, steps, release=sorted(partial))
    assert found.certified
    for step, entry in zip(found.steps.values(), oracle["steps"], strict=True):
        own, expected = step.fit.fit_measures, entry["fit_measures"]
        assert (own["npar"], own["df"]) == (expected["npar"], expected["df"])
        for name in ("chisq", "chisq.scaled"):
            assert own[name] == pytest.approx(expected[name], rel=1e-4)
        for name in ("cfi.scaled", "rmsea.scaled", "srmr"):
            assert own[name] == pytest.approx(expected[name], abs=1e-4)
        test = entry.get("test_against_step_before")
        assert (test is None) == (step.test is None)
        if test is not None and step.test is not None:
            assert step.test.df == test["df_diff"]
            assert step.test.stat == pytest.approx(test["chisq_diff"], rel=1e-4)


@pytest.fixture(scope="module")
def mixed() -> Invariance:
    return _climb(_read_case("inv_ord_wu_mixed"), [])


def test_items_of_few_answers_are_named(mixed: Invariance) -> None:
    (note,) = [entry for entry in mixed.messages if entry.code == "thresholds-not-testable"]
    assert note.message.startswith("q2a, q3a: ")


def test_what_a_step_fixes_is_released_by_its_modification_index(mixed: Invariance) -> None:
    step = mixed.steps["scalar"]
    first = step.releases.iloc[0]
    indices = step.fit.modification_indices.query("op == '~1' and group == 2").set_index("lhs")
    assert first["parameter"] == "q7a~1"
    assert first["X2"] == pytest.approx(indices.loc["q7a", "mi"])
    assert first["epc.two"] == pytest.approx(indices.loc["q7a", "epc"])
    assert "q7a~1" in step.release_next


def test_written_steps_are_the_same_models(mixed: Invariance, tmp_path: Path) -> None:
    oracle = _read_case("inv_ord_wu_mixed")
    data = ORACLES / "data" / oracle["data"]
    paths = write_steps(mixed, parse_spec(oracle["spec"]), data, tmp_path)
    path = next(path for path in paths if "scalar" in path.name)
    again = fit(read_spec(path))
    assert again.fit_measures["chisq"] == pytest.approx(mixed.steps["scalar"].fit.fit_measures["chisq"], rel=1e-8)
    assert again.fit_measures["df"] == 37


def test_item_parameters_have_thresholds_of_every_place(mixed: Invariance) -> None:
    items = build_item_parameters(mixed)
    own = items[(items["kind"] == "threshold") & (items["item"] == "q4a")]
    assert list(own["place"].value_counts()) == [3, 3]
    assert set(items["kind"]) == {"threshold", "loading", "intercept", "residual variance"}


@pytest.mark.parametrize(
    ("options", "steps", "words"),
    [
        ({"std_lv": False}, [], "a marker does not identify the means"),
        ({"parameterization": "delta"}, ["scalar", "strict"], "no parameters with delta"),
    ],
)
def test_what_is_not_identified_is_refused(options: dict[str, Any], steps: list[str], words: str) -> None:
    with pytest.raises(SemError, match=words):
        _climb(_read_case("inv_ord_wu_mixed"), steps, **options)
