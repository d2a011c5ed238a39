"""Spec to parameter table: typed rows, lavaan's automatic rows, modifiers, groups, equality, numbers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.collector import paused_collector
from sem_toolkit.spec.defaults import TooManyRowsError, build_block_rows
from sem_toolkit.spec.draft_rows import BlockContext, DraftRow
from sem_toolkit.spec.efa import fix_efa_rotation
from sem_toolkit.spec.effects import build_effect_coding
from sem_toolkit.spec.equalities import equate, list_ties, require_equal_known, tie_equal
from sem_toolkit.spec.flat import FlatBlock, FlatRow, FlatSpec, build_flat_spec
from sem_toolkit.spec.groups import repeat_for_groups
from sem_toolkit.spec.levels import name_levels
from sem_toolkit.spec.modifiers import apply_modifiers, bound_variances, fix_typed_responses, spread_bounds
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.roles import compute_roles
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.table import MOST_ROWS, Origin, Parameter, ParameterTable
from sem_toolkit.spec.tree import Constraint, Definition, Modifier

_NO_GROUPS = ("",)


def build_parameter_table(
    spec: Spec, options: TableOptions | None = None, groups: tuple[str, ...] = _NO_GROUPS
) -> ParameterTable:
    """The parameter table of a spec: the rows and their order are those of lavaan's `lavaanify`.

    options  lavaan's options; the defaults are those of `sem()`
    groups   labels of the groups in the order of the data; ("",) where there is one

    Raises SpecError with every fault of the spec, and where spec, options and groups do not fit together.
    """
    spec.require_valid()
    with paused_collector():
        try:
            return _build(spec, options or TableOptions(), groups)
        except TooManyRowsError:
            raise SpecError(_describe_too_large(spec), spec.source) from None


def _describe_too_large(spec: Spec) -> Diagnostic:
    first, last = spec.statements[0], spec.statements[-1]
    message = f"the model has more than {MOST_ROWS} parameters, those that lavaan's rules add among them"
    hint = "take fewer variables, factors or groups, or call = lavaan, which adds nothing"
    return Diagnostic("error", "model-too-large", message, spec.span(first.start, last.end), hint)


def _build(spec: Spec, options: TableOptions, groups: tuple[str, ...]) -> ParameterTable:
    options = options.resolved()
    flat = build_flat_spec(spec.statements, options.phantom_composites)
    if any(row.op == "~1" for block in flat.blocks for row in block.rows):
        options = replace(options, meanstructure=True)
    groups = _choose_groups(spec, flat, options, groups)
    drafts = _build_drafts(spec, flat, options, groups)
    constraints = [_build_constraint(statement, spec) for statement in flat.constraints]
    names = list_ties(drafts, options, groups)
    if len(drafts) > MOST_ROWS:
        raise TooManyRowsError
    require_equal_known(drafts, names, spec)
    tied = tie_equal(drafts, names)
    coding = build_effect_coding(drafts, options) if options.effect_coding else []
    parameters = _number(drafts, spec)
    extra = [equate(left, right, rule) for left, right, rule in (*tied, *coding)]
    rows = (*parameters, *constraints, *extra)
    levels = _number_labels(block.labels["level"] for block in flat.blocks if "level" in block.labels)
    return ParameterTable(rows, groups, options.parameterization, options.conditional_x, name_levels(tuple(levels)))


def _build_drafts(spec: Spec, flat: FlatSpec, options: TableOptions, groups: tuple[str, ...]) -> list[DraftRow]:
    drafts: list[DraftRow] = []
    headers = _has_group_headers(flat)
    levels = _number_labels(block.labels["level"] for block in flat.blocks if "level" in block.labels)
    numbers = _number_labels(groups)
    repeat = 1 if flat.headers else len(groups)
    if sum(len(block.rows) for block in flat.blocks) * repeat > MOST_ROWS:
        raise TooManyRowsError
    for number, block in enumerate(flat.blocks, start=1):
        rows = _build_block(block, flat, options, repeat)
        if flat.headers:
            group = _find_group(block, numbers) if headers else 1
            level = levels.get(block.labels.get("level", ""), 1)
            for row in rows:
                row.block, row.group, row.level = number, group, level
        drafts += rows
    if len(levels) > 1:
        _fix_within_means(drafts)
    apply_modifiers(drafts, spec)
    fix_typed_responses(drafts, options)
    spread_bounds(drafts)
    bound_variances(drafts, options.bounds)
    if options.auto_efa and any(row.efa for row in drafts):
        fix_efa_rotation(drafts, options, spec)
    for number, row in enumerate(drafts, start=1):
        row.plabel = f".p{number}."
    return drafts


def _build_block(block: FlatBlock, flat: FlatSpec, options: TableOptions, repeat: int) -> list[DraftRow]:
    typed = block.rows
    slopes = flat.random_slopes if block is not flat.blocks[0] and "level" in block.labels else ()
    typed = [*typed, *_list_random_slopes(slopes)]
    roles = compute_roles(typed, flat.random_slopes)
    ordered = {*roles.ordered, *(options.ordered), *options.thresholds} - {*roles.exogenous_observed}
    ordered |= {*roles.ordered}
    context = BlockContext(
        roles=roles,
        exogenous=roles.exogenous_observed,
        ordered=tuple(name for name in roles.observed if name in ordered),
        factors_of_efa=tuple(dict.fromkeys(row.lhs for row in typed if row.op == "=~" and "efa" in row.modifiers))
        if options.auto_efa
        else (),
        random_slopes=tuple(slopes),
        composite_parts=_list_composite_parts(block, frozenset(roles.composite_indicators)),
        options=options,
    )
    rows = build_block_rows(typed, context, MOST_ROWS // repeat)
    return repeat_for_groups(rows, context, repeat)


def _list_random_slopes(slopes: Iterable[str]) -> list[FlatRow]:
    return [
        FlatRow(
            name,
            "=~",
            name,
            -1,
            -1,
            {"fixed": Modifier("fixed", (0.0,), -1, -1), "rv": Modifier("rv", (name,), -1, -1)},
        )
        for name in slopes
    ]


def _list_composite_parts(block: FlatBlock, observed: Collection[str]) -> tuple[tuple[str, ...], ...]:
    parts: dict[str, list[str]] = {}
    for row in block.rows:
        if row.op == "<~" and row.rhs in observed:
            parts.setdefault(row.lhs, []).append(row.rhs)
    return tuple(tuple(names) for names in parts.values())


# -- groups and levels


def _has_group_headers(flat: FlatSpec) -> bool:
    return any("group" in block.labels for block in flat.blocks)


def _choose_groups(spec: Spec, flat: FlatSpec, options: TableOptions, groups: tuple[str, ...]) -> tuple[str, ...]:
    """Labels of the groups: those given, else those of the spec's headers, else as many as the options say."""
    typed = tuple(dict.fromkeys(block.labels["group"] for block in flat.blocks if "group" in block.labels))
    given = groups if groups != _NO_GROUPS else ()
    if not given:
        count = options.ngroups
        if typed and count in {1, len(typed)}:
            return typed
        given = tuple(str(number) for number in range(1, count + 1)) if count > 1 else ()
    if typed and given and len(typed) != len(given):
        header = next(block.header for block in flat.blocks if block.header is not None)
        message = f"the spec has {len(typed)} groups, the data have {len(given)}"
        span = spec.span(header.start, header.end)
        raise SpecError(Diagnostic("error", "wrong-number-of-groups", message, span), spec.source)
    return given or _NO_GROUPS


def _number_labels(labels: Iterable[str]) -> dict[str, int]:
    """Labels to their numbers, from 1 in order of first appearance."""
    return {label: number for number, label in enumerate(dict.fromkeys(labels), start=1)}


def _find_group(block: FlatBlock, numbers: Mapping[str, int]) -> int:
    """Number of the group that a header names, by label or by number."""
    label = block.labels.get("group", "")
    if label in numbers:
        return numbers[label]
    return int(label) if label.isdecimal() and 0 < int(label[:9]) <= len(numbers) else 1


def _fix_within_means(drafts: list[DraftRow]) -> None:
    """What has an intercept at a higher level has none at the first."""
    roles = {*compute_roles(drafts).observed}
    higher = {row.lhs for row in drafts if row.op == "~1" and row.level > 1 and row.lhs in roles}
    for row in drafts:
        if row.op == "~1" and row.level == 1 and row.lhs in higher:
            row.fix(0.0, "intercept that belongs to a higher level")


# -- the finished rows


def _build_constraint(statement: Constraint | Definition, spec: Spec) -> Parameter:
    origin = Origin("typed", spec.span(statement.start, statement.end))
    if isinstance(statement, Definition):
        name = statement.name
        return Parameter(name, ":=", statement.expression.text, block=0, group=0, level=0, label=name, origin=origin)
    return Parameter(
        statement.left.text, statement.operator, statement.right.text, block=0, group=0, level=0, origin=origin
    )


def _number(drafts: Sequence[DraftRow], spec: Spec) -> list[Parameter]:
    parameters: list[Parameter] = []
    free = 0
    origins: dict[tuple[str, int, int], Origin] = {}  # groups share theirs
    for row in drafts:
        free += row.free
        place = (row.rule, row.start, row.end)
        origin = origins.get(place)
        if origin is None:
            origin = Origin(row.rule, spec.span(row.start, row.end) if row.start >= 0 else None)
            origins[place] = origin
        parameters.append(
            Parameter(  # by position: names of so many arguments take longer to sort than the row to make
                row.lhs,
                row.op,  # type: ignore[arg-type]
                row.rhs,
                row.user,
                row.block,
                row.group,
                free if row.free else 0,
                row.ustart,
                row.exo,
                row.label,
                row.plabel,
                -inf if row.lower is None else row.lower,
                inf if row.upper is None else row.upper,
                row.level,
                origin,
                row.efa,
                row.rv,
            )
        )
    return parameters
