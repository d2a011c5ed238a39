"""What the page gets of diagnostics, tables and fits: plain records, ready for JSON."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import Diagnostic, SemError, Span
from sem_toolkit.fit import Fit
from sem_toolkit.fit.records import clean
from sem_toolkit.lsp.document import Document
from sem_toolkit.report.labels import LABELS
from sem_toolkit.report.numbers import format_cell
from sem_toolkit.spec.text_edits import Edit
from sem_toolkit.studio.offsets import Offsets

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]

MOST_INDICES = 100
"""Modification indices that are sent: beyond these none is looked at."""


class Places:
    """Where spans of a document stand in the text of the page, which has nothing of what it includes."""

    def __init__(self, document: Document) -> None:
        self._own = ("", str(document.path))
        self._shift = len(document.spec.source.text) - len(document.text)
        self._offsets = Offsets(document.text)

    def find(self, span: Span | None) -> tuple[int, int] | None:
        """First and last code unit of a span of the text itself; None for other places."""
        if span is None or span.file not in self._own or span.start < self._shift:
            return None
        return self._offsets.units(span.start - self._shift), self._offsets.units(span.end - self._shift)

    def build_diagnostic(self, entry: Diagnostic) -> Record:
        """A diagnostic with its repairs, where these are about the text itself."""
        place = self.find(entry.span)
        message = entry.message
        if place is None and entry.span is not None and entry.span.file:
            message = f"{entry.span.file.rpartition('/')[2]}:{entry.span.line}: {message}"
        record: Record = {"severity": entry.severity, "code": entry.code, "message": message, "hint": entry.hint}
        record |= {"from": place[0] if place else None, "to": place[1] if place else None, "fixes": []}
        if entry.fixes and all(self.find(fix.span) for fix in entry.fixes):
            edits = [Edit(fix.span.start - self._shift, fix.span.end - self._shift, fix.replacement)
                     for fix in entry.fixes]  # fmt: skip
            title = entry.hint or f'write "{entry.fixes[0].replacement}"'
            record["fixes"] = [{"title": title, "edits": self._offsets.build_edits(edits)}]
        return record


def build_plain(entries: Iterable[Diagnostic]) -> list[Record]:
    """Diagnostics that have no place in the text."""
    names = ("severity", "code", "message", "hint")
    return [{name: getattr(entry, name) for name in names} for entry in entries]


def build_error(fault: SemError | Diagnostic) -> Record:
    """A refusal."""
    entry = fault.diagnostics[0] if isinstance(fault, SemError) else fault
    return {"error": {"code": entry.code, "message": entry.message, "hint": entry.hint}}


def build_table(name: str, title: str, frame: "pd.DataFrame", hidden: Sequence[str] = ()) -> Record:
    """A DataFrame: its columns with what they hold, and its rows with NaN as null."""
    import pandas as pd

    shown = frame.drop(columns=[column for column in hidden if column in frame])
    columns = [
        {"name": str(column), "label": str(column), "numeric": bool(pd.api.types.is_numeric_dtype(shown[column]))}
        for column in shown.columns
    ]
    rows = [[clean(value) for value in row] for row in shown.itertuples(index=False, name=None)]
    return {"name": name, "title": title, "columns": columns, "rows": rows}


def build_fit(fit: Fit, known: Sequence[Diagnostic]) -> Record:
    """Measures, certificate and messages of a fit; `known` are those that stand in the text already."""
    certificate = fit.certificate
    measures = [
        {"name": name, "label": LABELS.get(name, name), "value": clean(value), "text": format_cell(name, value)}
        for name, value in fit.fit_measures.items()
    ]
    standing = f", {certificate.standing}" if certificate.standing else ""
    told = {
        "certified": fit.certified,
        "converged": certificate.converged,
        "admissible": certificate.admissible,
        "verdict": certificate.verdict,
        "text": f"{certificate.verdict}{standing} ({fit.options.estimation.estimator}, engine {certificate.engine})",
    }
    seen = set(known)
    groups = [{"label": group.label, "n": group.n} for group in fit.sample.groups]
    warnings = build_plain(entry for entry in fit.messages if entry not in seen)
    return {"measures": measures, "certificate": told, "n": fit.sample.n, "groups": groups, "warnings": warnings}


def build_indices(frame: "pd.DataFrame") -> list[Record]:
    """The largest modification indices, one record a row with `_` for the dots of lavaan's names."""
    names = [name for name in ("lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv", "sepc.all") if name in frame]
    rows = frame[names].head(MOST_INDICES).itertuples(index=False, name=None)
    keys = [name.replace(".", "_") for name in names]
    return [{key: clean(value) for key, value in zip(keys, row, strict=True)} for row in rows]
