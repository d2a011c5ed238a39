"""The answer to a key stroke: what is wrong with the text, its picture, its fit and what is inferred from it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import Diagnostic, EstimationError, SemError
from sem_toolkit.estimation import Progress
from sem_toolkit.fit import Fit, Prepared, estimate
from sem_toolkit.fit.pipeline import RowMemory, find_state, prepare_from
from sem_toolkit.inference.frames import separate_groups
from sem_toolkit.lsp.document import Columns, Document
from sem_toolkit.report.compared_figures import draw_compared_fits
from sem_toolkit.report.tables import TABLES, build_table_of, find_name
from sem_toolkit.studio.documents import find_data_path, open_document, require_named_files
from sem_toolkit.studio.drawing import MOST_TRIED, be_patient, build_style, draw_text, find_table, number_blocks
from sem_toolkit.studio.folder import Folder
from sem_toolkit.studio.pictures import build_picture
from sem_toolkit.studio.records import Places, Record, build_fit, build_indices, build_table

Watch = Callable[[Progress], object]
TECHNICAL = ("block", "free", "exo")
SHOWN = ("parameters", "fit_measures", "r2")
"""Tables that come with every answer; the others come when the page names them."""
_VALUES = {"std.all": "standardized", "standardized": "standardized", "est": "raw", "raw": "raw", "both": "both",
           "none": "none"}  # fmt: skip
_MOST_TABLES, _MOST_FITS = 4, 32


@dataclass(frozen=True)
class Question:
    """What the page asks: a text and how it is to be shown.

    path   the file that the text is of; None where it has none yet
    data   the file of the data where the header names none
    style  settings of the picture
    group  that is drawn, from 1
    rival  the file of a spec that is drawn over the text's picture
    hurry  take the first picture even where something is hit in it; the answer says that it is a draft
    """

    text: str
    path: Path | None = None
    data: Path | None = None
    style: Mapping[str, Any] = field(default_factory=dict)
    group: int = 1
    misfit: bool = False
    rival: Path | None = None
    hurry: bool = False
    tables: tuple[str, ...] = SHOWN

    def with_text(self, text: str) -> "Question":
        """The same about another text."""
        return replace(self, text=text)

    @classmethod
    def parse(
        cls, record: Mapping[str, Any], path: Path | None, data: Path | None, rival: Path | None = None
    ) -> "Question":
        """The question in a call, whose values may be anything."""
        style = record.get("style")
        chosen: dict[str, Any] = dict(style) if isinstance(style, dict) else {}
        values = _VALUES.get(str(record.get("standardized")))
        if values is not None:
            chosen["values"] = values
        group, tables = record.get("group"), record.get("tables")
        return cls(
            str(record.get("text", "")),
            path,
            data,
            chosen,
            group if isinstance(group, int) and group > 0 else 1,
            record.get("overlay") == "misfit",
            rival,
            record.get("hurry") is True,
            tuple(str(name) for name in tables) if isinstance(tables, list) else SHOWN,
        )


@dataclass
class Memory:
    """What stays warm from one question to the next: rows, columns, and fits by text."""

    folder: Folder
    rows: RowMemory = field(default_factory=RowMemory)
    columns: Columns = field(default_factory=Columns)
    fits: dict[tuple[object, ...], Fit] = field(default_factory=dict)
    last: dict[Path | None, Fit] = field(default_factory=dict)

    def open(self, question: Question) -> Document:
        """The text of a question, parsed."""
        return open_document(question.text, question.path, self.folder, self.columns, question.data)

    def fit(self, document: Document, watch: Watch | None = None) -> Fit:
        """The fit of a text, from the fit before where the models share parameters. Raises SemError where none is.

        Our own search is tried first, as it is the faster; where it finds no optimum the text's engine has its turn.
        """
        data = document.data
        if document.spec.header.data:
            data = find_data_path(document)
            self.folder.require_readable(data)
        key = (document.spec.source.text, document.path, None if data is None else find_state(data))
        if key not in self.fits:
            own = prepare_from(self.rows, document.spec, data, engine="native")
            start = self.last.get(document.path)
            found = _estimate(own, start, watch)
            if not found.converged:
                found = estimate(prepare_from(self.rows, document.spec, data), None, watch)
            self.rows.forget(_MOST_TABLES)
            self.fits[key] = found
            if len(self.fits) > _MOST_FITS:
                del self.fits[next(iter(self.fits))]
        if self.fits[key].converged:
            self.last[document.path] = self.fits[key]
        return self.fits[key]


def analyse(question: Question, memory: Memory, watch: Watch | None = None) -> tuple[Record, Fit | None]:
    """The whole answer to a question, as the page gets it, and the fit that it tells of.

    Faults of the text and the data are in the answer, never raised; a search that `watch` ends raises EstimationError.
    """
    document = memory.open(question)
    places = Places(document)
    found = [*document.diagnostics]
    answer: Record = {"svg": None, "fit": None, "tables": [], "indices": [], "residuals": None, "nodes": [],
                      "paths": [], "scale": 1, "picture": None, "draft": False, "parts": [],
                      "group": 1, "block": 0}  # fmt: skip
    fit = None
    if document.has_meaning:
        if not any(entry.severity == "error" for entry in found):
            fit, faults = find_fit(document, memory, watch)
            found += [entry for entry in faults if entry not in found]
        try:
            picture, faults = draw_question(document, question, fit, memory.folder, watch)
            answer |= picture
            found += [entry for entry in faults if entry not in found]
            if question.rival is not None and fit is not None:
                answer["svg"] = _draw_beside(fit, question, question.rival, memory, watch)
        except SemError as fault:
            _pass_cancelled(fault)
            found += fault.diagnostics
    if fit is not None:
        answer["fit"] = build_fit(fit, found)
        answer |= _infer(fit, question)
        for index in answer["indices"]:
            index["block"] = number_blocks(document, fit.table).get(index["group"], 0)
    answer["diagnostics"] = [places.build_diagnostic(entry) for entry in found]
    return answer, fit


def find_fit(document: Document, memory: Memory, watch: Watch | None) -> tuple[Fit | None, tuple[Diagnostic, ...]]:
    """The fit, or why there is none; neither where no data are named."""
    header = document.spec.header
    prepared = document.prepared
    if prepared is None or (not header.data and document.other_data is None and prepared.options.sample_cov is None):
        return None, ()
    try:
        return memory.fit(document, watch), ()
    except SemError as fault:
        _pass_cancelled(fault)
        return None, fault.diagnostics


def _pass_cancelled(fault: SemError) -> None:
    """Raise a fault again that says that nobody waits any more."""
    if any(entry.code == "cancelled" for entry in fault.diagnostics):
        raise fault


def _draw_beside(fit: Fit, question: Question, rival: Path, memory: Memory, watch: Watch | None) -> str:
    """The picture of a text's fit with that of a rival over it."""
    other = replace(question, text=memory.folder.read(rival), path=rival)
    require_named_files(memory.open(question), memory.folder)
    require_named_files(memory.open(other), memory.folder)
    found = memory.fit(memory.open(other), watch)
    return draw_compared_fits([fit, found], "overlay", build_style(question.style)).to_svg()


def _estimate(prepared: Prepared, start: Fit | None, watch: Watch | None) -> Fit:
    """Estimate from the fit before; what goes wrong from there is tried again without it."""
    if start is not None:
        with suppress(SemError):
            found = estimate(prepared, start, watch)
            if found.certified or found.certificate.starts > 1:  # other starts were looked at too
                return found
    return estimate(prepared, None, watch)


def draw_question(
    document: Document, question: Question, fit: Fit | None, folder: Folder, watch: Watch | None = None
) -> tuple[Record, tuple[Diagnostic, ...]]:
    """The picture of a text as records, and what its hints lack. Raises SemError where there is nothing to draw."""
    style, group = build_style(question.style), question.group
    group = min(group, len(find_table(document, fit).groups))

    def check() -> None:
        if watch is not None and watch(Progress(0, 0.0)) is False:
            raise EstimationError(Diagnostic("error", "cancelled", "nobody waits for this picture"))

    go_on = be_patient(1 if question.hurry else MOST_TRIED, check)
    diagram, faults = draw_text(document, fit, folder, style, group, misfit=question.misfit, go_on=go_on)
    is_draft = question.hurry and bool(diagram.hits())
    table = find_table(document, fit)
    estimates = separate_groups(fit.parameters) if fit is not None and fit.converged else None
    picture = build_picture(diagram, table, Places(document), estimates, group)
    parts = [{"label": label} for label in table.groups] if len(table.groups) > 1 else []
    block = number_blocks(document, table).get(group, 0)
    return picture | {"draft": is_draft, "parts": parts, "group": group, "block": block}, faults


def _infer(fit: Fit, question: Question) -> Record:
    """Tables, modification indices and residuals, each left out where the model has none."""
    answer: Record = {"tables": [], "indices": [], "residuals": None}
    for name in question.tables:
        with suppress(SemError):
            key = find_name(name)
            answer["tables"].append(build_table(key, TABLES[key].title, build_table_of(fit, key), TECHNICAL))
    if not fit.converged:
        return answer
    with suppress(SemError):
        answer["indices"] = build_indices(separate_groups(fit.modification_indices))
    with suppress(SemError):
        residuals = fit.residuals
        own = residuals[min(question.group, len(residuals)) - 1]
        values = [[None if value != value else round(float(value), 4) for value in row] for row in own.cov]
        z = [[None if value != value else round(float(value), 3) for value in row] for row in own.cov_z]
        answer["residuals"] = {"label": own.label, "names": list(own.variables), "values": values, "z": z}
    return answer
