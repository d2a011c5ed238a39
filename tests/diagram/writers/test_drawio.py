"""Files of diagrams.net: attached paths, each number a label of its path."""

from xml.etree import ElementTree

import numpy as np
import pytest

from sem_toolkit.diagram import DiagramHints, draw_diagram
from sem_toolkit.diagram.geometry.curves import compute_points, is_straight, simplify_polyline
from tests.diagram.drawing import draw_case, read_model


def _read_cells(picture):
    root = ElementTree.fromstring(picture.to_bytes(".drawio"))  # noqa: S314
    return {cell.get("id"): cell for cell in root.iter("mxCell")}


def _read_style(cell):
    return dict(part.split("=", 1) for part in cell.get("style").split(";") if "=" in part)


def test_paths_join_their_variables_where_they_are_drawn():
    picture = draw_case("poldem_sem")
    cells = _read_cells(picture)
    assert len(picture.scene.edges) > 15
    for k, edge in enumerate(picture.scene.edges, 1):
        cell = cells[f"path-{k}"]
        style = _read_style(cell)
        for key, prefix, name, point in (
            ("source", "exit", edge.source, edge.curve[0]),
            ("target", "entry", edge.target, edge.curve[-1]),
        ):
            variable = cells[cell.get(key)]
            assert variable.get("value").split("\n")[0] == name
            box = {side: float(variable[0].get(side)) for side in ("x", "y", "width", "height")}
            x = box["x"] + float(style[f"{prefix}X"]) * box["width"]
            y = box["y"] + float(style[f"{prefix}Y"]) * box["height"]
            assert (x, y) == pytest.approx(tuple(point), abs=1.0)


def test_a_number_stands_where_the_picture_has_it():
    picture = draw_case("poldem_sem")
    cells = _read_cells(picture)
    for k, edge in enumerate(picture.scene.edges, 1):
        if edge.label is None or not is_straight(edge.curve):
            continue
        geometry = cells[f"path-{k}-number"][0]
        share = (float(geometry.get("x")) + 1) / 2
        point = compute_points(edge.curve[[0, -1]], np.array([share]))[0][0]
        offset = [float(geometry[0].get(axis)) for axis in "xy"]
        assert point + offset == pytest.approx([edge.label.box.x, edge.label.box.y], abs=0.3)


def test_curves_keep_their_middle():
    picture = draw_case("poldem_sem", variances="ram")
    cells = _read_cells(picture)
    curved = [(k, edge) for k, edge in enumerate(picture.scene.edges, 1) if len(edge.curve) == 4]
    checked = 0
    for k, edge in curved:
        points = [[float(p.get("x")), float(p.get("y"))] for p in cells[f"path-{k}"].iter("mxPoint")]
        if len(points) == 2 and not is_straight(edge.curve):
            assert np.mean(points, axis=0) == pytest.approx(edge.curve.T @ [0.125, 0.375, 0.375, 0.125], abs=0.01)
            checked += 1
    assert checked > 3


def test_an_open_end_is_a_point():
    picture = draw_case("hs_cfa_marker", variances="lisrel", theme="print")
    cells = _read_cells(picture)
    k = next(k for k, edge in enumerate(picture.scene.edges, 1) if edge.key == "x1 ~~ x1")
    assert cells[f"path-{k}"].get("source") is None
    assert cells[f"path-{k}"].find("./mxGeometry/mxPoint").get("as") == "sourcePoint"


def test_texts_are_escaped_and_stages_are_grounds():
    table, _, _ = read_model("hs_cfa_marker")
    hints = DiagramHints(labels={"x1": 'a<b>&"'}, stages={"A & B": ("visual",), "C": ("textual", "speed")})
    cells = _read_cells(draw_diagram(table, hints=hints))
    values = [cell.get("value") for cell in cells.values()]
    assert 'a<b>&"' in values
    assert "A & B" in values
    assert "stage-1" in cells


def test_simplified_polylines_keep_corners_only():
    points = np.array([[0, 0], [1, 0.01], [2, 0], [2, 1], [2.01, 2], [2, 3]], dtype=float)
    assert simplify_polyline(points, 0.1).tolist() == [[0, 0], [2, 0], [2, 3]]
    closed = np.array([[0, 0], [4, 0], [4, 4], [0, 0]], dtype=float)
    assert len(simplify_polyline(closed, 0.1)) == 4
