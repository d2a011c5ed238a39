"""Rows of a parameter table while it is being made, and what the rules of a block look at."""

from dataclasses import dataclass, field, fields
from operator import attrgetter

from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.roles import Roles
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


def copy_to_group(rows: list[DraftRow], group: int) -> list[DraftRow]:
    """The same rows for another group; `replace`, which looks at the fields anew each time, would take longer."""
    names = [own.name for own in fields(DraftRow)]
    read = attrgetter(*names)
    copies = [DraftRow(*read(row)) for row in rows]
    for row in copies:
        row.group = row.block = group
    return copies
