"""The rows that lavaan's rules add to what a block says, and the values that they fix."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, combinations_with_replacement

from sem_toolkit.spec.flat import FlatRow
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.roles import Roles
from sem_toolkit.spec.table import INSTRUMENTS
from sem_toolkit.spec.tree import Modifier, ModifierKind


@dataclass(slots=True)
class DraftRow:
    """A row of the table while it is being made. `free` says only whether; numbers come last.

    rule  why the row is there or has its value, in words
    """

    lhs: str
    op: str
    rhs: str
    user: int
    rule: str
    free: bool = True
    ustart: float | None = None
    exo: int = 0
    label: str = ""
    block: int = 1
    group: int = 1
    level: int = 1
    lower: float | None = None
    upper: float | None = None
    efa: str = ""
    rv: str = ""
    start: int = -1
    end: int = -1
    modifiers: dict[ModifierKind, Modifier] = field(default_factory=dict)
    plabel: str = ""

    def fix(self, value: float | None, rule: str | None = None) -> None:
        """Fix the parameter; to a value found later where the value is None."""
        self.free, self.ustart = False, value
        self.rule = rule or self.rule

    def release(self, rule: str | None = None) -> None:
        """Make the parameter free."""
        self.free, self.ustart = True, None
        self.rule = rule or self.rule


@dataclass(frozen=True, slots=True)
class BlockContext:
    """What the rules of one block look at.

    roles            of its variables
    exogenous        observed exogenous variables whose moments may be fixed (fewer than the roles' with levels)
    ordered          ordered variables, in the order of the observed ones
    factors_of_efa   factors of efa() blocks
    random_slopes    latent variables made by rv()
    composite_parts  the observed indicators of every composite
    """

    roles: Roles
    exogenous: tuple[str, ...]
    ordered: tuple[str, ...]
    factors_of_efa: tuple[str, ...]
    random_slopes: tuple[str, ...]
    composite_parts: tuple[tuple[str, ...], ...]
    options: TableOptions


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
    for lhs, op, rhs, rule in _list_default_rows(context):
        if (lhs, op, rhs) not in there:
            there.add((lhs, op, rhs))
            rows.append(DraftRow(lhs, op, rhs, 0, rule))
            if len(rows) > most:
                raise TooManyRowsError
    _fix_values(rows, context)
    return rows


def _list_default_rows(context: BlockContext) -> Iterator[tuple[str, str, str, str]]:
    """lhs, op, rhs and the rule, in lavaan's order."""
    options, roles = context.options, context.roles
    for name in context.ordered:
        for number in range(1, options.thresholds.get(name, 0) + 1):
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


def _fix_values(rows: list[DraftRow], context: BlockContext) -> None:
    """Fix what lavaan fixes, in lavaan's order: where rules meet, the later one wins."""
    for step in (
        _fix_unwanted,
        _fix_composites,
        _fix_factor_variances,
        _fix_markers,
        _fix_single_indicators,
        _fix_orthogonal,
        _fix_intercepts,
        _fix_marker_intercepts,
        _fix_exogenous,
        _fix_latent_responses,
    ):
        step(rows, context)


def _is_variance(row: DraftRow) -> bool:
    return row.op == "~~" and row.lhs == row.rhs


def _fix_unwanted(rows: list[DraftRow], context: BlockContext) -> None:
    """Thresholds and variances that nobody asked for, where they are not automatic."""
    options, parts = context.options, _parts(context)
    phantoms = set() if options.composites else {row.lhs for row in rows if row.op == "=~" and row.lhs == row.rhs}
    for row in rows:
        if row.user:
            continue
        if row.op == "|" and not options.auto_th:
            row.fix(None)
        elif _is_variance(row) and not options.auto_var and row.lhs not in parts:
            row.fix(0.0, "variance that is not automatic here")
        elif _is_variance(row) and row.lhs in phantoms:
            row.fix(0.0, "residual variance of a formative variable")


def _parts(context: BlockContext) -> frozenset[str]:
    return frozenset(context.roles.composite_indicators if context.options.composites else ())


def _fix_composites(rows: list[DraftRow], context: BlockContext) -> None:
    """The moments of a composite's indicators come from the data, its own variance from the model."""
    if not context.options.composites:
        return
    parts, composites = _parts(context), {*context.roles.composites}
    for row in rows:
        if row.op == "~~" and (row.lhs in parts or (row.lhs in composites and row.lhs == row.rhs)):
            row.fix(None)


def _fix_factor_variances(rows: list[DraftRow], context: BlockContext) -> None:
    options = context.options
    composites = {*context.roles.composites} if options.composites else set()
    standardized = {name for name in context.roles.latent if name not in composites} if options.std_lv else set()
    efa = {*context.factors_of_efa} if options.auto_efa else set()
    for row in rows:
        if _is_variance(row) and (row.lhs in standardized or row.lhs in efa):
            row.fix(1.0, None if row.user else "variance of a factor, fixed for its scale")


def _fix_markers(rows: list[DraftRow], context: BlockContext) -> None:
    options = context.options
    efa = {*context.factors_of_efa}
    if options.auto_fix_first:
        loadings = [row for row in rows if row.op == "=~" and row.lhs not in efa]
        _fix_first(loadings, context, "marker")
    if options.composites and (options.auto_fix_first or options.std_lv):
        _fix_first([row for row in rows if row.op == "<~"], context, "marker of a composite")


def _fix_first(rows: list[DraftRow], context: BlockContext, rule: str) -> None:
    """Fix one row a factor to 1: that of the chosen marker, or the first."""
    chosen: dict[str, DraftRow] = {}
    named: set[str] = set()
    for row in rows:
        wanted = context.options.markers.get(row.lhs)
        if row.lhs not in chosen or (wanted == row.rhs and row.lhs not in named):
            chosen[row.lhs] = row
            if wanted == row.rhs:
                named.add(row.lhs)
    for row in chosen.values():
        row.fix(1.0, rule)


def _fix_single_indicators(rows: list[DraftRow], context: BlockContext) -> None:
    """The only indicator of a factor, and of no other, has no residual variance."""
    if not (context.options.auto_var and context.options.auto_fix_single):
        return
    loadings = [row for row in rows if row.op == "=~"]
    indicators, factors = Counter(row.rhs for row in loadings), Counter(row.lhs for row in loadings)
    single = {row.rhs for row in loadings if factors[row.lhs] == 1 and indicators[row.rhs] == 1 and row.lhs != row.rhs}
    for row in rows:
        if not row.user and _is_variance(row) and row.lhs in single:
            row.fix(0.0, "residual variance of a factor's only indicator")


def _fix_orthogonal(rows: list[DraftRow], context: BlockContext) -> None:
    options, roles = context.options, context.roles
    kinds: list[tuple[bool, Collection[str], Collection[str]]] = [
        (options.orthogonal, roles.latent, ()),
        (options.orthogonal_y, roles.endogenous_latent, ()),
        (options.orthogonal_x, roles.exogenous_latent, context.exogenous),
        (options.orthogonal_efa, context.factors_of_efa, ()),
    ]
    chosen = [(frozenset(names), frozenset(names) | frozenset(more)) for wanted, names, more in kinds if wanted]
    if not chosen:
        return
    for row in rows:
        pair = row.op == "~~" and not row.user and row.lhs != row.rhs
        if pair and any(row.lhs in left and row.rhs in right for left, right in chosen):
            row.fix(0.0, "orthogonal latent variables")


def _fix_intercepts(rows: list[DraftRow], context: BlockContext) -> None:
    options, roles = context.options, context.roles
    if not options.meanstructure:
        return
    zero = {*context.ordered}
    zero |= {*roles.observed} if not options.int_ov_free else set()
    zero |= {*roles.latent} if not options.int_lv_free else set()
    composites = {*roles.composites} if options.composites else set()
    released = {*context.random_slopes, *roles.latent_interactions}
    for row in rows:
        if row.op != "~1":
            continue
        if row.lhs in composites:
            row.fix(None)
        elif row.user:
            continue
        elif row.lhs in released:
            row.release()
        elif row.lhs in zero:
            row.fix(0.0)


def _fix_marker_intercepts(rows: list[DraftRow], context: BlockContext) -> None:
    """Latent means on the scale of their markers, which then have no intercepts; ordered markers have none anyway."""
    if not (context.options.marker_int_zero and context.options.meanstructure):
        return
    markers: dict[str, str] = {}
    for row in rows:
        if row.op == "=~" and row.rhs not in context.ordered and _is_one(row):
            markers.setdefault(row.lhs, row.rhs)
    for row in rows:
        if row.op != "~1" or row.user:
            continue
        if row.lhs in markers.values():
            row.fix(0.0, "intercept of a marker")
        elif row.lhs in markers:
            row.release("mean on the scale of the marker")


def _is_one(row: DraftRow) -> bool:
    """Whether the row is fixed at 1, by rule or as typed for all groups."""
    typed = row.modifiers.get("fixed")
    return all(value == 1.0 for value in typed.values) if typed else not row.free and row.ustart == 1.0


def _fix_exogenous(rows: list[DraftRow], context: BlockContext) -> None:
    """Moments of exogenous observed variables are those of the data, or conditioned upon."""
    options, roles = context.options, context.roles
    exogenous = {*(roles.exogenous_observed if options.conditional_x else context.exogenous)}
    if not exogenous or not (options.fixed_x or options.conditional_x):
        return
    modelled = {*roles.latent, *roles.other_observed}
    for row in rows:
        moment = (row.op == "~~" and row.lhs in exogenous and row.rhs in exogenous) or (
            row.op == "~1" and row.lhs in exogenous
        )
        if moment and not row.user:
            row.exo = 1
            if options.fixed_x:
                row.fix(None)
        elif options.conditional_x and row.op in {"~", "<~"} and row.rhs in exogenous:
            if row.lhs in modelled or row.lhs in exogenous:
                row.exo = 1
            if row.lhs in exogenous and options.fixed_x:
                row.fix(None)


def _fix_latent_responses(rows: list[DraftRow], context: BlockContext) -> None:
    """Latent responses behind ordered variables have variance and scale 1."""
    ordered = {*context.ordered}
    if not ordered:
        return
    for row in rows:
        if not row.user and ((_is_variance(row) and row.lhs in ordered) or row.op == "~*~"):
            row.fix(1.0)


def copy_to_group(rows: list[DraftRow], group: int) -> list[DraftRow]:
    """The same rows for another group."""
    return [replace(row, group=group, block=group) for row in rows]
