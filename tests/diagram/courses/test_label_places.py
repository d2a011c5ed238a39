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
