"""The rows that lavaan's rules add to what a block says."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import combinations, combinations_with_replacement

from sem_toolkit.spec.default_values import fix_values
from sem_toolkit.spec.draft_rows import BlockContext, DraftRow
from sem_toolkit.spec.flat import FlatRow
from sem_toolkit.spec.table import INSTRUMENTS


class TooManyRowsError(Exception):
    """The rules ask for more rows than a table may have; `build_parameter_table` makes a SpecError of it."""


def build_block_rows(typed: list[FlatRow], context: BlockContext, most: int) -> list[DraftRow]:
    """The typed rows of a block, then those that the rules add; without modifiers, for one group.

    most  rows that are allowed; raises TooManyRowsError beyond them
    """
    rows = [
        DraftRow(
            row.lhs,
            row.op,
            row.rhs,
            1,
            "typed",
            free=row.op != INSTRUMENTS,
            start=row.start,
            end=row.end,
            modifiers=row.modifiers,
        )
        for row in typed
    ]
    there = {(row.lhs, row.op, row.rhs) for row in rows}
    for lhs, op, rhs, rule in _list_default_rows(context, _count_thresholds(typed)):
        if (lhs, op, rhs) not in there:
            there.add((lhs, op, rhs))
            rows.append(DraftRow(lhs, op, rhs, 0, rule))
            if len(rows) > most:
                raise TooManyRowsError
    fix_values(rows, context)
    return rows


def _count_thresholds(typed: list[FlatRow]) -> dict[str, int]:
    """The highest threshold of each variable that the spec names: those below it are there as well."""
    counts: dict[str, int] = {}
    for row in typed:
        if row.op == "|" and row.rhs[1:].isdecimal():
            counts[row.lhs] = max(counts.get(row.lhs, 0), int(row.rhs[1:]))
    return counts


def _list_default_rows(context: BlockContext, named: Mapping[str, int]) -> Iterator[tuple[str, str, str, str]]:
    """lhs, op, rhs and the rule, in lavaan's order; `named`: the highest threshold of each variable in the spec."""
    options, roles = context.options, context.roles
    for name in context.ordered:
        for number in range(1, max(options.thresholds.get(name, 0), named.get(name, 0)) + 1):
            yield name, "|", f"t{number}", "threshold of an ordered variable"
    yield from _list_covariances(context)
    for name in context.ordered:
        yield name, "~*~", name, "scale of a latent response"
    if options.meanstructure:
        for name in roles.observed:
            yield name, "~1", "", "intercept of an observed variable"
        for name in roles.latent:
            yield name, "~1", "", "intercept of a latent variable"


def _list_covariances(context: BlockContext) -> Iterator[tuple[str, str, str, str]]:
    options, roles = context.options, context.roles
    indicators, outcomes = {*roles.indicators}, {*roles.outcomes}
    for name in roles.other_observed:
        role = "an indicator" if name in indicators else "an endogenous variable" if name in outcomes else ""
        yield name, "~~", name, f"residual variance of {role}" if role else "variance of an observed variable"
    for name in roles.latent:
        role = "residual variance" if name in indicators or name in outcomes else "variance"
        yield name, "~~", name, f"{role} of a latent variable"
    if options.auto_cov_lv_x or options.auto_cov_x:
        yield from _pairs(roles.exogenous_latent, "covariance of exogenous latent variables")
    if options.auto_cov_x and not options.conditional_x:
        for factor in roles.exogenous_latent:
            for name in context.exogenous:
                yield factor, "~~", name, "covariance of a latent and an observed exogenous variable"
    if options.auto_cov_y:
        last = (*roles.endogenous_latent, *roles.endogenous_observed)
        yield from _pairs(last, "covariance of outcomes that predict nothing")
    exogenous = roles.exogenous_observed
    if options.conditional_x:
        first = [name for name in exogenous if name not in context.exogenous]
        for names in (first, context.exogenous):
            yield from _pairs(names, "moment of exogenous observed variables", own=True)
    else:
        yield from _pairs(exogenous, "moment of exogenous observed variables", own=True)
    if options.composites:
        yield from _list_composite_covariances(context)
    if options.auto_efa and len(context.factors_of_efa) > 1:
        between = {*roles.exogenous_latent, *roles.endogenous_latent}
        yield from _pairs(
            [name for name in context.factors_of_efa if name not in between], "covariance of factors of an efa() block"
        )


def _list_composite_covariances(context: BlockContext) -> Iterator[tuple[str, str, str, str]]:
    """Covariances of the indicators of one composite, by columns of their lower triangle."""
    members = context.roles.composite_indicators
    partners: dict[str, set[str]] = {name: set() for name in members}
    for parts in context.composite_parts:
        for name in parts:
            partners[name].update(parts)
    for position, name in enumerate(members):
        for other in members[position + 1 :]:
            if other in partners[name]:
                yield name, "~~", other, "covariance of indicators of one composite"


def _pairs(names: Collection[str], rule: str, own: bool = False) -> Iterator[tuple[str, str, str, str]]:
    choose: Callable[[Collection[str], int], Iterable[tuple[str, ...]]]
    choose = combinations_with_replacement if own else combinations
    for lhs, rhs in choose(names, 2):
        yield lhs, "~~", rhs, rule
