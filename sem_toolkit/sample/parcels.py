"""Parcels: new columns that are the mean or the sum of items, as a spec says them (`p1 = mean(b1, b2, b3)`)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_column, check_names, numeric_values
from sem_toolkit.sample.labels import get_labels
from sem_toolkit.sample.messages import add_messages
from sem_toolkit.sample.scales import find_scales

if TYPE_CHECKING:
    import pandas as pd

_PARCEL = re.compile(r"\s*([^\s=(),]+)\s*=\s*(mean|sum)\s*\(([^()]*)\)\s*\Z")


@dataclass(frozen=True)
class Parcel:
    """One new column: `name`, how its items are put together, and which they are."""

    name: str
    function: Literal["mean", "sum"]
    items: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} = {self.function}({', '.join(self.items)})"


def parse_parcel(text: str) -> Parcel:
    """Read `p1 = mean(b1, b2, b3)`. Raises ValueError for anything else, with what is expected."""
    match = _PARCEL.match(text)
    expected = "a parcel is written p1 = mean(b1, b2, b3), or with sum"
    if match is None:
        raise ValueError(expected)
    items = tuple(item.strip() for item in match[3].split(","))
    if "" in items or len(items) < 2:
        raise ValueError(f"{expected}, of two items or more")
    twice = next((item for item in items if items.count(item) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice} is in it twice")
    return Parcel(match[1], cast("Literal['mean', 'sum']", match[2]), items)


def add_parcels(frame: "pd.DataFrame", parcels: Sequence[Parcel], used: Collection[str]) -> "pd.DataFrame":
    """The frame with the columns of the parcels, which is told; a parcel is missing where one of its items is.

    used  variables of the model; a warning names parcels that are not among them or in a product of them

    Later parcels may use earlier ones. Raises DataError for a name that is a column already or is given twice, and for
    items that are no columns of numbers.
    """
    result = frame
    found: list[Diagnostic] = []
    for parcel in parcels:
        names = [str(name) for name in result.columns]
        if parcel.name in names:
            message = f"the parcel {parcel.name!r} has the name of a column"
            raise DataError(Diagnostic("error", "parcel-name", message, hint=f"give it another name: {parcel}"))
        faults = check_names(parcel.items, names, "the data")
        faults = faults or [fault for name in parcel.items for fault in check_column(result[name])]
        if faults:
            raise DataError(faults)
        columns = {name: values for name in parcel.items if (values := numeric_values(result[name])) is not None}
        table = np.column_stack([columns[name] for name in parcel.items])
        result = result.assign(**{parcel.name: table.mean(axis=1) if parcel.function == "mean" else table.sum(axis=1)})
        scales = {scale for scale in find_scales(columns, get_labels(frame)).values() if scale is not None}
        if len({(scale.low, scale.high) for scale in scales}) > 1:
            shown = ", ".join(sorted(f"{scale.low:g} to {scale.high:g}" for scale in scales))
            message = f"the items of the parcel {parcel.name} have different scales ({shown})"
            hint = "the one with the wider scale weighs more"
            found.append(Diagnostic("warning", "parcel-scales", message, hint=hint))
    listed = "; ".join(map(str, parcels))
    found.insert(0, Diagnostic("note", "parcels", f"parcels: {listed} (missing where one of the items is)"))
    parts = {part for name in used for part in name.split(":")} | {item for entry in parcels for item in entry.items}
    idle = [parcel.name for parcel in parcels if parcel.name not in parts]
    if idle:
        message = f"the model does not use the parcel{'s' if len(idle) > 1 else ''} {', '.join(idle)}"
        found.append(Diagnostic("warning", "unused-parcel", message))
    add_messages(result, found)
    return result
