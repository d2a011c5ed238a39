"""Texts of the page as documents that read no file outside of the folder."""

from pathlib import Path

from sem_toolkit.diagram import find_layout_path
from sem_toolkit.lsp.document import Columns, Document
from sem_toolkit.studio.folder import Folder

_UNNAMED = "untitled.lav"
"""The file that a text without one is taken to be: what it names is looked for in the folder itself."""


def open_document(text: str, path: Path | None, folder: Folder, columns: Columns, data: Path | None) -> Document:
    """A document; `data` are those of texts whose header names none."""
    return Document(text, path or folder.root / _UNNAMED, columns, folder.require_readable, data)


def require_named_files(document: Document, folder: Folder) -> None:
    """Raise DataError where a spec names data or a codebook outside of the folder, or keeps its places there."""
    path, header = document.path or Path(), document.spec.header
    codebook = header.diagram.get("codebook")
    if header.data:
        folder.require_readable(find_data_path(document))
    if codebook is not None:
        folder.require_readable(path.parent / str(codebook))
    folder.require_readable(find_layout_path(path))


def find_data_path(document: Document) -> Path:
    """Where the data are that a header names."""
    return (document.path or Path()).parent / document.spec.header.data
