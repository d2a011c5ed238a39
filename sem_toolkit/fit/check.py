"""What can be said of a spec before any fit: its faults, its parameter table, its identification."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sem_toolkit.diagnostics import Diagnostic, SemError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.fit.options import FitOptions, parse_fit_options
from sem_toolkit.fit.run import get_header_options, require_frame
from sem_toolkit.model import IdentificationReport, build_model, check_identification
from sem_toolkit.sample import add_products, build_sample, list_group_labels
from sem_toolkit.spec import (
    ParameterTable,
    Spec,
    build_parameter_table,
    build_table_records,
    check_spec,
    require_estimable,
)
from sem_toolkit.spec.names import observed_variables


@dataclass(frozen=True, eq=False)
class Check:
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


def check_model(spec: Spec, data: pd.DataFrame | str | Path | None = None, **options: object) -> Check:
    """Check a parsed spec, with data where they are named; never raises for faults of the spec, data or options."""
    found = list(spec.diagnostics)
    table: ParameterTable | None = None
    identification: IdentificationReport | None = None
    try:
        chosen = parse_fit_options(get_header_options(spec), options)
        frame = None if data is None else require_frame(spec, data)[0]
        groups = _list_groups(frame, chosen)
        complete = chosen.table.for_fit(len(groups))
        columns = None if frame is None else [str(name) for name in frame.columns]
        checked = check_spec(spec, chosen.table if frame is None else complete, groups, columns)
        table, found = checked.table, list(checked.diagnostics)
        require_estimable(spec)
        if table is not None and not any(entry.severity == "error" for entry in found):
            if frame is not None:
                variables = observed_variables(table)
                build_sample(add_products(frame, variables), variables, group=chosen.group)
            identification = check_identification(build_model(build_parameter_table(spec, complete, groups)))
            found += identification.diagnostics
    except SemError as fault:
        found += [entry for entry in fault.diagnostics if entry not in found]
    return Check(spec, tuple(found), table, identification, has_data=data is not None)


def _list_groups(frame: pd.DataFrame | None, options: FitOptions) -> tuple[str, ...]:
    if frame is not None and options.group is not None:
        return list_group_labels(frame, options.group)
    return tuple(options.sample_cov or ("",))
