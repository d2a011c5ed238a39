"""Latent variables whose variance is 1 (`std_lv`), in steps.

Their blocks say that of the variance itself. So the residual variance of a latent outcome is a parameter of the second
step: it is what the structural part leaves of the variance that the block has fixed.
"""

from collections.abc import Iterable
from dataclasses import replace

from sem_toolkit.spec.names import latent_variables
from sem_toolkit.spec.table import Origin, Parameter, ParameterTable

_REASON = "residual variance of a latent outcome whose variance is 1 in its block"


def free_outcomes(table: ParameterTable) -> ParameterTable:
    """The table with free residual variances of latent outcomes that are fixed at 1 for want of another scale."""
    outcomes = {row.lhs for row in table.parameters if row.op == "~"} & {*latent_variables(table)}
    if not any(_is_scale(row) and row.lhs in outcomes for row in table.parameters):
        return table
    rows, number = [], 0
    for row in table.rows:
        if _is_scale(row) and row.lhs in outcomes:
            row = row._replace(free=1, origin=Origin(rule=_REASON))
        number += row.free > 0
        rows.append(row._replace(free=number if row.free else 0))
    return replace(table, rows=tuple(rows))


def hold_scales(rows: Iterable[Parameter]) -> list[Parameter]:
    """Rows of a block with the variances of such outcomes fixed at 1."""
    return [row._replace(free=0, ustart=1.0) if row.origin.rule == _REASON else row for row in rows]


def has_held_scales(table: ParameterTable) -> bool:
    """Whether there are such outcomes: what blocks say of loadings then hangs on parameters of the second step."""
    return any(row.origin.rule == _REASON for row in table.parameters)


def is_scale_of(row: Parameter, latent: Iterable[str]) -> bool:
    """Whether a row fixes the variance of one of these latent variables at 1 because nobody said otherwise."""
    return _is_scale(row) and row.lhs in latent


def _is_scale(row: Parameter) -> bool:
    return row.op == "~~" and row.lhs == row.rhs and not row.free and not row.user and row.ustart == 1.0
