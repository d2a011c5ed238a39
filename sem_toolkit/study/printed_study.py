"""The printed tables from end to end: audit, recovery, and several reconstructions side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sem_toolkit.study.audit import Audit, audit_publication
from sem_toolkit.study.item_search import ScoreItems, search_score_items
from sem_toolkit.study.published import Publication, read_publication
from sem_toolkit.study.reconstruct import DEFAULT_SEED, Reconstruction, read_bystanders, reconstruct_data
from sem_toolkit.study.recover import Recovery, recover_sums
from sem_toolkit.study.sensitivity import compare_joint_regressions

DEFAULT_SEEDS = (DEFAULT_SEED, 1, 2, 3)


@dataclass(frozen=True, eq=False)
class PrintedStudy:
    """What the printed tables tell.

    score_items        of how many whole-number answers the outcome and the composites are means
    reconstructions    one a seed, the first being the data set that goes with the study
    joint_regressions  what they say of all predictors at once: see `compare_joint_regressions`
    """

    publication: Publication
    audit: Audit
    recovery: Recovery
    score_items: ScoreItems
    reconstructions: tuple[Reconstruction, ...]
    joint_regressions: pd.DataFrame

    @property
    def figures(self) -> pd.DataFrame:
        """What the paper printed beside what the first reconstruction gives: one row a figure."""
        return self.reconstructions[0].figures


def run_printed_study(
    path: Path, seeds: Sequence[int] = DEFAULT_SEEDS, progress: Callable[[str], None] | None = None
) -> PrintedStudy:
    """Audit, recover and reconstruct the tables of a folder; some ten seconds.

    progress  called with a short text before each stage

    Raises DataError where the files cannot be read or no data can have given the tables.
    """
    tell = progress or (lambda stage: None)
    tell("audit")
    publication = read_publication(path)
    audit = audit_publication(publication)
    tell("recover")
    recovery = recover_sums(publication.tables)
    tell("items of the scores")
    score_items = search_score_items(recovery, publication.tables)
    bystanders = read_bystanders(path.parent / "codebook.csv", publication.tables)
    reconstructions = []
    for seed in seeds:
        tell(f"reconstruct, seed {seed}")
        reconstructions.append(reconstruct_data(publication.tables, recovery, seed, bystanders))
    joint = compare_joint_regressions(reconstructions, publication.tables)
    return PrintedStudy(publication, audit, recovery, score_items, tuple(reconstructions), joint)
