"""The misspecified models of dynamic cut-offs against those of the package dynamic, and by their rules."""

import json

import numpy as np
import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.resampling.cutoffs.misspecified import build_levels, read_factor_model
from sem_toolkit.resampling.simulation.population_fit import fit_population
from sem_toolkit.spec import parse_spec
from tests.support import ORACLES

CASES = ["dfi_hs", "dfi_manual", "dfi_one_factor"]


def read(name):
    return json.loads((ORACLES / "cutoffs" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_levels_and_their_misfit_are_those_of_the_reference(name):
    case = read(name)
    levels = build_levels(parse_spec(case["standardized_model"]))
    assert len(levels) == len(case["levels"])
    for level, own in zip(levels, case["levels"], strict=True):
        assert [term.replace(" ", "") for term in level.added] == [term.replace(" ", "") for term in own["added"]]
        order = [level.population.variables.index(variable) for variable in own["population_cov"]["names"]]
        matrix = np.array(own["population_cov"]["matrix"])
        assert level.population.covariance[0][np.ix_(order, order)] == pytest.approx(matrix, abs=1e-12)
        found = fit_population(parse_spec(case["analysis_model"]), level.population, call="cfa", std_lv=True)
        assert found.misfit == pytest.approx(own["population_fit"]["F0"], abs=1e-10)
        assert found.df == own["population_fit"]["df"]
        assert found.rmsea == pytest.approx(own["population_fit"]["rmsea"], abs=1e-7)


def test_eligible_items_are_those_of_the_reference():
    case = read("dfi_manual")
    model = read_factor_model(parse_spec(case["standardized_model"]))
    assert {entry.item for entry in model.eligible} == {row["Item"] for row in case["eligible_items"]}


def test_coefficient_h_of_equal_loadings_is_spearman_brown():
    model = read_factor_model(parse_spec("f =~ .7*a + .7*b + .7*c"))
    assert model.compute_coefficient_h("f") == pytest.approx(3 * 0.49 / (1 + 2 * 0.49))


def test_a_cross_loading_leaves_room_for_a_variance_of_one():
    levels = build_levels(parse_spec("f =~ .9*a + .95*b + .92*c\ng =~ .9*d + .95*e + .91*h\nf ~~ .9*g"))
    assert np.diagonal(levels[1].population.covariance[0]) == pytest.approx(np.ones(6))
    assert 0.0 < float(levels[1].added[0].split()[2].split("*")[0]) < 0.9


@pytest.mark.parametrize(("items", "counts"), [(4, [1]), (5, [1, 2]), (6, [1, 2, 3]), (10, [1, 3, 5])])
def test_one_factor_has_thirds_of_its_pairs(items, counts):
    text = "f =~ " + " + ".join(f"{0.4 + 0.03 * i:.2f}*x{i}" for i in range(items))
    assert [len(level.added) for level in build_levels(parse_spec(text))[1:]] == counts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("f =~ .7*a + .7*b + .7*c\ny ~ .4*f", "has a path"),
        ("f =~ .7*a + .7*b + .7*c", "no room"),
        ("f =~ .7*a + .7*b + .6*c\ng =~ .7*f + .6*d", "none of these"),
        ("f =~ .7*a + .7*b\ng =~ .6*c + .6*d\nf ~~ .3*g\na ~~ .1*c\nb ~~ .1*d", "no item is left"),
    ],
)
def test_models_without_misspecifications_say_so(text, said):
    with pytest.raises(ModelError, match=said):
        build_levels(parse_spec(text))
