"""What is done in the picture of a text: the edits of the text, and where its variables stand then."""

from collections.abc import Callable, Mapping
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic, SpecError
from sem_toolkit.lsp.document import Document
from sem_toolkit.spec import ParameterTable
from sem_toolkit.spec.actions import Change, change_text
from sem_toolkit.spec.asked_actions import parse_action
from sem_toolkit.spec.text_edits import find_edits
from sem_toolkit.studio.offsets import Offsets

Record = dict[str, Any]
Open = Callable[[str], Document]
"""A text as the document that the one asked about would be with it."""


def edit_text(text: str, action: object, open_text: Open) -> Record:
    """edits, text and message of an action; raises SpecError where it cannot be done."""
    made = change(text, action, open_text)
    edits = Offsets(text).build_edits(find_edits(text, made.text))
    return {"edits": edits, "text": made.text, "message": made.message}


def change(text: str, action: object, open_text: Open) -> Change:
    """The text after an action."""
    if not isinstance(action, Mapping):
        raise DataError(Diagnostic("error", "bad-request", "the action is no record"))
    return change_text(text, parse_action(action), lambda new: _expand(open_text(new)))


def _expand(document: Document) -> ParameterTable:
    """What a text means. Raises SpecError with its faults; whether it is identified is not asked."""
    table, found = document.meaning
    errors = [entry for entry in found if entry.severity == "error"]
    if table is None or errors:
        raise SpecError(errors or found, document.spec.source)
    return table
