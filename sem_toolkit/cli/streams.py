"""Standard output and error as the command finds them: of any encoding, closed, or on a full disk."""

import codecs
import errno
import os
import sys
from typing import TextIO

from sem_toolkit.diagnostics import DataError, Diagnostic

_PLAIN = {
    "χ": "chi", "²": "2", "√": "sqrt", "α": "alpha", "β": "beta", "ω": "omega", "Γ": "Gamma", "Δ": "delta",
    "–": "-", "−": "-", "—": "-", "…": "...", "≤": "<=", "≥": ">=", "→": "->", "×": "x", "“": '"', "”": '"', "’": "'",
}  # fmt: skip
"""What stands for the signs of our tables where a stream cannot hold them; others are escaped."""
_STREAM_FAULTS = frozenset({errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EFBIG, errno.EBADF, errno.EINVAL})


def prepare_streams() -> None:
    """Make both streams fit to be written to.

    Raises DataError where standard output is closed, as there is nowhere to write results then; where standard error
    is, messages are dropped.
    """
    if sys.stderr is None:
        sys.stderr = _open_nowhere()
    if sys.stdout is None:
        sys.stdout = _open_nowhere()
        message = "standard output is closed, so that there is nowhere to write the result"
        raise DataError(Diagnostic("error", "no-output", message, hint="leave it open, or send it to a file"))
    codecs.register_error("plain-signs", _write_plain)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and not holds_everything(stream):
            reconfigure(errors="plain-signs")


def holds_everything(stream: TextIO) -> bool:
    """Whether a stream can hold every character (UTF-8 and its kin)."""
    return (stream.encoding or "").lower().replace("-", "").startswith("utf")


def is_stream_fault(problem: OSError) -> bool:
    """Whether an operating system's error is about a stream, not about a file, which would be named."""
    return problem.filename is None and problem.errno in _STREAM_FAULTS


def silence(stream: TextIO) -> None:
    """Send what is left in a stream that takes nothing more to nowhere, so that Python can leave quietly."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # no file behind it
        return


def _open_nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - for as long as the process runs


def _write_plain(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    part = fault.object[fault.start : fault.end]
    return "".join(_PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in part), fault.end
