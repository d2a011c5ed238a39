"""Parquet and CSV files by their columns and batches of rows, through pyarrow; nothing of a file is kept."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.damage import describe_damage
from sem_toolkit.sample.delimited import MISSING_CODES, SEPARATORS, parse_delimited, sniff_separator
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.parquet_ranges import read_ranges, require_range

_BEGINNING = 200_000  # characters
_BLOCK = 8_000_000  # bytes of a text that are parsed at once
_BUFFER = 1_000_000  # bytes of a column chunk that are fetched at once


@dataclass(frozen=True)
class TabularFile:
    """A file whose columns can be read a batch at a time.

    columns    its names; rows: their number where the file tells it (Parquet), else 0
    separator  of a text; empty for Parquet
    """

    path: Path
    columns: tuple[str, ...]
    numeric: frozenset[str]
    rows: int = 0
    separator: str = ""
    decimal: str = "."

    def iterate(self, names: Sequence[str], size: int) -> Iterator[Any]:
        """Record batches of at most `size` rows of these columns. Raises DataError for texts among the numbers."""
        try:
            if self.separator:
                yield from self._iterate_text(names, size)
            else:
                import pyarrow.compute
                import pyarrow.parquet

                kept = {"buffer_size": _BUFFER, "pre_buffer": False, "page_checksum_verification": True}
                with pyarrow.parquet.ParquetFile(self.path, **kept) as file:
                    ranges = read_ranges(file.metadata)
                    for batch in file.iter_batches(batch_size=size, columns=list(names)):
                        for name in ranges.keys() & {*names}:
                            ends = pyarrow.compute.min_max(batch.column(name)).as_py()
                            require_range(self.path, ranges, name, ends["min"], ends["max"])
                        yield batch
        except (ValueError, OSError) as problem:  # pyarrow's own errors are among these
            raise DataError(self._describe(problem)) from problem

    def _iterate_text(self, names: Sequence[str], size: int) -> Iterator[Any]:
        import pyarrow
        from pyarrow import csv as arrow

        types = {name: pyarrow.float64() if name in self.numeric else pyarrow.string() for name in names}
        reader = arrow.open_csv(
            self.path,
            read_options=arrow.ReadOptions(block_size=_BLOCK),
            parse_options=arrow.ParseOptions(delimiter=self.separator),
            convert_options=arrow.ConvertOptions(
                column_types=types,
                include_columns=list(names),
                null_values=sorted(MISSING_CODES),
                strings_can_be_null=True,
                decimal_point=self.decimal,
            ),
        )
        with reader:
            for batch in reader:
                for start in range(0, batch.num_rows, size):
                    yield batch.slice(start, size)

    def read_numbers(self, batch: Any, name: str) -> FloatArray:
        """A column of a batch as float64, NaN where a value is missing."""
        column = batch.column(batch.schema.get_field_index(name))
        if not _is_number(column.type):
            message = f"{name!r} is not numeric: it holds values of type {column.type}"
            raise DataError(Diagnostic("error", "text-column", message, hint="code the texts as numbers"))
        if not column.null_count:
            return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
        import pyarrow

        return np.asarray(column.cast(pyarrow.float64()).to_numpy(zero_copy_only=False))

    def read_labels(self, batch: Any, name: str) -> tuple[tuple[str, ...], NDArray[np.intp]]:
        """The labels in a grouping column of a batch, and for every row the place of its own; -1 where it is missing.

        Whole numbers are written without decimals.
        """
        values = batch.column(batch.schema.get_field_index(name)).to_numpy(zero_copy_only=False)
        distinct, codes = _factorise(values)
        return tuple(map(_format_label, distinct)), codes

    def list_labels(self, name: str) -> tuple[str, ...]:
        """The labels of a grouping column in the order of their appearance, in one pass over it."""
        found: dict[str, None] = {}
        for batch in self.iterate([name], 1_000_000):
            found |= dict.fromkeys(self.read_labels(batch, name)[0])
        return tuple(found)

    @cached_property
    def size(self) -> int:
        """Bytes that the numbers of the file would take in memory; of a text its length."""
        return self.path.stat().st_size if self.separator else 8 * self.rows * len(self.columns)

    def _describe(self, problem: Exception) -> Diagnostic:
        reason = str(problem).splitlines()[0]
        if "conversion error" in reason:
            hint = "code the texts as numbers, or name missing codes so that the file is read in memory"
            return Diagnostic("error", "text-column", f"{self.path}: {reason}", hint=hint)
        return describe_damage(self.path, reason)


def open_tabular(path: Path) -> TabularFile | None:
    """The file, where it is Parquet or a plain text (names in its first row, one separator, UTF-8); else None.

    Raises nothing for faults: the readers of whole tables are left to say what is wrong.
    """
    if find_spec("pyarrow") is None or not path.is_file():
        return None
    try:
        if path.suffix.lower() == ".parquet":
            return _open_parquet(path)
        if path.suffix.lower() in {".csv", ".tsv", ".tab", ".txt", ".dat"}:
            return _open_text(path)
    except (ValueError, OSError, DataError):
        return None
    return None


def _open_parquet(path: Path) -> TabularFile:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        schema = file.schema_arrow
        names = tuple(str(name) for name in schema.names if not str(name).startswith("__index_level_"))
        numeric = frozenset(field.name for field in schema if _is_number(field.type))
        return TabularFile(path, names, numeric, file.metadata.num_rows)


def _open_text(path: Path) -> TabularFile | None:
    with path.open("rb") as file:
        start = file.read(_BEGINNING).rpartition(b"\n")[0]
    text = start.decode("utf-8-sig")
    separator = sniff_separator(text)
    if separator not in SEPARATORS:
        return None
    table = parse_delimited(text, path.name)
    first = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True), [])
    if table.messages or first != list(table.header) or len(set(table.header)) != len(table.header):
        return None
    cells = [row[place] for row in table.rows[:50] for place in range(len(table.header))]
    decimal = (
        ","
        if separator != "," and not any("." in cell for cell in cells) and any("," in cell for cell in cells)
        else "."
    )
    numeric = frozenset(
        name for place, name in enumerate(table.header) if all(_reads(row[place], decimal) for row in table.rows)
    )
    return TabularFile(path, table.header, numeric, separator=separator, decimal=decimal)


def _reads(cell: str, decimal: str) -> bool:
    if cell.strip() in MISSING_CODES:
        return True
    try:
        float(cell.replace(decimal, ".") if decimal != "." else cell)
    except ValueError:
        return False
    return True


def _is_number(kind: Any) -> bool:
    import pyarrow.types

    return bool(pyarrow.types.is_floating(kind) or pyarrow.types.is_integer(kind) or pyarrow.types.is_boolean(kind))


def _factorise(values: NDArray[Any]) -> tuple[list[Any], NDArray[np.intp]]:
    """Distinct values in the order of their appearance, and the place of each value among them; -1 for missing."""
    import pandas as pd

    codes, distinct = pd.factorize(values)
    return list(distinct), np.asarray(codes)


def _format_label(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
