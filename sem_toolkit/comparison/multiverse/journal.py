"""Results as they come, one line of JSON each, so that an interrupted run goes on where it was."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.files import make_folder

NAME = "results.jsonl"


@dataclass(frozen=True)
class Journal:
    """A file with the results of a run; its first line says what they are of.

    records  what was found in it, by key
    """

    path: Path
    records: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, record: Mapping[str, Any]) -> None:
        """Write one result at once. Raises DataError where the place cannot be written to."""
        _append(self.path, json.dumps(record, ensure_ascii=False, allow_nan=False))


def open_journal(folder: Path, origin: Mapping[str, Any]) -> Journal:
    """Go on with the journal of a folder, or begin one.

    origin  what its results are of (hash of the data, version): one with another origin is refused

    A last line that was cut off by an interruption is dropped. Raises DataError.
    """
    make_folder(folder)
    path = folder / NAME
    try:
        content = path.read_bytes() if path.exists() else b""
    except OSError as problem:
        raise _build_unusable(path, f"it cannot be read: {problem.strerror}") from None
    whole = content[: content.rfind(b"\n") + 1]
    if not whole:
        _write(path, "")
        _append(path, json.dumps({"multiverse": origin}, ensure_ascii=False))
        return Journal(path)
    try:
        lines = [json.loads(line) for line in whole.decode("utf-8").splitlines()]
        found, records = lines[0]["multiverse"], {line["key"]: line for line in lines[1:]}
    except (ValueError, KeyError, TypeError):
        raise _build_unusable(path, "it is no journal of a multiverse") from None
    for name, value in origin.items():
        if found.get(name) != value:
            raise _build_unusable(path, f"its results are of another {name}: {found.get(name)} then, {value} now")
    if whole != content:
        _write(path, whole.decode("utf-8"))
    return Journal(path, records)


def _append(path: Path, line: str) -> None:
    try:
        with path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(line + "\n")
    except OSError as problem:
        raise DataError(
            Diagnostic("error", "unwritable-file", f"{path} cannot be written: {problem.strerror}")
        ) from None


def _write(path: Path, text: str) -> None:
    from sem_toolkit.files import write_text

    write_text(path, text)


def _build_unusable(path: Path, reason: str) -> DataError:
    hint = "give another folder (-o), or remove the file to begin anew"
    return DataError(Diagnostic("error", "other-journal", f"{path} cannot be gone on with: {reason}", hint=hint))
