"""The printed tables from end to end: audit, recovery, reconstruction, and what the tables leave open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sem_toolkit.libraries import pd
from sem_toolkit.study.audit import Audit, audit_publication
from sem_toolkit.study.calibration import FixedMoments, build_fixed_moments
from sem_toolkit.study.completion_bounds import (
    FixedCorrelations,
    bound_blocks_without_negative,
    bound_without_negative,
    build_extreme_completion,
)
from sem_toolkit.study.completion_models import CompletionFits, build_completion_models, fit_completion_models
from sem_toolkit.study.completions import Completions, draw_completions
from sem_toolkit.study.item_search import search_score_items
from sem_toolkit.study.published import Publication, read_publication
from sem_toolkit.study.reconstruct import DEFAULT_SEED, Reconstruction, read_bystanders, reconstruct_data
from sem_toolkit.study.recover import recover_sums
from sem_toolkit.study.recovered_models import FactorCheck, check_factor
from sem_toolkit.study.recovery import Recovery
from sem_toolkit.study.score_items import ScoreItems
from sem_toolkit.study.sensitivity import (
    build_fixed_correlations,
    combine_composites,
    compare_joint_regressions,
    compare_path_models,
    list_composites,
)

COMPLETIONS = 200
EXTREME = 100.0
"""A standardised coefficient so large that it stands for any."""


@dataclass(frozen=True, eq=False)
class PrintedStudy:
    """What the printed tables tell.

    score_items        of how many whole-number answers the outcome and the composites are means
    fixed              means, SDs and correlations that the tables fix
    reconstruction     the data set that goes with the study, with the items that did not enter
    completions        data sets without these items, to see what the tables leave open
    joint_regressions  what they say of all predictors at once: see `compare_joint_regressions`; with `sharp.lowest` and
                       `sharp.highest` B beside all others that have printed coefficients, over all data where none is
                       negative, and whether `unbounded` without that
    path_models        what they say of composites: see `compare_path_models`, with `sharp.lowest` and `sharp.highest`
                       over all data where no coefficient is negative, and whether `unbounded` without that
    factor_checks      the tables with two predictors or more and one-factor models of them
    completion_models  models of items of several tables, fitted to the completions
    """

    publication: Publication
    audit: Audit
    recovery: Recovery
    score_items: ScoreItems
    fixed: FixedMoments
    reconstruction: Reconstruction
    completions: Completions
    joint_regressions: pd.DataFrame
    path_models: pd.DataFrame
    factor_checks: tuple[FactorCheck, ...]
    completion_models: tuple[CompletionFits, ...]

    @property
    def figures(self) -> pd.DataFrame:
        """What the paper printed beside what the reconstruction gives: one row a figure."""
        return self.reconstruction.figures


def run_printed_study(
    path: Path, completions: int = COMPLETIONS, progress: Callable[[str], None] | None = None
) -> PrintedStudy:
    """Audit, recover, reconstruct and complete the tables of a folder; some twenty seconds.

    progress  called with a short text before each stage

    Raises DataError where the files cannot be read or no data can have given the tables.
    """
    tell = progress or (lambda stage: None)
    tell("audit")
    publication = read_publication(path)
    tables, audit = publication.tables, audit_publication(publication)
    tell("recover")
    recovery = recover_sums(tables)
    tell("items of the scores")
    scores = search_score_items(recovery, tables)
    fixed = build_fixed_moments(recovery, scores, tables)
    tell("reconstruct")
    bystanders = read_bystanders(path.parent / "codebook.csv", tables)
    reconstruction = reconstruct_data(tables, recovery, DEFAULT_SEED, bystanders, scores=scores)
    tell("complete")
    completed = draw_completions(tables, recovery, scores, completions)
    checks = tuple(
        check_factor(table, fixed, recovery.n, recovery.outcome)
        for table in tables
        if len(table.predictors) > 1 and all("b" in row.figures for row in table.predictors)
    )
    tell("models of completions")
    models = build_completion_models(tables, checks, recovery.outcome)
    return PrintedStudy(
        publication,
        audit,
        recovery,
        scores,
        fixed,
        reconstruction,
        completed,
        _bound_joint_regressions(completed, publication, fixed, recovery.outcome),
        _bound_path_models(completed, publication, fixed, recovery.outcome),
        checks,
        fit_completion_models(models, completed),
    )


def _bound_joint_regressions(
    completed: Completions, publication: Publication, fixed: FixedMoments, outcome: str
) -> pd.DataFrame:
    rows = compare_joint_regressions(completed, publication.tables)
    terms = [term for composite in list_composites(publication.tables) for term in composite.terms]
    known = build_fixed_correlations(fixed.correlations, terms, outcome)
    units = np.array([fixed.sds[outcome] / fixed.sds[term] for term in terms])
    sharp = bound_blocks_without_negative(known)
    bounds = pd.DataFrame(
        {
            "term": terms,
            "sharp.lowest": sharp["lowest"] * units,
            "sharp.highest": sharp["highest"] * units,
            "unbounded": _list_unbounded(known),
        }
    )
    return rows.merge(bounds, on="term", how="left")


def _list_unbounded(known: FixedCorrelations) -> list[bool]:
    """Of each predictor, whether data exist in which its coefficient is as far out as EXTREME, on either side."""
    return [
        all(build_extreme_completion(known, j, sign * EXTREME) is not None for sign in (1, -1))
        for j in range(len(known.names))
    ]


def _bound_path_models(
    completed: Completions, publication: Publication, fixed: FixedMoments, outcome: str
) -> pd.DataFrame:
    composites = list_composites(publication.tables)
    terms = [term for composite in composites for term in composite.terms]
    known = combine_composites(build_fixed_correlations(fixed.correlations, terms, outcome), fixed.sds, composites)
    rows = compare_path_models(completed, composites)
    sharp = bound_without_negative(known)
    return rows.assign(
        **{
            "alone": known.outcome,
            "sharp.lowest": sharp["lowest"],
            "sharp.highest": sharp["highest"],
            "unbounded": _list_unbounded(known),
        }
    )
