"""Where numbers stand."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagram import DiagramStyle, draw_diagram
from sem_toolkit.diagram.geometry.hits import measure_distance
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec


def draw_text(text, **settings):
    """A diagram with made-up estimates between .11 and .9."""
    table = build_parameter_table(parse_spec(text), TableOptions(call="sem"))
    values = np.linspace(0.11, 0.9, len(table.parameters))
    rows = [
        {"lhs": row.lhs, "op": row.op, "rhs": row.rhs, "group": 1, "est": v, "se": 0.1, "pvalue": 0.01, "std.all": v}
        for row, v in zip(table.parameters, values, strict=True)
    ]
    return draw_diagram(table, pd.DataFrame(rows), DiagramStyle(**settings))


@pytest.mark.parametrize("items", [3, 6, 9])
def test_the_numbers_of_a_fan_stand_in_one_straight_column_on_their_paths(items):
    diagram = draw_text("f =~ " + " + ".join(f"x{k}" for k in range(items)))
    labels = {edge.key: edge for edge in diagram.scene.edges if edge.role == "loading"}
    assert len({round(edge.label.box.x, 1) for edge in labels.values()}) == 1
    assert all(measure_distance(edge.label.box, edge.curve) == 0 for edge in labels.values())


def test_the_numbers_of_a_crossing_stand_before_it_on_their_own_paths():
    diagram = draw_text("x2 ~ x1 + y1\ny2 ~ y1 + x1\nx1 ~~ y1\nx2 ~~ y2")
    for key in ("x2 ~ y1", "y2 ~ x1"):
        edge = next(edge for edge in diagram.scene.edges if edge.key == key)
        start, end = edge.curve[[0, -1]]
        share = (edge.label.box.x - start[0]) / (end[0] - start[0])
        assert 0.2 <= share <= 0.35
        assert measure_distance(edge.label.box, edge.curve) == 0
