"""Delimited text into columns: separator and decimal comma are found, nothing is renamed or guessed away."""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic

SEPARATORS: tuple[str, ...] = ("\t", ";", ",", "|")
MISSING_CODES: frozenset[str] = frozenset(
    {"", ".", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None"}
)

_SEPARATOR_WORDS = {";": "semicolons between the cells", "|": "bars between the cells"}
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_DECIMAL_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_TWO_NUMBERS = re.compile(r"[-+]?[\d.]+\s+[-+]?[\d.]+")
_BLANK_SEPARATED = re.compile(r'"([^"]*)"|(\S+)')
_SNIFFED_LINES = 50
_SNIFFED_CHARACTERS = 2_000_000
_MOST_DESCRIPTIONS = 3
_IDENTIFIER = '{"ImportId"'
_TRUTH: dict[str, float] = {"true": 1.0, "false": 0.0}


@dataclass(frozen=True)
class DelimitedText:
    """Cells of a delimited file: `header` of k names and rows of k texts, and what a reader must know about them."""

    header: tuple[str, ...]
    rows: list[list[str]]
    messages: tuple[Diagnostic, ...] = ()
    separator: str = ","


def parse_delimited(text: str, name: str) -> DelimitedText:
    """Split a text into a header and rows of equal length; a column of row names without a header is left out.

    Title rows above the header, and texts between it and the numbers, are left out with a message. A file that begins
    with numbers has no header: its columns are called V1, V2, … as R calls them. Raises DataError for a row whose
    number of cells differs from the header's.
    """
    separator = sniff_separator(text)
    lines = _numbered_rows(text, separator)
    lines = [(number, cells) for number, cells in lines if any(cell and not cell.isspace() for cell in cells)]
    if not lines:
        raise DataError(Diagnostic("error", "empty-file", f"{name} has no names and no values"))
    start = find_header([cells for _, cells in lines[:_SNIFFED_LINES]])
    messages = [describe_titles(name, lines[0][1], start)] if start else []
    header, body = [cell.strip() for cell in lines[start][1]], lines[start + 1 :]
    if is_headerless(header):
        header, body = [f"V{number}" for number in range(1, len(header) + 1)], lines[start:]
        messages.append(describe_headerless(name, len(header)))
    elif body and all(len(cells) == len(header) + 1 for _, cells in body):
        # R's write.table leaves the corner out; or else every row but the header ends with a separator
        header = ["", *header] if any(cells[-1].strip() for _, cells in body) else [*header, ""]
    for number, cells in body:
        if len(cells) != len(header):
            message = f"{name}, line {number}: {len(cells)} values where the header has {len(header)} names"
            raise DataError(Diagnostic("error", "ragged-row", message, hint=_ragged_hint(separator)))
    rows = [cells for _, cells in body]
    if described := count_descriptions(rows):
        messages.append(describe_descriptions(name, rows[0], described))
    return DelimitedText(tuple(header), rows[described:], tuple(messages), separator)


def describe_writing(table: DelimitedText, columns: Mapping[str, NDArray[np.generic]], name: str) -> list[Diagnostic]:
    """What is said of a text that is not written with commas between its cells and points within its numbers."""
    first = table.rows[:_SNIFFED_LINES]
    numeric = {
        place for place, entry in enumerate(table.header) if entry in columns and columns[entry].dtype.kind == "f"
    }
    cells = (row[place].strip() for row in first for place in numeric)
    decimal = any(_DECIMAL_COMMA.fullmatch(cell) for cell in cells)
    separated = _SEPARATOR_WORDS.get(table.separator, "")
    if not separated and not decimal:
        return []
    told = " and ".join(word for word in (separated, "decimal commas" if decimal else "") if word)
    return [Diagnostic("note", "delimiters", f"{name}: read with {told}")]


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """The row (from 0) with the names: the first one that is no title, a single cell above many columns."""
    filled = [sum(bool(cell.strip()) for cell in cells) for cells in rows]
    if max(filled, default=0) < 2 or not filled[1:]:
        return 0
    usual = Counter(filled[1:]).most_common(1)[0][0]
    start = next((place for place, count in enumerate(filled) if count > 1), 0)
    return start if usual > 1 else 0


def is_headerless(cells: Sequence[str]) -> bool:
    """Whether a first row holds numbers instead of names."""
    filled = [cell.strip() for cell in cells if cell.strip() not in MISSING_CODES]
    return bool(filled) and all(_is_number(cell) for cell in filled)


def count_descriptions(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are texts about the columns, as survey platforms write them under the names.

    They have a text in every one of at least two columns that hold numbers below them, or end in a row of identifiers
    by which Qualtrics knows its columns.
    """
    for place, row in enumerate(rows[:_MOST_DESCRIPTIONS]):
        filled = [cell.strip() for cell in row if cell.strip()]
        if filled and all(cell.startswith(_IDENTIFIER) for cell in filled):
            return place + 1
    for count in range(1, min(_MOST_DESCRIPTIONS, len(rows) - 2) + 1):
        if 2 * sum(map(_is_number, rows[count - 1])) > len(rows[count - 1]):
            return 0  # the usual case, seen without a look at the columns
        below = list(zip(*rows[count:_SNIFFED_LINES], strict=True))
        numeric = [place for place, cells in enumerate(below) if is_headerless(cells)]
        texts = [[cells[place].strip() for place in numeric] for cells in rows[:count]]
        if len(numeric) > 1 and all(cell and not _is_number(cell) for row in texts for cell in row):
            return count
    return 0


def describe_titles(name: str, first: Sequence[str], count: int) -> Diagnostic:
    """What is said of `count` rows above the names."""
    title = next((cell.strip() for cell in first if cell.strip()), "")
    rows = "1 row" if count == 1 else f"{count} rows"
    return Diagnostic("warning", "title-rows", f"{name}: {rows} above the names left out ({_shorten(title)!r})")


def describe_headerless(name: str, width: int) -> Diagnostic:
    """What is said of a table without names."""
    called = "V1" if width == 1 else f"V1 … V{width}"
    message = f"{name} begins with numbers, not with names: its columns are called {called}"
    return Diagnostic("warning", "no-header", message, hint=f"write the names above the numbers, or use {called}")


def describe_descriptions(name: str, first: Sequence[str], count: int) -> Diagnostic:
    """What is said of texts between the names and the numbers."""
    text = next((cell.strip() for cell in first if cell.strip()), "")
    rows = "1 row" if count == 1 else f"{count} rows"
    message = f"{name}: {rows} of texts below the names left out ({_shorten(text)!r})"
    return Diagnostic("warning", "description-rows", message)


def _shorten(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def sniff_separator(text: str) -> str:
    """The separator that splits the first lines into rows of one width; a comma where none does.

    Of several that do, the one that needs no title rows above the names, leaves the fewest cells with marks of another
    separator in them, and makes the most columns. " " stands for any run of blanks.
    """
    sample = "\n".join(line for line in text[:_SNIFFED_CHARACTERS].splitlines()[:_SNIFFED_LINES] if line.strip())
    best, found = (False, 0.0, 1), None
    for separator in (*SEPARATORS, " "):
        rows = [cells for _, cells in _numbered_rows(sample, separator) if any(cells)]
        start = find_header(rows)
        rows = rows[start:]
        if len(text) > len(sample) > _SNIFFED_CHARACTERS - 2 and len(rows) > 2:
            rows = rows[:-1]  # cut within a line
        if not rows or len(rows[0]) < 2 or not _is_even(rows):
            continue
        cells = [cell for row in rows[1:] or rows for cell in row]
        rank = (start == 0, sum(_is_clean(cell) for cell in cells) / len(cells), len(rows[0]))
        if rank > best:
            best, found = rank, separator
    if found is not None:
        return found
    # no even split: the separator of the header decides, so that the uneven row can be named
    counts = {separator: text.split("\n", 1)[0].count(separator) for separator in SEPARATORS}
    return max(counts, key=lambda separator: counts[separator]) if any(counts.values()) else ","


def _is_clean(cell: str) -> bool:
    """Whether a cell shows no trace of another separator."""
    text = cell.strip()
    if text.isalnum():
        return True
    if _DECIMAL_COMMA.fullmatch(text):
        return True
    return not any(mark in text for mark in (*SEPARATORS, '"')) and not _TWO_NUMBERS.match(text)


def convert_columns(table: DelimitedText, name: str) -> dict[str, NDArray[np.generic]]:
    """Turn every column that holds numbers into floats (missing: NaN); the others stay texts (missing: None).

    Unnamed columns are left out. Raises DataError for names that occur twice.
    """
    require_unique_names(table.header, name)
    points = any(_DECIMAL_POINT.fullmatch(cell.strip()) for row in table.rows[:_SNIFFED_LINES] for cell in row)
    columns = zip(*table.rows, strict=True) if table.rows else ((),) * len(table.header)
    return {
        header: convert_cells(cells, comma_may_be_thousands=points)
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
    if separator == " ":
        return [
            (number, [quoted or plain for quoted, plain in _BLANK_SEPARATED.findall(line)])
            for number, line in enumerate(text.splitlines(), start=1)
        ]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        return [(reader.line_num, cells) for cells in reader]
    except csv.Error as problem:
        message = f"line {reader.line_num}: {problem}"
        if "field limit" in str(problem):
            message = f"line {reader.line_num}: a cell of more than {csv.field_size_limit()} characters"
        hint = "is a quotation mark open there that is never closed?"
        raise DataError(Diagnostic("error", "broken-csv", message, hint=hint)) from None


def _is_even(rows: list[list[str]]) -> bool:
    widths = {len(cells) for cells in rows[1:]}
    return widths <= {len(rows[0])} or widths == {len(rows[0]) + 1}


def _ragged_hint(separator: str) -> str:
    return (
        'put values that contain commas in quotes, or separate by ";"' if separator == "," else "check the separators"
    )


def convert_cells(cells: Sequence[str], comma_may_be_thousands: bool) -> NDArray[np.generic]:
    """One column as floats (missing: NaN) where all its cells are numbers or truths, else as texts (missing: None)."""
    numbers = _parse_numbers(cells)
    if numbers is not None:
        return numbers
    stripped = [cell.strip() for cell in cells]
    truths = [_TRUTH.get(cell.lower(), np.nan if cell in MISSING_CODES else None) for cell in stripped]
    if None not in truths:
        return np.array(truths, dtype=np.float64)
    plain = ["nan" if cell in MISSING_CODES else cell for cell in stripped]
    for candidate in (plain, _with_points(plain, comma_may_be_thousands)):
        numbers = None if candidate is None else _parse_numbers(candidate)
        if numbers is not None:
            return numbers
    return np.array([None if cell in MISSING_CODES else cell for cell in stripped], dtype=object)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return _DECIMAL_COMMA.fullmatch(cell.strip()) is not None
    return "_" not in cell


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
