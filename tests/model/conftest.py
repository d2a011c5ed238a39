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


def assert_stacks_equal_points(model: Model, x: np.ndarray) -> None:
    """Cells that follow from others, and their derivatives, of a stack of points near x (q) as of one at a time."""
    derived = model.derived
    assert derived is not None
    points = x * np.random.default_rng(2).uniform(0.95, 1.05, (2, 3, len(x)))
    values, slopes = derived.values(model, points), derived.jacobian(model, points)
    assert slopes.shape == (2, 3, derived.n_derived, len(x))
    for place in np.ndindex(2, 3):
        np.testing.assert_allclose(values[place], derived.values(model, points[place]), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(slopes[place], derived.jacobian(model, points[place]), rtol=1e-12, atol=1e-14)
