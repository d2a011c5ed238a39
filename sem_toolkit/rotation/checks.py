"""Whether exploratory blocks may be rotated: what the model says of one factor of a block it must say of all."""

from collections.abc import Iterable, Iterator
from math import inf

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.model.functions import parse_side
from sem_toolkit.rotation.blocks import Block, find_blocks, list_tied_items
from sem_toolkit.rotation.options import RotationOptions
from sem_toolkit.rotation.targets import build_target
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS, ECHELON, TIED_ECHELON, Parameter, ParameterTable

_BY_LABELS = 2
"""Mark (column user) of equalities that labels and equal groups make."""


def require_rotatable(table: ParameterTable, options: RotationOptions) -> None:
    """Raise ModelError where the exploratory blocks of a table cannot be rotated as asked: before any estimation."""
    if options.method == "none":
        return
    blocks = find_blocks(table)
    if faults := check_blocks(table, blocks):
        raise ModelError(faults)
    for block in blocks:
        build_target(options, block)


def check_blocks(table: ParameterTable, blocks: Iterable[Block]) -> tuple[Diagnostic, ...]:
    """Where a rotation would change what the model says.

    A rotation mixes the factors of a block: what one of them does the others must be free to do as well.
    """
    blocks = tuple(blocks)
    faults = [fault for block in blocks for fault in _check_loadings(table, block)]
    if not faults:
        faults += [fault for block in blocks for fault in _check_ties(table, block)]
    faults += [fault for block in blocks for group in block.groups for fault in _check_block(table, block, group)]
    return tuple(dict.fromkeys(faults))


def _check_ties(table: ParameterTable, block: Block) -> Iterator[Diagnostic]:
    """Where groups share a rotation, an item has all of its loadings held equal, or none."""
    tied, part = list_tied_items(table, block)
    for item in part:
        message = (
            f'some loadings of {item} on the exploratory block "{block.name}" differ between groups, others do not'
        )
        free = ", ".join(f"{factor}=~{item}" for factor in block.factors)
        yield Diagnostic("error", "not-rotatable", message, hint=f"free all of them: group_partial = {free}")
    if len(block.groups) > 1 and not part and len(tied) < len(block.factors):
        message = f'too few items of the exploratory block "{block.name}" have equal loadings to share a rotation'
        yield Diagnostic("error", "not-rotatable", message, hint="free fewer loadings, or leave group_equal out")


def _check_block(table: ParameterTable, block: Block, group: int) -> Iterator[Diagnostic]:
    rows = [row for row in table.parameters if row.group == group]
    yield from _check_number(rows, block)
    yield from _check_constraints(table, rows, block)
    roles: dict[tuple[str, str, str], dict[str, Parameter]] = {}
    for row in rows:
        for factor, key in _list_relations(row, block):
            roles.setdefault(key, {})[factor] = row
    for (op, side, other), own in roles.items():
        without = [factor for factor in block.factors if factor not in own]
        if op == "~1" or not without:
            yield from _check_values(own, block)
        else:
            first = next(iter(own.values()))
            shown = f"{first.lhs} {first.op} {first.rhs}"
            hint = f'add {_describe_missing(op, side, other, without)}, or take rotation = "none"'
            message = f'"{shown}" is for some factors of the exploratory block "{block.name}" only; rotation mixes them'
            yield Diagnostic("error", "not-rotatable", message, first.origin.span, hint)


def _check_number(rows: list[Parameter], block: Block) -> Iterator[Diagnostic]:
    """More factors than the items carry: with p items and m factors (p − m)² < p + m (Ledermann, 1937).

    Only of a block by itself: variables outside of it and groups that share its loadings tell more of its factors.
    """
    p, m = len(block.items), len(block.factors)
    inside = {*block.factors, *block.items}
    alone = all({row.lhs, row.rhs or row.lhs} <= inside for row in rows if {row.lhs, row.rhs} & inside)
    if len(block.groups) == 1 and alone and (p - m < 0 or (p - m) ** 2 < p + m):
        most = max((k for k in range(1, p) if (p - k) ** 2 >= p + k), default=0)
        message = f'the exploratory block "{block.name}" has {m} factors, and its {p} items carry {most} at most'
        yield Diagnostic("error", "too-many-factors", message, hint="take fewer factors, or more items")


def _check_loadings(table: ParameterTable, block: Block) -> Iterator[Diagnostic]:
    """Every factor has a loading of every item, none of them fixed."""
    for group in block.groups:
        own = [row for row in table.parameters if row.group == group and row.op == "=~" and row.lhs in block.factors]
        for row in own:
            if not row.free and row.user not in (ECHELON, TIED_ECHELON):
                message = (
                    f'the loading of {row.rhs} on {row.lhs} is fixed, and rotation of block "{block.name}" mixes it'
                )
                hint = 'leave the value out, or take rotation = "none" or a target rotation'
                yield Diagnostic("error", "not-rotatable", message, row.origin.span, hint)
        there = {(row.lhs, row.rhs) for row in own}
        for factor in block.factors:
            for item in block.items:
                if (factor, item) not in there:
                    message = f'{factor} of the exploratory block "{block.name}" has no loading of {item}, others have'
                    yield Diagnostic("error", "not-rotatable", message, hint=f"add {item} to its indicators")


def _check_constraints(table: ParameterTable, rows: list[Parameter], block: Block) -> Iterator[Diagnostic]:
    """Typed labels that other parameters of the group have, or constraints use, and bounds."""
    used = _list_constrained(table)
    for row in rows:
        mixed = row.op in ("=~", "~", "~~") and {row.lhs, row.rhs} & {*block.factors} and row.lhs != row.rhs
        if not (mixed and row.label) or row.label.startswith("."):
            continue
        twins = [other for other in table.parameters if other.label == row.label and other is not row]
        if row.label in used or any(other.group == row.group for other in twins):
            message = f'the label "{row.label}" ties parameters of the rotated exploratory block "{block.name}"'
            hint = 'take rotation = "none", or leave the label out'
            yield Diagnostic("error", "not-rotatable", message, row.origin.span, hint)
    bounded = [row for row in rows if row.op == "=~" and row.lhs in block.factors and row.free]
    for row in bounded:
        if row.lower > -inf or row.upper < inf:
            message = f"the loading of {row.rhs} on {row.lhs} has a bound, which rotation does not keep"
            hint = 'leave it out, or take rotation = "none"'
            yield Diagnostic("error", "not-rotatable", message, row.origin.span, hint)


def _list_constrained(table: ParameterTable) -> set[str]:
    """Names in typed constraints, and in the definitions that these use."""
    typed = [row for row in table.rows if row.op in CONSTRAINT_OPERATORS and row.user != _BY_LABELS]
    found = {name for row in typed for side in (row.lhs, row.rhs) for name in parse_side(side).names}
    for row in reversed([row for row in table.rows if row.op == ":="]):
        if row.lhs in found:
            found |= {*parse_side(row.rhs).names}
    return found


def _check_values(own: dict[str, Parameter], block: Block) -> Iterator[Diagnostic]:
    """Relations of all factors with another variable: free for all, or fixed at 0 for all."""
    states = {row.free > 0 or row.user in (ECHELON, TIED_ECHELON) for row in own.values()}
    fixed = [row for row in own.values() if not row.free and row.user not in (ECHELON, TIED_ECHELON)]
    if len(states) > 1 or any(row.ustart for row in fixed):
        culprit = next((row for row in fixed if row.ustart), fixed[0])
        shown = f"{culprit.lhs} {culprit.op} {culprit.rhs}".rstrip()
        message = f'"{shown}" is fixed, and rotation of the exploratory block "{block.name}" mixes it with the others'
        hint = 'free it, or take rotation = "none"'
        yield Diagnostic("error", "not-rotatable", message, culprit.origin.span, hint)


def _list_relations(row: Parameter, block: Block) -> Iterator[tuple[str, tuple[str, str, str]]]:
    """Factor of the block and what it has with a variable outside of it (operator, the factor's side, the other)."""
    if row.op == "~1" and row.lhs in block.factors:
        yield row.lhs, ("~1", "lhs", "")
    elif row.op == "=~" and row.lhs in block.factors and row.rhs not in block.items:
        yield row.lhs, ("=~", "lhs", row.rhs)
    elif row.op in ("~", "~~", "=~"):
        for side, factor, other in (("lhs", row.lhs, row.rhs), ("rhs", row.rhs, row.lhs)):
            if factor in block.factors and other not in block.factors and not (row.op == "=~" and side == "lhs"):
                yield factor, (row.op, "" if row.op == "~~" else side, other)
            elif factor in block.factors and other in block.factors and row.op == "~" and side == "lhs":
                yield factor, ("~", "lhs", f"{other}, a factor of the same block")


def _describe_missing(op: str, side: str, other: str, factors: list[str]) -> str:
    if op == "~1":
        return "the others' intercepts"
    if side == "lhs":
        return f'"{" + ".join(factors)} {op} {other}"'
    return f'"{other} {op} {" + ".join(factors)}"'
