"""Replacing a marker that hardly measures its factor: the scale of a factor cannot be read off such an item."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.starts import compute_axes
from sem_toolkit.estimation.targets import Targets
from sem_toolkit.model import Model
from sem_toolkit.spec.table import Parameter, ParameterTable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Replacement:
    """A factor whose marker was replaced, in all groups."""

    factor: str
    old: str
    new: str


def find_poor_markers(model: Model, targets: Targets, criterion: float) -> tuple[Replacement, ...]:
    """Factors whose only fixed loading is that of an item which loads below `criterion` times the best one."""
    found = []
    for factor in model.variables[model.n_observed :]:
        items = [row for row in model.table.parameters if row.op == "=~" and row.lhs == factor and row.group == 1]
        fixed = [row for row in items if row.free == 0]
        names = [row.rhs for row in items]
        if len(fixed) != 1 or fixed[0].ustart != 1.0 or len(items) < 3 or not set(names) <= set(model.observed):
            continue
        places = [model.observed.index(name) for name in names]
        strength = _compute_strength(targets, places)
        best = int(np.argmax(strength))
        old = names.index(fixed[0].rhs)
        if strength[old] < criterion * strength[best] and not _is_labelled(model.table, factor, names[best]):
            found.append(Replacement(factor, names[old], names[best]))
    return tuple(found)


def replace_markers(table: ParameterTable, replacements: tuple[Replacement, ...]) -> ParameterTable:
    """The table with other markers; free parameters are numbered again."""
    changes: dict[tuple[str, str], float | None] = {(item.factor, item.old): None for item in replacements}
    changes |= {(item.factor, item.new): 1.0 for item in replacements}
    rows: list[Parameter] = []
    count = 0
    for row in table.rows:
        if row.op == "=~" and (row.lhs, row.rhs) in changes:
            value = changes[row.lhs, row.rhs]
            row = replace(row, free=0 if value is not None else 1, ustart=value)
        count += row.free > 0
        rows.append(replace(row, free=count) if row.free > 0 else row)
    return replace(table, rows=tuple(rows))


def _compute_strength(targets: Targets, places: list[int]) -> FloatArray:
    """Standardised loadings (absolute) on one factor of these items alone, averaged over the groups."""
    blocks = targets.covariance[:, places][:, :, places]
    deviation = np.sqrt(np.diagonal(blocks, axis1=1, axis2=2))
    correlations = blocks / (deviation[:, :, None] * deviation[:, None, :])
    return np.asarray(np.abs(compute_axes(correlations)).mean(axis=0))


def _is_labelled(table: ParameterTable, factor: str, item: str) -> bool:
    """Whether a constraint may speak of the loading that would become the marker."""
    own = {row.plabel for row in table.parameters if row.op == "=~" and (row.lhs, row.rhs) == (factor, item)}
    labels = {row.label for row in table.parameters if row.op == "=~" and (row.lhs, row.rhs) == (factor, item)}
    tied = any(row.op == "==" and (row.lhs in own or row.rhs in own) for row in table.rows)
    return tied or labels != {""}
