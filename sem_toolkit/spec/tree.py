"""The statements of a spec. Every node knows where it stands: `start` and `end` are offsets into the text.

Together with the tokens, which hold every character, this is a lossless tree: edits replace the text of a node and
leave all else as it was typed.
"""

from dataclasses import dataclass
from typing import Literal

from sem_toolkit.spec.expressions import Expression

ModifierKind = Literal["fixed", "label", "start", "lower", "upper", "efa", "rv"]
Value = float | str | None
"""A number, a text, or None for NA."""


@dataclass(frozen=True, slots=True)
class Modifier:
    """What stands before a `*` or `?`: one value, or one a group.

    is_equal  a label given by equal("f=~x2"), which must name another parameter
    """

    kind: ModifierKind
    values: tuple[Value, ...]
    start: int
    end: int
    is_equal: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One variable of a formula, with its modifiers.

    variable   name, or `a:b` for an interaction; "" for the intercept (the 1 of `y ~ 1`) and a bare number
    number     the number where the term is one, as the 1 of `y ~ 1`
    modifiers  in the order typed
    name_start, name_end  where the variable itself stands
    """

    variable: str
    number: float | None
    modifiers: tuple[Modifier, ...]
    start: int
    end: int
    name_start: int
    name_end: int


@dataclass(frozen=True, slots=True)
class Formula:
    """A statement about variables: `f =~ x1 + x2`, `y ~ x`, `x1 ~~ x2` …; `operator` as typed (`~`, never `~1`)."""

    operator: str
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    start: int
    end: int
    operator_start: int
    operator_end: int

    @property
    def kind(self) -> str:
        """What the statement says, in words."""
        return FORMULA_KINDS[self.operator]


@dataclass(frozen=True, slots=True)
class Definition:
    """A defined parameter: `indirect := a*b`."""

    name: str
    expression: Expression
    start: int
    end: int
    name_start: int
    name_end: int
    expression_start: int


@dataclass(frozen=True, slots=True)
class Constraint:
    """An equality or inequality among parameters: `a == 2*b`, `a > 0`."""

    operator: Literal["==", "<", ">"]
    left: Expression
    right: Expression
    start: int
    end: int
    operator_start: int
    operator_end: int


@dataclass(frozen=True, slots=True)
class BlockHeader:
    """The start of a block: `group: 1`, `level: within`."""

    block: Literal["group", "level", "class", "block"]
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class BadStatement:
    """Text that could not be understood; the diagnostics say why. `is_header`: it was to begin a block."""

    start: int
    end: int
    is_header: bool = False


Statement = Formula | Definition | Constraint | BlockHeader | BadStatement

FORMULA_KINDS: dict[str, str] = {
    "=~": "measurement",
    "<~": "composite",
    "~": "regression",
    "~~": "covariance",
    "|": "thresholds",
    "~*~": "response scale",
    "|~": "instruments",
    ":~": "heterogeneity",
}
"""Operators of formulas and what each says."""

CONSTRAINT_OPERATORS: frozenset[str] = frozenset({"==", "<", ">"})
