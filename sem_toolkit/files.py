"""Writing files whole or not at all: into a temporary neighbour, then renamed."""

import os
import stat
import tempfile
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic

_NEW = 0o644
_LONG = 200  # characters of a name to which the temporary neighbour adds a few


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8 with newlines as they are. Raises DataError when the place cannot be written to."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write a file so that no reader ever sees half of it.

    A link is followed, and a file that is there keeps its mode. A device or a pipe is written to as it is. Raises
    DataError when the place cannot be written to.
    """
    try:
        place = Path(os.path.realpath(path))
        if place.exists() and not place.is_file():
            place.write_bytes(content)
            return
        mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else _NEW
        handle, temporary = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:_LONG]}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            Path(temporary).chmod(mode)
            Path(temporary).replace(place)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else "it is no name of a file"
        message = f"{path} cannot be written: {reason}"
        raise DataError(Diagnostic("error", "unwritable-file", message)) from None


def make_folder(path: str | Path) -> Path:
    """The folder, made with its parents where it is not there. Raises DataError when that cannot be."""
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        message = f"the folder {path} cannot be made: {problem.strerror}"
        raise DataError(Diagnostic("error", "unwritable-file", message)) from None
    return Path(path)
