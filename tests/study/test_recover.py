"""Recovery: the study's sums, planted sums found again, and impossible tables answered with a reason."""

import time
from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.study.integer_sums import compute_product_range, list_attainable_sums, list_frequency_tables
from sem_toolkit.study.intervals import build_interval
from sem_toolkit.study.polygons import build_rectangle
from sem_toolkit.study.published import parse_figure, read_publication
from sem_toolkit.study.recover import recover_sums, run_recover
from tests.study.planted import compute_sums, plant_survey, print_tables

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


@pytest.fixture(scope="module")
def recovery():
    return run_recover(PUBLISHED)


def test_the_study_leaves_exactly_one_set_of_sums(recovery):
    assert recovery.n == 77
    assert recovery.is_unique
    found = recovery.to_frame().set_index("item")
    assert found[["sum", "sum_of_squares"]].T.to_dict("list") == {
        "a5": [303, 1247],
        "b3": [223, 749],
        "c6": [277, 1081],
        "a10": [292, 1176],
        "a11": [248, 852],
        "b9": [309, 1297],
        "b10": [275, 1031],
        "b8": [284, 1116],
    }
    assert recovery.products_to_frame()["sum_of_products"].tolist() == [944, 1116, 1171, 1022]


def test_mean_and_sd_of_the_score_are_known_to_four_digits(recovery):
    assert 3.6489 < float(recovery.mean.lo) < float(recovery.mean.hi) < 3.6495
    assert 0.5025 < float(recovery.sd.lo) < float(recovery.sd.hi) < 0.5027


def test_the_sums_are_witnessed_by_moments_that_reproduce_every_figure(recovery):
    assert recovery.solutions[0].witness.reproduces


def test_the_three_tables_of_one_predictor_suffice_for_theirs():
    tables = [table for table in read_publication(PUBLISHED).tables if len(table.predictors) == 1]
    recovery = recover_sums(tables)
    assert recovery.is_unique
    assert recovery.to_frame()["sum"].tolist() == [303, 223, 277]
    assert recovery.solutions[0].witness.reproduces


def test_frequency_tables_of_every_item(recovery):
    for row in recovery.to_frame().itertuples():
        tables = recovery.list_frequency_tables(row.item)
        values = np.arange(1, 6)
        assert len(tables) == row.frequency_tables > 0
        assert len(np.unique(tables, axis=0)) == len(tables)
        assert (tables.sum(axis=1) == 77).all()
        assert (tables @ values == row.sum).all()
        assert (tables @ values**2 == row.sum_of_squares).all()


def test_tables_without_whole_number_items_or_coefficients_are_left_out_and_say_why(recovery):
    reasons = {step.table: step.reason for step in recovery.steps if step.reason}
    assert set(reasons) == {"4-1", "market-capital"}
    assert "may take any value" in reasons["4-1"]
    assert "no coefficient" in reasons["market-capital"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(50))
def test_planted_sums_are_among_the_solutions(seed):
    survey = plant_survey(np.random.default_rng(seed), n=77, items=3)
    blocks = [["x1"], ["x2"], ["x3"]]
    recovery = recover_sums(print_tables(survey, blocks), n=77, witnesses=0)
    truth = [compute_sums(survey, block) for block in blocks]
    found = [
        [(tuple(sums.totals.tolist()), tuple(map(tuple, sums.products.tolist()))) for sums in solution.sums.values()]
        for solution in recovery.solutions
    ]
    assert truth in found
    region = recovery.solutions[found.index(truth)].region
    assert float(region.y.lo) <= survey["y"].mean() <= float(region.y.hi)
    assert float(recovery.sd.lo) <= survey["y"].std() <= float(recovery.sd.hi)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [100, 105, 107, 108])
def test_planted_sums_and_products_of_two_and_three_predictors(seed):
    survey = plant_survey(np.random.default_rng(seed), n=77, items=8)
    blocks = [["x1"], ["x2"], ["x3"], ["x4", "x5"], ["x6", "x7", "x8"]]
    recovery = recover_sums(print_tables(survey, blocks), n=77, witnesses=0)
    truth = [compute_sums(survey, block) for block in blocks]
    found = [
        [(tuple(sums.totals.tolist()), tuple(map(tuple, sums.products.tolist()))) for sums in solution.sums.values()]
        for solution in recovery.solutions
    ]
    assert truth in found


@pytest.mark.parametrize("scale", [(1, 3), (1, 4), (0, 4), (1, 2)])
def test_attainable_sums_and_frequency_tables_against_enumeration(scale):
    n, values = 6, range(scale[0], scale[1] + 1)
    expected: dict[tuple[int, int], set[tuple[int, ...]]] = {}
    for answers in product(values, repeat=n):
        counts = tuple(answers.count(value) for value in values)
        sums = (sum(answers), sum(value * value for value in answers))
        expected.setdefault(sums, set()).add(counts)
    assert {tuple(pair) for pair in list_attainable_sums(n, scale).tolist()} == set(expected)
    for sums, tables in expected.items():
        found = list_frequency_tables(n, *sums, scale)
        assert {tuple(counts) for counts in found.tolist()} == tables
        assert len(found) == len(tables)


def test_range_of_products_against_enumeration():
    first, second = np.array([[1, 2, 1], [2, 0, 2]]), np.array([[0, 3, 1]])
    products = {
        sum(a * b for a, b in zip(x, y, strict=True))
        for x in ([1, 2, 2, 3], [1, 1, 3, 3])
        for y in permutations([2, 2, 2, 3])
    }
    assert compute_product_range(first, second, (1, 3)) == (min(products), max(products))


def test_a_polygon_is_cut_by_half_planes():
    square = build_rectangle(build_interval(0, 1), build_interval(0, 1))
    triangle = square.cut([np.array([1.0, 1.0, 1.0])])
    assert {tuple(vertex) for vertex in triangle.vertices.round(9).tolist()} == {(0, 0), (0, 1), (1, 0)}
    assert square.cut([np.array([1.0, 0.0, -0.5])]).is_empty


def change(table, quantity, text):
    figures = tuple(
        replace(figure, figure=parse_figure(text)) if figure.quantity == quantity else figure
        for figure in table.figures
    )
    return replace(table, figures=figures)


def test_impossible_tables_end_the_search_at_once_with_the_reason():
    tables = read_publication(PUBLISHED).tables
    started = time.perf_counter()
    with pytest.raises(DataError, match="no sample size makes the figures of table 4-2 agree"):
        recover_sums([change(tables[1], "r2", "1.200")])
    above_one = recover_sums([change(tables[1], "r2", "1.200")], n=77)
    assert above_one.solutions == ()
    assert "cannot belong to one regression" in above_one.summary()
    too_small = recover_sums(tables[1:2], n=12)
    assert "cannot belong to one regression of 12 rows" in too_small.summary()
    nearly_none = recover_sums(tables[1:2], n=2)
    assert "2 rows are too few for 1 predictors" in nearly_none.summary()
    assert nearly_none.mean.is_empty
    assert nearly_none.sd.is_empty
    rows = list(tables[4].coefficients)
    rows[1] = replace(rows[1], figures={**rows[1].figures, "beta": parse_figure("0.999")})
    not_definite = recover_sums([*tables[1:4], replace(tables[4], coefficients=tuple(rows))], n=77)
    assert "no positive definite correlation matrix" in not_definite.summary()
    assert time.perf_counter() - started < 10


def test_tables_that_do_not_fix_n_or_share_no_outcome_are_refused():
    tables = read_publication(PUBLISHED).tables
    with pytest.raises(DataError, match="2 outcomes"):
        recover_sums([tables[1], replace(tables[2], outcome="other")])
    row = tables[1].predictors[0]
    only_r2 = replace(
        tables[1],
        figures=tables[1].figures[:1],
        coefficients=(tables[1].constant, replace(row, figures={"b": row.figures["b"]})),
        n_stated=None,
    )
    with pytest.raises(DataError, match="do not fix one sample size"):
        recover_sums([only_r2])


def enumerate_one_predictor(
    figures: dict[str, tuple[float, ...]], n: int
) -> list[tuple[int, int, float, float, float, float]]:
    """A second route: all (Σx, Σx²) by plain loops and closed forms of simple regression, ranges of (q, mean) each."""
    half = 0.0005 * (1 + 1e-9)
    b, se, t, a, se_a, t_a, f = figures["all"]
    t_low, t_high = max(t - half, np.sqrt(f - half)), min(t + half, np.sqrt(f + half))
    found = []
    for total in range(n, 5 * n + 1):
        for squares in range(-(-total * total // n), 6 * total - 5 * n + 1):
            centred = squares - total * total / n
            if centred <= 1e-9 or (squares - total) % 2:
                continue
            g, kappa = centred**-0.5, np.sqrt(squares / (n * centred))
            low = max(
                (se - half) / g, (se_a - half) / kappa, (b - half) / g / t_high, (a - half) / (t_a + half) / kappa
            )
            high = min(
                (se + half) / g, (se_a + half) / kappa, (b + half) / g / t_low, (a + half) / (t_a - half) / kappa
            )
            if low <= high:
                mean = total / n
                mean_low = a - half + max(b - half, t_low * low * g) * mean
                mean_high = a + half + min(b + half, t_high * high * g) * mean
                q = low * np.sqrt(n - 2 + t_low**2), high * np.sqrt(n - 2 + t_high**2)
                found.append((total, squares, *q, mean_low, mean_high))
    return found


def test_a_second_route_leaves_the_same_single_set():
    printed = {
        "a5": (0.309, 0.058, 5.300, 2.432, 0.235, 10.355, 28.095),
        "b3": (0.196, 0.044, 4.410, 3.082, 0.138, 22.265, 19.446),
        "c6": (0.254, 0.047, 5.453, 2.736, 0.174, 15.678, 29.733),
    }
    regions = [np.array(enumerate_one_predictor({"all": figures}, 77)) for figures in printed.values()]
    meeting = [
        tuple(int(value) for row in rows for value in row[:2])
        for rows in product(*regions[:2])
        if rows[0][2] <= rows[1][3]
        and rows[1][2] <= rows[0][3]
        and rows[0][4] <= rows[1][5]
        and rows[1][4] <= rows[0][5]
        for third in regions[2]
        if third[2] <= min(rows[0][3], rows[1][3])
        and third[3] >= max(rows[0][2], rows[1][2])
        and third[4] <= min(rows[0][5], rows[1][5])
        and third[5] >= max(rows[0][4], rows[1][4])
        for rows in [(*rows, third)]
    ]
    assert meeting == [(303, 1247, 223, 749, 277, 1081)]
