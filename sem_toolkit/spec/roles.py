"""What every variable of a model is: latent, indicator, exogenous … by lavaan's rules and in lavaan's order."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

Entry = tuple[str, str, str]
"""Operator, left and right side of a row."""
_DIRECTED = frozenset({"=~", "<~", "~"})


class Row(Protocol):
    """What of a row decides the roles of its variables."""

    @property
    def lhs(self) -> str: ...
    @property
    def op(self) -> str: ...
    @property
    def rhs(self) -> str: ...
    @property
    def user(self) -> int: ...
    @property
    def exo(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Roles:
    """Names by role, one block. lavaan's name of each list stands behind it.

    latent                  lv: factors and composites in order of definition, then latent interactions
    composites              left of `<~`
    latent_interactions     lv.interaction
    indicators              right of `=~`, latent ones too
    composite_indicators    ov.cind: observed variables right of `<~`
    observed                ov: indicators, composite indicators, endogenous, exogenous, the rest
    exogenous_observed      ov.x: only ever predictors, and without a typed variance, covariance or intercept
    other_observed          ov.nox: all other observed variables
    exogenous_latent        lv.x: neither indicators nor outcomes
    endogenous_latent       lv.y: outcomes that are neither indicators nor predictors
    endogenous_observed     ov.y: the same, observed
    ordered                 ov.ord: with thresholds
    outcomes, predictors    eqs.y, eqs.x: left of `~`; right of `~` and `<~`
    typed_exogenous         would be exogenous, but for a typed variance, covariance or intercept
    """

    latent: tuple[str, ...]
    composites: tuple[str, ...]
    latent_interactions: tuple[str, ...]
    indicators: tuple[str, ...]
    composite_indicators: tuple[str, ...]
    observed: tuple[str, ...]
    exogenous_observed: tuple[str, ...]
    other_observed: tuple[str, ...]
    exogenous_latent: tuple[str, ...]
    endogenous_latent: tuple[str, ...]
    endogenous_observed: tuple[str, ...]
    ordered: tuple[str, ...]
    outcomes: tuple[str, ...]
    predictors: tuple[str, ...]
    typed_exogenous: tuple[str, ...]


def compute_roles(rows: Sequence[Row], random_slopes: Collection[str] = ()) -> Roles:
    """Roles of the variables of one block; names of random slopes are latent wherever they appear."""
    entries = [(row.op, row.lhs, row.rhs) for row in rows]  # read once: fields of rows are asked for slowly
    directed = [entry for entry in entries if entry[0] in _DIRECTED]
    factors = dict.fromkeys([lhs for op, lhs, _ in directed if op != "~"])
    interactions = _find_latent_interactions(entries, factors)
    latent = {**factors, **interactions}
    hidden = {**latent, **dict.fromkeys(random_slopes)}
    outcomes = dict.fromkeys([lhs for op, lhs, _ in directed if op == "~"])
    predictors = dict.fromkeys([rhs for op, _, rhs in directed if op != "=~"])
    indicators = dict.fromkeys([rhs for op, _, rhs in directed if op == "=~"])
    parts = dict.fromkeys([rhs for op, _, rhs in directed if op == "<~"])

    measured = _without(indicators, hidden)
    composed = _without(parts, hidden, measured)
    dependent = _without(outcomes, hidden, measured, composed)
    independent = _without(predictors, hidden, measured, composed, dependent)
    for name in [name for name in independent if ":" in name and any(part in outcomes for part in name.split(":"))]:
        del independent[name]  # a product with an outcome is no more exogenous than the outcome
        dependent[name] = None
    observed = {**measured, **composed, **dependent, **independent, **_find_others(entries, hidden)}
    typed = {name: None for name in _find_typed(rows) if name in independent} if independent else {}
    exogenous = {**_without(independent, typed), **_find_fixed(rows)}
    return Roles(
        latent=tuple(latent),
        composites=tuple(dict.fromkeys([lhs for op, lhs, _ in directed if op == "<~"])),
        latent_interactions=tuple(interactions),
        indicators=tuple(indicators),
        composite_indicators=tuple(composed),
        observed=tuple(observed),
        exogenous_observed=tuple(exogenous),
        other_observed=tuple(_without(observed, exogenous)),
        exogenous_latent=tuple(_without(latent, indicators, outcomes)),
        endogenous_latent=tuple(n for n in latent if n in outcomes and n not in indicators and n not in predictors),
        endogenous_observed=tuple(
            n for n in observed if n in outcomes and n not in indicators and n not in predictors and n not in latent
        ),
        ordered=_order(observed, [lhs for op, lhs, _ in entries if op == "|"]),
        outcomes=tuple(outcomes),
        predictors=tuple(predictors),
        typed_exogenous=tuple(typed),
    )


def _without(names: dict[str, None], *others: Collection[str]) -> dict[str, None]:
    if not names:
        return names
    unwanted = set().union(*others)
    return {name: None for name in names if name not in unwanted}


def _order(names: Iterable[str], chosen: Collection[str]) -> tuple[str, ...]:
    wanted = set(chosen)
    return tuple([name for name in names if name in wanted]) if wanted else ()


def _find_latent_interactions(entries: Sequence[Entry], factors: dict[str, None]) -> dict[str, None]:
    products = dict.fromkeys([rhs for _, _, rhs in entries if ":" in rhs])
    return {name: None for name in products if any(part in factors for part in name.split(":"))}


def _find_others(entries: Sequence[Entry], hidden: Collection[str]) -> dict[str, None]:
    """Observed variables of covariances, then of intercepts and thresholds (left sides first, as lavaan has them)."""
    names = [lhs for op, lhs, _ in entries if op == "~~"] + [rhs for op, _, rhs in entries if op == "~~"]
    names += [lhs for op, lhs, _ in entries if op in ("~1", "|")]
    return {name: None for name in names if name not in hidden}


def _find_typed(rows: Sequence[Row]) -> dict[str, None]:
    """Variables with a variance, covariance or intercept that the user typed."""
    typed = [row for row in rows if row.user == 1 and row.op in ("~~", "~1")]
    return dict.fromkeys([name for row in typed for name in (row.lhs, row.rhs) if name])


def _find_fixed(rows: Sequence[Row]) -> dict[str, None]:
    """Variables whose moments a finished table takes from the data."""
    fixed = [row for row in rows if row.exo == 1 and row.op in ("~~", "~1")]
    return dict.fromkeys([name for row in fixed for name in (row.lhs, row.rhs) if name])
