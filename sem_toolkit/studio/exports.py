"""What is on the page as a file to keep: the picture, a report, a table, the text."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic, EstimationError
from sem_toolkit.diagram.diagram import SUFFIXES
from sem_toolkit.fit import Fit
from sem_toolkit.report.document import write_document
from sem_toolkit.report.export import build_note, write_table
from sem_toolkit.report.reported import build_fit_report
from sem_toolkit.report.tables import TABLES, build_table_of, find_name
from sem_toolkit.studio.analysis import Memory, Question, find_fit
from sem_toolkit.studio.drawing import build_style, draw_text

Exported = tuple[str, bytes]
"""The name of the file and what it holds."""


def export(call: Mapping[str, Any], question: Question, memory: Memory) -> Exported:
    """The file that a call asks for. Raises SemError for what cannot be written, or for a text without a fit."""
    wanted, suffix = str(call.get("what")), f".{str(call.get('format', '')).lower().lstrip('.')}"
    if wanted not in _WAYS:
        message = f'there is no export "{wanted}"'
        raise DataError(Diagnostic("error", "unknown-format", message, hint=f"one of {', '.join(_WAYS)}"))
    stem = question.path.stem if question.path is not None else "model"
    name, content = _WAYS[wanted](suffix, call, question, memory)
    return f"{stem}{name}", content


def _export_diagram(suffix: str, call: Mapping[str, Any], question: Question, memory: Memory) -> Exported:
    """The picture as it is shown."""
    if suffix not in SUFFIXES:
        message = f'"{suffix}" is no format for a diagram'
        raise DataError(Diagnostic("error", "unknown-format", message, hint=f"use one of {', '.join(SUFFIXES)}"))
    document = memory.open(question)
    document.spec.require_valid()
    fit, _ = find_fit(document, memory, None)
    if document.table is None:
        raise DataError(Diagnostic("error", "no-picture", "a text with faults has no picture"))
    style = build_style(question.style)
    diagram, _ = draw_text(document, fit, memory.folder, style, question.group, misfit=question.misfit)
    return suffix, diagram.to_bytes(suffix)


def _export_report(suffix: str, call: Mapping[str, Any], question: Question, memory: Memory) -> Exported:
    fit = _require_fit(question, memory)
    return f"_report{suffix}", _write(suffix, lambda path: write_document(path, build_fit_report(fit)))


def _export_table(suffix: str, call: Mapping[str, Any], question: Question, memory: Memory) -> Exported:
    fit = _require_fit(question, memory)
    name = find_name(str(call.get("table", "parameters")))
    frame, title = build_table_of(fit, name), f"{fit.title}: {TABLES[name].title}"
    note = build_note(fit, estimates=name == "parameters")
    return f"_{name}{suffix}", _write(suffix, lambda path: write_table(path, frame, title, note))


def _export_spec(suffix: str, call: Mapping[str, Any], question: Question, memory: Memory) -> Exported:
    try:
        return ".lav", question.text.encode("utf-8")
    except UnicodeEncodeError:
        raise DataError(Diagnostic("error", "not-text", "the text has half a character (a lone surrogate)")) from None


def _require_fit(question: Question, memory: Memory) -> Fit:
    document = memory.open(question)
    document.spec.require_valid()
    fit, faults = find_fit(document, memory, None)
    if fit is None:
        fallback = Diagnostic("error", "no-data", "a text without data has no fit")
        raise EstimationError(faults or fallback)
    return fit


def _write(suffix: str, write: Callable[[Path], object]) -> bytes:
    """What a writer of files writes."""
    with tempfile.TemporaryDirectory(prefix="sem-toolkit-") as folder:
        path = Path(folder) / f"export{suffix}"
        write(path)
        return path.read_bytes()


_WAYS: Mapping[str, Callable[[str, Mapping[str, Any], Question, Memory], Exported]] = {
    "diagram": _export_diagram,
    "report": _export_report,
    "table": _export_table,
    "spec": _export_spec,
}
