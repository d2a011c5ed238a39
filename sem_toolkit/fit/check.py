"""What can be said of a spec before any fit: its faults, its parameter table, its identification."""

from dataclasses import dataclass, replace
from typing import Any

from sem_toolkit.diagnostics import Diagnostic, SemError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.fit.prepared import prepare_schematic
from sem_toolkit.fit.streamed import find_stream
from sem_toolkit.model import IdentificationReport, require_size
from sem_toolkit.presented import Presented
from sem_toolkit.sample import list_known_names, open_table
from sem_toolkit.sample.messages import get_messages
from sem_toolkit.spec import ParameterTable, Spec, build_table_records, check_spec, require_estimable


@dataclass(frozen=True, eq=False, repr=False)
class Check(Presented):
    """All faults of a spec (and of the data it was checked with), and what it expands to.

    table, identification  None where faults of an earlier stage leave nothing to show
    """

    spec: Spec
    diagnostics: tuple[Diagnostic, ...]
    table: ParameterTable | None
    identification: IdentificationReport | None
    has_data: bool = False

    @property
    def has_errors(self) -> bool:
        """Whether anything was found that prevents a fit."""
        return any(entry.severity == "error" for entry in self.diagnostics)

    def to_dict(self) -> dict[str, Any]:
        """The document that `sem-toolkit check --json` prints."""
        record: dict[str, Any] = {"diagnostics": [build_diagnostic_record(entry) for entry in self.diagnostics]}
        if self.table is not None:
            record["partable"] = build_table_records(self.table, self.spec, group_labels=not self.has_data)
        if self.identification is not None:
            report = self.identification
            record["identification"] = {
                "identified": report.identified,
                "df": report.df,
                "npar": report.free,
                "deficiency": report.deficiency,
            }
        return record


def check_model(spec: Spec, data: object = None, **options: object) -> Check:
    """Check a parsed spec, with data where they are named; never raises for faults of the spec, data or options."""
    found = list(spec.diagnostics)
    table: ParameterTable | None = None
    identification: IdentificationReport | None = None
    try:
        prepared = prepare_schematic(spec, **options)
        if data is not None:
            stream = find_stream(spec, data, prepared.options)
            rows = None if stream is not None else open_table(data, prepared.options.door)
            prepared = replace(prepared, frame=rows, stream=stream)
        given = prepared.stream.columns if prepared.stream is not None else ()
        if prepared.frame is not None:
            given = tuple(map(str, prepared.frame.columns))
        columns = list_known_names(given) if prepared.has_rows else None
        if columns is not None:
            columns += [parcel.name for parcel in prepared.options.parcel]
        # Without data the table is shown as lavaanify has it; a fit would complete it.
        settings = prepared.options.table if data is None else prepared.table_options
        checked = check_spec(spec, settings, prepared.groups, columns)
        table, found = checked.table, list(checked.diagnostics)
        require_estimable(spec)
        if table is not None and not any(entry.severity == "error" for entry in found):
            require_size(table)  # before the table of a fit is made, which is as long
            if prepared.rows is not None and (prepared.options.reverse or prepared.options.parcel):
                found += [entry for entry in get_messages(prepared.rows) if entry not in found]
            identification = prepared.identification
            found += identification.diagnostics
            if identification.identified and prepared.options.estimation.record.search == "instruments":
                from sem_toolkit.estimation.instruments.equations import list_equations

                list_equations(prepared.model)
    except SemError as fault:
        known = set(found)
        found += [entry for entry in fault.diagnostics if entry not in known]
    return Check(spec, tuple(found), table, identification, has_data=data is not None)
