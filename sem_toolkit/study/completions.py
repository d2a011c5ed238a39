"""Many completions of the printed tables: data that differ in all that the tables leave open, drawn quickly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, EstimationError
from sem_toolkit.libraries import pd
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.recovery import Recovery
from sem_toolkit.study.respondents import Block
from sem_toolkit.study.score_items import ScoreItems
from sem_toolkit.study.whole_numbers import WholeAttempt

_MOST_TRIES = 200


@dataclass(frozen=True, eq=False)
class Completions:
    """Respondents' data, each consistent with every printed figure and with the whole numbers behind the scores.

    frames   one a seed, columns: predictors of all tables, then the outcome
    outcome  its name
    """

    frames: tuple[pd.DataFrame, ...]
    outcome: str


def draw_completions(
    tables: Sequence[PrintedTable],
    recovery: Recovery,
    scores: ScoreItems,
    count: int,
    progress: Callable[[], None] = lambda: None,
) -> Completions:
    """Completions with the seeds 1 to `count`, without the items that did not enter.

    Raises EstimationError where an attempt comes to no end.
    """
    frames = []
    for seed in range(1, count + 1):
        frames.append(_draw(tables, recovery, scores, np.random.default_rng(seed)))
        progress()
    return Completions(tuple(frames), recovery.outcome)


def _draw(
    tables: Sequence[PrintedTable], recovery: Recovery, scores: ScoreItems, rng: np.random.Generator
) -> pd.DataFrame:
    attempt = WholeAttempt(recovery.n, scores, (1.0, 5.0), rng)
    sums = recovery.solutions[attempt.solution].sums

    def build(table: PrintedTable) -> Block | None:
        if table.name in sums:
            return attempt.build_items(sums[table.name], np.empty(0))
        whole = all(row.scale is not None for row in table.predictors)
        return attempt.build_free_items(table) if whole else attempt.build_composites(table)

    columns: dict[str, FloatArray] = {}
    for table in tables:
        block = next((b for _ in range(_MOST_TRIES) if (b := build(table)) is not None), None)
        if block is None:
            message = f"none of {_MOST_TRIES} attempts gave the figures of table {table.name}"
            raise EstimationError(Diagnostic("error", "no-reconstruction", message))
        columns |= {row.term: block.columns[:, i] for i, row in enumerate(table.predictors)}
    return pd.DataFrame({**columns, recovery.outcome: attempt.score})
