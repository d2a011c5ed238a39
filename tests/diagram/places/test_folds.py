"""Chains that are longer than the page come back in a second row."""

import pytest

from tests.diagram.drawing import draw_text

PAGE = 170 * 72 / 25.4


def write_chain(count: int) -> str:
    lines = [f"F{k} =~ a{k} + b{k} + c{k}" for k in range(1, count + 1)]
    return "\n".join([*lines, *(f"F{k} ~ F{k - 1}" for k in range(2, count + 1))])


@pytest.mark.parametrize("count", [6, 7])
def test_a_long_chain_folds_into_two_rows(count):
    diagram = draw_text(write_chain(count))
    places = {node.name: node.box for node in diagram.scene.nodes}
    heights = {round(places[f"F{k}"].y) for k in range(1, count + 1)}
    assert len(heights) == 2
    assert not diagram.problems()
    assert diagram.scene.width < 175.2 * 72 / 25.4


def test_the_turn_leads_straight_down_and_the_second_row_back():
    places = {node.name: node.box for node in draw_text(write_chain(6)).scene.nodes}
    assert places["F1"].x < places["F2"].x < places["F3"].x
    assert places["F4"].x == pytest.approx(places["F3"].x)
    assert places["F4"].x > places["F5"].x > places["F6"].x
    assert places["F4"].y > places["F3"].y


def test_indicators_of_the_row_that_comes_back_keep_the_order_of_the_spec():
    places = {node.name: node.box for node in draw_text(write_chain(6)).scene.nodes}
    assert places["a5"].x < places["b5"].x < places["c5"].x
    assert places["a5"].y > places["F5"].y


def test_residual_covariances_across_rows_are_drawn():
    diagram = draw_text(write_chain(6) + "\na1 ~~ a6\nb4 ~~ b5")
    assert not diagram.hits()
    assert {"a1 ~~ a6", "b4 ~~ b5"} <= {edge.key for edge in diagram.scene.edges}


@pytest.mark.slow
def test_twenty_factors_keep_to_the_column():
    """Higher than a page rather than wider than its column."""
    for style in ({}, {"variances": "lisrel"}, {"column": "single"}):
        diagram = draw_text(write_chain(20), **style)
        assert {problem.kind for problem in diagram.problems()} <= {"crossing", "too-high"}
