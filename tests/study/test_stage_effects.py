"""Stage effects: alone, jointly, and what carries the difference."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sem_toolkit.fit import fit
from sem_toolkit.spec import read_spec
from sem_toolkit.study.joint_tests import CAPITAL, NETWORK, compute_standardised_effects
from sem_toolkit.study.stage_effects import STAGES, compute_stage_effects
from sem_toolkit.study.truth import fit_population

SPECS = Path(__file__).parents[2] / "model_specs"


@pytest.fixture(scope="module")
def population():
    fits = {s: fit_population(read_spec(SPECS / f"research_{s}.lav"), 477) for s in STAGES}
    joint = fit_population(read_spec(SPECS / "research_model.lav"), 477)
    return joint, compute_stage_effects(joint, fits, joint)


def test_in_the_population_the_omitted_variable_formula_is_exact(population):
    """The stage models fit there, so that their effects are those which the joint model implies."""
    rows = population[1].effects
    assert rows["alone"].to_numpy() == pytest.approx(rows["alone.implied"].to_numpy(), abs=5e-4)
    sums = rows["jointly"] + rows["carried.network"] + rows["carried.capital"]
    assert rows["alone.implied"].to_numpy() == pytest.approx(sums.to_numpy())
    assert rows["true"].to_numpy() == pytest.approx(rows["jointly"].to_numpy())


def test_network_of_the_clinical_stage_is_carried_by_its_neighbours(population):
    row = population[1].effects.set_index(["factor", "stage"]).loc[("network", "clinical")]
    assert row["jointly"] == pytest.approx(0.024, abs=0.002)
    assert row["carried.network"] > 5 * row["jointly"]
    assert row["vif"] > 2


def test_simultaneous_intervals_hold_together_at_least_as_often_as_they_say(population):
    """The joint normal probability that no estimate leaves its interval, by integration."""
    joint, effects = population
    values, covariance = compute_standardised_effects(joint, [*NETWORK, *CAPITAL])
    reach = (effects.effects["simultaneous.upper"] - effects.effects["jointly"]).to_numpy()
    inside = multivariate_normal.cdf(reach, np.zeros(6), covariance, lower_limit=-reach, maxpts=200_000, rng=1)
    assert 0.95 - 1e-3 < inside < 0.97
    assert effects.effects["jointly"].to_numpy() == pytest.approx(values)


def test_differences_are_those_of_the_effects(population):
    effects, rows = population[1].effects.set_index(["factor", "stage"])["jointly"], population[1].differences
    for row in rows.to_dict("records"):
        expected = effects[row["factor"], row["first"]] - effects[row["factor"], row["second"]]
        assert row["difference"] == pytest.approx(expected)
    assert len(rows) == 6


def test_without_stage_models_there_is_nothing_alone():
    joint = fit(SPECS / "research_model.lav", engine="native")
    assert compute_stage_effects(joint, {}).effects[["alone", "true"]].isna().all(axis=None)
