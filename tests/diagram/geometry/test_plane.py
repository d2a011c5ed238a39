"""Curves, what they hit, and how they are cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.diagram.geometry.plane import (
    Rectangle,
    Shapes,
    build_line,
    compute_crossings,
    compute_length,
    cut_curve_at,
    cut_into_dashes,
    draw_in_controls,
    evaluate_curve,
    find_boundary,
    flatten_curve,
    measure_distance,
    measure_gap,
    split_curve,
    trim_curve,
)

numbers = st.floats(-100, 100)
points = st.tuples(numbers, numbers).map(np.array)


def curve_of(a, b, c, d):
    return np.array([a, b, c, d], float)


@given(points, points, points, points, st.floats(0.01, 0.99))
def test_the_parts_of_a_split_curve_lie_on_it(a, b, c, d, t):
    curve = curve_of(a, b, c, d)
    first, second = split_curve(curve, t)
    whole = (
        (1 - t / 2) ** 3 * a
        + 3 * (1 - t / 2) ** 2 * (t / 2) * b
        + 3 * (1 - t / 2) * (t / 2) ** 2 * c
        + (t / 2) ** 3 * d
    )
    part = first[0] / 8 + 3 * first[1] / 8 + 3 * first[2] / 8 + first[3] / 8
    np.testing.assert_allclose(part, whole, atol=1e-9)
    np.testing.assert_allclose(first[-1], second[0])
    np.testing.assert_allclose(second[-1], d)


def test_a_line_through_a_box_hits_it_and_one_beside_it_does_not():
    shapes = Shapes.of([Rectangle(0, 0, 10, 10), Rectangle(50, 0, 10, 10)])
    assert shapes.hit_by(np.array([[-20.0, 0], [20, 0]])).tolist() == [True, False]
    assert shapes.hit_by(np.array([[-20.0, 6], [20, 6]])).tolist() == [False, False]
    assert shapes.hit_by(np.array([[-20.0, 6], [20, 6]]), margin=2).tolist() == [True, False]


def test_the_corner_of_an_ellipse_is_free():
    line = np.array([[-10.0, 3], [-3, 10]])
    box = Rectangle(0, 0, 14, 14)
    assert Shapes.of([box]).hit_by(line)[0]
    assert not Shapes.of([box], [True]).hit_by(line)[0]


@given(points.filter(lambda p: np.hypot(*p) > 1e-3), st.sampled_from(["ellipse", "rectangle", "hexagon"]))
def test_boundary_points_lie_on_the_boundary(towards, shape):
    x, y = np.abs(find_boundary(Rectangle(0, 0, 40, 20), shape, towards)) / [20, 10]
    value = {"ellipse": np.hypot(x, y), "rectangle": max(x, y), "hexagon": max(y, x + y / 2)}[shape]
    assert value == pytest.approx(1)


def test_crossings_count_proper_ones_only():
    starts, ends = np.array([[0.0, -5], [20, 0]]), np.array([[0.0, 5], [30, 0]])
    assert compute_crossings(np.array([[-5.0, 0], [5, 0]]), starts, ends).tolist() == [True, False]


def test_trimming_takes_the_arrowheads_off():
    trimmed = trim_curve(build_line(np.array([0.0, 0]), np.array([100.0, 0])), 5, 10)
    np.testing.assert_allclose(trimmed[[0, -1]], [[5, 0], [90, 0]], atol=1e-6)


def test_a_line_is_open_under_its_label():
    pieces = cut_curve_at(build_line(np.array([0.0, 0]), np.array([100.0, 0])), Rectangle(50, 0, 20, 10))
    assert len(pieces) == 2
    assert pieces[0][-1][0] <= 42
    assert pieces[1][0][0] >= 58


def test_dashes_begin_and_end_where_the_line_does_and_cover_their_share():
    curve = curve_of((0, 0), (30, 60), (70, 60), (100, 0))
    dashes = cut_into_dashes(curve, 3.0, 2.0)
    np.testing.assert_allclose(dashes[0][0], curve[0], atol=1e-6)
    np.testing.assert_allclose(dashes[-1][-1], curve[-1], atol=1e-6)
    drawn = sum(compute_length(flatten_curve(dash)) for dash in dashes)
    assert drawn / compute_length(flatten_curve(curve)) == pytest.approx(0.6, abs=0.02)


def test_control_points_are_drawn_in_without_changing_the_curve():
    curve = curve_of((5, 0), (-1.6, 40), (-1.6, 60), (5, 100))
    inner = draw_in_controls(curve, 100, 100)
    assert inner.min() >= 0
    pieces = (len(inner) - 1) // 3
    t = np.linspace(0, 1, 9)
    assert evaluate_curve(inner, t * pieces) == pytest.approx(evaluate_curve(curve, t))


@given(points, points, st.floats(0.5, 20), st.floats(0.5, 20))
def test_the_distance_of_a_rectangle_and_a_line_is_that_of_their_nearest_points(a, b, width, height):
    box = Rectangle(3.0, -2.0, width, height)
    along = a + np.linspace(0, 1, 801)[:, None] * (b - a)
    gaps = np.maximum(np.abs(along - [box.x, box.y]) - [width / 2, height / 2], 0)
    sampled = np.hypot(*gaps.T).min()
    step = np.hypot(*(b - a)) / 800
    assert sampled - step <= measure_distance(box, np.array([a, b])) <= sampled + 1e-6


def test_the_gap_of_two_rectangles():
    box = Rectangle(0, 0, 4, 2)
    assert measure_gap(box, Rectangle(7, 6, 4, 2)) == pytest.approx(5.0)
    assert measure_gap(box, Rectangle(0, 6, 4, 2)) == pytest.approx(4.0)
    assert measure_gap(box, Rectangle(1, 1, 4, 2)) == 0.0


def test_a_curve_is_trimmed_by_lengths_at_both_ends():
    line = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    np.testing.assert_allclose(trim_curve(line, 6.0, 9.0)[[0, -1]], [[6.0, 0.0], [21.0, 0.0]], atol=1e-9)
    np.testing.assert_allclose(trim_curve(line, 0.0, 0.0), line)


def test_a_curve_too_short_for_its_arrowhead_keeps_half():
    line = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    np.testing.assert_allclose(trim_curve(line, 40.0, 0.0)[[0, -1]], [[15.0, 0.0], [30.0, 0.0]], atol=1e-9)


def test_boxes_overlap_where_their_halves_reach():
    """A box of width 10 at 0 against shapes of half width 5 at 9.9 and 10.1, across and down."""
    shapes = Shapes(
        np.array([9.9, 10.1, 0.0, 0.0]),
        np.array([0.0, 0.0, 9.9, 10.1]),
        np.full(4, 5.0),
        np.full(4, 5.0),
        np.zeros(4, bool),
    )
    assert shapes.overlapped_by(Rectangle(0.0, 0.0, 10.0, 10.0)).tolist() == [True, False, True, False]


def test_a_grown_box_has_the_margin_on_each_side_and_gaps_are_between_edges():
    box = Rectangle(0.0, 0.0, 10.0, 6.0)
    grown = box.grown(2.0)
    assert (grown.left, grown.right, grown.top, grown.bottom) == (-7.0, 7.0, -5.0, 5.0)
    assert box.overlaps(Rectangle(12.9, 0.0, 10.0, 6.0), gap=3.0)
    assert not box.overlaps(Rectangle(13.1, 0.0, 10.0, 6.0), gap=3.0)
    assert not box.overlaps(Rectangle(0.0, 9.1, 10.0, 6.0), gap=3.0)
