"""Curves, and how they are cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.diagram.geometry.curves import (
    build_line,
    compute_length,
    cut_curve_at,
    cut_into_dashes,
    draw_in_controls,
    evaluate_curve,
    flatten_curve,
    split_curve,
    trim_curve,
)
from sem_toolkit.diagram.geometry.plane import Rectangle

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


def test_a_curve_is_trimmed_by_lengths_at_both_ends():
    line = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    np.testing.assert_allclose(trim_curve(line, 6.0, 9.0)[[0, -1]], [[6.0, 0.0], [21.0, 0.0]], atol=1e-9)
    np.testing.assert_allclose(trim_curve(line, 0.0, 0.0), line)


def test_a_curve_too_short_for_its_arrowhead_keeps_half():
    line = np.array([[0.0, 0.0], [10.0, 0.0], [20.0, 0.0], [30.0, 0.0]])
    np.testing.assert_allclose(trim_curve(line, 40.0, 0.0)[[0, -1]], [[15.0, 0.0], [30.0, 0.0]], atol=1e-9)
