"""Files of every kind into one: a DataFrame whose columns have the names of the file, each once."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.delimited import convert_columns, parse_delimited, read_text, require_unique_names

if TYPE_CHECKING:
    import pandas as pd

MESSAGES = "sem_toolkit.messages"
"""Key in `DataFrame.attrs` under which a reader leaves what it found worth saying."""


def read_table(path: str | Path) -> "pd.DataFrame":
    """Read a table: .csv, .tsv, .txt, .dat (separator and decimal comma are found), .parquet, .xlsx or .sav.

    Columns that hold numbers are float64 with NaN for missing values, the others hold texts. Column names are the
    file's, never renamed. Raises DataError when the file is missing, empty, unreadable, or a name occurs twice.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(_READERS)
        raise DataError(Diagnostic("error", "unknown-format", f"{path}: unknown kind of file", hint=f"one of {known}"))
    if not path.is_file():
        raise DataError(Diagnostic("error", "missing-file", f"there is no file {path}"))
    if path.stat().st_size == 0:
        raise DataError(Diagnostic("error", "empty-file", f"{path} is empty"))
    frame = reader(path)
    if frame.shape[0] == 0 or frame.shape[1] == 0:
        raise DataError(Diagnostic("error", "empty-file", f"{path} has no rows of data"))
    return frame


def _read_delimited(path: Path) -> "pd.DataFrame":
    import pandas as pd

    text, messages = read_text(path)
    frame = pd.DataFrame(convert_columns(parse_delimited(text, str(path)), str(path)))
    frame.attrs[MESSAGES] = messages
    return frame


def _read_parquet(path: Path) -> "pd.DataFrame":
    import pandas as pd

    _require_package("pyarrow", "parquet", path)
    return _read_by(lambda: pd.read_parquet(path), path)


def _read_excel(path: Path) -> "pd.DataFrame":
    """Read the first sheet; its first row holds the names. Read without a header, so that pandas renames nothing."""
    import pandas as pd

    _require_package("openpyxl", "excel", path)
    cells = _read_by(lambda: pd.read_excel(path, header=None, engine="openpyxl"), path)
    if cells.empty:
        return cells
    names = ["" if pd.isna(name) else str(name).strip() for name in cells.iloc[0]]
    require_unique_names(names, str(path))
    kept = [position for position, name in enumerate(names) if name]
    frame = cells.iloc[1:, kept].reset_index(drop=True).infer_objects()
    frame.columns = pd.Index([names[position] for position in kept])
    return frame.dropna(how="all").reset_index(drop=True)


def _read_spss(path: Path) -> "pd.DataFrame":
    """Read SPSS values as codes, not labels; values declared missing are missing."""
    _require_package("pyreadstat", "spss", path)
    import pyreadstat

    frame, _ = _read_by(lambda: pyreadstat.read_sav(str(path), apply_value_formats=False), path)
    return frame.replace({"": None})


_READERS: dict[str, Callable[[Path], "pd.DataFrame"]] = {
    ".csv": _read_delimited,
    ".tsv": _read_delimited,
    ".tab": _read_delimited,
    ".txt": _read_delimited,
    ".dat": _read_delimited,
    ".parquet": _read_parquet,
    ".xlsx": _read_excel,
    ".sav": _read_spss,
    ".zsav": _read_spss,
}


def _require_package(package: str, extra: str, path: Path) -> None:
    from importlib.util import find_spec

    if find_spec(package) is None:
        hint = f'pip install "sem-toolkit[{extra}]"'
        raise DataError(Diagnostic("error", "missing-package", f"{path}: reading it needs {package}", hint=hint))


def _read_by(read: Callable[[], Any], path: Path) -> Any:
    """Run a foreign reader; whatever it raises about the file becomes a DataError."""
    try:
        return read()
    except Exception as problem:  # the readers' exceptions have no common parent
        reason = str(problem).splitlines()[0] if str(problem) else type(problem).__name__
        raise DataError(Diagnostic("error", "unreadable-file", f"{path} cannot be read: {reason}")) from problem
