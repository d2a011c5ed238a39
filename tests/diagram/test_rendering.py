"""Graphviz moves nothing: each renderer draws shapes, lines and numbers where we put them, so all draw the same."""

import re
import shutil
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from sem_toolkit.diagram import draw_diagram
from sem_toolkit.diagram.geometry.curves import draw_in_controls
from sem_toolkit.diagram.rendering import render_dot
from sem_toolkit.diagram.writers.dot import format_dot, split_into_pieces
from sem_toolkit.spec.table import ParameterTable
from tests.diagram.drawing import draw_case, read_model

SVG = "{http://www.w3.org/2000/svg}"
RENDERERS = ["embedded", *(["system"] if shutil.which("dot") else [])]
"""The graphviz inside pygraphviz is there wherever the tests run; the system's own one where it is installed."""

CASES = {
    "poldem_sem": {"variances": "ram"},
    "hs_second_order": {},
    "bifactor": {"variances": "lisrel", "theme": "print"},
    "composite": {"variances": "ram", "values": "raw"},
    "growth_tvc": {},
    "hs_meanstructure": {"intercepts": True, "variances": "lisrel"},
}
ROUNDING = 0.02
"""Positions are handed over in hundredths of a point, and written in hundredths, too."""


def draw_by(renderer, diagram):
    """The SVG that graphviz makes of our text; PDF and PNG files come by the same way."""
    return render_dot(format_dot(diagram.scene), "svg", renderer).decode()


def read_groups(text):
    """Id → its group, of an SVG."""
    root = ElementTree.fromstring(text)  # noqa: S314 - our own text
    return {group.get("id"): group for group in root.iter(f"{SVG}g") if group.get("id")}


def read_points(text):
    return np.array([float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]).reshape(-1, 2)


def turn_up(points, height):
    """Our y grows downwards from the top; graphviz's SVG counts from the bottom and turns the sign."""
    return np.asarray(points) - [0.0, height]


def find_centre(group):
    """Centre of the shape in a group: of an ellipse, or of the bounds of a polygon."""
    ellipse = group.find(f".//{SVG}ellipse")
    if ellipse is not None:
        return np.array([float(ellipse.get("cx")), float(ellipse.get("cy"))])
    points = read_points(group.find(f".//{SVG}polygon").get("points"))
    return (points.min(axis=0) + points.max(axis=0)) / 2


@pytest.mark.slow
@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("name", CASES)
def test_every_coordinate_is_the_computed_one(name, renderer):
    diagram = draw_case(name, **CASES[name])
    scene, groups = diagram.scene, read_groups(draw_by(renderer, diagram))
    for number, node in enumerate(scene.nodes, start=1):
        wanted = turn_up([node.box.x, node.box.y], scene.height)
        # The bounds of a triangle are not around its node's middle.
        axes = slice(0, 1) if node.shape == "triangle" else slice(0, 2)
        assert find_centre(groups[f"node{number}"])[axes] == pytest.approx(wanted[axes], abs=ROUNDING)
    for number, edge in enumerate(scene.edges, start=1):
        parts = [groups[name] for name in (f"tail-of-edge{number}", f"edge{number}") if name in groups]
        drawn = [read_points(path.get("d")) for part in parts for path in part.iter(f"{SVG}path")]
        pieces = [draw_in_controls(piece, scene.width, scene.height) for piece in split_into_pieces(edge)]
        wanted = [turn_up(piece, scene.height) for piece in pieces]
        assert len(drawn) == len(wanted)
        for one, other in zip(drawn, wanted, strict=True):
            assert one == pytest.approx(other, abs=ROUNDING)
        if edge.label is not None:
            label = groups[f"label{number}"]
            assert "".join(label.find(f".//{SVG}text").itertext()) == edge.label.text
            place = turn_up([edge.label.box.x, edge.label.box.y], scene.height)
            assert find_centre(label) == pytest.approx(place, abs=ROUNDING)
            assert float(label.find(f".//{SVG}text").get("x")) == pytest.approx(place[0], abs=ROUNDING)


@pytest.mark.parametrize("renderer", RENDERERS)
def test_arrowheads_end_at_the_computed_tips(renderer):
    """Fixed covariances are the difficult ones: dashed, in many pieces, with a head at both ends."""
    table, estimates, _ = read_model("poldem_sem")
    fixed = tuple(row._replace(free=0, ustart=0.3) if row.op == "~~" else row for row in table.parameters)
    diagram = draw_diagram(ParameterTable(fixed), estimates)
    scene, groups = diagram.scene, read_groups(draw_by(renderer, diagram))
    assert sum(edge.tail and edge.pattern == "dashed" for edge in scene.edges) == 6
    for number, edge in enumerate(scene.edges, start=1):
        parts = [groups[name] for name in (f"tail-of-edge{number}", f"edge{number}") if name in groups]
        heads = [read_points(head.get("points")) for part in parts for head in part.iter(f"{SVG}polygon")]
        tips = [edge.curve[-1], *([edge.curve[0]] if edge.tail else [])]
        assert len(heads) == len(tips)
        for tip in turn_up(tips, scene.height):
            # New versions of graphviz move the tip back by the mitre of its outline, 1.5 points at most here.
            assert min(np.abs(head - tip).max(axis=1).min() for head in heads) < 1.6


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_number_has_a_ground_of_the_colour_below_it(renderer):
    diagram = draw_case("poldem_sem")
    groups = read_groups(draw_by(renderer, diagram))
    order = list(groups)
    for number, edge in enumerate(diagram.scene.edges, start=1):
        if edge.label is not None:
            ground = groups[f"label{number}"].find(f".//{SVG}polygon")
            assert ground.get("fill") == "white" or ground.get("fill") == "#ffffff"
            size = np.ptp(read_points(ground.get("points")), axis=0)
            assert (size >= [edge.label.box.width, edge.label.box.height - ROUNDING]).all()
            # Above all lines: what comes later in the file covers what came before.
            assert order.index(f"label{number}") > max(order.index(key) for key in order if key.startswith("edge"))
