"""What a server knows while an editor is with it: texts, fits, columns of data, and how positions are counted."""

from pathlib import Path
from urllib.parse import unquote, urlparse
from urllib.request import url2pathname

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from sem_toolkit import __version__
from sem_toolkit.lsp.document import Columns, Document
from sem_toolkit.lsp.estimates import Estimates
from sem_toolkit.lsp.positions import TextMap
from sem_toolkit.lsp.protocol import SOURCE


class SpecServer(LanguageServer):
    """The server and what it remembers: a document for each text, fits by address, columns of data by file.

    The editor sends whole texts: a spec is small, and nothing can come apart.
    """

    def __init__(self) -> None:
        super().__init__(SOURCE, __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.columns = Columns()
        self.documents: dict[str, Document] = {}
        self.estimates: dict[str, Estimates] = {}

    def document(self, uri: str) -> Document:
        """The text of an address as it is now."""
        text = self.workspace.get_text_document(uri).source
        known = self.documents.get(uri)
        if known is None or known.text != text:
            known = self.documents[uri] = Document(text, read_path(uri), self.columns)
        return known

    def map(self, document: Document) -> TextMap:
        """Positions of a document in the units that the editor counts in."""
        encoding = self.workspace.position_encoding
        return TextMap(document.text, str(getattr(encoding, "value", encoding) or "utf-16"))

    def offset(self, document: Document, position: types.Position) -> int:
        """The offset of a position of the editor."""
        return self.map(document).offset((position.line, position.character))


def read_path(uri: str) -> Path | None:
    """The file of an address; None for a text that has no file yet."""
    parts = urlparse(uri)
    return Path(url2pathname(unquote(parts.path))) if parts.scheme == "file" else None
