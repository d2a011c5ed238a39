"""Everything that can be said about a spec, by one function: what `sem-toolkit check` shows."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.build import build_parameter_table
from sem_toolkit.spec.checks.columns import check_columns
from sem_toolkit.spec.checks.labels import check_unused_labels
from sem_toolkit.spec.checks.support import NOT_SUPPORTED
from sem_toolkit.spec.checks.table import check_table
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.slopes import check_random_slopes
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.table import ParameterTable
from sem_toolkit.spec.tree import Formula


@dataclass(frozen=True)
class CheckedSpec:
    """A spec, all that was found in it, and its table; None where errors leave none."""

    spec: Spec
    table: ParameterTable | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that stop the work."""
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error")


def check_spec(
    spec: Spec,
    options: TableOptions | None = None,
    groups: tuple[str, ...] = ("",),
    columns: Collection[str] | None = None,
) -> CheckedSpec:
    """Check a spec as far as it goes: its text, its table, and its variables against the columns of the data."""
    options = options or TableOptions()
    if spec.errors:
        return CheckedSpec(spec, None, spec.diagnostics)
    try:
        table = build_parameter_table(spec, options, groups)
    except SpecError as error:
        return CheckedSpec(spec, None, _sort((*spec.diagnostics, *error.diagnostics)))
    return CheckedSpec(spec, table, check_expanded(spec, table, options, columns))


def check_expanded(
    spec: Spec, table: ParameterTable, options: TableOptions, columns: Collection[str] | None = None
) -> tuple[Diagnostic, ...]:
    """All that can be said of a spec and of the table that it expands to, in the order of the text.

    A fit, a comparison and a picture show what `sem-toolkit check` shows, because all of them ask here.

    options  those that the table was built with
    columns  names of the columns of the data, where there are rows
    """
    found = [*_judge_unused_labels(spec, table), *check_table(table, options, _list_labels_by_group(spec))]
    found += check_random_slopes(table)
    if columns is not None:
        found += check_columns(spec, table, columns)
    return _sort(found)


def _list_labels_by_group(spec: Spec) -> frozenset[str]:
    """Labels in a vector with one entry a group."""
    return frozenset(
        str(value)
        for statement in spec.statements
        if isinstance(statement, Formula)
        for term in statement.right
        for modifier in term.modifiers
        if modifier.kind == "label" and len(modifier.values) > 1
        for value in modifier.values
    )


def _judge_unused_labels(spec: Spec, table: ParameterTable) -> tuple[Diagnostic, ...]:
    """The spec's diagnostics; a label that makes groups equal, which only the table can tell, is not unused."""
    if len(table.groups) < 2 or not any(entry.code == "unused-label" for entry in spec.diagnostics):
        return spec.diagnostics
    counts = Counter(row.label for row in table.parameters if row.label)
    reporter = Reporter(spec.line_index)
    check_unused_labels(spec.statements, [label for label, count in counts.items() if count > 1], reporter)
    return (*(entry for entry in spec.diagnostics if entry.code != "unused-label"), *reporter.diagnostics)


def require_estimable(spec: Spec) -> None:
    """Raise SpecError where the spec is faulty, or asks for what can be read but not estimated yet."""
    unsupported = [diagnostic for diagnostic in spec.diagnostics if diagnostic.code == NOT_SUPPORTED]
    faults = [*spec.errors, *(diagnostic for diagnostic in unsupported if diagnostic.severity != "error")]
    if faults:
        raise SpecError(_sort(faults), spec.source)


def _sort(diagnostics: Collection[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In the order of the text; what has no place comes last."""
    return tuple(sorted(diagnostics, key=lambda d: (d.span.start, d.span.end) if d.span else (1 << 60, 0)))
