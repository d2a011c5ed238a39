"""Moments as books print them: full matrices and triangles, with or without names and diagonal, rows of deviations."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_covariance
from sem_toolkit.sample.delimited import require_unique_names, sniff_separator
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.printed_matrix import (
    DASHES,
    Row,
    average_rounding,
    fill_matrix,
    is_number,
    is_value,
    malformed,
    scale,
    to_number,
)
from sem_toolkit.sample.text_files import read_text

_ROW_KINDS = {
    **dict.fromkeys(("sd", "s.d.", "std", "stddev", "std. dev.", "std.dev.", "standard deviation"), "sd"),
    **dict.fromkeys(("m", "mean", "means"), "mean"),
    **dict.fromkeys(("n", "nobs", "n_vector", "n_scalar", "n_matrix"), "n"),
}
_MARKS = re.compile(r"[*†‡§ᵃᵇᶜ]+\Z")
_COMMENT = re.compile(r"[#!]")
MOST_VARIABLES = 5_000


@dataclass(frozen=True, eq=False)
class PrintedMoments:
    """Moments of one group as a file has them.

    label       of the group, "" where the file has no groups
    names       of the p variables
    covariance  p × p, of divisor n - 1 as printed ones are; correlations where there are no deviations
    mean        p, or None
    n           observations, or None
    """

    label: str
    names: tuple[str, ...]
    covariance: FloatArray
    mean: FloatArray | None = None
    n: int | None = None
    messages: tuple[Diagnostic, ...] = ()


@dataclass
class _Table:
    """Rows of one matrix on their way: what their labels say, and the rows of deviations, means and sizes apart."""

    names: tuple[str, ...]
    rows: list[Row]
    labels: list[str]
    extras: dict[str, Row] = field(default_factory=dict)


def read_moments(path: str | Path) -> tuple[PrintedMoments, ...]:
    """Read a covariance or correlation matrix, for one group or, in a file with `rowtype_`, for several.

    The first row names the p variables, or the rows have the names; without any they are V1, V2, … Full, lower or
    upper triangle; without a diagonal the numbers are correlations. Rows called SD, mean and n may follow, and after
    correlations one row without a name, which holds standard deviations. Two halves that differ by one unit of their
    last printed digit are averaged, with a message.

    Raises DataError when the file is missing, empty, not numeric, not square, not symmetric or not positive definite.
    """
    path = Path(path)
    lines = read_cells(path)
    if any(cell.lower() == "rowtype_" for cell in lines[0]):
        return _read_row_types(lines, path)
    return (_finish("", _split_rows(lines, path), path, []),)


def read_cells(path: Path) -> list[Row]:
    """The cells of every line that is neither blank nor a comment; empty cells at the end of a line are left out."""
    text, _ = read_text(path)
    lines = [line for line in text.splitlines() if line.strip() and not _COMMENT.match(line.lstrip())]
    if not lines:
        raise malformed(path, "there are no numbers")
    separator = None if not any(mark in text for mark in "\t;,|") else sniff_separator("\n".join(lines))
    if separator == "," and any(re.search(r"\d\s+[-+]?\d*,\d", line) for line in lines):
        separator = None  # blanks between numbers with decimal commas
    separator = None if separator == " " else separator
    rows = [[_clean(cell) for cell in line.split(separator)] for line in lines]
    return [_without_trailing_blanks(row) for row in rows]


def _clean(cell: str) -> str:
    cell = cell.strip().strip('"').strip().replace("−", "-")
    return _MARKS.sub("", cell) if is_number(_MARKS.sub("", cell)) else cell


def _without_trailing_blanks(row: Row) -> Row:
    end = len(row)
    while end > 1 and not row[end - 1]:
        end -= 1
    return row[:end]


def _split_rows(lines: list[Row], path: Path) -> _Table:
    """Names, labels and rows of values of one matrix."""
    first = [cell for cell in lines[0] if cell]
    named = bool(first) and not any(map(is_value, first))
    labelled_below = len(lines) > 1 and not is_value(lines[1][0]) and bool(lines[1][0])
    body = lines
    names: tuple[str, ...] = ()
    if named and not (len(first) == 1 and labelled_below):
        names, body = tuple(first), lines[1:]
    labels = [cells[0] if cells[0] and not is_value(cells[0]) else "" for cells in body]
    corner = bool(names) and not lines[0][0]  # an empty first cell stands above labels
    table = _Table(names, [], [])
    for cells, label in zip(body, labels, strict=True):
        values = cells[1:] if label or (corner and any(labels) and not cells[0]) else cells
        kind = _ROW_KINDS.get(label.lower()) if label not in names else None
        if kind:
            table.extras[kind] = values
        else:
            table.rows.append(values)
            table.labels.append(label)
    if not names:
        _name_by_rows(table, path)
    require_unique_names(table.names, str(path))
    if len(table.names) > MOST_VARIABLES:
        raise malformed(path, f"{len(table.names)} variables are more than can be read ({MOST_VARIABLES})")
    return table


def _name_by_rows(table: _Table, path: Path) -> None:
    """Names where no row has them: those before the rows, or V1, V2, …"""
    if all(table.labels) and table.labels:
        table.names = tuple(table.labels)
        return
    width = max(map(len, table.rows), default=0)
    strict = len(table.rows) == width and len({len(row) for row in table.rows}) > 1 and not _has_diagonal(table.rows)
    table.names = tuple(f"V{number}" for number in range(1, width + strict + 1))
    table.labels = [""] * len(table.rows)


def _has_diagonal(rows: Sequence[Row]) -> bool:
    """Whether the numbers at the ends of a triangle's rows (or their beginnings) can be its diagonal.

    All are positive, and correlations below them are not larger than they allow.
    """
    growing = len(rows[0]) < len(rows[-1])
    ends = [row[-1] if growing else row[0] for row in rows if row]
    if any(end in DASHES for end in ends):
        return True
    numbers = [to_number(end) for end in ends if is_number(end)]
    return all(value == 1 for value in numbers) or any(value > 1 for value in numbers)


def _finish(label: str, table: _Table, path: Path, messages: list[Diagnostic]) -> PrintedMoments:
    names = table.names
    if not names or not table.rows:
        raise malformed(path, "there is no matrix")
    if all(name == f"V{place}" for place, name in enumerate(names, start=1)) and not any(table.labels):
        text = f"{path} has no names: its variables are called V1 … V{len(names)}"
        messages.append(Diagnostic("warning", "no-header", text, hint="write the names above the numbers"))
    deviations = table.extras.get("sd")
    if len(table.rows) == len(names) + 1 and not table.labels[-1] and len(table.rows[-1]) == len(names):
        if deviations is not None or not _is_unit_diagonal(table.rows[:-1]):
            text = f"the last row has no name, and there are {len(names)} rows without it"
            raise malformed(path, text, 'write "SD", "mean" or "n" before it')
        deviations = table.rows.pop()
        table.labels.pop()
    _require_labels(table, path)
    matrix, decimals = fill_matrix(table.names, table.rows, path)
    matrix, rounded = average_rounding(matrix, decimals, path)
    messages += rounded
    if deviations is not None:
        matrix = scale(matrix, _require_numbers(deviations, names, path, "SD"), path)
    mean = table.extras.get("mean")
    sizes = table.extras.get("n")
    where = f" in {path}" + (f", group {label!r}" if label else "")
    faults = check_covariance(names, matrix, where)
    if faults:
        raise DataError(faults)
    return PrintedMoments(
        label,
        names,
        matrix,
        None if mean is None else _require_numbers(mean, names, path, "mean"),
        None if sizes is None else _read_size(sizes, path, messages),
        tuple(messages),
    )


def _is_unit_diagonal(rows: Sequence[Row]) -> bool:
    if len({len(row) for row in rows}) == 1:
        diagonal = [row[place] if place < len(row) else "" for place, row in enumerate(rows)]
    else:
        growing = len(rows[0]) < len(rows[-1])
        diagonal = [(row[-1] if growing else row[0]) if row else "" for row in rows]
    return all(cell in DASHES or (is_number(cell) and to_number(cell) == 1) for cell in diagonal)


def _require_labels(table: _Table, path: Path) -> None:
    labels = [label for label in table.labels if label]
    if labels and len(labels) == len(table.rows) == len(table.names) and tuple(labels) != table.names:
        raise malformed(path, "the names of the rows are not those of the columns, in the same order")


def _require_numbers(cells: Row, names: Sequence[str], path: Path, what: str) -> FloatArray:
    values = [cell for cell in cells if cell]
    if len(values) != len(names) or not all(map(is_number, values)):
        raise malformed(path, f"the row {what!r} needs {len(names)} numbers")
    return np.array([to_number(cell) for cell in values])


def _read_size(cells: Row, path: Path, messages: list[Diagnostic]) -> int:
    values = [cell for cell in cells if cell]
    if not values or not all(map(is_number, values)):
        raise malformed(path, "the row 'n' needs numbers")
    sizes = [to_number(cell) for cell in values]
    if not all(np.isfinite(size) and size >= 1 for size in sizes):
        raise malformed(path, "the row 'n' needs numbers of 1 or more")
    if len(set(sizes)) > 1:
        text = f"{path}: the numbers of observations differ ({min(sizes):g} to {max(sizes):g}); the smallest is used"
        messages.append(Diagnostic("warning", "unequal-n", text))
    return int(min(sizes))


def _read_row_types(lines: list[Row], path: Path) -> tuple[PrintedMoments, ...]:
    """A matrix file of SPSS and others: `rowtype_` says what a row holds, columns before it name the group."""
    header = lines[0]
    lower = [cell.lower() for cell in header]
    kind_at = lower.index("rowtype_")
    name_at = lower.index("varname_") if "varname_" in lower else None
    first = max(kind_at, name_at if name_at is not None else kind_at) + 1
    names = tuple(cell for cell in header[first:] if cell)
    require_unique_names(names, str(path))
    split = [place for place in range(first) if place not in (kind_at, name_at)]
    tables: dict[str, _Table] = {}
    for cells in lines[1:]:
        if len(cells) < first:
            raise malformed(path, f"a row has {len(cells)} cells where {first} come before the numbers")
        label = ", ".join(cells[place] for place in split)
        table = tables.setdefault(label, _Table(names, [], []))
        kind, values = cells[kind_at].lower(), cells[first:]
        if kind in {"corr", "cov", "mat"}:
            table.rows.append(values)
            table.labels.append(cells[name_at] if name_at is not None else "")
        elif kind in _ROW_KINDS:
            table.extras[_ROW_KINDS[kind]] = values
        else:
            raise malformed(path, f"rowtype_ {cells[kind_at]!r} is not known", "CORR, COV, MEAN, STDDEV or N")
    return tuple(_finish(label, table, path, []) for label, table in tables.items())
