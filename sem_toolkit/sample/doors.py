"""Rows from wherever they are: a file or a table in memory, with the codes that stand for missing values taken out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.sample.frames import convert_frame
from sem_toolkit.sample.messages import add_messages
from sem_toolkit.sample.tables import read_table

if TYPE_CHECKING:
    import pandas as pd

MissingCode = float | str


@dataclass(frozen=True)
class Door:
    """How a table is to be read.

    sheet          of a workbook; None takes the first one that holds a table
    missing_codes  numbers or texts that stand for a missing value in every column
    """

    sheet: str | None = None
    missing_codes: tuple[MissingCode, ...] = ()


def open_table(data: object, door: Door | None = None) -> "pd.DataFrame":
    """Rows (n × columns) of a path or of a table in memory. Raises DataError where there are none."""
    door = door or Door()
    frame = read_table(data, door.sheet) if isinstance(data, (str, Path)) else convert_frame(data)
    return drop_codes(frame, door.missing_codes)


def drop_codes(frame: "pd.DataFrame", codes: Sequence[MissingCode]) -> "pd.DataFrame":
    """The frame without the cells that hold a missing code, and a message that counts them."""
    if not codes:
        return frame
    import pandas as pd

    messages = frame.attrs
    numbers = [code for code in codes if not isinstance(code, str)]
    texts = [str(code) if isinstance(code, str) else f"{code:g}" for code in codes]
    changed: dict[object, int] = {}
    columns, seen = [], set()
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        numeric = pd.api.types.is_numeric_dtype(column.dtype)
        hit = column.isin(numbers) if numeric else column.astype(str).str.strip().isin(texts)
        if hit.any():
            seen |= {f"{value:g}" if numeric else str(value).strip() for value in column[hit].unique()}
            changed[frame.columns[place]] = int(hit.sum())
            column = column.astype(float).mask(hit, np.nan) if numeric else _renumber(column.mask(hit, None))
        columns.append(column)
    result = pd.concat(columns, axis=1)
    result.attrs = dict(messages)
    add_messages(result, _describe_codes(texts, seen, changed))
    return result


def _renumber(column: "pd.Series") -> "pd.Series":
    """Texts as numbers, where all that are left are some."""
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce")
    return numbers.astype(float) if numbers.notna().equals(column.notna()) else column


def _describe_codes(texts: list[str], seen: set[str], changed: dict[object, int]) -> list[Diagnostic]:
    found = []
    if changed:
        cells = ", ".join(f"{name} ({count})" for name, count in list(changed.items())[:8])
        more = ", …" if len(changed) > 8 else ""
        message = f"{sum(changed.values())} cells with {', '.join(sorted(seen))} taken as missing: {cells}{more}"
        found.append(Diagnostic("note", "missing-codes", message))
    never = [text for text in texts if text not in seen]
    if never:
        message = f"these missing codes never occur: {', '.join(never)}"
        found.append(Diagnostic("warning", "unused-missing-code", message))
    return found
