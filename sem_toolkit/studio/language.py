"""What an editor asks of a text, answered from the same layer as the language server, in units of UTF-16."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.lsp import coloring
from sem_toolkit.lsp.completion import suggest
from sem_toolkit.lsp.document import Document
from sem_toolkit.lsp.estimates import EstimateRows
from sem_toolkit.lsp.hover import describe_place
from sem_toolkit.lsp.layout import list_layout_changes
from sem_toolkit.lsp.names import find_occurrence, find_rename_fault, list_same
from sem_toolkit.spec.formatting import format_spec
from sem_toolkit.spec.text_edits import Edit
from sem_toolkit.studio.offsets import EditRecord, Offsets

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Asked:
    """A document, the place that is asked about, and the rest of the call."""

    document: Document
    call: Mapping[str, Any]
    estimates: EstimateRows | None = None

    @property
    def offsets(self) -> Offsets:
        """The two counts of the text."""
        return Offsets(self.document.text)

    @property
    def offset(self) -> int:
        """The place in characters. Raises DataError where it is no number."""
        given = self.call.get("offset")
        if not isinstance(given, int) or isinstance(given, bool):
            raise DataError(Diagnostic("error", "bad-request", "offset is no whole number"))
        return self.offsets.characters(given)


def complete(asked: Asked) -> Record:
    """What may be typed, and where the word begins that it takes the place of."""
    text, offset = asked.document.text, asked.offset
    start = offset
    while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "._"):
        start -= 1
    items = []
    for entry in suggest(asked.document, offset):
        item: Record = {"label": entry.label, "detail": entry.detail, "kind": entry.kind}
        items.append(item | ({"insert": entry.insert} if entry.insert else {}))
    return {"from": asked.offsets.units(start), "items": items}


def hover(asked: Asked) -> Record | None:
    """What stands at a place, in Markdown."""
    text = describe_place(asked.document, asked.offset, asked.estimates)
    if not text:
        return None
    found = find_occurrence(asked.document.own, asked.offset)
    first, last = (found.start, found.end) if found is not None else (asked.offset, asked.offset)
    return {"from": asked.offsets.units(first), "to": asked.offsets.units(last), "markdown": text}


def lay_out(asked: Asked) -> dict[str, list[EditRecord]]:
    """The edits that give the text its usual layout."""
    document = asked.document
    edits = [Edit(*change) for change in list_layout_changes(document.text, format_spec(document.own))]
    return {"edits": asked.offsets.build_edits(edits)}


def rename(asked: Asked) -> dict[str, list[EditRecord]]:
    """The edits that give the name at a place another one. Raises DataError where that cannot be."""
    own, name = asked.document.own, str(asked.call.get("name", ""))
    found = find_occurrence(own, asked.offset)
    same = [] if found is None else list_same(own, found)
    fault = find_rename_fault(own, same, name)
    if fault:
        raise DataError(Diagnostic("error", "invalid-name", fault))
    return {"edits": asked.offsets.build_edits(Edit(entry.start, entry.end, name) for entry in same)}


def color(asked: Asked) -> dict[str, list[Record]]:
    """Stretches of the text with their kinds."""
    units = asked.offsets.units
    return {
        "tokens": [
            {"from": units(entry.start), "to": units(entry.end), "kind": entry.kind}
            for entry in coloring.color(asked.document)
        ]
    }
