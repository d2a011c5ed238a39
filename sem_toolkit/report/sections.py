"""Estimates for a terminal: a table a kind of parameter and group, in lavaan's order and layout."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sem_toolkit.fit.result import Fit
from sem_toolkit.inference.frames import number_groups
from sem_toolkit.report.numbers import format_number, format_p_value
from sem_toolkit.report.panels import fits
from sem_toolkit.report.text_tables import build_table, protect_numbers

if TYPE_CHECKING:
    import pandas as pd

# lavaan's sections, in its order; variances and covariances share an operator.
SECTIONS = {
    "=~": "Latent variables",
    "<~": "Composites",
    "~": "Regressions",
    "~~": "Covariances",
    "~1": "Intercepts",
    "|": "Thresholds",
    "variance": "Variances",
    "~*~": "Scales y*",
    ":=": "Defined parameters",
}
UNCERTAIN = ("se", "z", "pvalue", "ci.lower", "ci.upper")
NARROW = ("est", "se", "z", "pvalue", "std.all")
WIDE = ("est", "se", "z", "pvalue", "ci.lower", "ci.upper", "std.lv", "std.all")


def build_estimate_sections(fit: Fit, width: int) -> list[RenderableType]:
    """Every section with all of its columns where the widest has room, otherwise all with the most important ones."""
    sections = list(_build_sections(fit, WIDE))
    if all(fits(section.columns, width) for section in sections):
        return [*sections]
    left_out = ", ".join(column for column in WIDE if column not in NARROW)
    return [*_build_sections(fit, NARROW), Text(f"left out for want of width: {left_out}")]


def _build_sections(fit: Fit, columns: Sequence[str]) -> Iterable[Table]:
    parameters = fit.parameters
    is_variance = (parameters["op"] == "~~") & (parameters["lhs"] == parameters["rhs"])
    parameters = parameters[~_find_settled(parameters)]
    section = parameters["op"].where(~is_variance, "variance")
    labels, numbers = [group.label for group in fit.sample.groups], number_groups(parameters)
    what = "" if fit.sample.has_levels else "group "
    for group in sorted(np.unique(numbers), key=lambda number: (number == 0, number)):
        for key, title in SECTIONS.items():
            rows = parameters[(section == key) & (numbers == group)]
            if len(rows):
                where = f", {what}{labels[group - 1]}" if len(labels) > 1 and group else ""
                yield _build_estimates_table(title + where, key, rows, columns)


def _find_settled(parameters: "pd.DataFrame") -> "pd.Series[bool]":
    """Which rows say nothing: of ordered variables intercepts of 0 and scales of 1 that are fixed, as they always are
    in one group, and within clusters means of 0.
    """
    ordered = parameters["lhs"].isin(parameters["lhs"][parameters["op"] == "|"])
    fixed = parameters["free"] == 0
    intercept = (parameters["op"] == "~1") & (parameters["est"] == 0.0) & ordered
    scale = (parameters["op"] == "~*~") & (parameters["est"] == 1.0)
    if "level" in parameters:  # what a variable's mean is stands at the level between clusters
        intercept |= (parameters["op"] == "~1") & (parameters["est"] == 0.0) & (parameters["level"] == 1)
    return fixed & (intercept | scale)


def _build_estimates_table(title: str, key: str, rows: "pd.DataFrame", columns: Sequence[str]) -> Table:
    """lavaan's layout: the left side once, the right sides indented under it."""
    table = build_table(title, ("",), columns, right=columns)
    nested = key in {"=~", "<~", "~", "~~", "|"}
    above = None
    for row in rows.to_dict("records"):
        if nested and row["lhs"] != above:
            above = row["lhs"]
            table.add_row(f"{above} {row['op']}")
        name = f"  {row['rhs']}" if nested else str(row["lhs"])
        label = f" ({row['label']})" if row["label"] and row["op"] != ":=" else ""
        table.add_row(name + label, *(_format_cell(row, column) for column in columns))
    return protect_numbers(table)


def _format_cell(row: Mapping[Any, Any], column: str) -> str:
    if row["se"] == 0 and column in UNCERTAIN:  # fixed
        return ""
    return format_p_value(row[column]) if column == "pvalue" else format_number(row[column])
