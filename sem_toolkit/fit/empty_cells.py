"""Instruments and rows with empty cells: as in lavaan, moments by EM (two stages) where nothing else is asked for."""

from collections.abc import Mapping
from dataclasses import replace

from sem_toolkit.diagnostics import Diagnostic, SemError
from sem_toolkit.fit.options import FitOptions, parse_fit_options
from sem_toolkit.fit.prepared import Prepared
from sem_toolkit.sample import Sample
from sem_toolkit.spec.names import observed_variables


def heed_empty_cells(prepared: Prepared, *layers: Mapping[str, object]) -> Prepared:
    """The same with `missing = "two.stage"` where instruments meet empty cells and nothing is said of them.

    layers  the options that it was prepared with. Where these do not go with two stages, rows are left out.
    """
    options = prepared.options
    if options.missing is not None or options.estimation.record.search != "instruments" or prepared.ordered:
        return prepared
    if not _has_empty_cells(prepared):
        return prepared
    chosen = _parse_two_stages(layers)
    return prepared if chosen is None else replace(prepared, options=chosen)


def _parse_two_stages(layers: tuple[Mapping[str, object], ...]) -> FitOptions | None:
    try:
        return parse_fit_options(*layers, {"missing": "two.stage"})
    except SemError:
        return None


def _has_empty_cells(prepared: Prepared) -> bool:
    rows = prepared.rows
    if rows is None:
        return False
    used = {part for name in observed_variables(prepared.estimated_table) for part in (name, *name.split(":"))}
    chosen = rows.loc[:, [str(name) in used for name in rows.columns.tolist()]]
    return bool(chosen.isna().to_numpy().any())


def describe_two_stages(sample: Sample, missing: str) -> Diagnostic:
    """That rows with empty cells were kept, and how."""
    patterns = [group.saturated.likelihood.patterns for group in sample.groups if group.saturated is not None]
    count = sum(int(own.counts[~own.observed.all(axis=1)].sum()) for own in patterns)
    message = (
        f"{count} of {sum(int(own.counts.sum()) for own in patterns)} rows have empty cells: equations are those of "
    )
    message += f'the saturated moments by EM, and errors and tests heed that (missing = "{missing}")'
    hint = 'missing = "listwise" leaves these rows out'
    return Diagnostic("note", "instruments-in-two-stages", message, hint=hint)
