"""Populations of specs with values: their moments, what is filled in, and what is impossible."""

import json

import numpy as np
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import ModelError, SpecError
from sem_toolkit.resampling.simulation.population import build_population, build_population_from_fit
from sem_toolkit.resampling.simulation.population_fit import fit_population
from sem_toolkit.spec import parse_spec
from tests.support import DATA, ORACLES


def read(name):
    return json.loads((ORACLES / name).read_text(encoding="utf-8"))


LEVELS = [level for name in ("hs", "manual") for level in read(f"cutoffs/dfi_{name}.json")["levels"]]
BAD = [
    ("f =~ x1 + .7*x2 + .7*x3", "f =~ x1"),
    ("y ~ .8*x + .8*z\nx ~~ .3*z", "y"),
    ("f =~ .7*x1 + .7*x2 + .7*x3\nx1 ~~ -.2*x1", "x1"),
    ("x1 ~~ 1*x1\nx2 ~~ 1*x2\nx1 ~~ 1.2*x2", "x1 and x2"),
    ("x1 ~~ .9*x2 + .9*x3\nx2 ~~ -.9*x3", "x1, x2, x3"),
    ("x1 ~~ 1*x2", "x1, x2"),
    ("C <~ .5*x1 + .5*x2\ny ~ .3*C", "C is a composite"),
    ("y ~ 1*x\nx ~ 1*y", "circle"),
    ("u | .5*t1 + .2*t2\nu ~ .3*x", "thresholds of u"),
]


@pytest.mark.parametrize("case", [read(f"power/power_ss_{name}.json") for name in ("path", "orthogonal", "crossload")])
def test_moments_are_those_of_the_reference(case):
    own = case.get("population_cov", [None])[0]
    if own is None:
        own = {"names": ["x", "m", "y"], "matrix": [[1, 0.4, 0.29], [0.4, 1, 0.41], [0.29, 0.41, 0.987]]}
    check_covariance(build_population(parse_spec(case["population"][0])), own)


@pytest.mark.parametrize("level", LEVELS, ids=["hs 0", "hs 1", "hs 2", "manual 0", "manual 1"])
def test_moments_of_standardised_values_are_those_of_the_reference(level):
    check_covariance(build_population(parse_spec(level["population"]), standardized=True), level["population_cov"])


def check_covariance(population, own):
    order = [population.variables.index(name) for name in own["names"]]
    assert population.covariance[0][np.ix_(order, order)] == pytest.approx(np.array(own["matrix"]), abs=1e-12)


def test_a_correlation_of_residuals_with_effects_is_what_was_typed():
    text = "m ~ .4*x\nn ~ .3*x\nm ~~ .5*n\ny ~ .3*m + .4*n"
    population = build_population(parse_spec(text), standardized=True)
    assert np.diagonal(population.covariance[0]) == pytest.approx(np.ones(4), abs=1e-14)
    variances = [population.get_value(name, "~~", name) for name in ("m", "n")]
    assert population.get_value("n", "~~", "m") / np.sqrt(np.prod(variances)) == pytest.approx(0.5, abs=1e-14)


def test_variances_that_are_not_given_make_variances_of_1_and_are_told():
    population = build_population(parse_spec("f =~ .8*x1 + .7*x2 + .6*x3\ny ~ .5*f\nx1 ~~ .5*x1"))
    place = population.variables.index("x1")
    expected = np.ones(4)
    expected[place] = 0.64 + 0.5
    assert np.diagonal(population.covariance[0]) == pytest.approx(expected, abs=1e-14)
    assert "x2 ~~ x2" in population.messages[0].message
    assert "x1 ~~ x1" not in population.messages[0].message


def test_groups_thresholds_and_means_are_read():
    text = "f =~ .8*x1 + .7*x2 + c(.6, .3)*x3\nx1 ~ c(0, .5)*1\nx2 | -.5*t1 + .7*t2"
    population = build_population(parse_spec(text), ("a", "b"))
    where = [population.variables.index(name) for name in ("x1", "x3")]
    assert population.covariance[:, where[0], where[1]] == pytest.approx([0.48, 0.24])
    assert population.mean[:, where[0]] == pytest.approx([0.0, 0.5])
    assert population.has_means
    assert population.thresholds[1]["x2"] == pytest.approx([-0.5, 0.7])


def test_another_value_moves_the_variances_that_follow():
    population = build_population(parse_spec("y ~ .3*x")).with_value("y", "~", "x", 0.6)
    assert population.covariance[0] == pytest.approx(np.array([[1.0, 0.6], [0.6, 1.0]]))
    assert population.get_value("y", "~~", "y") == pytest.approx(0.64)


def test_estimates_of_a_fit_are_a_population_in_which_its_model_holds():
    result = fit("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual", DATA / "hs.csv", call="sem")
    population = build_population_from_fit(result)
    assert population.covariance == pytest.approx(result.implied_moments.covariance, abs=1e-12)
    found = fit_population(result.spec, population, call="sem")
    assert found.holds
    assert found.fit.parameters["est"].to_numpy() == pytest.approx(result.parameters["est"].to_numpy(), abs=1e-7)
    standard = population.standardize("textual", "~", "visual", population.get_value("textual", "~", "visual"))
    row = result.parameters.query("lhs == 'textual' and op == '~'").iloc[0]
    assert standard == pytest.approx(row["std.all"], abs=1e-10)
    moved = population.with_value("textual", "~", "visual", 0.1)
    place = moved.names.index("textual")
    assert moved.everything[0, place, place] == pytest.approx(population.everything[0, place, place])


@pytest.mark.parametrize(("text", "culprit"), BAD, ids=[culprit for _, culprit in BAD])
def test_impossible_populations_name_the_culprit(text, culprit):
    with pytest.raises((ModelError, SpecError)) as fault:
        build_population(parse_spec(text))
    assert culprit in str(fault.value)
