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


def other_observed_variables(table: ParameterTable) -> tuple[str, ...]:
    """Observed variables that are not exogenous (`ov.nox`)."""
    return _collect(table, lambda roles: roles.other_observed)


def endogenous_observed_variables(table: ParameterTable) -> tuple[str, ...]:
    """Observed outcomes that are neither indicators nor predictors (`ov.y`)."""
    return _collect(table, lambda roles: roles.endogenous_observed)


def exogenous_latent_variables(table: ParameterTable) -> tuple[str, ...]:
    """Latent variables that are neither indicators nor outcomes (`lv.x`)."""
    return _collect(table, lambda roles: roles.exogenous_latent)


def endogenous_latent_variables(table: ParameterTable) -> tuple[str, ...]:
    """Latent outcomes that are neither indicators nor predictors (`lv.y`)."""
    return _collect(table, lambda roles: roles.endogenous_latent)


def endogenous_variables(table: ParameterTable) -> tuple[str, ...]:
    """Everything that an arrow points at: indicators and outcomes, observed before latent."""
    pointed = {row.rhs for row in table.rows if row.op == "=~"}
    pointed |= {row.lhs for row in table.rows if row.op in {"~", "<~"}}
    return tuple(name for name in (*observed_variables(table), *latent_variables(table)) if name in pointed)


def ordered_variables(table: ParameterTable) -> tuple[str, ...]:
    """Observed variables with thresholds (`ov.ord`)."""
    return _collect(table, lambda roles: roles.ordered)


def composite_variables(table: ParameterTable) -> tuple[str, ...]:
    """Composites, the left sides of `<~`."""
    return _collect(table, lambda roles: roles.composites)


def indicators_of(table: ParameterTable, factor: str) -> tuple[str, ...]:
    """Indicators of a factor or composite, in the order of the table."""
    return tuple(dict.fromkeys(row.rhs for row in table.rows if row.op in {"=~", "<~"} and row.lhs == factor))
