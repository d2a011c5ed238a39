"""Lower bounds of crossings, on graphs whose crossing number is known."""

from itertools import combinations, product

import pytest

from sem_toolkit.diagram.checks.crossings import compute_least_crossings
from tests.diagram.drawing import draw_case

COMPLETE_5 = list(combinations("abcde", 2))
COMPLETE_6 = list(combinations("abcdef", 2))
UTILITIES = list(product("abc", "xyz"))


def subdivide(lines):
    """Every line with an indicator in its middle, as from a trait to a method."""
    return [end for a, b in lines for end in ((a, a + b), (b, a + b))]


@pytest.mark.parametrize(
    ("lines", "least"),
    [
        ([], 0),
        ([("a", "b"), ("a", "b"), ("a", "a")], 0),
        (list(combinations("abcd", 2)), 0),
        (COMPLETE_5, 1),
        (COMPLETE_6, 3),
        (UTILITIES, 1),
        (subdivide(UTILITIES), 1),
        (subdivide(COMPLETE_6), 3),
        ([*COMPLETE_5, ("e", "E"), *((a.upper(), b.upper()) for a, b in COMPLETE_5)], 2),
    ],
)
def test_known_graphs(lines, least):
    assert compute_least_crossings(lines) == least


@pytest.mark.parametrize("name", ["hs_cfa_marker", "hs_second_order", "bifactor"])
def test_what_can_be_drawn_without_crossings_is(name):
    diagram = draw_case(name)
    assert diagram.least_crossings() == 0
    assert not diagram.problems()
