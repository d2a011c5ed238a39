"""What meets what, and how far apart things are."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.diagram.geometry.hits import Shapes, compute_crossings, measure_distance
from sem_toolkit.diagram.geometry.plane import Rectangle

numbers = st.floats(-100, 100)
points = st.tuples(numbers, numbers).map(np.array)


def curve_of(a, b, c, d):
    return np.array([a, b, c, d], float)


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


def test_crossings_count_proper_ones_only():
    starts, ends = np.array([[0.0, -5], [20, 0]]), np.array([[0.0, 5], [30, 0]])
    assert compute_crossings(np.array([[-5.0, 0], [5, 0]]), starts, ends).tolist() == [True, False]


@given(points, points, st.floats(0.5, 20), st.floats(0.5, 20))
def test_the_distance_of_a_rectangle_and_a_line_is_that_of_their_nearest_points(a, b, width, height):
    box = Rectangle(3.0, -2.0, width, height)
    along = a + np.linspace(0, 1, 801)[:, None] * (b - a)
    gaps = np.maximum(np.abs(along - [box.x, box.y]) - [width / 2, height / 2], 0)
    sampled = np.hypot(*gaps.T).min()
    step = np.hypot(*(b - a)) / 800
    assert sampled - step <= measure_distance(box, np.array([a, b])) <= sampled + 1e-6


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


def test_many_courses_of_any_lengths_hit_what_each_hits_alone():
    draw = np.random.default_rng(5)
    boxes = [Rectangle(x, y, 30, 14) for x, y in draw.uniform(0, 300, (12, 2))]
    shapes = Shapes.of(boxes, [k % 2 == 0 for k in range(12)])
    courses = [draw.uniform(0, 300, (count, 2)) for count in (2, 2, 5, 13, 5)]
    found = shapes.hit_by_each(courses, 2.0)
    assert found.tolist() == [shapes.hit_by(points, 2.0).tolist() for points in courses]
    for points, hit in zip(courses, found, strict=True):
        dense = np.concatenate([np.linspace(a, b, 400) for a, b in pairwise(points)])
        x, y = (np.abs(dense[:, axis, None] - [[box.x, box.y][axis] for box in boxes]) for axis in (0, 1))
        inside = (
            np.where([k % 2 == 0 for k in range(12)], (x / 17) ** 2 + (y / 9) ** 2, np.maximum(x / 17, y / 9)) < 0.98
        )
        assert not (inside.any(axis=0) & ~hit).any()
