"""The exploratory blocks of a table, and the table with what rotation frees."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import count

from sem_toolkit.spec.table import ECHELON, TIED_ECHELON, Parameter, ParameterTable


@dataclass(frozen=True)
class Block:
    """Factors that are rotated together.

    name    the block's, as in efa("name")
    groups  numbers of the groups that one rotation serves, from 1: it is found in the first of them
    """

    name: str
    factors: tuple[str, ...]
    items: tuple[str, ...]
    groups: tuple[int, ...]


def find_blocks(table: ParameterTable) -> tuple[Block, ...]:
    """Every block of two or more factors; where loadings are equal across groups one block stands for all of these."""
    if not table.exploratory:
        return ()
    found: dict[tuple[str, int], Block] = {}
    loadings = [row for row in table.parameters if row.efa and row.op == "=~"]
    for name in dict.fromkeys(row.efa for row in loadings):
        for group in dict.fromkeys(row.group for row in loadings if row.efa == name):
            own = [row for row in loadings if row.efa == name and row.group == group]
            factors = tuple(dict.fromkeys(row.lhs for row in own))
            items = tuple(dict.fromkeys(row.rhs for row in own))
            if len(factors) < 2:
                continue
            marks = {row.user for row in own}
            first = next((key for key in found if key[0] == name), None)
            if TIED_ECHELON in marks and first is not None:
                found[first] = replace(found[first], groups=(*found[first].groups, group))
            elif ECHELON in marks:
                found[name, group] = Block(name, factors, items, (group,))
    return tuple(found.values())


def list_tied_items(table: ParameterTable, block: Block) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Items with all loadings held equal in the groups that share the block's rotation, and items with some of them."""
    if len(block.groups) == 1:
        return block.items, ()
    ties = {(row.lhs, row.rhs) for row in table.rows if row.op == "=="}
    names = {
        (row.group, row.lhs, row.rhs): row.plabel
        for row in table.parameters
        if row.op == "=~" and row.efa == block.name
    }
    whole, part = [], []
    for item in block.items:
        own = [
            (names[block.groups[0], factor, item], names[group, factor, item]) in ties
            for factor in block.factors
            for group in block.groups[1:]
        ]
        if all(own):
            whole.append(item)
        elif any(own):
            part.append(item)
    return tuple(whole), tuple(part)


def free_rotated_rows(table: ParameterTable) -> ParameterTable:
    """The table in which the rows that were fixed for want of a rotation are free parameters."""
    held = (ECHELON, TIED_ECHELON)
    rows = (row._replace(free=1, ustart=None) if row.user in held and not row.free else row for row in table.rows)
    return replace(table, rows=number_rows(rows))


def number_rows(rows: Iterable[Parameter]) -> tuple[Parameter, ...]:
    """The rows with their free parameters numbered anew, from 1 in their order."""
    numbers = count(1)
    return tuple(row._replace(free=next(numbers)) if row.free else row for row in rows)
