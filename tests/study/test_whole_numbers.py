"""Whole numbers with given sums, and completions of the printed tables."""

from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.study.calibration import build_fixed_moments
from sem_toolkit.study.completions import draw_completions
from sem_toolkit.study.item_search import search_score_items
from sem_toolkit.study.moments import PredictorMoments, compute_figures, list_printed
from sem_toolkit.study.published import read_publication
from sem_toolkit.study.recover import recover_sums
from sem_toolkit.study.recovered_models import build_covariance, check_factor
from sem_toolkit.study.sensitivity import list_composites
from sem_toolkit.study.whole_numbers import draw_whole_numbers

pytestmark = pytest.mark.slow

TABLES = read_publication(Path(__file__).parents[2] / "data" / "published").tables


@pytest.fixture(scope="module")
def found():
    recovery = recover_sums(TABLES)
    return recovery, search_score_items(recovery, TABLES)


@pytest.mark.parametrize("seed", range(5))
def test_drawn_whole_numbers_have_the_sums(seed):
    values = draw_whole_numbers(77, 1686, 37608, (6, 30), np.random.default_rng(seed))
    assert (values.sum(), (values**2).sum(), len(values)) == (1686, 37608, 77)
    assert values.min() >= 6
    assert values.max() <= 30


def test_sums_out_of_reach_are_refused():
    with pytest.raises(ValueError, match="sum of squares 37609"):
        draw_whole_numbers(77, 1686, 37609, (6, 30), np.random.default_rng(1))


def test_each_completion_gives_every_printed_figure(found):
    recovery, scores = found
    completions = draw_completions(TABLES, recovery, scores, 8)
    for frame in completions.frames:
        y = frame["SUCCESS"] - frame["SUCCESS"].mean()
        for table in TABLES:
            x = frame[[row.term for row in table.predictors]]
            deviations = (x - x.mean()).to_numpy()
            moments = PredictorMoments(table, x.mean().to_numpy(), deviations.T @ deviations)
            figures = compute_figures(moments, 77, np.sqrt(y @ y), frame["SUCCESS"].mean(), deviations.T @ y.to_numpy())
            for name, printed in list_printed(table).items():
                assert f"{figures[name]:.3f}" == printed.text, (table.name, name)
    assert not completions.frames[0].equals(completions.frames[1])


def test_three_sources_imply_the_loadings_of_one_factor(found):
    """√(.236·.501/.133) and so on, and the factor's test at the recovered moments."""
    recovery, scores = found
    fixed = build_fixed_moments(recovery, scores, TABLES)
    table = next(table for table in TABLES if table.name == "4-7")
    check = check_factor(table, fixed, recovery.n, "SUCCESS")
    r = {pair: fixed.correlations[pair] for pair in [("b9", "b10"), ("b9", "b8"), ("b10", "b8")]}
    assert check.loadings["b9"] == pytest.approx(np.sqrt(r["b9", "b10"] * r["b9", "b8"] / r["b10", "b8"]))
    assert [round(value, 2) for value in check.loadings.values()] == [0.94, 0.25, 0.53]
    assert check.fit.fit_measures["df"] == 2
    # R's lavaan 0.7-2: sem() with sample.cov and sample.nobs = 77
    assert check.fit.fit_measures["chisq"] == pytest.approx(3.83124067, abs=1e-6)
    covariance = build_covariance(fixed, ("b9", "SUCCESS"))
    assert covariance.loc["b9", "b9"] == pytest.approx(fixed.sds["b9"] ** 2)


def test_composites_are_named_after_block_and_stage():
    names = {composite.name: composite.terms for composite in list_composites(TABLES)}
    assert names["synergy"] == ("TECHMARKET", "RESOURCE")
    assert names["capital_clinical"] == ("b9", "b10", "b8")
    assert "capital_market" not in names
