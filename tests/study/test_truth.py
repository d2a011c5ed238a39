"""True values and power of the study's models."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.fit import fit
from sem_toolkit.spec import read_spec
from sem_toolkit.study.population import SURVEY_POPULATION
from sem_toolkit.study.simulation import simulate_survey
from sem_toolkit.study.truth import add_truth, compute_joint_power, compute_power, fit_population

SPECS = Path(__file__).parents[2] / "model_specs"


@pytest.fixture(scope="module")
def truth():
    return fit_population(read_spec(SPECS / "research_model.lav"), 477)


def test_the_research_model_recovers_the_effects_of_the_population(truth):
    """Rounding to five points takes little from effects among factors: the standardised ones are those put in."""
    rows = truth.parameters
    effects = rows[(rows["op"] == "~") & (rows["lhs"] == "success")].set_index("rhs")["std.all"]
    assert effects[list(SURVEY_POPULATION.factors)].to_numpy() == pytest.approx(SURVEY_POPULATION.effects, abs=0.006)
    assert truth.fit_measures["chisq"] < 0.2


def test_estimates_of_a_large_survey_tend_to_the_true_values(truth):
    large = simulate_survey(replace(SURVEY_POPULATION, respondents=100_000, enterprise_respondents=100_000), seed=1)
    spec = read_spec(SPECS / "research_model.lav")
    rows = add_truth(fit(spec, large, engine="native").parameters, truth)
    free = rows[rows["se"] > 0]
    assert len(free) == len(rows[rows["true"].notna() & (rows["se"] > 0)])
    assert np.abs((free["est"] - free["true"]) / free["se"]).max() < 4.5


def test_power_is_that_of_the_normal_and_the_chi_square_distribution():
    assert compute_power(2.8015852, 1.0) == pytest.approx(0.8, abs=1e-4)
    assert compute_power(0.0, 1.0) == pytest.approx(0.05)
    assert compute_power(-0.5, 0.2) == compute_power(0.5, 0.2)
    assert np.isnan(compute_power(1.0, 0.0))
    assert compute_joint_power(2.8015852**2, 1) == pytest.approx(0.8, abs=1e-4)
    assert compute_joint_power(9.635, 2) == pytest.approx(0.8, abs=1e-3)


@pytest.mark.slow
def test_power_is_how_often_the_test_rejects(truth):
    """Over 60 surveys, within three standard errors of a share."""
    spec = read_spec(SPECS / "research_clinical.lav")
    expected = add_truth(fit_population(spec, 477).parameters, fit_population(spec, 477))
    expected = expected[(expected["op"] == "~")].set_index("rhs")["power"]
    rejected = []
    for seed in range(1000, 1060):
        rows = fit(spec, simulate_survey(seed=seed), engine="native").parameters
        rejected.append(rows[rows["op"] == "~"].set_index("rhs")["pvalue"] < 0.05)
    share = sum(rejected) / len(rejected)
    for name, power in expected.items():
        assert share[name] == pytest.approx(power, abs=3 * np.sqrt(power * (1 - power) / 60) + 0.01), name
