"""Words and numbers on diagrams."""

import pytest

from sem_toolkit.diagram.content.style import DiagramStyle
from sem_toolkit.diagram.content.words import (
    break_edge_text,
    format_edge_text,
    format_greek,
    format_number,
    format_pvalue,
    format_stars,
)

EDGE = {
    "est": 1.234, "std": 0.5678, "se": 0.1, "pvalue": 0.004, "lower": 1.04, "upper": 1.43,
    "fixed": False, "value": None, "label": "a", "role": "regression",
    "exogenous": False, "std_lower": 0.51, "std_upper": 0.62,
}  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "0.57**"),
        ({"leading_zero": False}, ".57**"),
        ({"values": "raw"}, "1.23**"),
        ({"values": "raw", "standard_errors": True, "significance": "none"}, "1.23 (0.10)"),
        ({"values": "raw", "significance": "p"}, "1.23, p = .004"),
        ({"values": "raw", "significance": "interval"}, "1.23 [1.04, 1.43]"),
        ({"significance": "interval"}, "0.57 [0.51, 0.62]"),
        ({"values": "both"}, "1.23 [0.57]**"),
        ({"values": "none"}, ""),
        ({"digits": 3, "significance": "none"}, "0.568"),
    ],
)
def test_estimates(settings, text):
    assert format_edge_text(EDGE, DiagramStyle(**settings)) == text


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("1.23 (0.10)***", "1.23***\n(0.10)"),
        ("1.23, p = .004", "1.23\np = .004"),
        ("0.57 [0.51, 0.62]", "0.57\n[0.51, 0.62]"),
        ("1.23 (0.10) [0.57]**", "1.23 (0.10)**\n[0.57]"),
        ("1.23 [0.57] [1.04, 1.43]", "1.23 [0.57]\n[1.04, 1.43]"),
        ("0.57**", "0.57**"),
        ("1", "1"),
        ("", ""),
    ],
)
def test_two_lines(text, broken):
    assert break_edge_text(text) == broken


def test_what_is_taken_from_the_data_has_no_interval():
    given = EDGE | {"fixed": True, "exogenous": True, "pvalue": None, "role": "covariance"}
    assert format_edge_text(given, DiagramStyle(significance="interval")) == "0.57"
    marker = EDGE | {"fixed": True, "value": 1.0}
    assert format_edge_text(marker, DiagramStyle(significance="interval")) == "0.57 [0.51, 0.62]"


def test_without_estimates_fixed_values_and_labels_are_shown():
    none = EDGE | {"est": None, "std": None}
    assert format_edge_text(none, DiagramStyle()) == "a"
    assert format_edge_text(none | {"fixed": True, "value": -1.0}, DiagramStyle()) == "−1"
    assert format_edge_text(none, DiagramStyle(labels=False)) == ""


def test_numbers_have_a_true_minus_and_no_minus_zero():
    assert format_number(-0.5, 2) == "−0.50"
    assert format_number(-0.5, 2, leading_zero=False) == "−.50"
    assert format_number(-0.001, 2) == "0.00"
    assert format_number(10.0, 2, leading_zero=False) == "10.00"


@pytest.mark.parametrize(("p", "stars"), [(0.0009, "***"), (0.001, "**"), (0.01, "*"), (0.05, ""), (None, "")])
def test_stars_begin_below_the_limits(p, stars):
    assert format_stars(p) == stars


def test_pvalues_as_in_print():
    assert format_pvalue(0.0001) == "p < .001"
    assert format_pvalue(0.0344) == "p = .034"
    assert format_pvalue(1.0) == "p = 1.000"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("eta1", "η₁"),
        ("lambda_12", "λ₁₂"),
        ("Psi", "Ψ"),
        ("x_1", "x₁"),
        ("x1", "x₁"),
        ("visual", "visual"),
        ("beta", "β"),
    ],
)
def test_greek(name, text):
    assert format_greek(name) == text


def test_loadings_of_a_growth_factor_are_as_given_beside_any_values():
    given = EDGE | {"fixed": True, "value": 3.0, "given": True, "est": 3.0, "std": 0.84, "pvalue": None}
    assert {format_edge_text(given, DiagramStyle(values=values)) for values in ("standardized", "raw", "both")} == {"3"}
