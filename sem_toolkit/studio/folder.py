"""The one folder that a studio reads and writes: names from the page become paths here, and nowhere else."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.spec import read_spec
from sem_toolkit.spec.specs import ENDINGS

SPECS = ENDINGS
"""Endings of files that the page may make and change."""
TABLES = frozenset({".csv", ".tsv", ".tab", ".dat", ".parquet", ".xlsx", ".sav", ".zsav", ".dta"})
"""Endings of files of data."""
_MOST_LISTED, _MOST_SEEN, _DEEPEST = 500, 5000, 4
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv"})


@dataclass(frozen=True)
class Folder:
    """A folder and the few files outside of it that the user named at the start.

    root   resolved, so that what lies below it is found by comparing paths
    given  resolved paths of files that may be read wherever they are
    """

    root: Path
    given: frozenset[Path] = frozenset()

    def find(self, name: str) -> Path:
        """The path of a name from the page: relative, of visible parts, and within the folder after all links.

        Raises DataError for every other name.
        """
        parts = PurePosixPath(name).parts
        plain = bool(name) and "\x00" not in name and "\\" not in name and ":" not in name and len(name) < 1000
        if not plain or name.startswith("/") or any(part.startswith(".") for part in parts) or not parts:
            raise DataError(_build_outside(name))
        path = self.root.joinpath(*parts)
        if not self._holds(path):
            raise DataError(_build_outside(name))
        return path

    def find_spec(self, name: str) -> Path:
        """The path of a spec by its name, there or to be made. Raises DataError for names of other files."""
        path = self.find(name)
        if path.suffix.lower() not in SPECS and path.resolve() not in self.given:
            hint = f"end it in {', '.join(sorted(SPECS))}"
            raise DataError(Diagnostic("error", "unknown-format", f'"{name}" is no name for a spec', hint=hint))
        if not path.parent.is_dir():
            message = f'there is no folder "{Path(name).parent}"'
            raise DataError(Diagnostic("error", "missing-file", message, hint="name a file in a folder that is there"))
        return path

    def require_readable(self, path: Path) -> None:
        """Raise DataError for a file that a spec names and the studio does not read."""
        if not self._holds(path):
            message = f'"{path.name}" lies outside of the folder of the studio'
            hint = "start the studio in a folder that holds the spec and its data"
            raise DataError(Diagnostic("error", "outside-folder", message, hint=hint))

    def read(self, path: Path) -> str:
        """The text of a file that may be read. Raises DataError or SpecError where there is none."""
        self.require_readable(path)
        return read_spec(path, expand=False).source.text

    def name(self, path: Path) -> str:
        """What the page calls a file."""
        try:
            return path.relative_to(self.root).as_posix()
        except ValueError:
            return path.name

    def list_files(self, endings: frozenset[str]) -> list[str]:
        """Names of the files with some endings, by folder; the first 500 among 5000, four folders deep."""
        found: list[str] = []
        for path in islice(self._walk(self.root, _DEEPEST), _MOST_SEEN):
            if path.suffix.lower() in endings:
                found.append(self.name(path))
                if len(found) == _MOST_LISTED:
                    break
        return found

    def _walk(self, folder: Path, depth: int) -> Iterator[Path]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: (entry.is_dir(), entry.name.casefold()))
        except OSError:
            return
        for entry in entries:
            if entry.name.startswith(".") or entry.name in _PASSED_OVER:
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth > 1:
                    yield from self._walk(Path(entry.path), depth - 1)
            elif entry.is_file() and self._holds(Path(entry.path)):
                yield Path(entry.path)

    def _holds(self, path: Path) -> bool:
        try:
            real = Path(os.path.realpath(path))
        except (OSError, ValueError):
            return False
        return real.is_relative_to(self.root) or real in self.given


def _build_outside(name: str) -> Diagnostic:
    hint = "name a file within the folder of the studio, such as models/rival.lav"
    return Diagnostic("error", "outside-folder", f'"{name[:100]}" is no file of the folder', hint=hint)
