"""The study's page as a `Document`, for Markdown and Word: the same words and tables, without the models one by one."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser

from sem_toolkit.libraries import pd
from sem_toolkit.report.document import Block, Document, Picture, Section
from sem_toolkit.report.export import Printed

_SILENT = frozenset({"head", "nav", "svg", "footer"})
_PARTS = {"h1": 0, "h2": 1, "h3": 2}
_ONE_BY_ONE = '<h2 id="models">'
_LAST = "Where the rest is"
_REST = (
    "Each model with its spec, certificate and estimates stands in report.html, every table as a file in tables/. "
    "receipt.json holds hashes of data and specs; sem-toolkit verify refits them."
)


def build_page_document(page: str, pictures: Mapping[str, bytes]) -> Document:
    """A document of the sections up to the models one by one.

    page      HTML of `build_study_page`
    pictures  PNG by the name of its file; each figure of the page names its own in `data-picture`
    """
    reader = _PageReader(pictures)
    reader.feed(page.partition(_ONE_BY_ONE)[0])
    reader.close()
    return Document(reader.title, (*reader.sections, Section(_LAST, (_REST,))))


class _PageReader(HTMLParser):
    """Reads headings, paragraphs, items of lists, tables and figures in their order."""

    def __init__(self, pictures: Mapping[str, bytes]) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.sections: list[Section] = []
        self._pictures = pictures
        self._silent = 0
        self._text: list[str] = []
        self._summary = ""
        self._marked = False
        self._cells: list[str] = []
        self._rows: list[list[str]] = []
        self._left: set[int] = set()
        self._figure: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a part of the page."""
        named = {name: value or "" for name, value in attrs}
        if tag in _SILENT:
            self._silent += 1
        elif tag in {*_PARTS, "p", "li", "summary", "th", "td", "figcaption"}:
            if tag in {"th", "td"} and named.get("class") == "text" and not self._rows:
                self._left.add(len(self._cells))
            self._text = []
        elif tag == "table":
            self._rows, self._left = [], set()
        elif tag == "tr":
            self._cells = []
        elif named.get("class") == "simulated":
            self._text.append("(")
            self._marked = True
        elif tag == "figure":
            self._figure = {"name": named.get("data-picture", ""), "description": named.get("aria-label", "")}

    def handle_endtag(self, tag: str) -> None:
        """End a part of the page, which then is whole."""
        if tag in _SILENT:
            self._silent -= 1
        elif tag in _PARTS:
            if _PARTS[tag] == 0:
                self.title = self._take()
            else:
                self.sections.append(Section(self._take(), (), _PARTS[tag]))
        elif tag == "p":
            self._add(self._take())
        elif tag == "li":
            self._add(f"• {self._take()}")
        elif tag == "summary":
            self._summary = self._take()
        elif tag == "span" and self._marked:
            self._text.append(")")
            self._marked = False
        elif tag in {"th", "td"}:
            self._cells.append(self._take())
        elif tag == "tr":
            self._rows.append(self._cells)
        elif tag == "table":
            self._end_table()
        elif tag == "figcaption":
            self._figure["caption"] = self._take()
        elif tag == "figure" and self._figure["name"] in self._pictures:
            name = self._figure["name"]
            picture = Picture(name, self._pictures[name], self._figure["description"], self._figure.get("caption", ""))
            self._add(picture)

    def handle_data(self, data: str) -> None:
        """Text of the part that is open."""
        if not self._silent:
            self._text.append(data)

    def _take(self) -> str:
        return " ".join("".join(self._text).split())

    def _add(self, block: Block) -> None:
        if not block:
            return
        if not self.sections:
            self.sections.append(Section("The question"))
        last = self.sections[-1]
        self.sections[-1] = Section(last.heading, (*last.blocks, block), last.level)

    def _end_table(self) -> None:
        head, *rows = self._rows
        if not rows:
            return
        frame = pd.DataFrame(rows, columns=head)
        numbers = frozenset(name for position, name in enumerate(head) if position not in self._left)
        self._add(Printed(frame, self._summary, "", numbers))
        self._summary = ""
