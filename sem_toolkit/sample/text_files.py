"""Bytes of text files into text: UTF-8, UTF-16 with a mark, or Windows-1252; what is none is refused."""

from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.damage import name_kind
from sem_toolkit.sample.regular import require_regular

LARGEST_TEXT = 300_000_000
"""Bytes; a text needs some ten times as much memory while it is taken apart."""
_LOOKED_AT = 1 << 16
_UTF16_MARKS = frozenset({b"\xff\xfe", b"\xfe\xff"})


def read_text(path: Path) -> tuple[str, tuple[Diagnostic, ...]]:
    """Read a text file as UTF-8 (with or without a mark), UTF-16 with a mark, or else Windows-1252, and say so.

    Raises DataError when the file is missing, unreadable, empty or not a text.
    """
    require_regular(path)
    try:
        raw = _read_bytes(path)
    except OSError as problem:
        raise DataError(Diagnostic("error", "unreadable-file", f"{path}: {problem.strerror}")) from None
    text, messages = _decode(raw, path)
    if not text.strip():
        raise DataError(Diagnostic("error", "empty-file", f"{path} is empty"))
    return text, messages


def _read_bytes(path: Path) -> bytes:
    """All bytes of a text; what is none, or too long for one, is refused after its first bytes."""
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
        if b"\0" in start and start[:2] not in _UTF16_MARKS:
            raise DataError(_describe_binary(path, start))
        size = path.stat().st_size
        if size > LARGEST_TEXT:
            message = f"{path} has {size / 1e6:.0f} MB; texts of up to {LARGEST_TEXT / 1e6:.0f} MB are read"
            raise DataError(Diagnostic("error", "too-large", message, hint="save the table as Parquet"))
        return start + file.read()


def _describe_binary(path: Path, start: bytes) -> Diagnostic:
    kind = name_kind(start[:_LOOKED_AT])
    message = f"{path} is not a text file" + (f": it begins like {kind}" if kind else "")
    hint = "give it the ending of what it is" if kind else "CSV, TSV, .parquet, .xlsx, .sav or .dta"
    return Diagnostic("error", "not-a-text", message, hint=hint)


def _decode(raw: bytes, path: Path) -> tuple[str, tuple[Diagnostic, ...]]:
    encoding = "utf-16" if raw[:2] in _UTF16_MARKS else "utf-8-sig"
    try:
        return raw.decode(encoding), ()
    except UnicodeDecodeError:
        if b"\0" in raw:
            raise DataError(_describe_binary(path, raw)) from None
    message = f"{path} is not UTF-8 and was read as Windows-1252"
    return raw.decode("cp1252", errors="replace"), (Diagnostic("warning", "assumed-encoding", message),)
