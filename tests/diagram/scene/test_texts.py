"""Where numbers stand."""

import pytest

from sem_toolkit.diagram.geometry.hits import measure_distance
from tests.diagram.drawing import draw_rising


@pytest.mark.parametrize("items", [3, 6, 9])
def test_the_numbers_of_a_fan_stand_in_one_straight_column_on_their_paths(items):
    diagram = draw_rising("f =~ " + " + ".join(f"x{k}" for k in range(items)))
    labels = {edge.key: edge for edge in diagram.scene.edges if edge.role == "loading"}
    assert len({round(edge.label.box.x, 1) for edge in labels.values()}) == 1
    assert all(measure_distance(edge.label.box, edge.curve) == 0 for edge in labels.values())


def test_the_numbers_of_a_crossing_stand_before_it_on_their_own_paths():
    diagram = draw_rising("x2 ~ x1 + y1\ny2 ~ y1 + x1\nx1 ~~ y1\nx2 ~~ y2")
    for key in ("x2 ~ y1", "y2 ~ x1"):
        edge = next(edge for edge in diagram.scene.edges if edge.key == key)
        start, end = edge.curve[[0, -1]]
        share = (edge.label.box.x - start[0]) / (end[0] - start[0])
        assert 0.2 <= share <= 0.35
        assert measure_distance(edge.label.box, edge.curve) == 0
