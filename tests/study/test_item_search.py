"""How many items a score is the mean of: the study's own sums, plain loops beside them, plantings and a placebo."""

from dataclasses import replace
from math import ceil, floor, sqrt
from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.study.item_search import (
    count_false_hits,
    search_composite_items,
    search_outcome_items,
    search_score_items,
)
from sem_toolkit.study.published import read_publication
from sem_toolkit.study.recover import recover_sums
from tests.study.planted import plant_survey, print_tables

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


@pytest.fixture(scope="module")
def tables():
    return read_publication(PUBLISHED).tables


@pytest.fixture(scope="module")
def recovery(tables):
    return recover_sums(tables)


@pytest.fixture(scope="module")
def outcome(recovery):
    return search_outcome_items(recovery)


def test_only_six_items_and_their_multiples_give_the_success_score(outcome):
    assert [sums.items for sums in outcome.found] == [6, 12, 18]
    assert outcome.smallest == outcome.found[0]
    assert (outcome.smallest.total, outcome.smallest.squares) == (1686, 37608)
    assert outcome.smallest.crossed == {
        "4-2": ((6736,),),
        "4-3": ((5004,),),
        "4-4": ((6194,),),
        "4-6": ((6482, 5476),),
        "4-7": ((6851, 6083, 6310),),
    }


def test_plain_loops_over_three_tables_find_the_same():
    """Whole numbers Σky, Σ(ky)², Σx·ky for a5, b3 and c6, by the closed forms of simple regression alone."""
    n = 77
    printed = {  # Σx, Σx², then b, se, beta, constant, its SE, R², F as printed
        "a5": (303, 1247, 0.309, 0.058, 0.522, 2.432, 0.235, 0.273, 28.095),
        "b3": (223, 749, 0.196, 0.044, 0.454, 3.082, 0.138, 0.206, 19.446),
        "c6": (277, 1081, 0.254, 0.047, 0.533, 2.736, 0.174, 0.284, 29.733),
    }
    found = []
    for k in range(1, 21):
        for total in range(ceil(3.64 * n * k), floor(3.66 * n * k) + 1):
            mean = total / (n * k)
            for squares in range(
                ceil(k * k * (n * mean**2 + 76 * 0.2524)), floor(k * k * (n * mean**2 + 76 * 0.2528)) + 1
            ):
                if (squares - total) % 2 == 0:
                    spread = squares / k**2 - n * mean**2
                    fits = [_count_simple(n, k, mean, spread, *figures) for figures in printed.values()]
                    if all(fits):
                        found.append((k, total, squares))
    assert (6, 1686, 37608) in found
    assert {k for k, _, _ in found} == {6, 12, 18}


def _count_simple(n, k, mean, spread, total, squares, b, se, beta, constant, constant_se, r2, f):
    """How many whole Σx·ky give one table's figures to three decimals."""
    centred = squares - total**2 / n
    low, high = (k * (side * centred + total * mean) for side in (b - 5e-4, b + 5e-4))
    count = 0
    for crossed in range(ceil(low), floor(high) + 1):
        own = crossed / k - total * mean
        slope, explained = own / centred, own**2 / centred / spread
        error = spread * (1 - explained) / (n - 2)
        figures = (
            (slope, b),
            (sqrt(error / centred), se),
            (slope * sqrt(centred / spread), beta),
            (mean - slope * total / n, constant),
            (sqrt(error * (1 / n + (total / n) ** 2 / centred)), constant_se),
            (explained, r2),
            (explained * spread / error, f),
        )
        count += all(abs(value - wanted) <= 5e-4 for value, wanted in figures)
    return count


@pytest.mark.slow
def test_both_synergies_are_means_of_three_items(tables, outcome):
    table = next(table for table in tables if table.name == "4-1")
    found = search_composite_items(table, 77, outcome.smallest)
    assert [sums.items for sums in found] == [(3, 3), (3, 6), (6, 3), (6, 6)]
    first = found[0]
    assert first.totals == (855, 916)
    assert first.products == ((9731, 10280), (10280, 11094))
    assert first.crossed == (18920, 20222)
    assert all(sums.is_multiple_of(first) for sums in found)


@pytest.mark.slow
def test_shifted_lattices_admit_nothing(recovery):
    assert count_false_hits(recovery, 2000) == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50))
def test_planted_items_are_among_the_solutions(seed):
    rng = np.random.default_rng([seed, 612])
    items = int(rng.integers(1, 9))
    survey = plant_survey(rng, 77, 3)
    whole = np.rint(items * survey["y"].to_numpy())
    printed = print_tables(survey.assign(y=whole / items), [["x1"], ["x2"], ["x3"]])
    recovery = recover_sums([replace(table, n_stated=77) for table in printed], n=77, witnesses=0)
    found = search_outcome_items(recovery, most=10).found
    assert any((sums.items, sums.total) == (items, int(whole.sum())) for sums in found)


@pytest.mark.slow
def test_the_scores_of_the_study_as_a_table(recovery, tables):
    found = search_score_items(recovery, tables).to_frame(tables).set_index("score")
    assert found[["items", "sum", "sum_of_squares"]].T.to_dict("list") == {
        "SUCCESS": [6, 1686, 37608],
        "TECHMARKET": [3, 855, 9731],
        "RESOURCE": [3, 916, 11094],
    }
    assert found.loc["SUCCESS", "mean"] == pytest.approx(281 / 77)
    assert found.loc["SUCCESS", "multiples"] == "12, 18"
