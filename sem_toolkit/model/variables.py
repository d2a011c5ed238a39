"""Order of the variables of a table, as lavaan's lavNames() gives them."""

from sem_toolkit.spec.table import ParameterTable


def order_unobserved_variables(table: ParameterTable) -> tuple[str, ...]:
    """Latent variables and composites, in order of appearance."""
    return tuple(dict.fromkeys(row.lhs for row in table.parameters if row.op in ("=~", "<~")))


def order_observed_variables(table: ParameterTable) -> tuple[str, ...]:
    """Indicators, then indicators of composites, outcomes, predictors, and what only covariances or intercepts name."""
    rows, unobserved = table.parameters, set(order_unobserved_variables(table))
    columns = [
        *([row.rhs for row in rows if row.op == op] for op in ("=~", "<~")),
        [row.lhs for row in rows if row.op == "~"],
        [row.rhs for row in rows if row.op == "~"],
        [name for row in rows if row.op == "~~" for name in (row.lhs, row.rhs)],
        [row.lhs for row in rows if row.op in ("~1", "|", "~*~")],
    ]
    return tuple(dict.fromkeys(name for column in columns for name in column if name not in unobserved))
