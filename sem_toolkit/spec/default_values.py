"""The values that lavaan's rules fix in a block: markers, variances of factors, intercepts, exogenous moments."""

from collections import Counter
from collections.abc import Collection

from sem_toolkit.spec.draft_rows import BlockContext, DraftRow


def fix_values(rows: list[DraftRow], context: BlockContext) -> None:
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
