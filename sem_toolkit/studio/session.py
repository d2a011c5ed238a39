"""What a running studio knows: its folder and texts, the file it was started with, data by file, estimates by page."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic, build_missing_name
from sem_toolkit.lsp.document import Columns, Document
from sem_toolkit.lsp.estimates import EstimateRows
from sem_toolkit.studio.documents import open_document
from sem_toolkit.studio.folder import SPECS, TABLES, Folder
from sem_toolkit.studio.pins import Places
from sem_toolkit.studio.pool import Pool
from sem_toolkit.studio.texts import Text, Texts

Record = dict[str, Any]
_MOST_REMEMBERED = 16


@dataclass(frozen=True)
class Shown:
    """What a page was shown last: estimates, where there were any, and the places of the picture's variables."""

    estimates: EstimateRows | None = None
    places: Places = field(default_factory=dict)


@dataclass
class Session:
    """One studio.

    spec   the file it was started with, if any
    data   the file of the data for specs whose header names none
    """

    folder: Folder
    pool: Pool
    spec: Path | None = None
    data: Path | None = None
    texts: Texts = field(default_factory=Texts)
    columns: Columns = field(default_factory=Columns)
    documents: dict[tuple[str, Path | None, Path | None], Document] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)

    def find_path(self, call: Mapping[str, Any]) -> Path | None:
        """The file that a call is about: the one named, or the one the studio was started with."""
        name = call.get("file")
        if name is None:
            return self.spec
        return self.find_spec(name)

    def find_spec(self, name: object) -> Path:
        """The path of a spec by its name in a call. Raises DataError for what is none."""
        if not isinstance(name, str):
            raise DataError(Diagnostic("error", "bad-request", "the name of the file is missing"))
        if self.spec is not None and name == self.folder.name(self.spec):
            return self.spec
        return self.folder.find_spec(name)

    def open(self, call: Mapping[str, Any]) -> Document:
        """The text of a call, parsed once for as long as it is asked about."""
        text, path = call.get("text"), self.find_path(call)
        if not isinstance(text, str):
            raise DataError(Diagnostic("error", "bad-request", "the text is missing"))
        return self._open(text, path)

    def _open(self, text: str, path: Path | None) -> Document:
        key = (text, path, self.data)
        if key not in self.documents:
            while len(self.documents) >= _MOST_REMEMBERED:
                self.documents.pop(next(iter(self.documents)), None)
            self.documents[key] = open_document(text, path, self.folder, self.columns, self.data)
        return self.documents[key]

    def remember(self, page: str, shown: Shown) -> None:
        """Keep what a page was shown, for what is said beside its text and moved in its picture."""
        if not shown.places and page in self.shown:
            shown = replace(shown, places=self.shown[page].places)  # the page keeps the last picture, too
        self.shown.pop(page, None)
        self.shown[page] = shown
        while len(self.shown) > _MOST_REMEMBERED:
            self.shown.pop(next(iter(self.shown)))

    def get_shown(self, call: Mapping[str, Any]) -> Shown:
        """What the page of a call was shown last."""
        return self.shown.get(get_page(call), Shown())

    def find_data(self, name: object) -> Path:
        """A file of data by its name in a call. Raises DataError for what is none."""
        given = {self.folder.name(path): path for path in self.folder.given}
        path = given.get(str(name)) or self.folder.find(str(name))
        if path.suffix.lower() not in TABLES or not path.is_file():
            raise DataError(build_missing_name(str(name), self.folder.list_files(TABLES), "file of data"))
        return path

    def build_state(self, path: Path | None) -> Record:
        """What a page begins with: a text, its version, its data, and what else the folder holds."""
        text = self.texts.read(path) if path is not None else Text("", "")
        document = self._open(text.text, path)
        data = document.data
        files = self.folder.list_files(SPECS - {".txt"})
        datasets = self.folder.list_files(TABLES)
        datasets += [self.folder.name(path) for path in sorted(self.folder.given) if path.suffix.lower() in TABLES]
        own = self.folder.name(path) if path is not None else None
        if own is not None and own not in files:
            files.insert(0, own)
        return {
            "file": own,
            "text": text.text,
            "version": text.version,
            "recovered": text.recovered,
            "data": self.folder.name(data) if data is not None else None,
            "data_columns": list(document.columns or ()),
            "files": files,
            "datasets": list(dict.fromkeys(datasets)),
            "rivals": [name for name in files if name != own],
        }


def get_page(call: Mapping[str, Any]) -> str:
    """What the page of a call calls itself."""
    return str(call.get("page", ""))[:100]
