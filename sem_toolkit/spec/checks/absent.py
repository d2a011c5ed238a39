"""Covariances that lavaan's rules would add, were it not for a path: it takes more than it adds."""

from collections.abc import Sequence

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.roles import Roles
from sem_toolkit.spec.table import Parameter

_SHOWN = 3


def check_absent_covariances(rows: Sequence[Parameter], roles: Roles, options: TableOptions) -> list[Diagnostic]:
    """Outcomes that predict another one, and so get no automatic covariance with outcomes that they do not reach.

    rows  the finished rows of one block
    """
    if not options.auto_cov_y:
        return []
    effects = [row for row in rows if row.op == "~" and row.lhs != row.rhs]
    typed = {frozenset((row.lhs, row.rhs)) for row in rows if row.op == "~~"}
    indicators, last = {*roles.indicators}, (*roles.endogenous_latent, *roles.endogenous_observed)
    found = []
    for name in roles.outcomes:
        own = [row for row in effects if row.rhs == name]
        if not own or name in indicators:
            continue
        reached = _find_reached(name, effects)
        absent = [other for other in last if other not in reached and frozenset((name, other)) not in typed]
        if absent:
            found.append(_describe(name, absent, own[0]))
    return found


def _find_reached(name: str, effects: Sequence[Parameter]) -> set[str]:
    """All variables that a variable has an effect on, also by way of others."""
    after: dict[str, list[str]] = {}
    for row in effects:
        after.setdefault(row.rhs, []).append(row.lhs)
    reached, waiting = {name}, [name]
    while waiting:
        new = [other for other in after.get(waiting.pop(), ()) if other not in reached]
        reached.update(new)
        waiting += new
    return reached


def _describe(name: str, absent: Sequence[str], effect: Parameter) -> Diagnostic:
    others = ", ".join(f'"{other}"' for other in absent[:_SHOWN]) + (", …" if len(absent) > _SHOWN else "")
    message = (
        f'"{name}" predicts "{effect.lhs}", so that lavaan\'s rules give it no residual covariance with outcomes '
        f"that it has no effect on: {others}"
    )
    hint = f'where that is not meant: "{name} ~~ {absent[0]}"'
    return Diagnostic("note", "no-automatic-covariance", message, effect.origin.span, hint)
