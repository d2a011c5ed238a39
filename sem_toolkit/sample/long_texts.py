"""Long delimited texts: how they are written is found in their beginning, and pandas' C reader takes the rest."""

import csv
import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.sample.delimited import (
    MISSING_CODES,
    convert_cells,
    describe_writing,
    parse_delimited,
    require_unique_names,
    sniff_separator,
)
from sem_toolkit.sample.messages import add_messages

if TYPE_CHECKING:
    import pandas as pd

SHORTEST = 5_000_000
"""Bytes from which a text counts as long."""
_BEGINNING = 200_000  # characters


def read_long_text(path: Path) -> "pd.DataFrame | None":
    """The table in a long text; None where it is no plain table.

    Plain are UTF-8, one separator that is no blank, a row of names first, rows of as many cells, decimal points: the
    other ways to write a table are left to `parse_delimited`, as are all faults.
    """
    import pandas as pd

    with path.open("rb") as file:
        start = file.read(_BEGINNING).rpartition(b"\n")[0]
    try:
        text = start.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    separator = sniff_separator(text)
    if separator == " ":
        return None
    table = parse_delimited(text, path.name)
    first = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True), [])
    if table.messages or [cell.strip() for cell in first] != list(table.header):
        return None
    require_unique_names(table.header, path.name)
    try:
        frame = _read_strictly(
            path,
            sep=separator,
            header=None,
            skiprows=1,
            names=range(len(table.header)),
            index_col=False,
            na_values=sorted(MISSING_CODES),
            keep_default_na=False,
            skipinitialspace=True,
            low_memory=False,
            encoding="utf-8-sig",
            on_bad_lines="error",
        )
    except (ValueError, pd.errors.ParserWarning):  # a ParserError or a UnicodeDecodeError is a ValueError
        return None
    if len(frame) and frame.iloc[:, -1].isna().any() and _has_short_rows(path, separator, len(table.header)):
        return None
    columns = {}
    for place, name in enumerate(table.header):
        column = frame.pop(place)
        if name:
            columns[name] = _finish(column)
    found = pd.DataFrame(columns)
    add_messages(found, describe_writing(table, columns, path.name))
    return found


def _read_strictly(path: Path, **settings: object) -> "pd.DataFrame":
    """pandas' reader, its warnings raised: it warns where it leaves cells out."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        exact = tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1)  # older ones round in the last bit
        return pd.read_csv(path, **settings, **({} if exact else {"float_precision": "round_trip"}))


def _has_short_rows(path: Path, separator: str, width: int) -> bool:
    """Whether a row has fewer cells than the header, which pandas fills up without a word."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return any(
            len(cells) not in {0, width} for cells in csv.reader(file, delimiter=separator, skipinitialspace=True)
        )


def _finish(column: "pd.Series") -> NDArray[np.generic]:
    """Numbers as float64; texts as the reader of short texts has them."""
    if column.dtype.kind in "biuf":
        return np.asarray(column.to_numpy(dtype=np.float64))
    return convert_cells(
        ["" if cell is None or cell != cell else str(cell) for cell in column], comma_may_be_thousands=True
    )
