"""Files of every kind into one: a DataFrame whose columns have the names of the file, each once."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import DataError, Diagnostic, require_package
from sem_toolkit.sample.delimited import convert_columns, describe_writing, parse_delimited
from sem_toolkit.sample.labels import LABELS, ColumnLabels
from sem_toolkit.sample.long_texts import SHORTEST, read_long_text
from sem_toolkit.sample.messages import SHEETS, add_messages
from sem_toolkit.sample.parquet_ranges import read_ranges, require_range
from sem_toolkit.sample.regular import require_regular
from sem_toolkit.sample.text_files import LARGEST_TEXT, read_text

if TYPE_CHECKING:
    import pandas as pd


def read_table(path: str | Path, sheet: str | None = None) -> "pd.DataFrame":
    """Read a table: .csv, .tsv, .txt, .dat (separator and decimal comma are found), .parquet, .xlsx, .sav or .dta.

    sheet  of a workbook; None takes the first one that holds a table

    Columns that hold numbers are float64 with NaN for missing values, the others hold texts. Column names are the
    file's, never renamed. Raises DataError when the file is missing, empty, unreadable, or a name occurs twice.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    require_regular(path)
    if reader is None:
        hint = _OTHER_FORMATS.get(path.suffix.lower(), f"one of {', '.join(_READERS)}")
        raise DataError(Diagnostic("error", "unknown-format", f"{path}: unknown kind of file", hint=hint))
    if path.stat().st_size == 0:
        raise DataError(Diagnostic("error", "empty-file", f"{path} is empty"))
    if sheet is not None and reader is not _read_excel:
        message = f"{path} has no sheets; {sheet!r} was asked for"
        raise DataError(Diagnostic("error", "unknown-sheet", message, hint="leave --sheet out"))
    frame = _read_excel(path, sheet) if reader is _read_excel else reader(path)
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise DataError(Diagnostic("error", "empty-file", f"{path} has no rows of data"))
    return frame


def _read_delimited(path: Path) -> "pd.DataFrame":
    import pandas as pd

    if SHORTEST <= path.stat().st_size <= LARGEST_TEXT and (found := read_long_text(path)) is not None:
        return found
    text, messages = read_text(path)
    table = parse_delimited(text, path.name)
    columns = convert_columns(table, str(path))
    frame = pd.DataFrame(columns)
    add_messages(frame, (*messages, *table.messages, *describe_writing(table, columns, path.name)))
    return frame


def _read_parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    require_package(f"reading {path}", "pyarrow", "parquet")
    import pyarrow.parquet

    frame = _read_by(lambda: pd.read_parquet(path, page_checksum_verification=True), path)
    ranges = _read_by(lambda: read_ranges(pyarrow.parquet.read_metadata(path)), path)
    for name in frame.columns:
        if str(name) in ranges and pd.api.types.is_numeric_dtype(frame[name].dtype) and frame[name].notna().any():
            require_range(path, ranges, str(name), frame[name].min().item(), frame[name].max().item())
    return frame


def _read_excel(path: Path, sheet: str | None = None) -> "pd.DataFrame":
    import pandas as pd

    require_package(f"reading {path}", "openpyxl", "excel")
    from sem_toolkit.sample.workbooks import read_workbook

    found = _read_by(lambda: read_workbook(path, sheet), path)
    frame = pd.DataFrame(found.columns)
    frame.attrs[SHEETS] = (found.sheet, found.sheets)
    add_messages(frame, found.messages)
    return frame


def _read_spss(path: Path) -> "pd.DataFrame":
    """Read SPSS values as codes, not labels; values declared missing are missing, and counted in a message."""
    require_package(f"reading {path}", "pyreadstat", "spss")
    import pyreadstat

    frame, meta = _read_by(lambda: pyreadstat.read_sav(str(path), apply_value_formats=False, user_missing=True), path)
    frame = frame.replace({"": None})
    counts: dict[str, int] = {}
    declared: dict[str, dict[float | str, int]] = {}
    for name, ranges in meta.missing_ranges.items():
        hit = _find_declared(frame[name], ranges)
        if hit.any():
            counts[name] = int(hit.sum())
            declared[name] = frame[name][hit].value_counts().to_dict()
            frame[name] = frame[name].mask(hit)
    _keep_labels(frame, meta, declared)
    if counts:
        shown = ", ".join(f"{name} ({count})" for name, count in list(counts.items())[:8])
        shown += ", …" if len(counts) > 8 else ""
        message = f"{path.name}: {sum(counts.values())} cells hold values that the file declares missing: {shown}"
        add_messages(frame, [Diagnostic("note", "declared-missing", message)])
    return frame


def _find_declared(column: "pd.Series", ranges: list[dict[str, object]]) -> "pd.Series":
    """Which cells lie in one of SPSS's ranges of missing values."""
    hit = column.isna() & False
    for entry in ranges:
        low, high = entry["lo"], entry["hi"]
        if isinstance(low, str) or column.dtype == object:
            hit |= column.astype(str).str.strip() == str(low).strip()
        else:
            hit |= column.between(low, high)
    return hit


def _read_stata(path: Path) -> "pd.DataFrame":
    """Read Stata values as codes, not labels; its missing values, . and .a to .z, are missing."""
    require_package(f"reading {path}", "pyreadstat", "spss")
    import pyreadstat

    frame, meta = _read_by(lambda: pyreadstat.read_dta(str(path), apply_value_formats=False), path)
    frame = frame.replace({"": None})
    _keep_labels(frame, meta)
    return frame


def _keep_labels(
    frame: "pd.DataFrame", meta: Any, declared: Mapping[str, dict[float | str, int]] | None = None
) -> None:
    """Labels of values and variables, and SPSS's measure level, by column."""
    frame.attrs[LABELS] = {
        name: ColumnLabels(
            meta.column_names_to_labels.get(name) or "",
            dict(meta.variable_value_labels.get(name, {})),
            getattr(meta, "variable_measure", {}).get(name, "unknown"),
            tuple((entry["lo"], entry["hi"]) for entry in getattr(meta, "missing_ranges", {}).get(name, ())),
            (declared or {}).get(name, {}),
        )
        for name in meta.column_names
    }


_READERS: dict[str, Callable[[Path], "pd.DataFrame"]] = {
    ".csv": _read_delimited,
    ".tsv": _read_delimited,
    ".tab": _read_delimited,
    ".txt": _read_delimited,
    ".dat": _read_delimited,
    ".parquet": _read_parquet,
    ".xlsx": _read_excel,
    ".xlsm": _read_excel,
    ".sav": _read_spss,
    ".zsav": _read_spss,
    ".dta": _read_stata,
}
_OTHER_FORMATS: dict[str, str] = {
    ".xls": "open it in Excel and save it as .xlsx",
    ".ods": "save it as .xlsx or .csv",
    ".rds": "in R: write.csv(data, 'data.csv', row.names = FALSE)",
    ".rdata": "in R: write.csv(data, 'data.csv', row.names = FALSE)",
    ".por": "in SPSS: save it as .sav",
    ".sas7bdat": "save it as .csv or .parquet",
}


def _read_by(read: Callable[[], Any], path: Path) -> Any:
    """Run a foreign reader; whatever it raises about the file becomes a DataError."""
    try:
        return read()
    except DataError:
        raise
    except Exception as problem:  # the readers' exceptions have no common parent
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        from sem_toolkit.sample.damage import describe_damage

        raise DataError(describe_damage(path, reason)) from problem
