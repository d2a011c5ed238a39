"""Delimited text into columns: separator and decimal comma are found, nothing is renamed or guessed away."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic

SEPARATORS: tuple[str, ...] = ("\t", ";", ",", "|")
MISSING_CODES: frozenset[str] = frozenset(
    {"", ".", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None"}
)

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_SNIFFED_LINES = 50


@dataclass(frozen=True)
class DelimitedText:
    """Cells of a delimited file: `header` of k names and rows of k texts, and what a reader must know about them."""

    header: tuple[str, ...]
    rows: list[list[str]]
    messages: tuple[Diagnostic, ...] = ()


def read_text(path: Path) -> tuple[str, tuple[Diagnostic, ...]]:
    """Read a text file as UTF-8 (with or without a mark), UTF-16 with a mark, or else Windows-1252, and say so.

    Raises DataError when the file is missing, unreadable, empty or not a text.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(Diagnostic("error", "missing-file", f"there is no file {path}")) from None
    except OSError as problem:
        raise DataError(Diagnostic("error", "unreadable-file", f"{path}: {problem.strerror}")) from None
    text, messages = _decode(raw, path)
    if not text.strip():
        raise DataError(Diagnostic("error", "empty-file", f"{path} is empty"))
    return text, messages


def _decode(raw: bytes, path: Path) -> tuple[str, tuple[Diagnostic, ...]]:
    encoding = "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return raw.decode(encoding), ()
    except UnicodeDecodeError:
        if b"\0" in raw:
            raise DataError(
                Diagnostic(
                    "error", "not-a-text", f"{path} is not a text file", hint="CSV, TSV, .parquet, .xlsx or .sav"
                )
            ) from None
    message = f"{path} is not UTF-8 and was read as Windows-1252"
    return raw.decode("cp1252", errors="replace"), (Diagnostic("warning", "assumed-encoding", message),)


def parse_delimited(text: str, name: str) -> DelimitedText:
    """Split a text into a header and rows of equal length; a column of row names without a header is left out.

    Raises DataError for a row whose number of cells differs from the header's.
    """
    separator = sniff_separator(text)
    lines = [line for line in _numbered_rows(text, separator) if any(cell and not cell.isspace() for cell in line[1])]
    if not lines:
        raise DataError(Diagnostic("error", "empty-file", f"{name} has no names and no values"))
    header, body = [cell.strip() for cell in lines[0][1]], lines[1:]
    if body and all(len(cells) == len(header) + 1 for _, cells in body):  # R's write.table leaves the corner out
        header = ["", *header]
    for number, cells in body:
        if len(cells) != len(header):
            message = f"{name}, line {number}: {len(cells)} values where the header has {len(header)} names"
            raise DataError(Diagnostic("error", "ragged-row", message, hint=_ragged_hint(separator)))
    return DelimitedText(tuple(header), [cells for _, cells in body])


def sniff_separator(text: str) -> str:
    """The separator that splits the first lines into the most columns of one width; a comma where none does."""
    sample = "\n".join(text.splitlines()[:_SNIFFED_LINES])
    best, width = ",", 1
    for separator in SEPARATORS:
        rows = [cells for _, cells in _numbered_rows(sample, separator) if any(cells)]
        if rows and len(rows[0]) > width and _is_even(rows):
            best, width = separator, len(rows[0])
    if width == 1:  # no even split: the separator of the header decides, so that the uneven row can be named
        counts = {separator: text.split("\n", 1)[0].count(separator) for separator in SEPARATORS}
        best = max(counts, key=lambda separator: counts[separator]) if any(counts.values()) else ","
    return best


def convert_columns(table: DelimitedText, name: str) -> dict[str, NDArray[np.generic]]:
    """Turn every column that holds numbers into floats (missing: NaN); the others stay texts (missing: None).

    Unnamed columns are left out. Raises DataError for names that occur twice.
    """
    require_unique_names(table.header, name)
    points = any(_DECIMAL_POINT.fullmatch(cell.strip()) for row in table.rows[:_SNIFFED_LINES] for cell in row)
    columns = zip(*table.rows, strict=True) if table.rows else ((),) * len(table.header)
    return {
        header: _convert(cells, comma_may_be_thousands=points)
        for header, cells in zip(table.header, columns, strict=True)
        if header
    }


def require_unique_names(names: Sequence[str], source: str) -> None:
    """Raise DataError where a column name occurs twice; blank names do not count."""
    twice = [name for name, count in Counter(names).items() if count > 1 and name]
    if twice:
        raise DataError(
            Diagnostic(
                "error",
                "duplicate-column",
                f"{source}: the column name {name!r} occurs {list(names).count(name)} times",
                hint="rename one of them",
            )
            for name in twice
        )


def _numbered_rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as problem:
        raise DataError(Diagnostic("error", "broken-csv", f"line {reader.line_num}: {problem}")) from None


def _is_even(rows: list[list[str]]) -> bool:
    widths = {len(cells) for cells in rows[1:]}
    return widths <= {len(rows[0])} or widths == {len(rows[0]) + 1}


def _ragged_hint(separator: str) -> str:
    return (
        'put values that contain commas in quotes, or separate by ";"' if separator == "," else "check the separators"
    )


def _convert(cells: Sequence[str], comma_may_be_thousands: bool) -> NDArray[np.generic]:
    numbers = _parse_numbers(cells)
    if numbers is not None:
        return numbers
    stripped = [cell.strip() for cell in cells]
    plain = ["nan" if cell in MISSING_CODES else cell for cell in stripped]
    for candidate in (plain, _with_points(plain, comma_may_be_thousands)):
        numbers = None if candidate is None else _parse_numbers(candidate)
        if numbers is not None:
            return numbers
    return np.array([None if cell in MISSING_CODES else cell for cell in stripped], dtype=object)


def _parse_numbers(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Cells as floats, or None where one is no number; "1_000" is none, though Python would read it."""
    try:
        numbers = np.array(list(map(float, cells)), dtype=np.float64)
    except ValueError:
        return None
    return None if any("_" in cell for cell in cells) else numbers


def _with_points(cells: list[str], comma_may_be_thousands: bool) -> list[str] | None:
    """Decimal commas as points, or None where that reading is not certain.

    "1,234" in a file that writes decimals with a point elsewhere is one thousand, not one: left to the user.
    """
    written = [cell for cell in cells if "," in cell]
    if not written or not all(_DECIMAL_COMMA.fullmatch(cell) for cell in written):
        return None
    if any("." in cell for cell in cells):
        return None
    if comma_may_be_thousands and all(_THOUSANDS.fullmatch(cell) for cell in written):
        return None
    return [cell.replace(",", ".") for cell in cells]
