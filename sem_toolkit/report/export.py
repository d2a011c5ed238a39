"""Tables into files that people publish from: CSV, Excel, Markdown, LaTeX, HTML and Word, in APA layout.

CSV and Excel get the raw numbers; the others get them rounded and in words (American Psychological Association, 2020,
ch. 7: no vertical rules, rules above and below the head and at the foot, a note below).
"""

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic, require_package
from sem_toolkit.files import write_bytes
from sem_toolkit.fit import Fit
from sem_toolkit.fit.receipts import format_mark
from sem_toolkit.libraries import pd
from sem_toolkit.report.csv import format_csv
from sem_toolkit.report.journal import build_estimate_table
from sem_toolkit.report.labels import HEADINGS
from sem_toolkit.report.numbers import format_fit_line, format_printed_cell
from sem_toolkit.report.pages import format_page
from sem_toolkit.report.text_tables import format_row

RAW = frozenset({".csv", ".xlsx"})
"""Formats that hold numbers in full; the others are for print."""


_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, eq=False)
class Printed:
    """A table ready to be written: its cells, what stands above and below it, and which columns stand to the right."""

    frame: "pd.DataFrame"
    title: str = ""
    note: str = ""
    numbers: frozenset[str] = frozenset()


def write_table(path: str | Path, frame: "pd.DataFrame", title: str = "", note: str = "") -> Path:
    """Write any table in the format of the path's suffix; texts are written as they are.

    CSV and Excel get the numbers in full. The formats for print get them rounded to three decimals, and a dash where
    there is none. Raises DataError for a suffix that is none of WRITERS, for a format that a missing package writes,
    or a place that cannot be written to.
    """
    suffix = require_format(path)
    printed = Printed(frame, title, note) if suffix in RAW else build_printed(frame, title, note)
    return _write(Path(path), suffix, printed)


def _write(path: Path, suffix: str, printed: Printed) -> Path:
    write_bytes(path, format_printed(suffix, printed))
    return path


def write_printed(path: Path, printed: Printed) -> Path:
    """Write a table for print. Raises DataError as `write_table` does."""
    return _write(path, require_format(path), printed)


def format_printed(suffix: str, printed: Printed) -> bytes:
    """The content of a file with this suffix, one of WRITERS."""
    return WRITERS[suffix](clean_table(printed))


def require_packages(suffix: str) -> None:
    """Raise DataError where the package is missing that makes the format of a suffix."""
    if suffix in _PACKAGES:
        module, package, extra = _PACKAGES[suffix]
        require_package(f"a {suffix} file", package, extra, module)


def clean_table(printed: Printed) -> Printed:
    """Without characters that no format for people can hold: control characters become U+FFFD."""
    frame = printed.frame.copy()
    frame.columns = [clean_text(str(name)) for name in frame.columns]
    for position, kind in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            cells = [clean_text(cell) if isinstance(cell, str) else cell for cell in frame.iloc[:, position]]
            frame.isetitem(position, pd.Series(cells, index=frame.index, dtype=object))
    numbers = frozenset(clean_text(name) for name in printed.numbers)
    return Printed(frame, clean_text(printed.title), clean_text(printed.note), numbers)


def clean_text(text: str) -> str:
    """The text with U+FFFD for what XML, and so Word and Excel, cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def require_format(path: str | Path) -> str:
    """The suffix of a path, in lower case. Raises DataError where no table can be written like that, or not here."""
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        message = f'"{suffix}" is no format for a table' if suffix else f'"{path}" has no suffix that tells a format'
        raise DataError(Diagnostic("error", "unknown-format", message, hint=f"use one of {', '.join(WRITERS)}"))
    require_packages(suffix)
    return suffix


def build_printed(frame: "pd.DataFrame", title: str = "", note: str = "") -> Printed:
    """Any table for print: all cells as texts, numbers rounded and set to the right, headings for people."""
    kinds = {str(name): pd.api.types.is_numeric_dtype(frame[name]) for name in frame.columns}
    rows = [
        [
            cell.replace("-", "−") if kinds[name] else cell
            for name, cell in zip(kinds, format_row(frame, row, format_printed_cell), strict=True)
        ]
        for row in frame.itertuples(index=False, name=None)
    ]
    texts = pd.DataFrame(rows, columns=[HEADINGS.get(name, name) for name in kinds], dtype=object)
    numbers = frozenset(HEADINGS.get(name, name) for name, is_number in kinds.items() if is_number)
    return Printed(texts, title, note, numbers)


def write_estimates(path: str | Path, fit: Fit) -> Path:
    """Write the parameter estimates of a fit: raw columns to CSV and Excel, an APA table to the others.

    Raises DataError as `write_table` does. Without a certified optimum the note says so.
    """
    suffix = require_format(path)
    if suffix in RAW:
        return write_table(path, fit.parameters, fit.title)
    frame = build_estimate_table(fit)
    return _write(Path(path), suffix, Printed(frame, fit.title, build_note(fit), frozenset(frame.columns[1:])))


def build_note(fit: Fit, *, estimates: bool = True) -> str:
    """What stands below the table: n, estimator and fit; or that there is no certified optimum.

    estimates  whether the table is that of the estimates, whose signs are explained
    """
    start = f"n = {fit.sample.n}, {fit.options.estimation.estimator}."
    if not fit.converged:
        return f"{start} NO CERTIFIED OPTIMUM ({fit.certificate.verdict}): these are not estimates."
    signs = "Std.: standardised estimate (std.all). –: fixed. " if estimates else ""
    return f"{start} {signs}{format_fit_line(fit)} {format_mark(fit)}"


def _format_csv(table: Printed) -> bytes:
    return format_csv(table.frame).encode("utf-8-sig")  # with a mark, so that Excel reads Greek letters


def _format_excel(table: Printed) -> bytes:
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer, engine="openpyxl") as writer:
        table.frame.to_excel(writer, index=False, sheet_name="table")
        for cells in writer.sheets["table"].iter_rows():
            for cell in cells:
                if isinstance(cell.value, str):
                    cell.data_type = "s"  # "=~" is a text, not a formula
    return buffer.getvalue()


def _format_page(suffix: str) -> Callable[[Printed], bytes]:
    def format_it(table: Printed) -> bytes:
        rows = [[str(cell) for cell in row] for row in table.frame.itertuples(index=False, name=None)]
        columns = [str(name) for name in table.frame.columns]
        return format_page(suffix, columns, rows, table.numbers, table.title, table.note).encode()

    return format_it


def _format_word(printed: Printed) -> bytes:
    from docx import Document

    from sem_toolkit.report.word import add_table

    document = Document()
    add_table(document, printed)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


_PACKAGES = {".xlsx": ("openpyxl", "openpyxl", "excel"), ".docx": ("docx", "python-docx", "word")}
"""What makes a format: its module, its package, and the extra that brings it."""
WRITERS: Mapping[str, Callable[[Printed], bytes]] = {
    ".csv": _format_csv,
    ".xlsx": _format_excel,
    ".md": _format_page("md"),
    ".tex": _format_page("tex"),
    ".html": _format_page("html"),
    ".docx": _format_word,
}
"""Formats by suffix."""
