"""Statements to flat rows: one row a variable pair, with the modifiers that belong to it.

Several variables on either side are multiplied out, repeated terms are merged, covariances get lavaan's order of their
two variables, and constraints that are mere bounds (`a > 0`) become bounds of the parameters with that label.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sem_toolkit.spec.roles import compute_roles
from sem_toolkit.spec.tree import BlockHeader, Constraint, Definition, Formula, Modifier, ModifierKind, Statement, Term


@dataclass(slots=True)
class FlatRow:
    """One parameter as typed. `modifiers` holds the last modifier of each kind; `start`, `end` the first place."""

    lhs: str
    op: str
    rhs: str
    start: int
    end: int
    modifiers: dict[ModifierKind, Modifier] = field(default_factory=dict)
    user: int = 1
    exo: int = 0


@dataclass(slots=True)
class FlatBlock:
    """The rows of one block; `labels` are those of its headers, such as {"group": "1"}."""

    labels: dict[str, str]
    rows: list[FlatRow] = field(default_factory=list)
    header: BlockHeader | None = None


@dataclass(slots=True)
class FlatSpec:
    """All that the statements of a spec say, before any rule adds to it."""

    blocks: list[FlatBlock]
    constraints: list[Constraint | Definition]
    headers: int
    random_slopes: tuple[str, ...]


def build_flat_spec(statements: Iterable[Statement], phantom_composites: bool = False) -> FlatSpec:
    """Flatten the statements of a spec; `phantom_composites` as in `TableOptions`."""
    flat = FlatSpec([], [], 0, ())
    current = FlatBlock({})
    labels: dict[str, str] = {}
    places: dict[tuple[str, str, str], FlatRow] = {}
    for statement in statements:
        if isinstance(statement, BlockHeader):
            flat.headers += 1
            labels = {**labels, statement.block: statement.label}
            current, places = FlatBlock(labels, header=statement), {}
        elif isinstance(statement, Formula):
            if not current.rows:
                flat.blocks.append(current)
            _add_formula(statement, current, places)
        elif isinstance(statement, Constraint | Definition):
            flat.constraints.append(statement)
    _merge_blocks(flat)
    if phantom_composites:
        for block in flat.blocks:
            block.rows = _write_phantoms(block.rows)
    flat.random_slopes = _find_random_slopes(flat)
    _order_covariances(flat)
    _move_bounds(flat)
    return flat


def _add_formula(formula: Formula, block: FlatBlock, places: dict[tuple[str, str, str], FlatRow]) -> None:
    for left in formula.left:
        for right in formula.right:
            lhs, op, rhs = name_row(formula, left, right)
            row = places.get((lhs, op, rhs))
            if row is None:
                row = FlatRow(lhs, op, rhs, right.start, right.end)
                places[lhs, op, rhs] = row
                block.rows.append(row)
            for modifier in (*left.modifiers, *right.modifiers):
                row.modifiers[modifier.kind] = modifier


def name_row(formula: Formula, left: Term, right: Term) -> tuple[str, str, str]:
    """lhs, op and rhs of the row that two terms make."""
    if right.number is not None:
        if formula.operator == "=~":  # `f =~ 0`: a phantom factor, measured by itself
            return left.variable, "=~", left.variable
        return left.variable, formula.operator + "1", ""
    return left.variable, formula.operator, right.variable


def _merge_blocks(flat: FlatSpec) -> None:
    """Blocks with the same labels are one."""
    merged: dict[tuple[str, ...], FlatBlock] = {}
    grown: dict[int, FlatBlock] = {}
    for block in flat.blocks:
        first = merged.setdefault(tuple(block.labels.values()), block)
        if first is not block:
            first.rows += block.rows
            grown[id(first)] = first
    for block in grown.values():
        block.rows = _drop_repeated(block.rows)
    flat.blocks = list(merged.values())


def _write_phantoms(rows: list[FlatRow]) -> list[FlatRow]:
    composites = dict.fromkeys(row.lhs for row in rows if row.op == "<~")
    for row in rows:
        row.op = "~" if row.op == "<~" else row.op
    last = rows[-1].end

    def fix(name: str, operator: str, value: float) -> FlatRow:
        return FlatRow(name, operator, name, last, last, {"fixed": Modifier("fixed", (value,), last, last)})

    return [*rows, *(fix(name, "=~", 1.0) for name in composites), *(fix(name, "~~", 0.0) for name in composites)]


def _find_random_slopes(flat: FlatSpec) -> tuple[str, ...]:
    slopes = (row.modifiers["rv"] for block in flat.blocks for row in block.rows if "rv" in row.modifiers)
    return tuple(dict.fromkeys(str(value) for modifier in slopes for value in modifier.values))


def _order_covariances(flat: FlatSpec) -> None:
    """In `x2 ~~ x1` the variable that comes first in lavaan's order of all variables moves to the left."""
    if not any(row.op == "~~" and row.lhs != row.rhs for block in flat.blocks for row in block.rows):
        return
    roles = [compute_roles(block.rows, flat.random_slopes) for block in flat.blocks]
    latent = dict.fromkeys([*(name for role in roles for name in role.latent), *flat.random_slopes])
    observed = dict.fromkeys(name for role in roles for name in role.observed)
    place = {name: position for position, name in enumerate({**latent, **observed})}
    for block in flat.blocks:
        for row in block.rows:
            if row.op == "~~" and place.get(row.lhs, 0) > place.get(row.rhs, 0):
                row.lhs, row.rhs = row.rhs, row.lhs
        block.rows = _drop_repeated(block.rows)


def _drop_repeated(rows: Sequence[FlatRow]) -> list[FlatRow]:
    """Of rows for the same parameter the first stays, as in lavaan."""
    return list({(row.lhs, row.op, row.rhs): row for row in reversed(rows)}.values())[::-1]


def _move_bounds(flat: FlatSpec) -> None:
    """`a > 0`, with a single label on the left and a number on the right, is a bound of every parameter labelled a."""
    labelled: dict[str, list[FlatRow]] = {}
    for block in flat.blocks:
        for row in block.rows:
            if "label" in row.modifiers and len(row.modifiers["label"].values) == 1:
                labelled.setdefault(str(row.modifiers["label"].values[0]), []).append(row)
    kept: list[Constraint | Definition] = []
    # From the last to the first, so that of two bounds on one label the first typed wins, as in lavaan.
    for statement in reversed(flat.constraints):
        bound = find_bound(statement)
        rows = labelled.get(statement.left.text, []) if isinstance(statement, Constraint) else []
        if bound is None or not rows:
            kept.append(statement)
            continue
        kind: ModifierKind = "lower" if isinstance(statement, Constraint) and statement.operator == ">" else "upper"
        for row in rows:
            row.modifiers[kind] = Modifier(kind, (bound,), statement.start, statement.end)
    flat.constraints = kept[::-1]


def find_bound(statement: Constraint | Definition) -> float | None:
    """The number of `a > 0` or `a < 1`; None for every other statement."""
    if not isinstance(statement, Constraint) or statement.operator == "==":
        return None
    right = statement.right
    if not right.is_constant() or (right.text.startswith("(") and right.text.endswith(")")):
        return None  # lavaan keeps "(5)" as a constraint
    value = right.value({})
    return None if math.isnan(value) else value
