"""What is recovered from printed regressions: every set of integer sums that they leave, as tables and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.libraries import pd
from sem_toolkit.study.integer_sums import IntegerArray, list_frequency_tables
from sem_toolkit.study.intervals import FloatArray, Interval, build_interval
from sem_toolkit.study.moments import InteriorMoments, PredictorMoments
from sem_toolkit.study.polygons import Polygon
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.sums_search import TableCandidates


@dataclass(frozen=True, eq=False)
class TableSums:
    """Sums of one table's predictors: totals (k), products (k × k, Σx² on the diagonal)."""

    table: PrintedTable
    totals: IntegerArray
    products: IntegerArray

    def build_moments(self, n: int) -> PredictorMoments:
        """Means and centred products."""
        centred = (n * self.products - np.outer(self.totals, self.totals)) / n
        return PredictorMoments(self.table, self.totals / n, centred)


@dataclass(frozen=True, eq=False)
class Solution:
    """One set of sums for every searched table.

    region   polygon of (q, mean) that is left of the outcome, q² its sum of squares about its mean
    witness  moments that reproduce every figure of all tables at once; None where none was looked for
    """

    sums: Mapping[str, TableSums]
    region: Polygon
    witness: InteriorMoments | None = None


@dataclass(frozen=True)
class SearchStep:
    """What the search did with one table.

    examined   combinations of sums that were looked at one by one
    possible   those not excluded by the table itself and the outcome's moments known so far
    solutions  sets for all tables up to this one whose regions meet
    reason     why the table was not searched or nothing is left, "" otherwise
    """

    table: str
    predictors: tuple[str, ...]
    examined: int
    possible: int
    solutions: int
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Recovery:
    """All sets of integer sums that the printed tables leave.

    n          sample size used
    steps      one a table, in the order searched
    solutions  every set that is left; the search is exhaustive, so no other set can have been printed
    candidates table → its sums before later tables excluded more, for the picture of the regions
    """

    n: int
    outcome: str
    steps: tuple[SearchStep, ...]
    solutions: tuple[Solution, ...]
    candidates: Mapping[str, TableCandidates]

    @property
    def is_unique(self) -> bool:
        """Exactly one set is left."""
        return len(self.solutions) == 1

    @property
    def mean(self) -> Interval:
        """Range of the outcome's mean over all solutions; empty where there is none."""
        return find_hull([solution.region.y for solution in self.solutions])

    @property
    def sd(self) -> Interval:
        """Range of the outcome's standard deviation (divisor n − 1) over all solutions; empty where there is none."""
        q, root = find_hull([solution.region.x for solution in self.solutions]), float(np.sqrt(self.n - 1))
        return build_interval(q.lo / root, q.hi / root)

    def to_frame(self) -> pd.DataFrame:
        """One row a solution and item: sum, sum of squares, mean, SD, number of frequency tables that fit.

        `witnessed`: were moments found that reproduce every figure? None where none were looked for.
        """
        rows = [
            _describe_item(self.n, number, sums, position)
            | {"witnessed": None if solution.witness is None else solution.witness.reproduces}
            for number, solution in enumerate(self.solutions, start=1)
            for sums in solution.sums.values()
            for position in range(len(sums.totals))
        ]
        columns = ["solution", "table", "item", "sum", "sum_of_squares", "mean", "sd", "frequency_tables", "witnessed"]
        return pd.DataFrame(rows, columns=columns)

    def products_to_frame(self) -> pd.DataFrame:
        """One row a solution and pair of items of one table: sum of products, correlation."""
        rows = []
        for number, solution in enumerate(self.solutions, start=1):
            for name, sums in solution.sums.items():
                centred = sums.build_moments(self.n).centred
                terms = [row.term for row in sums.table.predictors]
                rows += [
                    {
                        "solution": number,
                        "table": name,
                        "first": terms[i],
                        "second": terms[j],
                        "sum_of_products": int(sums.products[i, j]),
                        "correlation": centred[i, j] / np.sqrt(centred[i, i] * centred[j, j]),
                    }
                    for i in range(len(terms))
                    for j in range(i + 1, len(terms))
                ]
        return pd.DataFrame(rows, columns=["solution", "table", "first", "second", "sum_of_products", "correlation"])

    def list_frequency_tables(self, item: str, solution: int = 0) -> IntegerArray:
        """Every table of counts (one row a table, one column a scale value) of an item in one solution."""
        for sums in self.solutions[solution].sums.values():
            for position, row in enumerate(sums.table.predictors):
                if row.term == item and row.scale is not None:
                    square = int(sums.products[position, position])
                    return list_frequency_tables(self.n, int(sums.totals[position]), square, row.scale)
        raise KeyError(item)

    def summary(self) -> str:
        """Text of a few lines."""
        lines = [f"n = {self.n}, outcome {self.outcome}"]
        for step in self.steps:
            what = step.reason or (
                f"{step.examined} combinations of sums examined, {step.possible} possible, "
                f"{step.solutions} left with the tables before"
            )
            lines.append(f"Table {step.table} ({', '.join(step.predictors)}): {what}")
        if not self.solutions:
            return "\n".join([*lines, "no sums are left: no data of this kind can have been printed so"])
        lines.append(
            "exactly one set of sums is left" if self.is_unique else f"{len(self.solutions)} sets of sums are left"
        )
        looked = [solution.witness for solution in self.solutions if solution.witness is not None]
        if looked:
            reproducing = sum(witness.reproduces for witness in looked)
            lines.append(f"moments that reproduce every figure found for {reproducing} of {len(looked)}")
        lines.append(f"{self.outcome}: mean within {self.mean.format(6)}, SD within {self.sd.format(6)}")
        if len(self.solutions) <= 3:
            lines.append(self.to_frame().round(4).to_string(index=False))
        return "\n".join(lines)


def _describe_item(n: int, number: int, sums: TableSums, position: int) -> dict[str, object]:
    total, squares = int(sums.totals[position]), int(sums.products[position, position])
    row = sums.table.predictors[position]
    counts: FloatArray | IntegerArray = list_frequency_tables(n, total, squares, row.scale or (1, 5))
    return {
        "solution": number,
        "table": sums.table.name,
        "item": row.term,
        "sum": total,
        "sum_of_squares": squares,
        "mean": total / n,
        "sd": float(np.sqrt((squares - total**2 / n) / (n - 1))),
        "frequency_tables": len(counts),
    }


def find_hull(intervals: Sequence[Interval]) -> Interval:
    """Smallest interval over all of them; empty over none."""
    return build_interval(
        min((float(i.lo) for i in intervals), default=np.inf), max((float(i.hi) for i in intervals), default=-np.inf)
    )
