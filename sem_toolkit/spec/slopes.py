"""Random slopes: paths whose coefficient varies between clusters, as the numbers see them.

`y ~ rv("s")*x` within clusters makes s a variable between them. What a slope does to the variables within clusters is
what a unit of its outcome's disturbance does. A carrier, one for each such path, tells it: it covaries by 1 with that
disturbance and with nothing else, so that its covariances with the observed variables are these effects, and changes
no variance. Beside the carriers, slopes count as variables of the level between clusters that nobody has observed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.spec.names import latent_variables
from sem_toolkit.spec.table import Operator, Parameter, ParameterTable

CARRIER_VARIANCE = 1e6
"""Any that leaves the covariance matrix with the disturbance positive definite."""


@dataclass(frozen=True)
class Slope:
    """A path with a random coefficient: outcome ~ rv("name")*cause, in a group of rows (from 1)."""

    name: str
    outcome: str
    cause: str
    group: int

    @property
    def carrier(self) -> str:
        return f"{self.name}*{self.cause}>{self.outcome}"


def list_slopes(table: ParameterTable) -> tuple[Slope, ...]:
    """The random slopes of a table, separated (`separate_levels`) or not."""
    if not table.random_slopes:
        return ()
    step = len(table.levels) if table.separated else 1
    return tuple(
        Slope(row.rv, row.lhs, row.rhs, (row.group - 1) // step + 1)
        for row in table.parameters
        if row.rv and row.op == "~"
    )


def list_hidden(slopes: Sequence[Slope]) -> tuple[str, ...]:
    """What counts as observed and has no column: slopes and carriers."""
    return tuple(dict.fromkeys([*(slope.name for slope in slopes), *(slope.carrier for slope in slopes)]))


def carry_slopes(table: ParameterTable) -> ParameterTable:
    """A separated table in which slopes are observed and have their carriers; one without slopes as it is."""
    slopes = list_slopes(table)
    if not slopes:
        return table
    rows = [row._replace(ustart=0.0) if row.rv else row for row in table.rows if not (row.rv and row.op == "=~")]
    for slope in slopes:
        group, name = 2 * slope.group - 1, slope.carrier
        fixed: list[tuple[str, Operator, str, float]] = [
            (name, "~~", name, CARRIER_VARIANCE),
            (slope.outcome, "~~", name, 1.0),
            (name, "~1", "", 0.0),
        ]
        rows += [
            Parameter(lhs, op, rhs, 0, group, group, 0, value, plabel=f".p{len(rows) + k}.")
            for k, (lhs, op, rhs, value) in enumerate(fixed, start=1)
        ]
    return replace(table, rows=tuple(rows))


def check_random_slopes(table: ParameterTable) -> list[Diagnostic]:
    """Faults of random slopes that cannot be estimated: their place, their causes, and what they are."""
    if not table.random_slopes:
        return []
    return [fault for row in table.parameters if row.rv and row.rhs != row.lhs for fault in _check(row, table)]


def require_random_slopes(table: ParameterTable) -> None:
    """Raise ModelError for these."""
    faults = check_random_slopes(table)
    if faults:
        raise ModelError(faults)


def _check(row: Parameter, table: ParameterTable) -> list[Diagnostic]:
    span, what = row.origin.span, f'"{row.lhs} {row.op} {row.rhs}"'

    def refuse(message: str, hint: str | None = None) -> list[Diagnostic]:
        return [Diagnostic("error", "random-slope", message, span, hint)]

    if len(table.levels) != 2:
        message = f"the coefficient of {what} is to vary between clusters, and the model has no level of these"
        return refuse(message, "write level: within above it, and level: between with the slope below")
    if row.level != 1:
        return refuse(f"{what} is at the level between clusters, where coefficients cannot vary between them")
    if row.op != "~":
        return refuse(f"{what} is no regression; only coefficients of regressions vary between clusters here")
    inner = [other for other in table.parameters if other.group == row.group and other.level == 1]
    outer = [other for other in table.parameters if other.group == row.group and other.level == 2]
    if row.rhs in latent_variables(table):
        message = f"{what} is a random slope of a latent variable, which takes numerical integration"
        return refuse(message, "only slopes of observed variables vary here")
    if any(row.rhs in (other.lhs, other.rhs) for other in outer):
        message = (
            f"{row.rhs!r} has a random slope and is modelled at both levels, so that it is split into latent parts"
        )
        hint = f"name {row.rhs!r} within clusters only; their means of it, as a column, may stand between them"
        return refuse(message, hint)
    if not any(other.op == "~~" and other.lhs == other.rhs == row.rhs and other.exo for other in inner):
        message = f"{row.rhs!r} has a random slope, and its own moments are parameters"
        return refuse(message, "random slopes are of exogenous variables that are given (fixed_x)")
    if any(other.op == "<~" for other in table.parameters):
        return refuse("random slopes are not there beside composites")
    if any(other.lhs == row.rv and other.op == "=~" and other.rhs != row.rv for other in outer):
        return refuse(f"the random slope {row.rv!r} has indicators of its own")
    if any(row.rv in (other.lhs, other.rhs) for other in inner):
        return refuse(f"{row.rv!r} is a random slope, which varies between clusters only, and stands within them too")
    return []
