"""Parameter tables against lavaan's, row by row: of bare specs, and of specs that were fitted."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sem_toolkit.spec import Parameter, TableOptions, build_parameter_table, build_table_options, parse_spec
from sem_toolkit.spec.flat import build_flat_spec
from sem_toolkit.spec.roles import compute_roles

ORACLES = Path(__file__).parent.parent / "oracles"
BARE = sorted(path.stem for path in (ORACLES / "partables").glob("*.json") if path.stem != "invalid")
FITTED = sorted((ORACLES / "cases").glob("*.json")) + sorted((ORACLES / "tables").glob("*.json"))

# lavaan found the first indicator of a factor to be a poor one and took another: a matter of estimation.
SWITCHED = {"marker_switch_kept": {"C": "C4"}}


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def assert_same_rows(ours: tuple[Parameter, ...], theirs: list[dict[str, Any]]) -> None:
    """The same rows in the same order, in every column that both have."""
    assert [(row.lhs, row.op, row.rhs) for row in ours] == [(row["lhs"], row["op"], row["rhs"]) for row in theirs]
    for mine, reference in zip(ours, theirs, strict=True):
        place = f"{mine.lhs} {mine.op} {mine.rhs}"
        if reference.get("ustart") is None:
            assert mine.ustart is None, place
        else:
            assert mine.ustart == pytest.approx(reference["ustart"], rel=1e-12), place
        for column, missing in [("user", 0), ("block", 0), ("free", 0), ("exo", 0), ("label", ""), ("plabel", "")]:
            assert getattr(mine, column) == reference.get(column, missing), f"{place}: {column}"


@pytest.mark.parametrize("name", BARE)
def test_tables_of_bare_specs(name: str) -> None:
    case = read(ORACLES / "partables" / f"{name}.json")
    options, rest = build_table_options({**case["options"], "call": case["call"]})
    assert not rest
    assert_same_rows(build_parameter_table(parse_spec(case["spec"]), options).rows, case["partable"])


def complete_options(case: dict[str, Any], groups: tuple[str, ...]) -> TableOptions:
    """The options as a fit completes them from its other options and the data."""
    chosen, _ = build_table_options(case["options"])
    thresholds = case.get("thresholds") or {}
    roles = compute_roles(build_flat_spec(parse_spec(case["spec"]).statements).blocks[0].rows)
    chosen = replace(
        chosen,
        thresholds=thresholds,
        conditional_x=bool(thresholds and roles.exogenous_observed),
        markers=SWITCHED.get(case["id"], {}),
    )
    if "sample_mean" in case["options"] or case["options"].get("missing") in {"ml", "ml.x"}:
        chosen = replace(chosen, meanstructure=True)
    return chosen.for_fit(len(groups))


@pytest.mark.parametrize("path", FITTED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_tables_of_fitted_specs(path: Path) -> None:
    case = read(path)
    if not case.get("partable"):
        assert "refused" in path.stem
        return
    labels = tuple(str(label) for label in case.get("group_labels") or ())
    groups = labels if len(labels) > 1 else ("",)
    table = build_parameter_table(parse_spec(case["spec"]), complete_options(case, groups), groups)
    assert_same_rows(table.rows, case["partable"])
    assert [row.group for row in table.rows] == [row.get("group", 1 if row["block"] else 0) for row in case["partable"]]
