"""Parameter tables against lavaan's, row by row."""

import json
from pathlib import Path
from typing import Any

import pytest

from sem_toolkit.spec import Parameter, build_parameter_table, build_table_options, parse_spec

ORACLES = Path(__file__).parent.parent / "oracles" / "partables"
CASES = sorted(path.stem for path in ORACLES.glob("*.json") if path.stem != "invalid")


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


@pytest.mark.parametrize("name", CASES)
def test_table_equals_lavaan(name: str) -> None:
    case = json.loads((ORACLES / f"{name}.json").read_text(encoding="utf-8"))
    options, rest = build_table_options({**case["options"], "call": case["call"]})
    assert not rest
    assert_same_rows(build_parameter_table(parse_spec(case["spec"]), options).rows, case["partable"])
