"""The checker finds what is wrong with bad pictures, and nothing in good ones."""

from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit.diagram import Layout, draw_diagram
from sem_toolkit.diagram.checks.checker import check_scene
from sem_toolkit.diagram.content.style import POINTS_PER_MILLIMETRE, DiagramStyle
from sem_toolkit.diagram.geometry.curves import build_line
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.scene.elements import EdgeShape, Label, NodeShape, Scene, TextItem
from sem_toolkit.spec import build_parameter_table, parse_spec
from tests.diagram.drawing import draw_text


def build_node(name, x, y, shape="rectangle"):
    return NodeShape(name, shape, Rectangle(x, y, 40, 20), (name,), "#ffffff", "#000000", 8.0)


def build_edge(key, start, end, source="a", target="b", label=None):
    curve = build_line(np.array(start, float), np.array(end, float))
    return EdgeShape(key, source, target, "regression", curve, True, False, "#000000", label=label)


def build_label(x, y):
    return Label("0.50", Rectangle(x, y, 20, 8), 7.0, "#000000")


@pytest.fixture
def good():
    nodes = (build_node("a", 50, 50), build_node("b", 250, 50), build_node("c", 150, 120, "ellipse"))
    edge = build_edge("b ~ a", (70, 50), (230, 50), label=build_label(150, 50))
    return Scene(300, 150, DiagramStyle(), nodes, (edge,))


def find_kinds(scene):
    return {problem.kind for problem in check_scene(scene)}


def test_a_good_picture_has_no_problem(good):
    assert not check_scene(good)


def test_a_text_on_a_text(good):
    item = TextItem("note", ("x",), Rectangle(155, 52, 10, 8), 7.0, "#000000")
    assert "label-label" in find_kinds(replace(good, texts=(item,)))


def test_a_text_on_a_shape(good):
    item = TextItem("note", ("x",), Rectangle(150, 115, 10, 8), 7.0, "#000000")
    assert find_kinds(replace(good, texts=(item,))) == {"label-node"}


def test_a_text_at_the_corner_of_an_ellipse_is_free(good):
    item = TextItem("note", ("x",), Rectangle(132, 111, 3, 2), 7.0, "#000000")
    assert not check_scene(replace(good, texts=(item,)))


def test_a_path_through_a_shape(good):
    edge = build_edge("c ~ a", (150, 10), (150, 140), target="x", source="y")
    assert "edge-node" in find_kinds(replace(good, edges=(edge,)))


def test_a_path_through_its_own_shape(good):
    edge = build_edge("b ~ a", (20, 50), (230, 50))
    assert find_kinds(replace(good, edges=(edge,))) == {"edge-node"}


def test_a_path_under_the_number_of_another(good):
    other = build_edge("c ~~ a", (150, 20), (150, 100), source="x", target="y")
    assert {"label-edge", "crossing"} <= find_kinds(replace(good, edges=(*good.edges, other)))


def test_shapes_on_each_other(good):
    assert find_kinds(replace(good, nodes=(*good.nodes, build_node("d", 160, 125)))) == {"node-node"}


def test_something_cut_off(good):
    assert "cut-off" in find_kinds(replace(good, width=260))


def test_too_wide_for_the_column_and_text_too_small(good):
    problems = check_scene(replace(good, style=DiagramStyle(column="single")))
    assert [problem.kind for problem in problems] == ["too-wide"]
    said = "the picture needs 106 mm at this font size, the column has 85 mm; a double column holds it"
    assert str(problems[0]) == said
    small = replace(good.nodes[0], font_size=6.0)
    assert "small-font" in find_kinds(replace(good, nodes=(small, *good.nodes[1:])))


def test_too_high_for_a_page_unless_the_size_is_free(good):
    high = replace(good, height=280 * POINTS_PER_MILLIMETRE)
    (problem,) = check_scene(high)
    assert problem.kind == "too-high"
    assert not problem.is_hit
    said = "the picture is 280 mm high at this font size, a page has 247 mm"
    assert str(problem) == f"{said}; shorter labels take less room, and so do parts of it by themselves"
    assert not check_scene(replace(high, style=DiagramStyle(column="free")))


def test_hits_come_first_and_crossings_are_none(good):
    other = build_edge("c ~~ a", (130, 20), (100, 100), source="x", target="y")
    problems = check_scene(replace(good, edges=(*good.edges, other)))
    assert [problem.is_hit for problem in problems] == [False]


def test_a_number_nearer_to_a_foreign_path(good):
    """Beside its own line by 4 points: another line 2 points away takes it, one 6 points away does not."""
    beside = build_edge("b ~ a", (70, 50), (230, 50), label=build_label(150, 58))
    for height, kinds in ((64, {"foreign-path"}), (70, set())):
        other = build_edge("c ~ a", (80, height), (220, height), source="x", target="y")
        assert find_kinds(replace(good, edges=(beside, other))) == kinds
    # On its own line it is in no doubt, however near the other.
    other = build_edge("c ~ a", (80, 56), (220, 56), source="x", target="y")
    assert not find_kinds(replace(good, edges=(*good.edges, other)))


def test_an_r2_away_from_its_variable(good):
    def place(x, y):
        return replace(good, texts=(TextItem("r2 c", ("R² = .5",), Rectangle(x, y, 30, 8), 7.0, "#000000"),))

    assert not check_scene(place(150, 137))
    assert find_kinds(place(150, 139)) == {"r2-away"}
    assert find_kinds(place(250, 66)) == {"r2-away"}


def test_a_column_too_narrow_for_one_box_names_it():
    name = "unbreakable" * 16
    problems = [p for p in draw_text(f"F =~ {name} + b + c", column="single").problems() if p.kind == "too-wide"]
    assert f'the name of "{name}" alone takes' in str(problems[0])


def test_positions_that_collide_are_told():
    table = build_parameter_table(parse_spec("F =~ a + b + c"))
    problems = draw_diagram(table, layout=Layout({"a": (10.0, 10.0), "b": (12.0, 12.0)})).problems()
    assert str(problems[0]) == "a lies on b"
