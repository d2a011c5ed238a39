"""Writing files whole or not at all: into a temporary neighbour, then renamed."""

import os
import tempfile
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8 with newlines as they are. Raises DataError when the place cannot be written to."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file so that no reader ever sees half of it. Raises DataError when the place cannot be written to."""
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as problem:
        message = f"{path} cannot be written: {problem.strerror}"
        raise DataError(Diagnostic("error", "unwritable-file", message)) from None


def make_folder(path: str | Path) -> Path:
    """The folder, made with its parents where it is not there. Raises DataError when that cannot be."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        message = f"the folder {path} cannot be made: {problem.strerror}"
        raise DataError(Diagnostic("error", "unwritable-file", message)) from None
    return Path(path)
