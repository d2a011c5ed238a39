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
_SHORT = ("expected number of rows", "unable to read", "footer", "unexpected end", "truncated", "not a zip file")
"""Of readers' own words, those that a file which ends too early gets."""


def describe_damage(path: Path, reason: str) -> Diagnostic:
    """The fault of a file that could not be read: of another kind, cut short, or damaged within.

    reason  what its reader said
    """
    beginnings, owner = _BEGINNINGS.get(path.suffix.lower(), ((), ""))
    start = _read_start(path)
    if beginnings and not start.startswith(beginnings):
        other = next((what for mark, what in _OTHER_KINDS if start.lower().startswith(mark.lower())), _show(start))
        message = f"{path} is no {owner} file, whatever its name says: it begins like {other}"
        hint = "give it the ending of what it is, or save it anew"
    elif any(words in reason.lower() for words in _SHORT):
        message = f"{path} is damaged: it ends before its data do ({_shorten(reason)})"
        hint = "it may have been cut short while it was copied: fetch or save it anew"
    else:
        message = f"{path} is damaged and cannot be read: {_shorten(reason)}"
        hint = f"open it in {owner} and save it anew" if owner not in {"", "Parquet"} else "write it anew"
    return Diagnostic("error", "unreadable-file", message, hint=hint)


def _read_start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError:
        return b""


def _show(start: bytes) -> str:
    text = start.decode("ascii", errors="replace")
    if text.isprintable() or text.strip().isprintable():
        return f"a text ({text.strip()!r})"
    return "nothing that is known here"


def _shorten(reason: str) -> str:
    return reason if len(reason) <= 120 else reason[:119] + "…"
