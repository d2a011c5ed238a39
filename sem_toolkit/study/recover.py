"""Recover the integer sums behind printed regressions that share an outcome.

The tables are searched from few predictors to many. Each set of sums of a table leaves a convex region of the outcome's
mean and spread; sets of different tables go together only where their regions meet. What remains is every set of
sums that could have been printed; for each, moments that reproduce all figures are looked for, as a witness.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.study.correlations import MOST_PREDICTORS
from sem_toolkit.study.integer_sums import compute_product_range, list_frequency_tables
from sem_toolkit.study.intervals import build_interval
from sem_toolkit.study.moments import InteriorMoments, find_interior_moments
from sem_toolkit.study.polygons import build_rectangle
from sem_toolkit.study.published import PrintedTable, read_publication
from sem_toolkit.study.recovery import Recovery, SearchStep, Solution, TableSums, find_hull
from sem_toolkit.study.relations import find_compatible_n
from sem_toolkit.study.sums_search import SearchTooWideError, TableCandidates, search_table

MOST_SOLUTIONS = 20_000
_MOST_TABLE_PAIRS = 1_000_000


def recover_sums(
    tables: Sequence[PrintedTable],
    n: int | None = None,
    outcome_scale: tuple[float, float] = (1.0, 5.0),
    limit: float = 2e8,
    witnesses: int = 25,
) -> Recovery:
    """Find every set of integer sums that could stand behind the tables.

    tables         regressions of one outcome; those with composites or without printed coefficients are left out
    n              sample size; by default the one that the figures of all tables imply, or the stated one among those
    outcome_scale  smallest and largest value the outcome can take; it may take any value between
    limit          most combinations a table's search may look at
    witnesses      for how many of the solutions to look for moments that reproduce every figure

    Raises DataError where n is not given and not implied, or the tables do not share an outcome.
    """
    outcome = _require_one_outcome(tables)
    n = n or _require_n(tables)
    search = _Search(n, outcome_scale, limit)
    for table in sorted(tables, key=lambda table: len(table.predictors)):
        search.add(table)
    solutions = tuple(
        Solution(s.sums, s.region, _find_witness(s, n) if number < witnesses else None)
        for number, s in enumerate(search.solutions)
        if s.sums
    )
    return Recovery(n, outcome, tuple(search.steps), solutions, search.candidates)


def run_recover(path: Path, n: int | None = None) -> Recovery:
    """Recover from a folder of transcribed tables or one CSV file (layout: data/README.md)."""
    return recover_sums(read_publication(path).tables, n)


class _Search:
    """State between tables: the solutions so far, each with its region of (q, mean)."""

    def __init__(self, n: int, outcome_scale: tuple[float, float], limit: float) -> None:
        self._n, self._limit = n, limit
        low, high = outcome_scale
        # The sum of squares about the mean is largest with half of the values at either end.
        whole = build_rectangle(build_interval(1e-9, np.sqrt(n) * (high - low) / 2), build_interval(low, high))
        self.solutions: list[Solution] = [Solution({}, whole)]
        self.steps: list[SearchStep] = []
        self.candidates: dict[str, TableCandidates] = {}

    def add(self, table: PrintedTable) -> None:
        terms = tuple(row.term for row in table.predictors)
        reason = _find_reason_against(table)
        if reason or not self.solutions:
            self._log(table.name, terms, 0, 0, reason or "nothing is left to compare with")
            return
        if self._n < len(terms) + 2:
            self.solutions = []
            self._log(table.name, terms, 0, 0, f"impossible: {self._n} rows are too few for {len(terms)} predictors")
            return
        q = find_hull([solution.region.x for solution in self.solutions])
        mean = find_hull([solution.region.y for solution in self.solutions])
        try:
            found = search_table(table, self._n, q, mean, self._limit)
        except SearchTooWideError as error:
            self._log(table.name, terms, 0, 0, f"not searched: {error}; tables with one predictor would narrow it")
            return
        if isinstance(found, str):
            self.solutions = []
            self._log(table.name, terms, 0, 0, f"impossible: {found}")
            return
        joined = self._join(found)
        if len(joined) > MOST_SOLUTIONS:
            self._log(table.name, terms, found.examined, len(found), f"not joined: {len(joined)} sets would be left")
            return
        self.solutions = joined
        self.candidates[table.name] = found
        reason = "" if joined else f"impossible: none of {found.examined} combinations of sums gives the figures"
        self._log(table.name, terms, found.examined, len(found), reason)

    def _join(self, found: TableCandidates) -> list[Solution]:
        joined = []
        for solution in self.solutions:
            near = found.bounds.overlaps(solution.region.x, solution.region.y)
            for row in np.flatnonzero(near):
                region = solution.region.cut(found.bounds.list_half_planes(int(row)))
                if not region.is_empty and _is_attainable(found, int(row), self._n):
                    sums = TableSums(found.table, found.totals[row], found.products[row])
                    joined.append(Solution({**solution.sums, found.table.name: sums}, region))
            if len(joined) > MOST_SOLUTIONS:
                break
        return joined

    def _log(self, name: str, terms: tuple[str, ...], examined: int, possible: int, reason: str) -> None:
        self.steps.append(SearchStep(name, terms, examined, possible, len(self.solutions), reason))


def _is_attainable(found: TableCandidates, row: int, n: int) -> bool:
    """Can answers with these frequencies have these sums of products? (A necessary condition.)"""
    rows, products = found.table.predictors, found.products[row]
    if len(rows) == 1:
        return True
    scales = [predictor.scale for predictor in rows]
    tables = [
        list_frequency_tables(n, int(total), int(products[i, i]), scale)
        for i, (total, scale) in enumerate(zip(found.totals[row], scales, strict=True))
        if scale is not None
    ]
    for i in range(len(rows)):
        for j in range(i + 1, len(rows)):
            scale = scales[i]
            # A necessary condition only: with very many frequency tables it is not worth its price.
            if scale is not None and scale == scales[j] and len(tables[i]) * len(tables[j]) <= _MOST_TABLE_PAIRS:
                low, high = compute_product_range(tables[i], tables[j], scale)
                if not low <= products[i, j] <= high:
                    return False
    return True


def _find_reason_against(table: PrintedTable) -> str:
    composites = [row.term for row in table.predictors if row.scale is None]
    unprinted = [row.term for row in table.predictors if "b" not in row.figures]
    if composites:
        return (
            f"not searched: {', '.join(composites)} may take any value (no scale given), so there are no integer sums"
        )
    if unprinted:
        return f"not searched: no coefficient of {', '.join(unprinted)} is printed"
    if len(table.predictors) > MOST_PREDICTORS:
        return f"not searched: {len(table.predictors)} predictors, more than {MOST_PREDICTORS}"
    if len(table.predictors) > 1 and not all({"t"} <= row.figures.keys() for row in table.predictors):
        return "not searched: without the t of every predictor nothing bounds their products"
    return ""


def _find_witness(solution: Solution, n: int) -> InteriorMoments:
    q, mean = solution.region.centre
    moments = [sums.build_moments(n) for sums in solution.sums.values()]
    return find_interior_moments(moments, n, float(q), float(mean))


def _require_one_outcome(tables: Sequence[PrintedTable]) -> str:
    outcomes = sorted({table.outcome for table in tables})
    if len(outcomes) != 1:
        message = f"the tables have {len(outcomes)} outcomes ({', '.join(outcomes)}); recover them one at a time"
        raise DataError(Diagnostic("error", "several-outcomes", message))
    return outcomes[0]


def _require_n(tables: Sequence[PrintedTable]) -> int:
    sets = {table.name: set(find_compatible_n(table)) for table in tables}
    for name, sizes in sets.items():
        if not sizes:
            message = f"no sample size makes the figures of table {name} agree: see the audit"
            raise DataError(Diagnostic("error", "no-sample-size", message))
    common = set.intersection(*sets.values())
    stated = {table.n_stated for table in tables if table.n_stated is not None} & common
    if len(common) == 1 or len(stated) == 1:
        return (stated or common).pop()
    found = "none" if not common else f"{min(common)} to {max(common)}"
    message = f"the tables do not fix one sample size (compatible with all: {found}); give n"
    raise DataError(Diagnostic("error", "no-sample-size", message))
