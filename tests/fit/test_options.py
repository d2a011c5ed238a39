"""Named options into one checked set."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.estimation import EstimationOptions
from sem_toolkit.fit.moments import Moments
from sem_toolkit.fit.options import parse_fit_options


def test_later_sets_win_and_none_keeps_the_default():
    options = parse_fit_options({"std_lv": True, "estimator": "GLS"}, {"estimator": "ml", "std_lv": None})
    assert options.table.std_lv
    assert options.estimation == EstimationOptions(estimator="ML")
    assert dict(options.given) == {"std_lv": True, "estimator": "ml"}


def test_names_may_be_written_as_in_r():
    assert parse_fit_options({"group.equal": "loadings, intercepts"}).table.group_equal == ("loadings", "intercepts")
    assert parse_fit_options({"group_equal": "none"}).table.group_equal == ()


def test_every_fault_is_reported_with_the_nearest_name():
    with pytest.raises(OptionError) as caught:
        parse_fit_options({"std_lvv": True, "estimator": "GSL", "meanstructure": "yes", "level": 95})
    codes = [entry.code for entry in caught.value.diagnostics]
    assert sorted(codes) == ["option-value", "option-value", "option-value", "unknown-option"]
    assert caught.value.diagnostics[0].hint == 'did you mean "std_lv"?'
    assert 'did you mean "GLS"?' in caught.value.diagnostics[1].message


def test_what_is_not_there_yet_is_said_not_misread():
    with pytest.raises(OptionError) as caught:
        parse_fit_options({"missing": "doubly.robust"})
    assert caught.value.diagnostics[0].code == "not-supported-yet"


@pytest.mark.parametrize(
    "value",
    [
        {"names": ["a", "b"], "matrix": [[1, 0.5], [0.5, 1]]},
        {"": {"names": ["a", "b"], "matrix": [[1, 0.5], [0.5, 1]]}},
        Moments(("a", "b"), np.array([[1, 0.5], [0.5, 1]])),
    ],
    ids=["one matrix", "by group", "Moments"],
)
def test_moments_are_read_in_each_form(value):
    moments = parse_fit_options({"sample_cov": value}).sample_cov[""]
    assert moments.names == ("a", "b")
    np.testing.assert_array_equal(moments.values, [[1, 0.5], [0.5, 1]])


@pytest.mark.parametrize(
    "value", [3, {"matrix": [[1]]}, {"names": ["a"], "matrix": [["x"]]}, {"names": ["a", "b"], "matrix": [[1], [1, 2]]}]
)
def test_moments_that_are_no_matrix_are_refused(value):
    with pytest.raises(OptionError, match="sample_cov"):
        parse_fit_options({"sample_cov": value})


def test_each_layer_gets_its_options():
    given = {"call": "growth", "fixed_x": False, "group_equal": ["loadings"], "likelihood": "wishart", "se": "none"}
    options = parse_fit_options(given)
    assert (options.table.call, options.table.fixed_x, options.table.group_equal) == ("growth", False, ("loadings",))
    assert (options.estimation.likelihood, options.inference.se) == ("wishart", "none")


def test_an_estimator_for_ordered_variables_wants_to_be_told_that_there_are_none():
    with pytest.raises(OptionError, match="made for ordered variables"):
        parse_fit_options({"estimator": "DWLS"})
    assert parse_fit_options({"estimator": "DWLS", "ordered": False}).estimation.estimator == "DWLS"


def test_ordered_variables_bring_their_estimator_and_what_belongs_to_it():
    options = parse_fit_options({"ordered": ["x1"]})
    assert (options.estimation.estimator, options.estimation.kind.name) == ("WLSMV", "DWLS")
    assert (options.inference.se, options.inference.test) == ("robust.sem", "scaled.shifted")
    assert options.table.conditional_x
    assert options.table.fixed_x


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"estimator": "ML"}, "ML is no estimator of ordered variables"),
        ({"missing": "ml"}, 'missing = "ml" is about numeric variables'),
        ({"fixed_x": False}, "fixed_x = false does not go with conditional_x"),
        ({"zero_add": "a"}, "two numbers of 0 or more"),
    ],
)
def test_what_ordered_variables_cannot_be_combined_with_is_said(given, message):
    with pytest.raises(OptionError, match=message):
        parse_fit_options({"ordered": ["x1"], **given})


def test_exogenous_variables_are_random_with_least_squares():
    assert parse_fit_options({"estimator": "GLS"}).table.fixed_x is False
    assert parse_fit_options({"estimator": "GLS", "fixed_x": True}).table.fixed_x is True
    assert parse_fit_options({"estimator": "MLR"}).table.fixed_x is None


@pytest.mark.parametrize("name", ["meanstructure", "conditional_x", "std_lv"])
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("word", ["off", "yes", "maybe", 1])
def test_a_switch_is_true_or_false_wherever_it_is_read(name, ordered, word):
    with pytest.raises(OptionError, match=f'"{name}" cannot be .*: it takes true or false'):
        parse_fit_options({name: word, "ordered": ordered})


def test_default_is_as_if_nothing_were_given():
    names = ("estimator", "missing", "likelihood", "parameterization", "bounds", "meanstructure", "se", "test")
    assert parse_fit_options(dict.fromkeys(names, "default")) == parse_fit_options({})
    ordered = {"ordered": ["x1"]}
    assert parse_fit_options({**ordered, "conditional.x": "default"}) == parse_fit_options(ordered)
    assert parse_fit_options({"se": "none"}, {"se": "default"}) == parse_fit_options({})
    assert parse_fit_options({"group": "default"}).group == "default"  # a column may be called so
