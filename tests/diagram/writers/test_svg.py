"""SVG files: one group an element, dashes and arrowheads as the format has them."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from sem_toolkit.diagram import DiagramHints, draw_diagram
from sem_toolkit.diagram.scene.elements import ARROW_LENGTH
from sem_toolkit.spec.table import ParameterTable
from tests.diagram.drawing import draw_case, read_model

SVG = "{http://www.w3.org/2000/svg}"
TAGS = {"ellipse": "ellipse", "rectangle": "rect"}


def read_svg(picture):
    return ElementTree.fromstring(picture.to_svg())  # noqa: S314 - our own text


def read_groups(root):
    return {group.get("id"): group for group in root.iter(f"{SVG}g")}


def read_points(text):
    return np.array([float(number) for number in re.findall(r"-?\d+\.?\d*", text)]).reshape(-1, 2)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("poldem_sem", {"variances": "ram"}),
        ("composite", {"variances": "lisrel", "theme": "grey", "values": "raw"}),
        ("hs_meanstructure", {"intercepts": True}),
    ],
)
def test_arrowheads_lead_on_to_the_tips(name, settings):
    """The last piece of a line is as short as can be and points where the marker at its end has its tip."""
    picture = draw_case(name, **settings)
    groups = read_groups(read_svg(picture))
    for number, edge in enumerate(picture.scene.edges, 1):
        (line,) = groups[f"path-{number}"].iter(f"{SVG}path")
        points = read_points(line.get("d"))
        for end, wanted, order in (("end", edge.head, slice(None)), ("start", edge.tail, slice(None, None, -1))):
            assert (line.get(f"marker-{end}") is not None) == wanted
            if wanted:
                before, last = points[order][-2:]
                tip = before + (last - before) / np.hypot(*(last - before)) * ARROW_LENGTH
                assert tip == pytest.approx(edge.curve[order][-1], abs=0.35)


def test_every_marker_is_defined_in_the_colour_of_its_line():
    root = read_svg(draw_case("poldem_sem", variances="ram"))
    colours = {marker.get("id"): marker[0].get("fill") for marker in root.iter(f"{SVG}marker")}
    used = set()
    for line in root.iter(f"{SVG}path"):
        for end in ("start", "end"):
            reference = line.get(f"marker-{end}")
            if reference:
                identity = reference.removeprefix("url(#").removesuffix(")")
                assert colours[identity] == line.get("stroke")
                used.add(identity)
    assert used == set(colours)


def test_fixed_paths_are_one_line_with_dashes():
    table, estimates, _ = read_model("poldem_sem")
    fixed = tuple(row._replace(free=0, ustart=0.3) if row.op == "~~" else row for row in table.parameters)
    picture = draw_diagram(ParameterTable(fixed), estimates)
    groups = read_groups(read_svg(picture))
    dashed = [number for number, edge in enumerate(picture.scene.edges, 1) if edge.pattern == "dashed"]
    assert len(dashed) > 6
    for number in dashed:
        (line,) = groups[f"path-{number}"].iter(f"{SVG}path")
        assert line.get("stroke-dasharray") == "3.2 2"


def test_numbers_lie_above_all_lines_on_a_ground():
    picture = draw_case("poldem_sem")
    groups = read_groups(read_svg(picture))
    order = list(groups)
    assert order.index("numbers") > max(order.index(key) for key in order if key.startswith("path-"))
    for number, edge in enumerate(picture.scene.edges, 1):
        if edge.label is not None:
            group = groups[f"number-{number}"]
            assert float(group.find(f"{SVG}rect").get("width")) >= edge.label.box.width
            text = group.find(f"{SVG}text")
            assert text.text == edge.label.text
            assert float(text.get("textLength", 0)) == pytest.approx(edge.label.box.width, abs=0.01)


def test_shapes_stand_where_the_scene_has_them():
    picture = draw_case("composite", intercepts=True)
    groups = read_groups(read_svg(picture))
    for number, node in enumerate(picture.scene.nodes, 1):
        group = groups[f"variable-{number}"]
        shape = group.find(f"{SVG}{TAGS.get(node.shape, 'polygon')}")
        if node.shape == "ellipse":
            assert float(shape.get("cx")) == pytest.approx(node.box.x, abs=0.01)
        elif node.shape == "rectangle":
            assert float(shape.get("x")) == pytest.approx(node.box.left, abs=0.01)
        else:
            points = read_points(shape.get("points"))
            assert np.ptp(points, axis=0) == pytest.approx([node.box.width, node.box.height], abs=0.02)


def test_lines_of_their_own_start_at_the_margin():
    picture = draw_case("poldem_sem", DiagramHints(title="A title of some length, set in bold"))
    groups = read_groups(read_svg(picture))
    left = [(k, item) for k, item in enumerate(picture.scene.texts, start=1) if item.align == "left"]
    assert "title" in {item.key for _, item in left}
    for number, item in left:
        for line in groups[f"text-{number}"].iter(f"{SVG}text"):
            assert line.get("text-anchor") == "start"
            assert float(line.get("x")) == pytest.approx(item.box.left, abs=0.01)
