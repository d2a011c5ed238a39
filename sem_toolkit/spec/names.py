"""Names of variables of a parameter table by role, in lavaan's order (that of `lavNames`)."""

from collections.abc import Callable

from sem_toolkit.spec.roles import Roles
from sem_toolkit.spec.table import ParameterTable


def _collect(table: ParameterTable, role: Callable[[Roles], tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for roles in table.roles for name in role(roles)))


def observed_variables(table: ParameterTable) -> tuple[str, ...]:
    """Observed variables (`ov`): indicators, endogenous, exogenous, the rest."""
    return _collect(table, lambda roles: roles.observed)


def latent_variables(table: ParameterTable) -> tuple[str, ...]:
    """Latent variables and composites (`lv`), in order of definition."""
    return _collect(table, lambda roles: roles.latent)


def exogenous_observed_variables(table: ParameterTable) -> tuple[str, ...]:
    """Observed variables that only predict (`ov.x`)."""
    return _collect(table, lambda roles: roles.exogenous_observed)


def ordered_variables(table: ParameterTable) -> tuple[str, ...]:
    """Observed variables with thresholds (`ov.ord`)."""
    return _collect(table, lambda roles: roles.ordered)


def indicators_of(table: ParameterTable, factor: str) -> tuple[str, ...]:
    """Indicators of a factor or composite, in the order of the table."""
    return tuple(dict.fromkeys(row.rhs for row in table.rows if row.op in {"=~", "<~"} and row.lhs == factor))
