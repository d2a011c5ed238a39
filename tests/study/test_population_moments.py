"""The population has the moments that the paper's tables fix, and simulation shows the spread of its answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sem_toolkit.study.calibration import MARKET_ITEMS, build_draft, build_fixed_moments, calibrate_population
from sem_toolkit.study.item_search import search_score_items
from sem_toolkit.study.population import SURVEY_POPULATION
from sem_toolkit.study.population_moments import (
    BORDERS,
    compute_answer_covariance,
    compute_answer_moments,
    compute_hermite_coefficients,
    compute_survey_moments,
)
from sem_toolkit.study.published import read_publication
from sem_toolkit.study.recover import recover_sums
from sem_toolkit.study.simulation import simulate_survey

pytestmark = pytest.mark.slow

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


@pytest.fixture(scope="module")
def fixed():
    tables = read_publication(PUBLISHED).tables
    recovery = recover_sums(tables)
    return build_fixed_moments(recovery, search_score_items(recovery, tables), tables)


@pytest.fixture(scope="module")
def moments():
    return compute_survey_moments(SURVEY_POPULATION)


def correlate(covariance, first, second):
    return covariance.loc[first, second] / np.sqrt(covariance.loc[first, first] * covariance.loc[second, second])


def test_fixed_moments_are_those_of_the_recovered_sums(fixed):
    assert fixed.means["a10"] == 292 / 77
    assert fixed.means["SUCCESS"] == pytest.approx(281 / 77, abs=1e-14)
    assert fixed.sds["SUCCESS"] == pytest.approx(np.sqrt((37608 - 1686**2 / 77) / 76) / 6)
    assert fixed.sds["TECHMARKET"] == pytest.approx(np.sqrt((9731 - 855**2 / 77) / 76) / 3)
    techmarket, resource = 9731 - 855**2 / 77, 11094 - 916**2 / 77
    shared = (10280 - 855 * 916 / 77) / np.sqrt(techmarket * resource)
    assert fixed.correlations["TECHMARKET", "RESOURCE"] == pytest.approx(shared)
    assert fixed.correlations["b10", "b8"] == pytest.approx(0.133, abs=5e-4)


def test_the_population_has_every_fixed_moment(fixed, moments):
    """To the four decimals in which its numbers are written down."""
    means, covariance = moments
    for name, mean in fixed.means.items():
        assert means[name] == pytest.approx(mean, abs=2e-4), name
        assert np.sqrt(covariance.loc[name, name]) == pytest.approx(fixed.sds[name], abs=2e-4), name
    assert len(fixed.correlations) == 15
    for (first, second), correlation in fixed.correlations.items():
        assert correlate(covariance, first, second) == pytest.approx(correlation, abs=2e-4), (first, second)


def test_its_printed_regressions_have_the_printed_beta(moments):
    _, covariance = moments
    scale = np.sqrt(np.diag(covariance))
    r = covariance / np.outer(scale, scale)
    for table in read_publication(PUBLISHED).tables:
        terms = [row.term for row in table.predictors]
        beta = np.linalg.solve(r.loc[terms, terms], r.loc[terms, "SUCCESS"])
        r2 = beta @ r.loc[terms, "SUCCESS"]
        assert r2 == pytest.approx(table.find("r2").value, abs=7e-4)
        for row, value in zip(table.predictors, beta, strict=True):
            if "beta" in row.figures:
                assert value == pytest.approx(row.figures["beta"].value, abs=8e-4)


def test_calibrating_the_written_down_population_again_changes_nothing(fixed):
    again = calibrate_population(build_draft(SURVEY_POPULATION), fixed, 0.260)
    written = np.array([(i.loading, i.mean, i.sd) for i in SURVEY_POPULATION.items])
    assert np.array([(i.loading, i.mean, i.sd) for i in again.items]) == pytest.approx(written, abs=3e-4)
    assert again.effects == pytest.approx(SURVEY_POPULATION.effects, abs=3e-4)
    for block, old in zip(again.residual_blocks, SURVEY_POPULATION.residual_blocks, strict=True):
        assert sum(block.correlations, ()) == pytest.approx(sum(old.correlations, ()), abs=2e-3)
    assert MARKET_ITEMS == ("c11", "c8")


def test_answer_moments_and_covariance_are_those_of_the_cut_normal():
    """Against the cells of the bivariate normal distribution, summed one by one."""
    first, second, r = (3.6, 0.95), (4.1, 0.7), 0.55
    edges = [-8.0, *BORDERS, 14.0]
    law = multivariate_normal([0.0, 0.0], [[1.0, r], [r, 1.0]])

    def cell(i, j):
        (a, b), (c, d) = [
            ((edges[k] - mean) / sd, (edges[k + 1] - mean) / sd)
            for k, (mean, sd) in zip((i, j), (first, second), strict=True)
        ]
        return law.cdf([b, d]) - law.cdf([a, d]) - law.cdf([b, c]) + law.cdf([a, c])

    cells = np.array([[cell(i, j) for j in range(5)] for i in range(5)])
    values = np.arange(1, 6)
    means = values @ cells.sum(axis=1), values @ cells.sum(axis=0)
    assert compute_answer_moments(*first)[0] == pytest.approx(means[0], abs=1e-6)
    assert compute_answer_moments(*second)[0] == pytest.approx(means[1], abs=1e-6)
    covariance = values @ cells @ values - means[0] * means[1]
    series = [compute_hermite_coefficients(*moments) for moments in (first, second)]
    assert compute_answer_covariance(*series, r) == pytest.approx(covariance, abs=1e-6)
    assert compute_answer_covariance(*series, -r) == pytest.approx(
        sum((-r) ** k * a * b for k, (a, b) in enumerate(zip(*series, strict=True), 1))
    )


def test_a_large_survey_has_the_moments_of_the_population(moments):
    means, covariance = moments
    n = 200_000
    large = simulate_survey(replace(SURVEY_POPULATION, respondents=n, enterprise_respondents=n), seed=3)
    names = list(means.index)
    assert np.abs(large[names].mean() - means).max() < 5 * covariance.to_numpy().max() / np.sqrt(n) * 1.5
    assert np.abs(large[names].cov() - covariance).to_numpy().max() < 0.02
