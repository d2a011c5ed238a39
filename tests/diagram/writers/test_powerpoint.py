"""Slides: variables as shapes, paths as connectors that hold on to them."""

import io

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import DiagramHints, DiagramStyle, draw_diagram
from sem_toolkit.diagram.geometry.curves import is_straight
from sem_toolkit.diagram.writers.drawing_ml import EMU
from tests.diagram.drawing import draw_case, read_model

pptx = pytest.importorskip("pptx")

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"


def _open(picture):
    return pptx.Presentation(io.BytesIO(picture.to_bytes(".pptx")))


def _read_shapes(picture):
    return list(_open(picture).slides[0].shapes)


def _read_glue(connector):
    """Tag → number of the shape and of its connection site."""
    return {
        tag: (int(found.get("id")), int(found.get("idx")))
        for tag in ("stCxn", "endCxn")
        if (found := connector._element.find(f".//{A}{tag}")) is not None
    }


def _find_site(shape, index):
    """Where a shape's connection site is on the slide, in points."""
    site = shape._element.findall(f".//{A}cxn/{A}pos")[index]
    return (shape.left + int(site.get("x"))) / EMU, (shape.top + int(site.get("y"))) / EMU


def _is_connector(shape):
    return shape._element.tag.endswith("cxnSp")


def test_the_slide_is_as_large_as_the_picture_and_has_its_title():
    table, _, _ = read_model("hs_cfa_marker")
    picture = draw_diagram(table, hints=DiagramHints(title="Abilities & <more>"))
    presentation = _open(picture)
    assert presentation.slide_width == pytest.approx(picture.scene.width * EMU, abs=1)
    assert presentation.slide_height == pytest.approx(picture.scene.height * EMU, abs=1)
    assert presentation.core_properties.title == "Abilities & <more>"


def test_every_variable_is_a_shape_with_its_text():
    picture = draw_case("poldem_sem", theme="print")
    shapes = {shape.name: shape for shape in _read_shapes(picture)}
    for node in picture.scene.nodes:
        assert shapes[node.name].text_frame.text.split("\n") == list(node.lines)
        assert shapes[node.name].left == pytest.approx(node.box.left * EMU, abs=1)


def test_straight_paths_are_glued_exactly_where_they_end():
    picture = draw_case("poldem_sem")
    shapes = _read_shapes(picture)
    numbers = {shape.shape_id: shape for shape in shapes}
    connectors = {shape.name: shape for shape in shapes if _is_connector(shape)}
    straight = [edge for edge in picture.scene.edges if is_straight(edge.curve)]
    assert len(straight) >= 13
    for edge in straight:
        glue = _read_glue(connectors[edge.key])
        for tag, name, point in (("stCxn", edge.source, edge.curve[0]), ("endCxn", edge.target, edge.curve[-1])):
            number, index = glue[tag]
            assert numbers[number].name == name
            assert _find_site(numbers[number], index) == pytest.approx(tuple(point), abs=0.1)


def test_curved_paths_hold_on_to_both_variables_by_way_of_their_number():
    picture = draw_case("poldem_sem")
    shapes = _read_shapes(picture)
    numbers = {shape.shape_id: shape.name for shape in shapes}
    halves = [shape for shape in shapes if _is_connector(shape) and shape.name == "y1 ~~ y5"]
    held = sorted(numbers[number] for half in halves for number, _ in _read_glue(half).values())
    assert held == ["number of y1 ~~ y5", "number of y1 ~~ y5", "y1", "y5"]


def test_halves_of_a_path_without_number_meet_in_an_invisible_shape():
    picture = draw_case("poldem_sem", values="none")
    shapes = _read_shapes(picture)
    numbers = {shape.shape_id: shape for shape in shapes}
    half = next(shape for shape in shapes if _is_connector(shape) and shape.name == "y1 ~~ y5")
    knot = next(numbers[n] for n, _ in _read_glue(half).values() if numbers[n].name.startswith("bend of"))
    assert knot.width == EMU


def test_a_moved_shape_keeps_its_connectors():
    presentation = _open(draw_case("path_med_fixedx"))
    shapes = list(presentation.slides[0].shapes)
    moved = next(shape for shape in shapes if not _is_connector(shape) and shape.text_frame.text.strip())
    before = [_read_glue(shape) for shape in shapes if _is_connector(shape)]
    moved.left += 100 * EMU
    buffer = io.BytesIO()
    presentation.save(buffer)
    after = [
        _read_glue(s) for s in pptx.Presentation(io.BytesIO(buffer.getvalue())).slides[0].shapes if _is_connector(s)
    ]
    assert before == after
    assert any(before)


@pytest.mark.parametrize("variances", ["lisrel", "ram"])
def test_variances_are_drawn_and_numbers_of_shapes_are_unique(variances):
    shapes = _read_shapes(draw_case("composite", variances=variances, theme="grey", intercepts=True))
    assert len({shape.shape_id for shape in shapes}) == len(shapes)
    assert any("~~" in shape.name for shape in shapes)


def test_what_xml_cannot_hold_is_marked():
    table, _, _ = read_model("hs_cfa_marker")
    picture = draw_diagram(table, None, DiagramStyle(), DiagramHints(labels={"x1": "a\x07<b>"}))
    assert any(shape.has_text_frame and shape.text_frame.text == "a\ufffd<b>" for shape in _read_shapes(picture))


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pptx", None)
    with pytest.raises(DataError, match="python-pptx"):
        draw_case("path_med_fixedx").to_bytes(".pptx")
