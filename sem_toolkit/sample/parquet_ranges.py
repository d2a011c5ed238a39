"""The ranges that a Parquet file tells of its columns, against the numbers that are read: most damage within shows so.

Pages seldom have checksums, and a byte that has turned over in one is a number like any other. Writers of Parquet note
the smallest and the largest value of each column in each group of rows, though, and no number can be beyond these.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic

Ranges = Mapping[str, tuple[float, float]]


def read_ranges(metadata: Any) -> Ranges:
    """Smallest and largest number of each column of numbers of which every group of rows tells them.

    metadata  pyarrow.parquet.FileMetaData
    """
    found: dict[str, tuple[float, float]] = {}
    told: dict[str, int] = {}
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group)
        for place in range(rows.num_columns):
            column = rows.column(place)
            name, statistics = column.path_in_schema, column.statistics
            if statistics is None or not statistics.has_min_max:
                if statistics is not None and statistics.null_count == rows.num_rows:
                    told[name] = told.get(name, 0) + 1  # nothing but missing values
                continue
            low, high = statistics.min, statistics.max
            if not all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in (low, high)):
                continue
            before = found.get(name, (low, high))
            found[name] = (min(before[0], low), max(before[1], high))
            told[name] = told.get(name, 0) + 1
    return {name: ends for name, ends in found.items() if told[name] == metadata.num_row_groups}


def require_range(path: Path, ranges: Ranges, name: str, low: object, high: object) -> None:
    """Raise DataError where the smallest or largest number of a column lies beyond what its file tells of it."""
    ends = ranges.get(name)
    if ends is None or not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return
    if low < ends[0] or high > ends[1]:
        odd = low if low < ends[0] else high
        account = f"{ends[0]:g} to {ends[1]:g}"
        message = f"{path} is damaged within: {name!r} holds {odd:.6g}, and by the file's own account {account}"
        hint = "fetch or write it anew; page checksums (pyarrow: write_page_checksum=True) would show every damage"
        raise DataError(Diagnostic("error", "unreadable-file", message, hint=hint))
