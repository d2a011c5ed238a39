"""Sheets of an Excel workbook into columns: title rows, blank rows and numbers kept as text are seen through."""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.sample.damage import describe_damage
from sem_toolkit.sample.delimited import (
    DelimitedText,
    convert_columns,
    count_descriptions,
    describe_descriptions,
    describe_headerless,
    describe_titles,
    find_header,
    is_headerless,
)

LARGEST_UNPACKED = 400_000_000
"""Bytes of all parts of a workbook together; a file of a few kB can stand for more than any machine holds."""

_UNCOMPUTED = re.compile(
    rb"<c\b(?![^>]*\bt=\"str\")[^>]*>\s*(?:<f\b[^>]*>[^<]*</f>|<f\b[^>]*/>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
"""A cell with a formula and without its result; a text as result may be empty."""
_LARGEST_RATIO = 300  # unpacked to packed; tables of numbers stay below 40
_SMALL = 20_000_000  # bytes that no ratio makes dangerous
_MOST_CELLS = 30_000_000


@dataclass(frozen=True)
class SheetColumns:
    """Columns of one sheet, what must be said of them, and the names of all sheets."""

    sheet: str
    sheets: tuple[str, ...]
    columns: dict[str, NDArray[np.generic]]
    messages: tuple[Diagnostic, ...]


def read_workbook(path: Path, sheet: str | None = None) -> SheetColumns:
    """Read a sheet, or the first one that holds a table.

    Raises DataError for a file that is no workbook, is damaged or unpacks to more than LARGEST_UNPACKED, for a sheet
    that is not there (with the names of those that are) or has no table, and for a name that occurs twice.
    """
    _require_workbook(path)
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        names = tuple(str(name) for name in book.sheetnames)
        if sheet is not None:
            chosen, rows = _require_sheet(sheet, names, path), None
        else:
            chosen, rows = _find_table(book, names)
        rows = rows if rows is not None else list(_list_rows(book[chosen], path))
        part = getattr(book[chosen], "_worksheet_path", None)
    finally:
        book.close()
    others = [name for name in names if name != chosen]
    messages = []
    if others and sheet is None:
        message = f"{path.name}: read the sheet {chosen!r}; there is also {', '.join(map(repr, others[:8]))}"
        messages.append(Diagnostic("note", "several-sheets", message, hint="--sheet NAME reads another"))
    messages += _check_formulas(path, part)
    table = _build_table(rows, f"{path.name}, sheet {chosen!r}")
    columns = convert_columns(table, f"{path}, sheet {chosen!r}")
    return SheetColumns(chosen, names, columns, (*messages, *table.messages))


def _check_formulas(path: Path, part: str | None) -> list[Diagnostic]:
    """A warning for formulas whose results are not stored, as programs write them: such a cell reads as an empty one.

    part  the sheet's name in the archive
    """
    if part is None:
        return []
    with zipfile.ZipFile(path) as archive:
        count = sum(1 for _ in _UNCOMPUTED.finditer(archive.read(part.lstrip("/"))))
    if not count:
        return []
    cells = "1 cell holds a formula whose result is" if count == 1 else f"{count} cells hold formulas whose results are"
    message = f"{path.name}: {cells} not stored, and taken as missing"
    hint = "open the file in a spreadsheet program and save it: the results are then in it"
    return [Diagnostic("warning", "formulas-without-results", message, hint=hint)]


def _require_workbook(path: Path) -> None:
    """Look at the parts of the archive before any of them is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile:
        with path.open("rb") as file:
            start = file.read(8)
        if not start.startswith(b"\xd0\xcf\x11\xe0"):
            raise DataError(
                describe_damage(path, "its end, with the list of its parts, is missing (truncated)")
            ) from None
        message = f"{path} is an old .xls file or has a password"
        hint = "open it in Excel and save it as .xlsx, without a password"
        raise DataError(Diagnostic("error", "unreadable-file", message, hint=hint)) from None
    unpacked, packed = sum(part.file_size for part in parts), max(sum(part.compress_size for part in parts), 1)
    if unpacked > LARGEST_UNPACKED or (unpacked > _SMALL and unpacked / packed > _LARGEST_RATIO):
        message = f"{path} unpacks to {unpacked / 1e6:.0f} MB, {unpacked / packed:.0f} times its size; it was not read"
        raise DataError(Diagnostic("error", "too-large", message, hint="save the table as CSV or Parquet"))


def _require_sheet(sheet: str, names: Sequence[str], path: Path) -> str:
    for name in names:
        if name == sheet:
            return name
    by_case = [name for name in names if name.casefold() == sheet.casefold()]
    if len(by_case) == 1:
        return by_case[0]
    there = ", ".join(map(repr, names))
    hint = format_suggestion(sheet, names)
    message = f"{path} has no sheet {sheet!r}; there is {there}"
    raise DataError(Diagnostic("error", "unknown-sheet", message, hint=hint))


def _find_table(book: Any, names: Sequence[str]) -> tuple[str, list[list[Any]] | None]:
    """The first sheet with two columns and two rows, one of them with a number; else the first one."""
    for name in names:
        sheet = book[name]
        if not hasattr(sheet, "iter_rows"):  # a sheet of one chart
            continue
        rows: list[list[Any]] = []
        for row in _list_rows(sheet, None):
            rows.append(row)
            numbers = sum(isinstance(cell, (int, float)) or _looks_numeric(cell) for cell in row)
            if len(rows) > 1 and numbers > 1:
                return name, None
            if len(rows) > 100:
                break
    return names[0], None


def _looks_numeric(cell: object) -> bool:
    return isinstance(cell, str) and is_headerless([cell])


def _list_rows(sheet: Any, path: Path | None) -> Iterator[list[Any]]:
    """Rows with anything in them; the size that the sheet claims to have is not believed."""
    if not hasattr(sheet, "iter_rows"):
        return
    sheet.reset_dimensions()
    cells = 0
    for row in sheet.iter_rows(values_only=True):
        end = len(row)
        while end and (row[end - 1] is None or row[end - 1] == ""):
            end -= 1
        if not end:
            continue
        cells += end
        if cells > _MOST_CELLS:
            message = f"{path} has a sheet of more than {_MOST_CELLS} cells"
            raise DataError(Diagnostic("error", "too-large", message, hint="save the table as CSV or Parquet"))
        yield list(row[:end])


def _build_table(rows: list[list[Any]], name: str) -> DelimitedText:
    """Rows of cells as the same table of texts that a delimited file gives."""
    if not rows:
        raise DataError(Diagnostic("error", "empty-file", f"{name} is empty"))
    width = max(map(len, rows))
    texts = [[_format_cell(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    start = find_header(texts[:50])
    messages = [describe_titles(name, texts[0], start)] if start else []
    header, body = [cell.strip() for cell in texts[start]], texts[start + 1 :]
    if is_headerless(header):
        header, body = [f"V{number}" for number in range(1, width + 1)], texts[start:]
        messages.append(describe_headerless(name, width))
    if described := count_descriptions(body):
        messages.append(describe_descriptions(name, body[0], described))
    body = body[described:]
    if not body:
        raise DataError(Diagnostic("error", "empty-file", f"{name} has no rows of data"))
    return DelimitedText(tuple(header), body, tuple(messages))


def _format_cell(cell: object) -> str:
    if cell is None:
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)
