"""Planted data: answers whose sums are known, and the tables that would be printed of them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sem_toolkit.study.printing import build_printed_table
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.regression import fit_regression


def plant_survey(rng: np.random.Generator, n: int, items: int, strength: float = 0.5) -> pd.DataFrame:
    """`items` five-point items x1, x2, … that go with a score y between 1 and 5."""
    common = rng.standard_normal(n)
    answers = {}
    for number in range(1, items + 1):
        latent = strength * common + np.sqrt(1 - strength**2) * rng.standard_normal(n)
        answers[f"x{number}"] = np.clip(np.rint(rng.uniform(2.8, 4) + rng.uniform(0.8, 1.3) * latent), 1, 5).astype(int)
    score = np.clip(3.6 + 0.5 * (0.8 * common + 0.6 * rng.standard_normal(n)), 1, 5)
    return pd.DataFrame({**answers, "y": score})


def print_tables(survey: pd.DataFrame, blocks: Sequence[Sequence[str]], decimals: int = 3) -> tuple[PrintedTable, ...]:
    """One printed regression of y a block of items."""
    return tuple(
        build_printed_table(
            fit_regression(survey, "y", block), f"1-{number}", decimals, scale=(1, 5), n_stated=len(survey)
        )
        for number, block in enumerate(blocks, start=1)
    )


def compute_sums(survey: pd.DataFrame, block: Sequence[str]) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Σx and Σ x_i x_j of a block."""
    x = survey[list(block)].to_numpy(np.int64)
    return tuple(x.sum(axis=0).tolist()), tuple(map(tuple, (x.T @ x).tolist()))
