"""Where numbers stand, and what is remembered of them."""

import numpy as np

from sem_toolkit.diagram.courses.label_options import build_path_options, find_end_place
from sem_toolkit.diagram.courses.label_places import Memory, Wanted, place_labels
from sem_toolkit.diagram.geometry.curves import build_line
from sem_toolkit.diagram.geometry.hits import Shapes
from sem_toolkit.diagram.geometry.plane import Rectangle

SHAPES = Shapes.of([Rectangle(0, 0, 40, 20), Rectangle(300, 0, 40, 20)])


def draw_line(x, y, end_x, end_y):
    return build_line(np.array([x, y], float), np.array([end_x, end_y], float))


def place(curves, memory):
    wanted = [
        Wanted(
            key,
            24.0,
            8.0,
            memory.recall_options(key, curve, 0.5, lambda c=curve: build_path_options(c, "regression", 24.0, 8.0, 0.5)),
            key,
        )
        for key, curve in curves.items()
    ]
    return place_labels(wanted, SHAPES, curves, [], memory)


def test_numbers_of_paths_that_cross_in_the_middle_stand_apart():
    places = place({"a": draw_line(20, -60, 280, 60), "b": draw_line(20, 60, 280, -60)}, Memory())
    assert not places["a"].overlaps(places["b"])


def test_what_is_remembered_gives_the_same_places_as_a_fresh_start():
    curves = {f"p{k}": draw_line(20, 9 * k, 280, 70 - 11 * k) for k in range(-4, 5)}
    memory = Memory()
    first = place(curves, memory)
    assert place(curves, memory) == first
    changed = curves | {"p0": draw_line(20, -50, 280, 90)}
    assert place(changed, memory) == place(changed, Memory()) != first


def test_the_number_of_a_variance_stands_beyond_the_tail_of_its_arrow():
    arrow = draw_line(50, 0, 20, 0)
    x, y = find_end_place(arrow, 24.0, 8.0)
    assert (x, y) == (50 + 12 + 1.5, 0.0)
    assert build_path_options(arrow, "variance", 24.0, 8.0, 0.5)[0, :2].tolist() == [x, y]


def test_the_number_of_an_arc_keeps_off_a_path_that_crosses_it_unless_that_may_pass():
    arc, path = draw_line(150, -100, 150, 100), draw_line(20, 7, 280, 7)
    options = build_path_options(arc, "covariance", 24.0, 8.0, 0.5)
    for passable, gap in ((None, 0.0), (frozenset({"path"}), 0.0), (frozenset(), 5.0)):
        wanted = [Wanted("arc", 24.0, 8.0, options, "arc", passable=passable)]
        (box,) = place_labels(wanted, SHAPES, {"arc": arc, "path": path}, [], Memory()).values()
        assert max(7 - box.bottom, box.top - 7) >= gap


def test_numbers_in_one_line_are_not_read_as_one():
    lines = {"a": draw_line(130, -60, 130, 60), "b": draw_line(157, -60, 157, 60)}
    wanted = [
        Wanted(key, 24.0, 8.0, build_path_options(line, "regression", 24.0, 8.0, 0.5), key, apart=True)
        for key, line in lines.items()
    ]
    places = place_labels(wanted, SHAPES, lines, [], Memory())
    assert abs(places["a"].y - places["b"].y) >= 4
