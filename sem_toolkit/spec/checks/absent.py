"""Covariances that lavaan's rules would add, were it not for a path: it takes more than it adds."""

from collections.abc import Mapping, Sequence
from itertools import islice

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
    effects: dict[str, list[Parameter]] = {}
    causes: dict[str, list[str]] = {}
    for row in rows:
        if row.op == "~" and row.lhs != row.rhs:
            effects.setdefault(row.rhs, []).append(row)
            causes.setdefault(row.lhs, []).append(row.rhs)
    typed = {frozenset((row.lhs, row.rhs)) for row in rows if row.op == "~~"}
    indicators = {*roles.indicators}
    reaching = {name: _find_reaching(name, causes) for name in (*roles.endogenous_latent, *roles.endogenous_observed)}
    found = []
    for name in roles.outcomes:
        if name not in effects or name in indicators:
            continue
        apart = (w for w, own in reaching.items() if name not in own and frozenset((name, w)) not in typed)
        absent = list(islice(apart, _SHOWN + 1))
        if absent:
            found.append(_describe(name, absent, effects[name][0]))
    return found


def _find_reaching(name: str, causes: Mapping[str, Sequence[str]]) -> set[str]:
    """The variable itself and all that have an effect on it, also by way of others."""
    found, waiting = {name}, [name]
    while waiting:
        new = [cause for cause in causes.get(waiting.pop(), ()) if cause not in found]
        found.update(new)
        waiting += new
    return found


def _describe(name: str, absent: Sequence[str], effect: Parameter) -> Diagnostic:
    others = ", ".join(f'"{other}"' for other in absent[:_SHOWN]) + (", …" if len(absent) > _SHOWN else "")
    message = (
        f'"{name}" predicts "{effect.lhs}", so that lavaan\'s rules give it no residual covariance with outcomes '
        f"that it has no effect on: {others}"
    )
    hint = f'where that is not meant: "{name} ~~ {absent[0]}"'
    return Diagnostic("note", "no-automatic-covariance", message, effect.origin.span, hint)
