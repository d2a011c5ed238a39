"""What tests of several packages share: where the reference results are, and how numbers are compared."""

import json
import math
from pathlib import Path
from typing import Any

ORACLES = Path(__file__).parent / "oracles"
DATA = ORACLES / "data"


def read_case(name: str) -> dict[str, Any]:
    """A reference case of lavaan 0.7-2 by its id."""
    return json.loads((ORACLES / "cases" / f"{name}.json").read_text(encoding="utf-8"))


def row_key(row: dict[str, Any]) -> tuple[str, str, str, int]:
    """What identifies a parameter, whichever way round a covariance is written."""
    lhs, rhs = row["lhs"], row["rhs"]
    if row["op"] == "~~" and lhs > rhs:
        lhs, rhs = rhs, lhs
    return lhs, row["op"], rhs, row.get("group") or 1


def near(ours: float | None, theirs: float | None, relative: float, absolute: float) -> bool:
    """Whether two numbers agree; where the reference has none, any answer will do."""
    if theirs is None:
        return True
    return ours is not None and math.isclose(ours, theirs, rel_tol=relative, abs_tol=absolute)
