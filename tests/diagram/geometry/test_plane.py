"""Rectangles, and the boundaries of shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.diagram.geometry.plane import Rectangle, find_boundary, measure_gap

numbers = st.floats(-100, 100)
points = st.tuples(numbers, numbers).map(np.array)


def curve_of(a, b, c, d):
    return np.array([a, b, c, d], float)


@given(points.filter(lambda p: np.hypot(*p) > 1e-3), st.sampled_from(["ellipse", "rectangle", "hexagon"]))
def test_boundary_points_lie_on_the_boundary(towards, shape):
    x, y = np.abs(find_boundary(Rectangle(0, 0, 40, 20), shape, towards)) / [20, 10]
    value = {"ellipse": np.hypot(x, y), "rectangle": max(x, y), "hexagon": max(y, x + y / 2)}[shape]
    assert value == pytest.approx(1)


def test_the_gap_of_two_rectangles():
    box = Rectangle(0, 0, 4, 2)
    assert measure_gap(box, Rectangle(7, 6, 4, 2)) == pytest.approx(5.0)
    assert measure_gap(box, Rectangle(0, 6, 4, 2)) == pytest.approx(4.0)
    assert measure_gap(box, Rectangle(1, 1, 4, 2)) == 0.0


def test_a_grown_box_has_the_margin_on_each_side_and_gaps_are_between_edges():
    box = Rectangle(0.0, 0.0, 10.0, 6.0)
    grown = box.grown(2.0)
    assert (grown.left, grown.right, grown.top, grown.bottom) == (-7.0, 7.0, -5.0, 5.0)
    assert box.overlaps(Rectangle(12.9, 0.0, 10.0, 6.0), gap=3.0)
    assert not box.overlaps(Rectangle(13.1, 0.0, 10.0, 6.0), gap=3.0)
    assert not box.overlaps(Rectangle(0.0, 9.1, 10.0, 6.0), gap=3.0)
