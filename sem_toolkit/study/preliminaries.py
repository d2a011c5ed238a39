"""Preliminaries of a survey by the scales of its codebook: items, weights, reliability, adequacy, correlations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sem_toolkit.libraries import pd
from sem_toolkit.study.likert import compute_adequacy, compute_reliability, compute_weights, describe_items
from sem_toolkit.study.regression import compute_correlations


@dataclass(frozen=True, eq=False)
class Preliminaries:
    """What the paper's plan promised and did not print.

    items         one row an item: see `describe_items`
    weights       one row an item: by mean scores and by loadings within its scale
    scales        one row a scale: items, alpha, standardised alpha, KMO, Bartlett's chi-square, df and p
    correlations  among the scales' mean scores, and pvalues of the correlations
    """

    items: pd.DataFrame
    weights: pd.DataFrame
    scales: pd.DataFrame
    correlations: pd.DataFrame
    pvalues: pd.DataFrame


def read_scales(codebook: Path, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Scale → items: rows of a codebook of equal construct and stage, those with a column in the data and a label."""
    book = pd.read_csv(codebook, keep_default_na=False)
    book = book[book["item"].isin(list(columns)) & (book["construct"] != "identifier") & ~book["item"].str.isupper()]
    scales: dict[str, tuple[str, ...]] = {}
    for (construct, stage), rows in book.groupby(["construct", "stage"], sort=False):
        scales[str(construct) if stage == "all" else f"{construct}_{stage}"] = tuple(rows["item"])
    return {name: items for name, items in scales.items() if len(items) > 1}


def name_items(preliminaries: Preliminaries, codebook: Path) -> Preliminaries:
    """The items with label and provenance (stated, inferred or constructed) of the codebook in front."""
    book = pd.read_csv(codebook, keep_default_na=False).set_index("item")[["label", "provenance"]]
    return replace(preliminaries, items=book.loc[list(preliminaries.items.index)].join(preliminaries.items))


def compute_preliminaries(data: pd.DataFrame, scales: Mapping[str, Sequence[str]]) -> Preliminaries:
    """Describe items and scales; raises DataError for columns that are missing, constant or outside 1 to 5."""
    rows = []
    for name, items in scales.items():
        reliability, adequacy = compute_reliability(data, items), compute_adequacy(data, items)
        rows.append(
            {
                "scale": name,
                "items": ", ".join(items),
                "alpha": reliability.alpha,
                "standardised_alpha": reliability.standardised_alpha,
                "kmo": adequacy.kmo,
                "bartlett_chisq": adequacy.chisq,
                "bartlett_df": adequacy.df,
                "bartlett_pvalue": adequacy.pvalue,
            }
        )
    scores = pd.DataFrame({name: data[list(items)].mean(axis=1) for name, items in scales.items()})
    r, p = compute_correlations(scores, list(scores.columns))
    every_item = [item for items in scales.values() for item in items]
    return Preliminaries(
        describe_items(data, every_item), compute_weights(data, dict(scales)), pd.DataFrame(rows), r, p
    )
