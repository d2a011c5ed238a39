"""The rows of composites (`<~`) in a table, with their indicators' moments, into `Composites`."""

from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.composites import Composite, Composites
from sem_toolkit.spec.table import Parameter, ParameterTable

if TYPE_CHECKING:
    from sem_toolkit.model.cells import Locations


def build_composites(
    table: ParameterTable, place: dict[str, int], locations: "Locations", parameters: tuple[Parameter, ...]
) -> Composites:
    """Collect weights and indicator covariances; raises ModelError for a composite whose weights are all fixed at 0."""
    position = {row.free: number for number, row in enumerate(parameters)}
    members: dict[tuple[int, str], list[Parameter]] = {}
    for row in table.parameters:
        if row.op == "<~":
            members.setdefault((row.group, row.lhs), []).append(row)
    moments = {
        (row.group, *sorted((row.lhs, row.rhs))): row.ustart or 0.0 for row in table.parameters if row.op == "~~"
    }
    means = {(row.group, row.lhs): row for row in table.parameters if row.op == "~1"}
    found = tuple(
        _build_composite(name, group, rows, moments, means, place, position) for (group, name), rows in members.items()
    )
    hidden = np.array([row.op == "<~" for row in parameters], dtype=np.bool_)
    for member in found:
        hidden[member.free_means[member.free_means >= 0]] = True
    return Composites(found, hidden)


def _build_composite(
    name: str,
    group: int,
    rows: list[Parameter],
    moments: dict[tuple[object, ...], float],
    means: dict[tuple[int, str], Parameter],
    place: dict[str, int],
    position: dict[int, int],
) -> Composite:
    names = [row.rhs for row in rows]
    block = np.array([[moments.get((group, *sorted((one, other))), 0.0) for other in names] for one in names])
    if all(row.free == 0 and not row.ustart for row in rows):
        raise ModelError(
            Diagnostic("error", "empty-composite", f'every weight of the composite "{name}" is fixed at 0')
        )
    own = [means.get((group, indicator)) for indicator in names]
    return Composite(
        group=group - 1,
        variable=place[name],
        indicators=np.array([place[indicator] for indicator in names]),
        weights=np.array([0.0 if row.free or row.ustart is None else row.ustart for row in rows]),
        free=np.array([position[row.free] if row.free else -1 for row in rows]),
        block=block,
        means=np.array([0.0 if row is None or row.free else row.ustart or 0.0 for row in own]) if means else None,
        free_means=np.array([position[row.free] if row is not None and row.free else -1 for row in own]),
    )
