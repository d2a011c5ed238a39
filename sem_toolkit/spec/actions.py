"""What is done in a picture, as changes of the text: a path drawn, removed, fixed, freed or labelled, a name changed.

Each action tries the smallest change that may do, and looks at the table that the new text expands to: only a text
that means what was asked for, and has no fault that the old one had not, is given back.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.spec.asked_actions import Action, Row, refuse_action
from sem_toolkit.spec.drafts import Draft
from sem_toolkit.spec.edits import (
    Block,
    add_term,
    fix_parameter,
    free_parameter,
    label_parameter,
    list_blocks,
    remove_term,
    unfix_parameter,
)
from sem_toolkit.spec.header_renaming import rename_in_header
from sem_toolkit.spec.renaming import rename_label, rename_variable
from sem_toolkit.spec.specs import Spec, parse_spec
from sem_toolkit.spec.table import Parameter, ParameterTable
from sem_toolkit.spec.tree import BlockHeader

Expand = Callable[[str], ParameterTable]
"""What a text means; raises SpecError where it has faults."""
Goal = Callable[[ParameterTable], bool]


@dataclass(frozen=True)
class Change:
    """A new text, and in words what was changed."""

    text: str
    message: str


def change_text(text: str, action: Action, expand: Expand) -> Change:
    """The text after an action. Raises SpecError where it cannot be done, or the text has faults to begin with."""
    before = expand(text)
    spec = parse_spec(text)
    if action.kind == "rename":
        return _rename(spec, before, action, expand)
    block = _find_block(spec, before, action)
    if block is not None:
        return _change_block(spec, before, action, block, expand)
    return _change(spec, before, action, None, expand)


def _find_block(spec: Spec, table: ParameterTable, action: Action) -> Block | None:
    """The block that an action is about; None where the text has none."""
    if not any(isinstance(statement, BlockHeader) for statement in spec.statements):
        return None
    blocks = list_blocks(spec)
    if len(blocks) != len({row.block for row in table.parameters}):
        raise refuse_action("blocks of the model stand in another file", "change the text")
    if not 0 < action.block <= len(blocks):
        raise refuse_action("the text has blocks (group: or level:), and none of them was named", "change the text")
    return blocks[action.block - 1]


def _change_block(spec: Spec, before: ParameterTable, action: Action, block: Block, expand: Expand) -> Change:
    """An action in one block, after which the others are what they were."""

    def select(table: ParameterTable) -> ParameterTable:
        return replace(table, rows=tuple(row for row in table.rows if row.block == action.block))

    def expand_block(text: str) -> ParameterTable:
        table = expand(text)
        if _summarise_others(table, action.block) != _summarise_others(before, action.block):
            raise refuse_action("it would change another block of the text", "change the text")
        return select(table)

    return _change(spec, select(before), action, block, expand_block)


def _summarise_others(table: ParameterTable, block: int) -> Counter[tuple[object, ...]]:
    """What a table says of all blocks but one, and how many there are, in any order.

    Means are left out: they move between levels by themselves.
    """
    found: Counter[tuple[object, ...]] = Counter({(len({row.block for row in table.parameters}),): 1})
    for row in table.parameters:
        if row.block != block and row.op != "~1":
            pair = (row.lhs, row.rhs) if row.op != "~~" else tuple(sorted((row.lhs, row.rhs)))
            found[(row.block, *pair, row.op, row.free > 0, row.ustart, row.label, row.exo)] += 1
    return found


def _change(spec: Spec, before: ParameterTable, action: Action, block: Block | None, expand: Expand) -> Change:
    if action.kind == "add_node":
        return _add_node(spec, before, action, block, expand)
    if action.kind in ("add_path", "add_covariance"):
        return _add(spec, before, action, block, expand)
    return _set(spec, before, action, block, expand)


def _add(spec: Spec, before: ParameterTable, action: Action, block: Block | None, expand: Expand) -> Change:
    operator = "~~" if action.kind == "add_covariance" else action.op or _choose_operator(before, action)
    if operator not in ("=~", "~", "<~", "~~"):
        raise refuse_action(f'"{operator}" is no path', None)
    row = (action.b, operator, action.a) if operator in ("~", "<~") else (action.a, operator, action.b)
    if action.a == action.b:
        raise refuse_action("a path leads from one variable to another", None)
    shown = " ".join(row)
    known = find_rows(before, row)
    if any(found.free or found.is_given or found.ustart not in (0.0, None) for found in known):
        raise refuse_action(f'"{shown}" is in the model already', None)
    ways = (
        [lambda: unfix_parameter(spec, *row, block=block), lambda: free_parameter(spec, *row, block=block)]
        if known
        else []
    )
    ways.append(lambda: add_term(spec, *row, block=block))
    return _take(ways, lambda table: _is_free(table, row), expand, f'"{shown}" is added')


def _choose_operator(table: ParameterTable, action: Action) -> str:
    """A loading where a factor meets an observed variable that has no causes yet; a regression otherwise."""
    roles = table.roles[0] if table.roles else None
    if roles is None:
        return "~"
    latent, measured = set(roles.latent), {row.lhs for row in table.parameters if row.op == "=~"}
    if action.b in roles.composites and action.a not in latent:
        return "<~"
    structural = {*roles.outcomes, *roles.predictors, *roles.composite_indicators}
    if action.a in measured and action.b not in latent and action.b not in structural:
        return "=~"
    return "~"


def _add_node(spec: Spec, before: ParameterTable, action: Action, block: Block | None, expand: Expand) -> Change:
    name = action.a
    if name in _list_names(before):
        raise refuse_action(f'there is a "{name}" already', "choose another name")
    if action.latent:
        if not action.indicators:
            raise refuse_action(f'the factor "{name}" needs indicators', "name the variables that measure it")
        if name in action.indicators or len(set(action.indicators)) < len(action.indicators):
            raise refuse_action("a factor is measured by other variables, each named once", None)
        rows: list[Row] = [(name, "=~", other) for other in action.indicators]
    else:
        rows = [(name, "~~", name)]

    def write() -> str:
        draft = Draft(spec)
        for row in rows:
            draft = draft.add(*row, block=block)
        return draft.text

    def is_there(table: ParameterTable) -> bool:
        return all(find_rows(table, row) for row in rows)

    return _take([write], is_there, expand, f'"{name}" is added')


def _set(spec: Spec, before: ParameterTable, action: Action, block: Block | None, expand: Expand) -> Change:
    """Remove, fix, free or label a parameter that the model has."""
    row, shown = action.row, " ".join(action.row).strip()
    if not find_rows(before, row):
        raise refuse_action(f'the model has no "{shown}"', None)
    if action.kind == "remove":
        ways = [lambda: remove_term(spec, *row, block=block), lambda: _fix_after_removal(spec, row, block)]
        return _take(
            [*ways, lambda: fix_parameter(spec, *row)],
            lambda table: not find_rows(table, row) or _is_fixed(table, row, 0.0),
            expand,
            f'"{shown}" is removed',
        )
    if action.kind == "fix":
        wanted = action.value
        return _take(
            [lambda: fix_parameter(spec, *row, value=wanted, block=block)],
            lambda table: _is_fixed(table, row, wanted),
            expand,
            f'"{shown}" is fixed to {wanted:g}',
        )
    if action.kind == "free":
        return _take(
            [lambda: unfix_parameter(spec, *row, block=block), lambda: free_parameter(spec, *row, block=block)],
            lambda table: _is_free(table, row),
            expand,
            f'"{shown}" is free',
        )
    label = action.label
    return _take(
        [lambda: label_parameter(spec, *row, label=label, block=block)],
        lambda table: all(found.label == label for found in find_rows(table, row)),
        expand,
        f'"{shown}" is labelled {label}' if label else f'"{shown}" has no label',
    )


def _fix_after_removal(spec: Spec, row: Row, block: Block | None) -> str:
    """For a parameter that is typed, and that a rule would add if it were not."""
    return Draft(spec).remove(*row, block=block).fix(*row, block=block).text


def _rename(spec: Spec, before: ParameterTable, action: Action, expand: Expand) -> Change:
    old, new = action.a, action.b
    names = _list_names(before)
    labels = {row.label for row in before.rows if row.label} | {row.lhs for row in before.rows if row.op == ":="}
    taken = names if old in names else labels
    if old not in names | labels:
        raise refuse_action(f'the model has no "{old}"', None)
    if new in taken:
        raise refuse_action(f'there is a "{new}" already', "choose another name")
    if old in names:
        return _take(
            [lambda: rename_in_header(rename_variable(spec, old, new), old, new)],
            lambda table: _list_names(table) == {new if name == old else name for name in names},
            expand,
            f'"{old}" is "{new}" now',
        )
    return _take(
        [lambda: rename_label(spec, old, new)],
        lambda table: len(table.rows) == len(before.rows) and not any(row.label == old for row in table.rows),
        expand,
        f'"{old}" is "{new}" now',
    )


def _take(ways: Iterable[Callable[[], str]], goal: Goal, expand: Expand, message: str) -> Change:
    """The first way to a text that means what is wanted; the fault of the last one where none does."""
    fault: SpecError | None = None
    for write in ways:
        try:
            text = write()
            if goal(expand(text)):
                return Change(text, message)
        except SpecError as problem:
            fault = problem
    if fault is not None:
        entry = fault.diagnostics[0]
        raise refuse_action(f"this cannot be done in the picture: {entry.message}", entry.hint) from None
    raise refuse_action("this cannot be done in the picture", "change the text")


def find_rows(table: ParameterTable, row: Row) -> list[Parameter]:
    """The rows of a parameter in all groups, a covariance whichever way round it stands."""
    lhs, op, rhs = row
    return [
        found
        for found in table.parameters
        if found.op == op
        and ((found.lhs, found.rhs) == (lhs, rhs) or (op == "~~" and (found.rhs, found.lhs) == row[::2]))
    ]


def _is_free(table: ParameterTable, row: Row) -> bool:
    found = find_rows(table, row)
    return bool(found) and all(own.free for own in found)


def _is_fixed(table: ParameterTable, row: Row, value: float) -> bool:
    found = find_rows(table, row)
    return bool(found) and all(not own.free and not own.is_given and own.ustart == value for own in found)


def _list_names(table: ParameterTable) -> set[str]:
    return {name for row in table.parameters for name in (row.lhs, row.rhs) if name}
