"""Reference cases as tables, estimates and R², for the tests of the diagrams."""

from typing import Any

import pandas as pd

from sem_toolkit.diagram import Diagram, DiagramHints, DiagramStyle, draw_diagram
from sem_toolkit.spec.table import ParameterTable
from tests.support import read_case

NAMES = {"std_all": "std.all", "std_lv": "std.lv", "ci_lower": "ci.lower", "ci_upper": "ci.upper"}


def read_model(name: str) -> tuple[ParameterTable, pd.DataFrame, dict[str, float]]:
    """Table, estimates and R² (of the first group) of a reference case."""
    case = read_case(name)
    groups = tuple(case.get("group_labels") or ("",))
    r2 = case["r2"] or {}
    if r2 and isinstance(next(iter(r2.values())), dict):
        r2 = next(iter(r2.values()))
    table = ParameterTable.from_records(case["partable"], groups)
    return table, pd.DataFrame(case["parameters"]).rename(columns=NAMES), r2


def draw_case(name: str, hints: DiagramHints | None = None, group: int = 1, **settings: Any) -> Diagram:
    """The diagram of a reference case."""
    table, estimates, r2 = read_model(name)
    return draw_diagram(table, estimates, DiagramStyle(**settings), hints, r2, group)
