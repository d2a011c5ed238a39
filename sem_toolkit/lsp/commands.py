"""Commands that an editor can ask for: fit, draw and compare what is in the text, off the thread that answers."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lsprotocol import types

from sem_toolkit.comparison import Comparison, compare
from sem_toolkit.diagnostics import SemError
from sem_toolkit.diagnostics.text import format_diagnostics
from sem_toolkit.lsp.document import Document
from sem_toolkit.lsp.estimates import Estimates, fit_document
from sem_toolkit.lsp.session import SpecServer
from sem_toolkit.report.figures import draw_fit, draw_spec
from sem_toolkit.spec import read_spec

Record = dict[str, Any]


async def fit_text(ls: SpecServer, uri: str) -> Record:
    """Fit the text with its data; estimates then stand beside its terms. `summary` is what the command prints."""
    document = ls.document(uri)
    found = await _work(lambda: fit_document(document))
    if isinstance(found, SemError):
        return _tell(ls, found)
    ls.estimates[uri] = found
    ls.workspace_inlay_hint_refresh(None)
    fitted = found.fit
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, repr(fitted)[1:-1]))
    return {"verdict": fitted.certificate.verdict, "summary": fitted.summary()}


async def draw_text(ls: SpecServer, uri: str) -> Record:
    """The diagram of the text as SVG: with estimates where this text was fitted, without them otherwise."""
    document, estimates = ls.document(uri), ls.estimates.get(uri)
    found = await _work(lambda: _draw(document, estimates))
    return _tell(ls, found) if isinstance(found, SemError) else {"svg": found}


async def compare_text(ls: SpecServer, uri: str, other: str) -> Record:
    """The text beside the spec of a file, with the data of its header: the table of both, and how they relate."""
    document = ls.document(uri)
    found = await _work(lambda: _compare(document, Path(other)))
    if isinstance(found, SemError):
        return _tell(ls, found)
    return {"table": found.table.to_string(), "tests": found.tests.to_string()}


COMMANDS: Mapping[str, Callable[..., Any]] = {
    "semToolkit.fit": fit_text,
    "semToolkit.diagram": draw_text,
    "semToolkit.compare": compare_text,
}


async def _work(task: Callable[[], Any]) -> Any:
    """What a task gives, from a thread of its own; its SemError where it raises one."""
    try:
        return await asyncio.to_thread(task)
    except SemError as fault:
        return fault


def _draw(document: Document, estimates: Estimates | None) -> str:
    if estimates is not None and estimates.text == document.text:
        return draw_fit(estimates.fit).to_svg()
    if document.table is None:
        raise SemError(document.diagnostics, document.spec.source)
    return draw_spec(document.spec, document.table).to_svg()


def _compare(document: Document, other: Path) -> Comparison:
    return compare({"text": document.spec, other.stem: read_spec(other)}, document.data)


def _tell(ls: SpecServer, fault: SemError) -> Record:
    text = format_diagnostics(fault.diagnostics, fault.source)
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Error, fault.diagnostics[0].message))
    return {"error": text}
