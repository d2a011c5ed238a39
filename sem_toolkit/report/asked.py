"""Tables that stand beside the estimates: those that are asked for, in a summary or in a report."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import UnavailableError
from sem_toolkit.fit.result import Fit
from sem_toolkit.report.legends import LEGENDS
from sem_toolkit.report.reasons import list_reasons
from sem_toolkit.report.tables import TABLES, TableSettings, build_table_of, find_name

if TYPE_CHECKING:
    import pandas as pd

EXTRAS = {
    "standardized": "standardized",
    "modification": "modification_indices",
    "residuals": "residuals",
    "effects": "effects",
    "reliability": "reliability",
}
"""What can be asked for beside the estimates, and the table that it is."""
TITLES = {"residuals": "Residual correlations"}
TECHNICAL = ("block", "free", "exo")
"""Columns of tables that a reader has no use for."""
MOST = 20
"""Rows of the tables of which a summary has the largest values."""


@dataclass(frozen=True, eq=False)
class AskedTable:
    """A table that was asked for, or, without one, why there is none.

    name     one of TABLES
    remarks  why numbers in it do not exist, and what its columns mean
    """

    name: str
    title: str
    frame: "pd.DataFrame | None"
    remarks: tuple[str, ...]


def list_extras(fit: Fit, asked: Collection[str], settings: TableSettings | None = None) -> Iterator[AskedTable]:
    """What the flags ask for, any of EXTRAS; of long tables the largest values.

    settings  what the tables can be asked to differ in
    """
    for extra, name in EXTRAS.items():
        if extra not in asked:
            continue
        title = TITLES.get(name, TABLES[name].title)
        try:
            frame = build_table_of(fit, name, settings)
        except UnavailableError as fault:
            yield AskedTable(name, title, None, (fault.diagnostics[0].message,))
            continue
        if name == "residuals" and settings is not None and not settings.residuals.startswith("cor"):
            title = f"Residuals ({settings.residuals})"
        if name in {"modification_indices", "residuals"} and len(frame) > MOST:
            frame, title = _take_largest(name, frame), f"{title}, the largest {MOST}"
        yield describe_table(fit, name, frame, title)


def describe_table(fit: Fit, name: str, frame: "pd.DataFrame", title: str | None = None) -> AskedTable:
    """A table with what must be said about it, for readers: without its technical columns."""
    known = find_name(name)
    remarks = (*list_reasons(fit, known, frame), *LEGENDS.get(known, ()))
    shown = frame.drop(columns=[column for column in TECHNICAL if column in frame])
    return AskedTable(known, title or TABLES[known].title, shown, remarks)


def list_tables(fit: Fit, built: "Mapping[str, pd.DataFrame]") -> list[AskedTable]:
    """Tables by their names, or what lavaan calls them, with what must be said about each."""
    return [describe_table(fit, name, frame) for name, frame in built.items()]


def _take_largest(name: str, frame: "pd.DataFrame") -> "pd.DataFrame":
    if name == "residuals":
        frame = frame.reindex(frame["residual"].abs().sort_values(ascending=False, kind="stable").index)
    return frame.head(MOST)
