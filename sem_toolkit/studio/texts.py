"""Texts of specs on disk: read with their own line ends, written whole, never over what somebody else wrote.

Every state that the page sends goes into a journal first (`.studio/NAME.journal` beside the spec) and then into the
file. A server that is killed in between, or a text that met another one in the file, is found there again.
"""

import codecs
import difflib
import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sem_toolkit.diagnostics import DataError, Diagnostic, SpecError
from sem_toolkit.files import make_folder, write_bytes

_LINE_END = re.compile(r"\r\n|\r|\n")
JOURNALS = ".studio"
_LARGEST_JOURNAL = 2 << 20
_KEPT = 100
"""States that are kept when a journal has become too long."""


@dataclass(frozen=True)
class Text:
    """What the page gets of a file: the text with "\\n" between lines, and the state of the file that it is of.

    version    of the bytes in the file; "" where there is no file
    recovered  the text is from the journal: the file was not written before the server ended
    """

    text: str
    version: str
    recovered: bool = False


class ConflictError(Exception):
    """The file is not what a page believes it to be; `current` is what it is."""

    def __init__(self, current: Text) -> None:
        super().__init__("the file was changed elsewhere")
        self.current = current


@dataclass(frozen=True)
class Texts:
    """The texts of a studio. One lock holds all reading and writing: files are small, and pages few."""

    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, path: Path) -> Text:
        """The text of a file, or of its journal where that is one step ahead; an empty one where there is neither.

        Raises DataError or SpecError for what cannot be read or is no text.
        """
        with self.lock:
            content = _read_bytes(path)
            version = compute_version(content)
            last = next(_iterate_backwards(find_journal(path)), {})
            text = decode(content, path)
            if last.get("before") == version and last.get("text") != text:
                return Text(str(last["text"]), version, recovered=True)
            return Text(text, version)

    def save(self, path: Path, text: str, version: str, page: str) -> str:
        """Write a text over the version that the page has last seen; the new version.

        Raises ConflictError where the file is another by now (the text is in the journal all the same), and DataError
        where it cannot be written.
        """
        with self.lock:
            content = _read_bytes(path)
            current = compute_version(content)
            if decode(content, path) == text:
                return current
            conflict = current != version
            _append(find_journal(path), {"before": None if conflict else version, "page": page, "text": text})
            if conflict:
                raise ConflictError(Text(decode(content, path), current))
            written = encode(text, content)
            write_bytes(path, written)
            new = compute_version(written)
            _append(find_journal(path), {"written": new}, at_once=False)
            return new


def list_states(path: Path) -> list[dict[str, object]]:
    """time, page and text of the states in a file's journal, the newest first."""
    found = [entry for entry in _iterate_backwards(find_journal(path)) if "text" in entry]
    return [{name: entry.get(name) for name in ("time", "page", "text")} for entry in found[:_KEPT]]


def compute_version(content: bytes | None) -> str:
    """What stands for the bytes of a file; "" for no file."""
    return "" if content is None else hashlib.sha256(content).hexdigest()[:20]


def decode(content: bytes | None, path: Path) -> str:
    """The text of a file with "\\n" for every line end, without a mark of its encoding. Raises SpecError for none."""
    try:
        return _LINE_END.sub("\n", (content or b"").decode("utf-8-sig"))
    except UnicodeDecodeError:
        message = f'"{path.name}" is not a text in UTF-8'
        hint = "save the file with the encoding UTF-8"
        raise SpecError(Diagnostic("error", "not-text", message, None, hint)) from None


def encode(text: str, before: bytes | None) -> bytes:
    """The bytes of a text for a file that held these before: lines that stay keep their ends, the mark stays too.

    Raises SpecError for a text that no file can hold.
    """
    try:
        written = _restore_line_ends(text, before).encode("utf-8")
    except UnicodeEncodeError:
        message = "the text has half a character (a lone surrogate)"
        raise SpecError(Diagnostic("error", "not-text", message, None, "delete it and type it again")) from None
    return codecs.BOM_UTF8 + written if before is not None and before.startswith(codecs.BOM_UTF8) else written


def _restore_line_ends(text: str, before: bytes | None) -> str:
    old = (before or b"").decode("utf-8-sig", "replace")
    ends = _LINE_END.findall(old)
    if set(ends) <= {"\n"}:
        return text
    usual = max(set(ends), key=ends.count)
    lines, own = text.split("\n"), _LINE_END.split(old)
    new_ends = [usual] * len(lines)
    if len(set(ends)) > 1:
        for first, second, size in difflib.SequenceMatcher(a=own, b=lines, autojunk=False).get_matching_blocks():
            for step in range(size):
                if first + step < len(ends):
                    new_ends[second + step] = ends[first + step]
    new_ends[-1] = ""
    return "".join(line + end for line, end in zip(lines, new_ends, strict=True))


def find_journal(path: Path) -> Path:
    """Where the journal of a file is kept."""
    return path.parent / JOURNALS / f"{path.name}.journal"


def _read_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        message = f'"{path.name}" cannot be read: {problem.strerror or "it cannot be opened"}'
        raise DataError(Diagnostic("error", "unreadable-file", message)) from None


def _append(journal: Path, entry: dict[str, object], *, at_once: bool = True) -> None:
    """Add an entry, and see it on the disk `at_once`; a journal that has become long keeps its last states."""
    if not journal.parent.is_dir():
        make_folder(journal.parent)
        (journal.parent / ".gitignore").write_text("*\n", encoding="ascii")
    entry = {"time": time.time(), **entry}
    line = (json.dumps(entry) + "\n").encode()  # in ASCII: whatever was typed, the journal can hold it
    try:
        if journal.exists() and journal.stat().st_size > _LARGEST_JOURNAL:
            kept = list(_iterate_backwards(journal))[:_KEPT][::-1]
            lines = [(json.dumps(old) + "\n").encode() for old in kept]
            while sum(map(len, lines)) > _LARGEST_JOURNAL // 2:
                lines.pop(0)
            write_bytes(journal, b"".join(lines))
        with journal.open("ab") as stream:
            stream.write(line)
            if at_once:
                stream.flush()
                os.fsync(stream.fileno())
    except OSError as problem:
        message = f"the journal cannot be written: {problem.strerror}"
        raise DataError(Diagnostic("error", "unwritable-file", message)) from None


def _iterate_backwards(journal: Path) -> Iterator[dict[str, object]]:
    """Entries, the last first; a line that was cut short is passed over."""
    try:
        lines = journal.read_bytes().splitlines()
    except OSError:
        return
    for line in reversed(lines):
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict) and (isinstance(entry.get("text"), str) or "written" in entry):
            yield entry
