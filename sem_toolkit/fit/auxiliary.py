"""Auxiliary variables under full information, and instruments that the model does not have: saturated correlates.

Each is correlated with every other, and with the observed variables of the model or their residuals. They make it
likelier that values are missing at random, and change nothing of what the model says.
Source: Graham (2003), Structural Equation Modeling 10, 80-100.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.spec import ParameterTable
from sem_toolkit.spec.names import latent_variables, observed_variables
from sem_toolkit.spec.table import INSTRUMENTS, Operator, Parameter

if TYPE_CHECKING:
    import pandas as pd


def add_saturated_correlates(table: ParameterTable, auxiliary: Sequence[str]) -> ParameterTable:
    """The table with variances, covariances and means of the auxiliary variables, free in every group, at its end.

    Raises OptionError for variables that are in the model, and where the model fixes exogenous variables at the data.
    """
    observed = observed_variables(table)
    within = [name for name in auxiliary if name in observed]
    if within:
        message = f"aux names {', '.join(within)}, which the model has already"
        raise OptionError(Diagnostic("error", "aux-in-model", message, hint="leave it out of aux"))
    if any(row.exo for row in table.parameters):
        message = "auxiliary variables are correlated with all observed ones, and the exogenous ones are fixed"
        raise OptionError(Diagnostic("error", "aux-fixed-x", message, hint="set fixed_x = false"))
    pairs: list[tuple[str, Operator, str]] = [
        (first, "~~", second) for k, first in enumerate(auxiliary) for second in auxiliary[k:]
    ]
    pairs += [(name, "~1", "") for name in auxiliary]
    pairs += [(name, "~~", other) for name in auxiliary for other in observed]
    means = any(row.op == "~1" for row in table.parameters)
    free, rows = table.npar, list(table.rows)
    for group in range(1, len(table.groups) + 1):
        for lhs, op, rhs in pairs:
            if op == "~1" and not means:
                continue
            free += 1
            plabel = f".p{len(rows) + 1}."
            rows.append(Parameter(lhs, op, rhs, 0, group, group, free, plabel=plabel))
    return replace(table, rows=tuple(rows))


def find_outside_instruments(table: ParameterTable, columns: Collection[str]) -> tuple[str, ...]:
    """Instruments (`|~`) that are columns of the data and no variables of the model."""
    within = {*observed_variables(table), *latent_variables(table)}
    named = dict.fromkeys(row.rhs for row in table.rows if row.op == INSTRUMENTS)
    return tuple(name for name in named if name not in within and name in columns)


def drop_correlates(table: ParameterTable, auxiliary: Sequence[str]) -> ParameterTable:
    """The table without them."""
    if not auxiliary:
        return table
    names = set(auxiliary)
    rows = (row for row in table.rows if row.op == INSTRUMENTS or names.isdisjoint((row.lhs, row.rhs)))
    return replace(table, rows=tuple(rows))


def hide_correlates(frame: "pd.DataFrame", auxiliary: Sequence[str]) -> "pd.DataFrame":
    """The rows (with lhs and rhs) of parameters that are not about them."""
    if not auxiliary:
        return frame
    shown = ~(frame["lhs"].isin(auxiliary) | frame["rhs"].isin(auxiliary))
    return frame[shown].reset_index(drop=True)
