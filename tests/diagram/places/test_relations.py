"""Pins that are no coordinates: rows, columns, neighbours; sides, arcs and numbers."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import DiagramStyle, Layout, draw_diagram, read_layout, write_layout
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from tests.diagram.drawing import estimate_randomly

MODEL = """
SES =~ s1 + s2 + s3
Ability =~ a1 + a2 + a3
Goal =~ g1 + g2
Income =~ i1 + i2
Goal ~ SES + Ability
Income ~ SES + Ability + Goal
"""


def draw(layout=None):
    table = build_parameter_table(parse_spec(MODEL), TableOptions(call="sem"))
    return draw_diagram(table, estimate_randomly(table), DiagramStyle(), layout=layout)


def find_boxes(diagram):
    return {node.name: node.box for node in diagram.scene.nodes}


def test_the_same_row():
    assert find_boxes(draw())["Ability"].y != pytest.approx(find_boxes(draw())["Income"].y, abs=2)
    boxes = find_boxes(draw(Layout(relations={"same-row": (("Ability", "Income"),)})))
    assert boxes["Ability"].y == pytest.approx(boxes["Income"].y)


def test_left_of_and_above_move_what_is_not_so():
    boxes = find_boxes(draw(Layout(relations={"left-of": (("Income", "Goal"),), "above": (("Goal", "SES"),)})))
    assert boxes["Income"].right < boxes["Goal"].left
    assert boxes["Goal"].bottom < boxes["SES"].top
    kept, plain = find_boxes(draw(Layout(relations={"left-of": (("SES", "Goal"),)}))), find_boxes(draw())
    assert {name: (box.x, box.y) for name, box in kept.items()} == {name: (box.x, box.y) for name, box in plain.items()}


def test_indicators_stand_on_the_side_to_which_they_are_pinned():
    for side, beyond in (("top", lambda item, core: item.bottom < core.top), ("bottom", lambda i, c: i.top > c.bottom)):
        boxes = find_boxes(draw(Layout(sides={"Goal": side})))
        assert all(beyond(boxes[name], boxes["Goal"]) for name in ("g1", "g2"))


def test_an_arc_runs_on_the_side_to_which_it_is_pinned():
    middles = {}
    for side in ("left", "right"):
        diagram = draw(Layout(arcs={"SES ~~ Ability": side}))
        edge = next(edge for edge in diagram.scene.edges if edge.key == "SES ~~ Ability")
        middles[side] = float(np.mean(edge.curve[1:3, 0])) - find_boxes(diagram)["SES"].x
    assert middles["left"] < 0 < middles["right"]


def test_a_number_stands_where_it_is_pinned():
    for share in (0.25, 0.7):
        diagram = draw(Layout(numbers={"Goal ~ Ability": share}))
        edge = next(edge for edge in diagram.scene.edges if edge.key == "Goal ~ Ability")
        start, end = edge.curve[0], edge.curve[-1]
        found = (edge.label.box.x - start[0]) / (end[0] - start[0])
        assert found == pytest.approx(share, abs=0.06)


def test_pins_survive_their_file(tmp_path):
    layout = Layout(
        {"SES": (1.0, 2.0)},
        {"Goal ~ SES": 0.3},
        {"SES ~~ Ability": "left"},
        {"Goal": "top"},
        {"same-row": (("SES", "Goal"),), "above": (("SES", "Ability"), ("Goal", "Income"))},
    )
    write_layout(layout, tmp_path / "a.layout.toml")
    assert read_layout(tmp_path / "a.layout.toml") == layout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[sides]\nF = "up"', "is not left, right, top or bottom"),
        ('[numbers]\n"y ~ x" = 1.5', "share of the path from 0.05 to 0.95"),
        ('[relations]\nsame-row = ["A", "B"]', "is not a list of lists of names"),
        ('[relations]\nbeside = [["A", "B"]]', "is no relation"),
    ],
)
def test_faults_are_named(tmp_path, text, message):
    path = tmp_path / "a.layout.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_layout(path)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (Layout(numbers={"Goal ~ Sez": 0.4}), 'pins "Goal ~ Sez"'),
        (Layout(relations={"above": (("SES", "Gaol"),)}), 'places "Gaol"'),
        (Layout(sides={"Zz": "top"}), 'places "Zz"'),
    ],
)
def test_names_that_the_model_does_not_have_are_said_and_passed_over(layout, message):
    (warning,) = draw(layout).messages
    assert (warning.severity, warning.code.split("-")[0]) == ("warning", "unknown")
    assert message in warning.message
