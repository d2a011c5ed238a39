"""The parameter table: what everything between the spec language and the numbers speaks.

The columns are those of lavaan's `parTable()`: one row a parameter, definition or constraint.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Span
from sem_toolkit.spec.roles import Roles, compute_roles

if TYPE_CHECKING:
    import pandas as pd

Operator = Literal["=~", "<~", "~", "~~", "~1", "|", "~*~", "|~", ":=", "==", "<", ">"]

PARAMETER_OPERATORS: frozenset[str] = frozenset({"=~", "<~", "~", "~~", "~1", "|", "~*~"})
INSTRUMENTS = "|~"
"""Rows that name an instrument of an equation: no parameters, and lavaan has them in its table all the same."""
CONSTRAINT_OPERATORS: frozenset[str] = frozenset({"==", "<", ">"})
ECHELON, TIED_ECHELON = 7, 77
"""Marks (column user) of rows that are fixed for want of a rotation, and of rows held equal to such rows."""
MOST_ROWS = 400_000
"""A table with more rows would take a gigabyte; no model that anybody could estimate has as many."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row comes from: the text that typed it, or the rule that added it ("marker", "variance of ...")."""

    rule: str
    span: Span | None = None


TYPED = Origin("typed")


class Parameter(NamedTuple):
    """One row of a parameter table; names and meanings are lavaan's.

    A tuple, since tables have many rows: a frozen dataclass of as many fields takes ten times as long to make.

    user    1 where the user typed the row, 0 where a rule added it, 2 for rows of constraints made by labels,
            ECHELON and TIED_ECHELON for rows of exploratory blocks
    block   1, 2, ... (0 for definitions and constraints); `group` and `level` likewise
    free    0 where fixed, otherwise the number of the free parameter, from 1 in the order of the table. Parameters
            that share a label have numbers of their own and are tied by `==` rows, as in lavaan.
    ustart  the fixed value, or the starting value that the user gave; None where neither
    exo     1 for a moment of exogenous observed variables that is taken from the data (fixed.x), and with
            `conditional_x` for the slopes on them too, as in lavaan
    label   the user's label, "" where none; plabel is `.p1.`, `.p2.`, ... and "" for definitions and constraints
    efa     the exploratory block of a loading, "" where none
    rv      the random slope that is a path's coefficient, "" where none
    """

    lhs: str
    op: Operator
    rhs: str
    user: int = 1
    block: int = 1
    group: int = 1
    free: int = 0
    ustart: float | None = None
    exo: int = 0
    label: str = ""
    plabel: str = ""
    lower: float = -inf
    upper: float = inf
    level: int = 1
    origin: Origin = TYPED
    efa: str = ""
    rv: str = ""

    @property
    def is_given(self) -> bool:
        """Whether it is a moment of exogenous variables that is taken from the data."""
        return self.exo > 0 and self.free == 0 and self.op in ("~~", "~1")


@dataclass(frozen=True)
class ParameterTable:
    """The rows of a model, in lavaan's order, and the labels of its groups ("" for a single group).

    parameterization  of ordered variables: "delta" (scales are parameters) or "theta" (residual variances are)
    conditional_x     whether the moments of ordered variables are those given exogenous variables
    levels            names of the levels of rows in clusters, the lowest first; empty where there is one level
    separated         whether every level of a group counts as a group of its own (`levels.separate_levels`)
    """

    rows: tuple[Parameter, ...]
    groups: tuple[str, ...] = ("",)
    parameterization: Literal["delta", "theta"] = "delta"
    conditional_x: bool = False
    levels: tuple[str, ...] = ()
    separated: bool = False

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]], groups: tuple[str, ...] = ("",)) -> "ParameterTable":
        """Build a table from mappings with lavaan's column names; other columns are ignored, None means the default."""
        names = {*Parameter._fields}
        return cls(
            tuple(
                Parameter(**{key: value for key, value in record.items() if key in names and value is not None})
                for record in records
            ),
            groups,
        )

    @property
    def npar(self) -> int:
        """Number of rows with a free parameter; equality constraints are not taken off."""
        return sum(row.free > 0 for row in self.rows)

    @cached_property
    def operators(self) -> frozenset[str]:
        """The operators that occur: what asks whether there is a row of some kind need not look at all of them."""
        return frozenset([row.op for row in self.rows])

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The rows that are parameters of the model: neither definitions nor constraints."""
        if self.operators <= PARAMETER_OPERATORS:
            return self.rows
        return tuple([row for row in self.rows if row.op in PARAMETER_OPERATORS])

    @cached_property
    def given(self) -> tuple[Parameter, ...]:
        """The rows whose values are taken from the data (`Parameter.is_given`)."""
        return tuple([row for row in self.rows if row.exo and row.is_given])

    @cached_property
    def exploratory(self) -> frozenset[str]:
        """Names of the exploratory blocks."""
        return frozenset([row.efa for row in self.rows]) - {""}

    @cached_property
    def random_slopes(self) -> frozenset[str]:
        """Names of the random slopes."""
        return frozenset([row.rv for row in self.rows]) - {""}

    @cached_property
    def roles(self) -> tuple[Roles, ...]:
        """The roles of the variables of every block, in the order of the blocks."""
        blocks: dict[int, list[Parameter]] = {}
        for row in self.parameters:
            blocks.setdefault(row.block, []).append(row)
        return tuple([compute_roles(rows) for _, rows in sorted(blocks.items())])

    def with_values(self, ustart: Mapping[int, float]) -> "ParameterTable":
        """A copy in which the rows at the given positions (from 0) carry these fixed or starting values."""
        return replace(
            self,
            rows=tuple(
                row._replace(ustart=ustart[position]) if position in ustart else row
                for position, row in enumerate(self.rows)
            ),
        )

    def to_frame(self) -> "pd.DataFrame":
        """The table with lavaan's columns, one row a parameter, definition or constraint."""
        import pandas as pd

        names = [name for name in Parameter._fields if name != "origin"]
        frame = pd.DataFrame([[getattr(row, name) for name in names] for row in self.rows], columns=names)
        frame["origin"] = [row.origin.rule for row in self.rows]
        return frame
