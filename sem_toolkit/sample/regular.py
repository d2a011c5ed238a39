"""Files that end: pipes, devices and folders are refused before anything waits for them."""

import stat
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic, build_missing_file

ENDINGS = frozenset({".csv", ".tsv", ".tab", ".txt", ".dat", ".parquet", ".xlsx", ".xlsm", ".sav", ".zsav", ".dta"})
"""Endings of the files that tables are read from."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def require_regular(path: Path) -> None:
    """Raise DataError where there is no such file, or what is there is no ordinary file."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise DataError(build_missing_file(path, endings=ENDINGS)) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise DataError(Diagnostic("error", "unreadable-file", f"{path}: {reason}")) from None
    for is_kind, kind in _KINDS:
        if is_kind(mode):
            message = f"{path} is {kind}, not a file with data"
            hint = None if kind == "a folder" else "write the data to a file first"
            raise DataError(Diagnostic("error", "unreadable-file", message, hint=hint))
