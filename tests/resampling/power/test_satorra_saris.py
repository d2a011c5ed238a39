"""Power in stated populations against lavaan's fits to their moments."""

import json

import numpy as np
import pytest

from sem_toolkit.diagnostics import OptionError, SpecError
from sem_toolkit.resampling.power.satorra_saris import (
    Setting,
    build_difference_test,
    build_model_test,
    build_path_test,
    find_detectable_value,
    list_paths,
)
from sem_toolkit.resampling.simulation.population import build_population
from sem_toolkit.resampling.simulation.population_fit import fit_population
from sem_toolkit.spec import parse_spec
from tests.support import ORACLES

MEDIATION = "x ~~ 1*x\nm ~ .4*x\nm ~~ .84*m\ny ~ .35*m + .15*x\ny ~~ .8*y"


def read(name):
    return json.loads((ORACLES / "power" / f"{name}.json").read_text(encoding="utf-8"))


def fit_both(case, population, shares=()):
    fits = [(parse_spec(case[h]["spec"]), case[h]["options"]) for h in ("h0", "h1")]
    return [fit_population(spec, population, shares, **options) for spec, options in fits]


def check(test, block, groups, counted=1.0):
    assert test.alternative * counted == pytest.approx(block["F0"], rel=1e-8)
    assert test.df == block["df"]
    for row in block["power"]:
        for key, lost in (("power", 0), ("power_n_minus_groups", groups)):
            own = type(test)(test.df, 0.0, test.alternative * counted, row["alpha"], lost)
            assert own.compute_power(row["n"]) == pytest.approx(row[key], abs=1e-8)
    for row in block["required"]:
        for key, lost in (("n", 0), ("n_minus_groups", groups)):
            own = type(test)(test.df, 0.0, test.alternative * counted, row["alpha"], lost)
            assert own.find_n(row["target"]) == row[key]


@pytest.mark.parametrize("name", ["power_ss_path", "power_ss_orthogonal", "power_ss_crossload"])
def test_power_in_a_population_is_that_of_the_reference(name):
    case = read(name)
    population = build_population(parse_spec(case["population"][0]))
    restricted, larger = fit_both(case, population)
    check(build_model_test(restricted), case["against_saturated"], 1)
    check(build_difference_test(restricted, larger), case["against_h1"], 1)
    assert restricted.rmsea == pytest.approx(case["against_saturated"]["rmsea"], rel=1e-8)
    estimates = {(row["lhs"], row["op"], row["rhs"]): row["est"] for row in case["parameters_h1"]}
    for row in larger.fit.parameters.to_dict("records"):
        assert row["est"] == pytest.approx(estimates[row["lhs"], row["op"], row["rhs"]], abs=1e-6)


def test_power_of_two_groups_is_that_of_the_reference():
    case = read("power_ss_metric")
    text = "f =~ .8*a1 + .7*a2 + c(.7, .5)*a3 + .65*a4\nf ~~ 1*f\n"
    text += "a1 ~~ .36*a1\na2 ~~ .51*a2\na3 ~~ .51*a3\na4 ~~ .5775*a4"
    population = build_population(parse_spec(text), ("1", "2"))
    for label in (0, 1):
        assert population.covariance[label] == pytest.approx(
            np.array(case["population_cov"][label]["matrix"]), abs=1e-12
        )
    restricted, larger = fit_both(case, population, (1, 2))
    # Groups of 10 000/3 and 20 000/3 rows became 3 333 and 6 666 there, and χ² was divided by 10 000.
    check(build_model_test(restricted), case["against_saturated"], 2, counted=0.9999)
    check(build_difference_test(restricted, larger), case["against_h1"], 2, counted=0.9999)


def test_a_path_set_to_zero_is_the_model_without_it():
    case = read("power_ss_path")
    population = build_population(parse_spec(MEDIATION))
    setting = Setting(parse_spec("m ~ x\ny ~ m + x"), population, (), {})
    larger = setting.fit()
    assert larger.holds
    assert list_paths(setting, larger) == [("m", "~", "x"), ("y", "~", "m"), ("y", "~", "x")]
    assert build_path_test(setting, ("y", "~", "x"), larger).alternative == pytest.approx(
        case["against_h1"]["F0"], rel=1e-8
    )


@pytest.mark.parametrize("value", [0.3, -0.3])
def test_the_value_that_n_finds_has_that_power(value):
    population = build_population(parse_spec(f"m ~ .4*x\ny ~ .35*m + {value}*x"))
    setting = Setting(parse_spec("m ~ x\ny ~ m + x"), population, (), {})
    found = find_detectable_value(setting, ("y", "~", "x"), 77, 0.8)
    assert found * value > 0
    moved = setting.move(("y", "~", "x"), found)
    assert build_path_test(moved, ("y", "~", "x")).compute_power(77) == pytest.approx(0.8, abs=1e-6)


def test_a_correlation_finds_the_value_of_a_closed_form():
    # The likelihood ratio of a correlation ρ is −log(1 − ρ²) a row.
    setting = Setting(parse_spec("y ~ x"), build_population(parse_spec("y ~ .3*x")), (), {})
    test = build_path_test(setting, ("y", "~", "x"))
    found = find_detectable_value(setting, ("y", "~", "x"), 77, 0.8)
    assert found == pytest.approx((1.0 - 2.718281828459045 ** -test.find_alternative(77, 0.8)) ** 0.5, abs=1e-7)


def test_no_possible_value_is_large_enough_for_a_handful_of_rows():
    setting = Setting(parse_spec("y ~ x + z"), build_population(parse_spec("y ~ .1*x + .99*z\nx ~~ 0*z")), (), {})
    assert find_detectable_value(setting, ("y", "~", "x"), 4, 0.999999) is None


def test_models_that_are_not_nested_are_refused():
    population = build_population(parse_spec(MEDIATION))
    larger, restricted = (fit_population(parse_spec(text), population) for text in ("m ~ x\ny ~ m + x", "m ~ x\ny ~ m"))
    with pytest.raises(OptionError):
        build_difference_test(larger, restricted)


def test_a_parameter_that_is_not_there_is_named_with_those_that_are():
    population = build_population(parse_spec(MEDIATION))
    with pytest.raises(SpecError) as fault:
        population.with_value("y", "~", "w", 0.2)
    assert "y ~ m" in str(fault.value)
