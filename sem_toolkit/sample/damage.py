"""What is wrong with a file that its reader refuses, in words about the file."""

from pathlib import Path

from sem_toolkit.diagnostics import Diagnostic

_BEGINNINGS: dict[str, tuple[tuple[bytes, ...], str]] = {
    ".sav": ((b"$FL2", b"$FL3"), "SPSS"),
    ".zsav": ((b"$FL3", b"$FL2"), "SPSS"),
    ".dta": ((b"<stata_dta>", *(bytes([release]) for release in range(102, 116))), "Stata"),
    ".parquet": ((b"PAR1",), "Parquet"),
    ".xlsx": ((b"PK\x03\x04",), "Excel"),
    ".xlsm": ((b"PK\x03\x04",), "Excel"),
}
"""How files of each kind begin, and whose they are."""
_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"$FL", "an SPSS file"),
    (b"PAR1", "a Parquet file"),
    (b"<stata_dta>", "a Stata file"),
    (b"%PDF", "a PDF"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
)
_PARQUET = b"PAR1"
_LOOKED_AT = 1024
_SHORT = ("expected number of rows", "unable to read", "footer", "unexpected end", "truncated", "not a zip file")
"""Of readers' own words, those that a file which ends too early gets."""


def describe_damage(path: Path, reason: str) -> Diagnostic:
    """The fault of a file that could not be read: of another kind, cut short, or damaged within.

    reason  what its reader said
    """
    beginnings, owner = _BEGINNINGS.get(path.suffix.lower(), ((), ""))
    start, end = _read_ends(path)
    other = name_kind(start)
    reason = reason.rpartition(f"{path}': ")[2]  # words in the name of the file say nothing of it
    if owner == "Parquet" and (lost := _find_lost(start, end, other)):
        message = f"{path} is a damaged Parquet file: {lost}"
        hint = "it may have been cut short while it was copied: fetch or write it anew"
    elif beginnings and not start.startswith(beginnings):
        message = f"{path} is no {owner} file, whatever its name says: it begins like {other or _show(start)}"
        hint = "give it the ending of what it is, or save it anew"
    elif any(words in reason.lower() for words in _SHORT):
        message = f"{path} is damaged: it ends before its data do ({_shorten(reason)})"
        hint = "it may have been cut short while it was copied: fetch or save it anew"
    else:
        message = f"{path} is damaged and cannot be read: {_shorten(reason)}"
        hint = f"open it in {owner} and save it anew" if owner not in {"", "Parquet"} else "write it anew"
    return Diagnostic("error", "unreadable-file", message, hint=hint)


def name_kind(start: bytes) -> str:
    """What kind of file begins so, in words; empty for a text and for what is not known."""
    return next((what for mark, what in _OTHER_KINDS if start.lower().startswith(mark.lower())), "")


def _find_lost(start: bytes, end: bytes, other: str) -> str:
    """What a file named Parquet has lost of one, which begins and ends with the same mark; empty for another kind."""
    begins, ends = start.startswith(_PARQUET), end == _PARQUET
    if begins and not ends:
        return "it begins as one, and its end, with the list of its columns, is missing"
    if ends and not begins:
        return "it ends as one, and its beginning is overwritten"
    if begins or other or _find_line(start):
        return ""
    return "its name says that it is one, and both its beginning and its end are overwritten"


def _read_ends(path: Path) -> tuple[bytes, bytes]:
    """The first bytes of a file, and the last ones, as many as Parquet's mark has."""
    try:
        with path.open("rb") as file:
            start = file.read(_LOOKED_AT)
            file.seek(max(path.stat().st_size - len(_PARQUET), 0))
            return start, file.read()
    except OSError:
        return b"", b""


def _find_line(start: bytes) -> str:
    """The first line of a text; empty for what is none."""
    text = start.decode("utf-8-sig", errors="ignore")
    is_text = b"\0" not in start and all(part.isprintable() for part in text.split())
    return text.strip().splitlines()[0] if is_text and text.strip() else ""


def _show(start: bytes) -> str:
    line = _find_line(start)
    return f"a text ({line[:16]!r})" if line else "nothing that is known here"


def _shorten(reason: str) -> str:
    return reason if len(reason) <= 120 else reason[:119] + "…"
