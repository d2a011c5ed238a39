"""Reference cases as tables, estimates and R², for the tests of the diagrams."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sem_toolkit.diagram import Diagram, DiagramHints, DiagramStyle, draw_diagram
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
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


def draw_text(text: str, hints: DiagramHints | None = None, **settings: Any) -> Diagram:
    """The diagram of a spec with random estimates, the same for the same number of parameters."""
    table = build_parameter_table(parse_spec(text), TableOptions(call="sem"))
    return draw_diagram(table, estimate_randomly(table), DiagramStyle(**settings), hints)


def draw_rising(text: str, **settings: Any) -> Diagram:
    """The diagram of a spec whose estimates rise from .11 to .9."""
    table = build_parameter_table(parse_spec(text), TableOptions(call="sem"))
    values = np.linspace(0.11, 0.9, len(table.parameters))
    return draw_diagram(table, _build_estimates(table, values), DiagramStyle(**settings))


def estimate_randomly(table: ParameterTable) -> pd.DataFrame:
    """A number for every parameter of a table of one group."""
    return _build_estimates(table, np.random.default_rng(1).uniform(-0.95, 0.95, len(table.parameters)))


def _build_estimates(table: ParameterTable, values: NDArray[np.float64]) -> pd.DataFrame:
    frame = pd.DataFrame([{"lhs": row.lhs, "op": row.op, "rhs": row.rhs, "group": 1} for row in table.parameters])
    return frame.assign(**{"est": values, "se": 0.1, "pvalue": 0.01, "std.all": values})
