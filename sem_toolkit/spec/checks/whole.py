"""Everything that can be said about a spec, by one function: what `sem-toolkit check` shows."""

from collections.abc import Collection
from dataclasses import dataclass

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.build import build_parameter_table
from sem_toolkit.spec.checks.columns import check_columns
from sem_toolkit.spec.checks.support import NOT_SUPPORTED
from sem_toolkit.spec.checks.table import check_table
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.table import ParameterTable


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
    found = [*spec.diagnostics, *check_table(table, options)]
    if columns is not None:
        found += check_columns(spec, table, columns)
    return CheckedSpec(spec, table, _sort(found))


def require_estimable(spec: Spec) -> None:
    """Raise SpecError where the spec is faulty, or asks for what can be read but not estimated yet."""
    unsupported = [diagnostic for diagnostic in spec.diagnostics if diagnostic.code == NOT_SUPPORTED]
    faults = [*spec.errors, *(diagnostic for diagnostic in unsupported if diagnostic.severity != "error")]
    if faults:
        raise SpecError(_sort(faults), spec.source)


def _sort(diagnostics: Collection[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In the order of the text; what has no place comes last."""
    return tuple(sorted(diagnostics, key=lambda d: (d.span.start, d.span.end) if d.span else (1 << 60, 0)))
