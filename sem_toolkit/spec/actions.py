"""What is done in a picture, as changes of the text: a path drawn, removed, fixed, freed or labelled, a name changed.

Each action tries the smallest change that may do, and looks at the table that the new text expands to: only a text
that means what was asked for, and has no fault that the old one had not, is given back.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.drafts import Draft
from sem_toolkit.spec.edits import (
    Block,
    Edit,
    add_term,
    apply_edits,
    fix_parameter,
    free_parameter,
    label_parameter,
    list_blocks,
    remove_term,
    rename_label,
    rename_variable,
    unfix_parameter,
)
from sem_toolkit.spec.specs import Spec, parse_spec
from sem_toolkit.spec.table import Parameter, ParameterTable
from sem_toolkit.spec.tree import BlockHeader

Kind = Literal["add_path", "add_covariance", "remove", "fix", "free", "label", "rename", "add_node"]
Expand = Callable[[str], ParameterTable]
"""What a text means; raises SpecError where it has faults."""
Row = tuple[str, str, str]
Goal = Callable[[ParameterTable], bool]


@dataclass(frozen=True)
class Action:
    """One action; of the fields those count that its kind has.

    a, b           add_path: cause and effect; add_covariance: the two; rename: the old and the new name; add_node: a
    lhs, op, rhs   the parameter that is removed, fixed, freed or labelled; add_path: op may say which path it is
    value, label   what it is fixed to, and the new label ("" takes the old one away)
    latent, indicators  of a new variable
    block          number in the table of the block that it is about; 0 where the text has none. A rename reaches all
    """

    kind: Kind
    a: str = ""
    b: str = ""
    lhs: str = ""
    op: str = ""
    rhs: str = ""
    value: float = 0.0
    label: str = ""
    latent: bool = False
    indicators: tuple[str, ...] = ()
    block: int = 0

    @property
    def row(self) -> Row:
        """The parameter that it is about."""
        return self.lhs, self.op, self.rhs


@dataclass(frozen=True)
class Change:
    """A new text, and in words what was changed."""

    text: str
    message: str


def parse_action(record: Mapping[str, Any]) -> Action:
    """An action as a page sends it, whose values may be anything. Raises SpecError for what is none."""
    kind: Any = record.get("kind")
    if not isinstance(kind, str) or kind not in get_args(Kind):
        raise _refuse(f'there is no action "{kind}"', f"one of {', '.join(get_args(Kind))}")
    names = {"add_path": ("from", "to"), "rename": ("name", "new"), "add_node": ("name", "")}
    first, second = names.get(kind, ("a", "b"))
    texts = {"a": first, "b": second, "lhs": "lhs", "op": "op", "rhs": "rhs", "label": "label"}
    given = {own: record.get(theirs, "") for own, theirs in texts.items()}
    value, indicators = record.get("value", 0.0), record.get("indicators") or []
    faulty = [name for name, text in given.items() if not isinstance(text, str)]
    if faulty or isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise _refuse("an action has names as texts and a value as a number", None)
    block = record.get("block") or 0
    if isinstance(block, bool) or not isinstance(block, int) or block < 0:
        raise _refuse("a block is a number", None)
    if not isinstance(indicators, list) or not all(isinstance(name, str) for name in indicators):
        raise _refuse("indicators are a list of names", None)
    return Action(
        cast("Kind", kind),
        **given,
        value=float(value),
        latent=record.get("latent") is True,
        indicators=tuple(indicators),
        block=block,
    )


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
        raise _refuse("blocks of the model stand in another file", "change the text")
    if not 0 < action.block <= len(blocks):
        raise _refuse("the text has blocks (group: or level:), and none of them was named", "change the text")
    return blocks[action.block - 1]


def _change_block(spec: Spec, before: ParameterTable, action: Action, block: Block, expand: Expand) -> Change:
    """An action in one block, after which the others are what they were."""

    def select(table: ParameterTable) -> ParameterTable:
        return replace(table, rows=tuple(row for row in table.rows if row.block == action.block))

    def expand_block(text: str) -> ParameterTable:
        table = expand(text)
        if _summarise_others(table, action.block) != _summarise_others(before, action.block):
            raise _refuse("it would change another block of the text", "change the text")
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
        raise _refuse(f'"{operator}" is no path', None)
    row = (action.b, operator, action.a) if operator in ("~", "<~") else (action.a, operator, action.b)
    if action.a == action.b:
        raise _refuse("a path leads from one variable to another", None)
    shown = " ".join(row)
    known = find_rows(before, row)
    if any(found.free or found.exo or found.ustart not in (0.0, None) for found in known):
        raise _refuse(f'"{shown}" is in the model already', None)
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
        raise _refuse(f'there is a "{name}" already', "choose another name")
    if action.latent:
        if not action.indicators:
            raise _refuse(f'the factor "{name}" needs indicators', "name the variables that measure it")
        if name in action.indicators or len(set(action.indicators)) < len(action.indicators):
            raise _refuse("a factor is measured by other variables, each named once", None)
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
        raise _refuse(f'the model has no "{shown}"', None)
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
        raise _refuse(f'the model has no "{old}"', None)
    if new in taken:
        raise _refuse(f'there is a "{new}" already', "choose another name")
    if old in names:
        return _take(
            [lambda: _rename_in_header(rename_variable(spec, old, new), old, new)],
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


def _rename_in_header(text: str, old: str, new: str) -> str:
    """The text with a variable renamed among the hints for its picture: keys, and entries of lists."""
    spec = parse_spec(text)
    span = spec.header.spans.get("diagram")
    if span is None:
        return text
    name = rf"(?<![\w.]){re.escape(old)}(?![\w.])"
    entry = re.compile(rf"(?:(?<=[\[,{{])|(?<=[\[,{{] )|(?<=#'\s{{3}})|^#'\s+(?:- )?)\s*{name}(?=\s*[:,\]}}]|\s*$)")
    edits = []
    for start, line in _iterate_header(spec, span.start):
        for match in entry.finditer(line):
            end = start + match.end()
            edits.append(Edit(end - len(old), end, new))
    return apply_edits(text, edits)


def _iterate_header(spec: Spec, start: int) -> Iterator[tuple[int, str]]:
    """Offset and text of the header's lines from the one with `start` up to the next key."""
    comments = [token for token in spec.tokens if token.kind == "comment" and token.text.startswith("#'")]
    begun = False
    for token in comments:
        if begun and re.match(r"#' ?[a-z_]", token.text):
            return
        begun = begun or token.start <= start < token.end
        if begun:
            yield token.start, token.text


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
        raise _refuse(f"this cannot be done in the picture: {entry.message}", entry.hint) from None
    raise _refuse("this cannot be done in the picture", "change the text")


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
    return bool(found) and all(not own.free and not own.exo and own.ustart == value for own in found)


def _list_names(table: ParameterTable) -> set[str]:
    return {name for row in table.parameters for name in (row.lhs, row.rhs) if name}


def _refuse(message: str, hint: str | None) -> SpecError:
    return SpecError(Diagnostic("error", "impossible-action", message, None, hint))
