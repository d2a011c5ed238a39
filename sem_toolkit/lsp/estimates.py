"""Estimates beside the text they belong to: a fit of one state of a spec, and what of it stands at which term."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sem_toolkit.caching import cached_property
from sem_toolkit.fit import Fit, estimate, prepare
from sem_toolkit.lsp.document import Document
from sem_toolkit.report.numbers import format_cell
from sem_toolkit.spec import Parameter

Key = tuple[str, str, str, int]


@dataclass(frozen=True, eq=False)
class EstimateRows:
    """Rows of a table of estimates and the text that they are of.

    rows  with lhs op rhs est se pvalue, and where there are any group and std.all
    """

    text: str
    rows: Iterable[Mapping[str, Any]]

    @cached_property
    def _rows(self) -> dict[Key, Mapping[str, Any]]:
        return {
            (str(row["lhs"]), str(row["op"]), str(row["rhs"]), int(row.get("group", 1) or 1)): row for row in self.rows
        }

    def find(self, row: Parameter) -> Mapping[str, Any] | None:
        """The line of the table of estimates for a row of the parameter table."""
        for lhs, rhs in ((row.lhs, row.rhs), (row.rhs, row.lhs)):
            found = self._rows.get((lhs, row.op, rhs, row.group or 1))
            if found is not None and (lhs == row.lhs or row.op == "~~"):
                return found
        return None

    def describe(self, row: Parameter) -> str:
        """Estimate, standard error, p and standardised value in one line; empty where there is none."""
        found = self.find(row)
        if found is None:
            return ""
        parts = [f"estimate {format_cell('est', found['est'])}"]
        if row.free:
            parts += [f"se {format_cell('se', found['se'])}", f"p {format_cell('pvalue', found['pvalue'])}"]
        if "std.all" in found:
            parts.append(f"standardised {format_cell('std.all', found['std.all'])}")
        return ", ".join(parts)


@dataclass(frozen=True, eq=False)
class Estimates(EstimateRows):
    """The same with the fit that they are from."""

    fit: Fit

    @classmethod
    def of(cls, text: str, fit: Fit) -> "Estimates":
        """The estimates of a fit of a text."""
        names = ["lhs", "op", "rhs", "group", "est", "se", "pvalue", "std.all"]
        frame = fit.parameters
        named = [name for name in names if name in frame.columns]
        rows = [dict(zip(named, row, strict=True)) for row in frame[named].itertuples(index=False, name=None)]
        return cls(text, rows, fit)


@dataclass(frozen=True)
class Hint:
    """A text to be shown behind the character at `offset`."""

    offset: int
    text: str
    tooltip: str


def fit_document(document: Document) -> Estimates:
    """Fit the text with the data that its header names; raises SemError where that cannot be done."""
    return Estimates.of(document.text, estimate(prepare(document.spec)))


def list_hints(document: Document, estimates: EstimateRows) -> Iterator[Hint]:
    """The estimate behind each typed term, by groups where there are several; nothing once the text has changed."""
    if estimates.text != document.text or document.table is None:
        return
    by_place: dict[int, list[Parameter]] = {}
    shift = len(document.spec.source.text) - len(document.text)
    for row in document.table.rows:
        if row.origin.span is not None and row.origin.span.start >= shift:
            by_place.setdefault(row.origin.span.end - shift, []).append(row)
    for offset, rows in sorted(by_place.items()):
        found = [(row, estimates.find(row)) for row in rows]
        texts = [format_cell("est", values["est"]) for _, values in found if values is not None]
        if texts:
            yield Hint(offset, " / ".join(texts), "\n".join(estimates.describe(row) for row, _ in found))
