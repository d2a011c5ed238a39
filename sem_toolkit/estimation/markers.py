"""Taking another marker where the first indicator hardly measures its factor, as lavaan 0.7 does before it fits.

An indicator is poor where its corrected item-total correlation (with the sum of the factor's other indicators, on
the covariance pooled over groups, indicators turned so that they point the same way) is smaller than a criterion.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.model import Model
from sem_toolkit.spec.table import Parameter, ParameterTable

FloatArray = NDArray[np.float64]
_FEWEST = 3


@dataclass(frozen=True)
class Replacement:
    """A factor whose marker was replaced, in all groups; r is the corrected item-total correlation of each."""

    factor: str
    old: str
    new: str
    old_r: float
    new_r: float

    def __str__(self) -> str:
        return f"{self.factor} ({self.old}, r = {self.old_r:.2f} -> {self.new}, r = {self.new_r:.2f})"


def find_poor_markers(model: Model, targets: Targets, criterion: float) -> tuple[Replacement, ...]:
    """Factors whose marker is a poor item while another is none.

    Only where nothing depends on the choice: the first loading alone is fixed (at 1), no loading of the factor has a
    label, bounds or a start value, and the model has neither bounds nor inequalities. Levels keep their markers.
    """
    if targets.clusters or not model.table.operators.isdisjoint(("<", ">")) or _is_bounded(model.table):
        return ()
    pooled = (targets.share[:, None, None] * targets.covariance).sum(axis=0)
    place = {name: position for position, name in enumerate(model.observed)}
    by_size: dict[int, list[tuple[str, list[str]]]] = {}
    for factor, names in _list_factors(model):
        items = [name for name in names if name in place]
        if len(items) >= _FEWEST and items[0] == names[0]:
            by_size.setdefault(len(items), []).append((factor, items))
    found = []
    for alike in by_size.values():  # all factors with as many items at once
        where = np.array([[place[name] for name in items] for _, items in alike])
        correlations = compute_item_total_correlations(pooled[where[:, :, None], where[:, None, :]])
        poor = np.abs(correlations[:, 0]) < criterion
        for k in np.flatnonzero(poor):
            (factor, items), r = alike[k], correlations[k]
            best = int(np.argmax(np.abs(r)))
            if criterion <= abs(r[best]):
                found.append(Replacement(factor, items[0], items[best], float(r[0]), float(r[best])))
    return tuple(found)


def compute_item_total_correlations(covariances: FloatArray) -> FloatArray:
    """Correlation of each of k items with the sum of the others (b × k), for each of b covariance matrices.

    Reversed items are turned round first.
    """
    variance = np.diagonal(covariances, axis1=1, axis2=2)
    deviation = np.sqrt(variance)
    axis = np.linalg.eigh(covariances / (deviation[:, :, None] * deviation[:, None, :]))[1][:, :, -1]
    sign = np.where(axis * np.sign(axis.sum(axis=1, keepdims=True)) < 0.0, -1.0, 1.0)
    turned = covariances * (sign[:, :, None] * sign[:, None, :])
    others = 1.0 - np.eye(covariances.shape[-1])  # summed, not subtracted: one item may be 10⁹ times as wide
    along = (turned * others).sum(axis=1)
    rest = ((others @ turned) * others).sum(axis=2)
    return np.asarray(along / np.sqrt(variance * rest))


def _is_bounded(table: ParameterTable) -> bool:
    return any(row.lower > -inf or row.upper < inf for row in table.parameters)


def _list_factors(model: Model) -> Iterator[tuple[str, list[str]]]:
    """Factors for which nobody said anything about the loadings, with their indicators, the marker first."""
    by_group: dict[str, dict[int, list[Parameter]]] = {}
    for row in model.table.parameters:
        if row.op == "=~":
            by_group.setdefault(row.lhs, {}).setdefault(row.group, []).append(row)
    for factor, groups in by_group.items():
        names = [row.rhs for row in next(iter(groups.values()))]
        alike = len(groups) == model.n_groups and all([row.rhs for row in own] == names for own in groups.values())
        if alike and all(_is_plain(own) for own in groups.values()):
            yield factor, names


def _is_plain(rows: list[Parameter]) -> bool:
    first, *others = rows
    return (
        (first.free, first.ustart, first.label) == (0, 1.0, "")
        and len({row.rhs for row in rows}) == len(rows)
        and all(row.free > 0 and row.ustart is None and row.label[:2] in ("", ".p") for row in others)
    )


def replace_markers(table: ParameterTable, replacements: tuple[Replacement, ...]) -> ParameterTable:
    """The table with other markers; free parameters are numbered again.

    The old marker takes over the labels of the new one, and with them the equalities between groups.
    """
    new = {item.factor: item for item in replacements}
    loadings = {(row.lhs, row.rhs, row.group): row for row in table.parameters if row.op == "=~" and row.lhs in new}
    rows: list[Parameter] = []
    count = 0
    for row in table.rows:
        if row.op == "=~" and row.lhs in new:
            row = _exchange(row, new[row.lhs], loadings)
        count += row.free > 0
        rows.append(row._replace(free=count) if row.free > 0 else row)
    return replace(table, rows=tuple(rows))


def _exchange(row: Parameter, change: Replacement, loadings: dict[tuple[str, str, int], Parameter]) -> Parameter:
    other = {change.old: change.new, change.new: change.old}.get(row.rhs)
    if other is None:
        return row
    source = loadings[row.lhs, other, row.group]
    return row._replace(free=source.free, ustart=source.ustart, label=source.label, plabel=source.plabel)
