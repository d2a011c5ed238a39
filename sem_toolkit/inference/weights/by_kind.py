"""What a room of inference has for each kind of data: a table with a row a kind, read by what the sample is.

A kind of data is a row here and a class in those rooms that do something else with it; what its moments weigh and what
its likelihood says is `weights.data`. Nothing else in inference asks what the data are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from sem_toolkit.discrepancy import MomentPair
from sem_toolkit.sample.sample import Form

Treatment = TypeVar("Treatment")

COLUMNS: Mapping[Form, str] = {
    "complete": "complete",
    "pairwise": "complete",
    "two.stage": "complete",
    "incomplete": "incomplete",
    "ordered": "ordered",
    "levels": "levels",
}


@dataclass(frozen=True)
class ByKind(Generic[Treatment]):
    """One treatment a kind of data: what makes it, a class or a function that loads the class where it is rare.

    complete          numeric variables whose moments stand for complete rows
    incomplete        numeric variables of rows with empty cells (FIML)
    ordered           some variables are ordered
    levels            rows in clusters, at two levels
    given             complete, given the fixed exogenous ones (conditional_x); None: as without
    given_incomplete  incomplete, given the fixed exogenous ones; None: as without
    """

    complete: Callable[[], Treatment]
    incomplete: Callable[[], Treatment]
    ordered: Callable[[], Treatment]
    levels: Callable[[], Treatment]
    given: Callable[[], Treatment] | None = None
    given_incomplete: Callable[[], Treatment] | None = None

    def choose(self, evaluation: MomentPair) -> Treatment:
        """That of the sample's form."""
        column = COLUMNS[evaluation.sample.form]
        given = {"complete": self.given, "incomplete": self.given_incomplete}.get(column)
        if given is not None and evaluation.is_conditional:
            return given()
        own: Callable[[], Treatment] = getattr(self, column)
        return own()
