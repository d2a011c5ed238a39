"""Reference models: the parameter tables of the oracle cases, with lavaan's estimates."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sem_toolkit.model import Model, build_model
from sem_toolkit.spec.table import ParameterTable

CASES = Path(__file__).parent.parent / "oracles" / "cases"


@dataclass(frozen=True)
class Reference:
    """One oracle case: the model with its data-given moments filled in, lavaan's estimates, and the case itself."""

    model: Model
    x: np.ndarray
    case: dict[str, Any]


def load_reference(name: str) -> Reference:
    case = json.loads((CASES / f"{name}.json").read_text())
    records = [dict(row) for row in case["partable"]]
    for row in records:
        if row["free"] == 0 and row["op"] not in ("==", "<", ">", ":="):
            row["ustart"] = row["est"]
    model = build_model(ParameterTable.from_records(records, tuple(case.get("group_labels") or ("",))))
    rows = sorted((row for row in records if row["free"] > 0), key=lambda row: row["free"])
    return Reference(model, np.array([row["est"] for row in rows]), case)


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Reference:
    return load_reference(request.param)
