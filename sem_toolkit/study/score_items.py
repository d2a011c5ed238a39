"""Whole-number answers behind scores: the sums that are found for numbers of items, and their table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.libraries import pd
from sem_toolkit.study.published import PrintedTable


@dataclass(frozen=True)
class OutcomeSums:
    """Whole-number sums of an outcome that is the mean of `items` answers.

    solution  which solution of the recovery it goes with, from 0
    total     Σ k·y
    squares   Σ (k·y)²
    crossed   table → every tuple of Σ x·(k·y), one an item, that gives all figures of that table
    """

    solution: int
    items: int
    total: int
    squares: int
    crossed: Mapping[str, tuple[tuple[int, ...], ...]]

    def is_multiple_of(self, other: OutcomeSums) -> bool:
        """Whether these are the other's sums with every answer counted several times."""
        times, rest = divmod(self.items, other.items)
        return not rest and (self.total, self.squares) == (times * other.total, times**2 * other.squares)


@dataclass(frozen=True, eq=False)
class OutcomeSearch:
    """Every number of items for which whole-number sums give all printed figures.

    n        sample size
    most     largest number of items tried
    found    every set of sums, by number of items
    """

    n: int
    most: int
    found: tuple[OutcomeSums, ...]

    @property
    def smallest(self) -> OutcomeSums | None:
        """The set with the fewest items, where all others are multiples of it; None where there is no such set."""
        if not self.found or not all(other.is_multiple_of(self.found[0]) for other in self.found):
            return None
        return self.found[0]


@dataclass(frozen=True)
class CompositeSums:
    """Whole-number sums of composite predictors that are means of `items` answers each, in the table's order.

    totals    Σ k·x of each
    products  rows of Σ (k·x)(k·x)', squares on the diagonal
    crossed   Σ (k·x)(K·y) of each, K the outcome's items
    """

    items: tuple[int, ...]
    totals: tuple[int, ...]
    products: tuple[tuple[int, ...], ...]
    crossed: tuple[int, ...]

    def is_multiple_of(self, other: CompositeSums) -> bool:
        """Whether these are the other's sums with the answers of each composite counted several times."""
        times = [mine // theirs for mine, theirs in zip(self.items, other.items, strict=True)]
        if any(mine % theirs for mine, theirs in zip(self.items, other.items, strict=True)):
            return False
        scaled = [[times[i] * times[j] * value for j, value in enumerate(row)] for i, row in enumerate(other.products)]
        totals = tuple(factor * total for factor, total in zip(times, other.totals, strict=True))
        return self.totals == totals and self.products == tuple(map(tuple, scaled))


@dataclass(frozen=True, eq=False)
class ScoreItems:
    """The whole-number answers behind the scores of a publication, as far as its tables fix them.

    outcome     numbers of items of the outcome
    composites  table → every number of items of its composite predictors
    """

    outcome: OutcomeSearch
    composites: Mapping[str, tuple[CompositeSums, ...]]

    def to_frame(self, tables: Sequence[PrintedTable]) -> pd.DataFrame:
        """One row a score that is fixed: items, Σ, Σ of squares, mean and SD of its score, and the multiples found."""
        smallest = self.outcome.smallest
        if smallest is None:
            return pd.DataFrame(columns=_COLUMNS)
        n, rows = self.outcome.n, []
        multiples = [sums.items for sums in self.outcome.found[1:]]
        rows.append(_describe_score(n, tables[0].outcome, smallest.items, smallest.total, smallest.squares, multiples))
        for table in tables:
            found = self.composites.get(table.name, ())
            if not found or not all(sums.is_multiple_of(found[0]) for sums in found):
                continue
            for i, row in enumerate(table.predictors):
                own = found[0]
                others = sorted({sums.items[i] for sums in found[1:]} - {own.items[i]})
                rows.append(_describe_score(n, row.term, own.items[i], own.totals[i], own.products[i][i], others))
        return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = ["score", "items", "sum", "sum_of_squares", "mean", "sd", "multiples"]


def _describe_score(n: int, name: str, items: int, total: int, squares: int, multiples: list[int]) -> dict[str, object]:
    return {
        "score": name,
        "items": items,
        "sum": total,
        "sum_of_squares": squares,
        "mean": total / (n * items),
        "sd": float(np.sqrt((squares - total**2 / n) / (n - 1))) / items,
        "multiples": ", ".join(map(str, multiples)),
    }
