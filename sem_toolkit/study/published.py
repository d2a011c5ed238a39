"""Printed regression tables: CSV files in, figures with their rounding intervals out.

Layout of the files: data/README.md. A figure keeps its text, because the number of printed decimals is its precision.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic, build_missing_file
from sem_toolkit.study.intervals import Interval, build_interval

COEFFICIENT_COLUMNS = ("b", "se", "beta", "t", "sig")
MODEL_QUANTITIES = ("r2", "adj_r2", "f", "sig_f")
_CONSTANTS = ("constant", "intercept")
_NUMBER = re.compile(r"(<?)\s*([-+\u2212]?)(\d*)(?:\.(\d*))?")


@dataclass(frozen=True)
class Figure:
    """A printed number and all values that round to it (half a unit of the last digit to either side)."""

    text: str
    value: float
    interval: Interval

    @property
    def is_zero(self) -> bool:
        """Printed as nothing but zeros, such as "0.000"."""
        return self.value == 0.0


@dataclass(frozen=True)
class Coefficient:
    """One row of a printed table: `figures` has b, se, beta, t, sig as far as they are printed.

    scale  first and last value of an item answered in whole numbers, None for composites and the constant
    """

    term: str
    figures: Mapping[str, Figure]
    meaning: str = ""
    scale: tuple[int, int] | None = None

    @property
    def is_constant(self) -> bool:
        return self.term == "constant"


@dataclass(frozen=True)
class ModelFigure:
    """R², adjusted R², F or Sig. F: `source` is "table" or "text", `place` the table in or beside which it stands."""

    quantity: str
    figure: Figure
    source: str
    place: str


@dataclass(frozen=True)
class PrintedTable:
    """One regression as printed.

    coefficients  rows in printed order, the constant included where it is printed
    figures       model figures, the table's before the text's
    block, stage  what the predictors measure, "" where not told
    said          what the text calls the predictors, "" where it agrees or says nothing
    outcome       tables of equal outcome share its mean and SD
    n_stated      sample size that the paper gives, None where it gives none
    """

    name: str
    coefficients: tuple[Coefficient, ...]
    figures: tuple[ModelFigure, ...]
    block: str = ""
    stage: str = ""
    said: str = ""
    outcome: str = "outcome"
    n_stated: int | None = None

    @property
    def predictors(self) -> tuple[Coefficient, ...]:
        """Rows that are not the constant."""
        return tuple(row for row in self.coefficients if not row.is_constant)

    @property
    def constant(self) -> Coefficient | None:
        """The row of the constant, where it is printed."""
        return next((row for row in self.coefficients if row.is_constant), None)

    def find(self, quantity: str, source: str | None = None) -> Figure | None:
        """A model figure; from the table where both table and text give it, unless `source` asks for one."""
        found = [f for f in self.figures if f.quantity == quantity and source in (None, f.source)]
        return found[0].figure if found else None


@dataclass(frozen=True)
class Publication:
    """Everything transcribed from one paper; `statements`: file stem (hypotheses, analyses, counts) → its rows."""

    tables: tuple[PrintedTable, ...]
    statements: Mapping[str, tuple[Mapping[str, str], ...]]

    def get_table(self, name: str) -> PrintedTable:
        """The table of that name; KeyError where there is none."""
        return {table.name: table for table in self.tables}[name]


def parse_figure(text: str) -> Figure:
    """Read a printed number: "0.309", ".309", "−2.1", "<.001"; ValueError for anything else."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or not (match[3] or match[4]):
        raise ValueError(f'"{text}" is not a number')
    below, sign, whole, decimals = match[1], match[2], match[3] or "0", match[4] or ""
    value = float(f"{whole}.{decimals or 0}") * (-1.0 if sign in ("-", "\u2212") else 1.0)
    if below:
        return Figure(text.strip(), value, build_interval(0.0, value))
    half = 0.5 * 10.0 ** -len(decimals)
    return Figure(text.strip(), value, value + build_interval(-half, half))


def read_publication(path: Path) -> Publication:
    """Read a folder of transcribed tables, or one CSV of coefficients with `models.csv` beside it where there is one.

    A CSV of coefficients may hold the model figures itself: rows whose term is r2, adj_r2, f or sig_f, the figure in
    column `b`. Raises DataError naming row and column of every cell that cannot be read.
    """
    coefficients_file = path / "regressions.csv" if path.is_dir() else path
    rows = _read_rows(coefficients_file, required=("table", "term", "b"))
    beside = coefficients_file.parent / "models.csv"
    models = _read_rows(beside, required=("table", "quantity", "value")) if _belongs(beside, rows) else []
    reader = _Reader(coefficients_file, beside)
    tables = tuple(reader.build_table(name, rows, models) for name in _names(rows, models))
    if reader.faults:
        raise DataError(reader.faults)
    statements = {
        file.stem: tuple(row for _, row in _read_rows(file, required=()))
        for file in (sorted(path.glob("*.csv")) if path.is_dir() else [])
        if file.stem not in ("regressions", "models")
    }
    return Publication(tables, statements)


_Row = tuple[int, dict[str, str]]


class _Reader:
    """Builds tables and collects what is wrong on the way."""

    def __init__(self, coefficients_file: Path, models_file: Path) -> None:
        self.faults: list[Diagnostic] = []
        self._coefficients_file, self._models_file = coefficients_file, models_file

    def build_table(self, name: str, rows: list[_Row], models: list[_Row]) -> PrintedTable:
        own = [(number, row) for number, row in rows if row["table"] == name]
        about = [(number, row) for number, row in models if row["table"] == name]
        first = about[0][1] if about else own[0][1]
        said = {row.get("said", "") for _, row in about} - {"", first.get("block", "")}
        table = PrintedTable(
            name=name,
            coefficients=tuple(
                self._build_coefficient(number, row) for number, row in own if row["term"] not in MODEL_QUANTITIES
            ),
            figures=tuple(sorted(self._build_figures(own, about), key=lambda figure: figure.source)),
            block=first.get("block", ""),
            stage=first.get("stage", ""),
            said=", ".join(sorted(said)),
            outcome=first.get("outcome", "") or "outcome",
            n_stated=self._parse_count(about or own, first.get("n_stated", "")),
        )
        self._check_terms(table)
        return table

    def _build_coefficient(self, number: int, row: dict[str, str]) -> Coefficient:
        figures = {
            column: figure
            for column in COEFFICIENT_COLUMNS
            if (figure := self._parse(self._coefficients_file, number, column, row.get(column, ""))) is not None
        }
        term = "constant" if row["term"].lower().strip("()") in _CONSTANTS else row["term"]
        return Coefficient(term, figures, row.get("meaning", ""), self._parse_scale(number, row.get("scale", "")))

    def _parse_scale(self, number: int, text: str) -> tuple[int, int] | None:
        if not text:
            return None
        match = re.fullmatch(r"(\d+)\s*[-\u2013]\s*(\d+)", text)
        if match is None or int(match[1]) >= int(match[2]):
            self._fault(self._coefficients_file, number, "scale", f'"{text}" is not a scale such as 1-5')
            return None
        return int(match[1]), int(match[2])

    def _build_figures(self, own: list[_Row], about: list[_Row]) -> Iterator[ModelFigure]:
        for number, row in own:
            if row["term"] in MODEL_QUANTITIES:
                figure = self._parse(self._coefficients_file, number, "b", row["b"], needed=True)
                if figure is not None:
                    yield ModelFigure(row["term"], figure, row.get("source", "") or "table", row["table"])
        for number, row in about:
            if row["quantity"] not in MODEL_QUANTITIES:
                known = ", ".join(MODEL_QUANTITIES)
                self._fault(self._models_file, number, "quantity", f'"{row["quantity"]}" is none of {known}')
                continue
            figure = self._parse(self._models_file, number, "value", row["value"], needed=True)
            if figure is not None:
                yield ModelFigure(row["quantity"], figure, row.get("source", "") or "table", row.get("place", ""))

    def _parse(self, file: Path, number: int, column: str, text: str, needed: bool = False) -> Figure | None:
        if not text.strip():
            if needed:
                self._fault(file, number, column, "the cell is empty")
            return None
        try:
            return parse_figure(text)
        except ValueError as error:
            self._fault(file, number, column, str(error))
            return None

    def _parse_count(self, rows: list[_Row], text: str) -> int | None:
        if text.strip() and not text.strip().isdigit():
            self._fault(self._models_file, rows[0][0], "n_stated", f'"{text}" is not a whole number')
            return None
        return int(text) if text.strip() else None

    def _check_terms(self, table: PrintedTable) -> None:
        terms = [row.term for row in table.coefficients]
        for term in sorted({term for term in terms if terms.count(term) > 1}):
            self.faults.append(
                Diagnostic("error", "duplicate-term", f'table {table.name} has more than one row for "{term}"')
            )
        if not table.predictors:
            self.faults.append(Diagnostic("error", "no-predictors", f"table {table.name} has no row for a predictor"))

    def _fault(self, file: Path, number: int, column: str, message: str) -> None:
        self.faults.append(
            Diagnostic("error", "unreadable-cell", f"{file.name}, row {number}, column {column}: {message}")
        )


def _names(rows: list[_Row], models: list[_Row]) -> list[str]:
    return list(dict.fromkeys(row["table"] for _, row in [*rows, *models]))


def _belongs(models_file: Path, rows: list[_Row]) -> bool:
    """`models.csv` counts where it speaks of one of the tables."""
    if not models_file.is_file():
        return False
    tables = {row["table"] for _, row in rows}
    return any(row.get("table") in tables for _, row in _read_rows(models_file, required=()))


def _read_rows(file: Path, required: tuple[str, ...]) -> list[_Row]:
    """Rows of a CSV with their line numbers (the header is row 1)."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            columns = [name.strip() for name in reader.fieldnames or ()]
            rows = [
                (number, {str(key).strip(): (value or "").strip() for key, value in row.items() if key is not None})
                for number, row in enumerate(reader, start=2)
            ]
    except FileNotFoundError:
        raise DataError(build_missing_file(file)) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(Diagnostic("error", "unreadable-file", f"{file} cannot be read: {error}")) from None
    missing = [name for name in required if name not in columns]
    if missing:
        raise DataError(
            Diagnostic(
                "error", "missing-column", f"{file.name} has no column {', '.join(missing)}", hint="data/README.md"
            )
        )
    if required and not rows:
        raise DataError(Diagnostic("error", "empty-file", f"{file.name} has no rows"))
    names = [name for name in required if name in ("table", "term", "quantity")]
    empty = [(number, name) for number, row in rows for name in names if not row[name]]
    if empty:
        raise DataError(
            Diagnostic("error", "unreadable-cell", f"{file.name}, row {number}, column {name}: the cell is empty")
            for number, name in empty
        )
    return rows
