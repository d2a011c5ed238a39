"""Word documents: variables as shapes, paths as connectors that hold on to them, the caption as Word's."""

import io
import itertools
import re

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import DiagramHints, DiagramStyle, draw_diagram
from sem_toolkit.diagram.geometry.curves import is_straight
from sem_toolkit.diagram.writers.drawing_ml import ANGLES, EMU
from tests.diagram.drawing import draw_case, draw_text, read_model

docx = pytest.importorskip("docx")

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
WPS = "{http://schemas.microsoft.com/office/word/2010/wordprocessingShape}"


def _open(picture):
    return docx.Document(io.BytesIO(picture.to_bytes(".docx")))


def _read_choices(document):
    """What stands in the picture's place → by the extension that a program needs for it."""
    return {choice.get("Requires"): choice for choice in document.element.iter(f"{MC}Choice")}


def _read_shapes(document, kind="wpc"):
    return list(_read_choices(document)[kind].iter(f"{WPS}wsp"))


def _read_name(shape):
    return shape.find(f"{WPS}cNvPr").get("name")


def _read_number(shape):
    return int(shape.find(f"{WPS}cNvPr").get("id"))


def _read_lines(shape):
    return ["".join(t.text for t in line.iter(f"{W}t")) for line in shape.iter(f"{W}p")]


def _read_place(shape):
    """Left, top, width and height in points."""
    frame = shape.find(f"{WPS}spPr/{A}xfrm")
    numbers = [frame.find(f"{A}off").get(key) for key in "xy"] + [
        frame.find(f"{A}ext").get(key) for key in ("cx", "cy")
    ]
    return [int(number) / EMU for number in numbers]


def _read_glue(shape):
    """Numbers of the shapes and of their connection sites, at the start and at the end."""
    found = [shape.find(f"{WPS}cNvCnPr/{A}{tag}") for tag in ("stCxn", "endCxn")]
    return [(int(site.get("id")), int(site.get("idx"))) for site in found if site is not None]


def _find_site(shape, index):
    """Where a shape's connection site is in the picture, in points, and in which direction paths leave it."""
    site = shape.findall(f".//{A}cxn")[index]
    left, top, _, _ = _read_place(shape)
    place = site.find(f"{A}pos")
    return left + int(place.get("x")) / EMU, top + int(place.get("y")) / EMU, int(site.get("ang"))


def test_every_variable_is_a_shape_with_its_text_and_its_description():
    picture = draw_case("poldem_sem", theme="print")
    shapes = {_read_name(shape): shape for shape in _read_shapes(_open(picture))}
    for node in picture.scene.nodes:
        shape = shapes[node.name]
        assert _read_lines(shape) == list(node.lines)
        box = [node.box.left, node.box.top, node.box.width, node.box.height]
        assert _read_place(shape) == pytest.approx(box, abs=0.01)
        assert shape.find(f"{WPS}cNvPr").get("descr") == node.description


def test_every_number_is_a_text():
    picture = draw_case("poldem_sem")
    shapes = {_read_name(shape): shape for shape in _read_shapes(_open(picture))}
    for edge in picture.scene.edges:
        assert _read_lines(shapes[f"number of {edge.key}"]) == [edge.label.text]


def test_straight_paths_hold_on_to_both_variables_exactly_where_they_end():
    picture = draw_case("poldem_sem")
    shapes = _read_shapes(_open(picture))
    numbers = {_read_number(shape): shape for shape in shapes}
    connectors = {_read_name(shape): shape for shape in shapes if shape.find(f"{WPS}cNvCnPr") is not None}
    straight = [edge for edge in picture.scene.edges if is_straight(edge.curve)]
    assert len(straight) >= 13
    for edge in straight:
        ends = ((edge.source, edge.curve[0]), (edge.target, edge.curve[-1]))
        for (number, index), (name, point) in zip(_read_glue(connectors[edge.key]), ends, strict=True):
            assert _read_name(numbers[number]) == name
            assert _find_site(numbers[number], index)[:2] == pytest.approx(tuple(point), abs=0.1)


def test_arcs_in_tracks_hold_on_exactly_where_they_end_and_leave_upright():
    picture = draw_case("poldem_sem")
    shapes = _read_shapes(_open(picture))
    numbers = {_read_number(shape): shape for shape in shapes}
    edge = next(edge for edge in picture.scene.edges if edge.key == "y2 ~~ y6")
    assert len(edge.curve) > 4
    halves = [shape for shape in shapes if _read_name(shape) == edge.key and _read_glue(shape)]
    sites = [(numbers[n], index) for half in halves for n, index in _read_glue(half)]
    held = {_read_name(shape): _find_site(shape, index) for shape, index in sites if shape.findall(f".//{A}cxn")}
    upwards = ANGLES[0]
    assert held["y2"] == pytest.approx((*edge.curve[0], upwards), abs=0.1)
    assert held["y6"] == pytest.approx((*edge.curve[-1], upwards), abs=0.1)


def test_the_picture_stands_in_the_text_at_its_size_with_its_description():
    table, estimates, r2 = read_model("poldem_sem")
    picture = draw_diagram(table, estimates, hints=DiagramHints(title="Democracy & <more>"), r2=r2)
    choices = _read_choices(_open(picture))
    assert list(choices) == ["wpc", "wpg"]
    for choice in choices.values():
        extent, properties = choice.find(f".//{WP}extent"), choice.find(f".//{WP}docPr")
        assert int(extent.get("cx")) == pytest.approx(picture.scene.width * EMU, abs=1)
        assert int(extent.get("cy")) == pytest.approx(picture.scene.height * EMU, abs=1)
        assert properties.get("title") == "Democracy & <more>"
        assert "ind60 is measured by x1" in properties.get("descr")


def test_programs_without_canvases_get_the_same_shapes_as_a_group():
    document = _open(draw_case("composite", variances="ram", theme="grey", intercepts=True))
    canvas, group = ([_read_name(shape) for shape in _read_shapes(document, kind)] for kind in ("wpc", "wpg"))
    assert canvas == group
    numbers = [_read_number(shape) for shape in _read_shapes(document)]
    assert len(set(numbers)) == len(numbers)


def test_the_caption_is_a_paragraph_with_a_number_that_word_counts():
    hints = DiagramHints(caption="What leads to democracy: 75 countries & more.")
    picture = draw_case("poldem_sem", hints)
    document = _open(picture)
    caption = document.paragraphs[-1]
    assert caption.style.name == "Caption"
    assert re.search(r'w:instr=" SEQ Figure ', caption._p.xml)
    assert "".join(t.text for t in caption._p.iter(f"{W}t")) == f"Figure 1. {hints.caption}"
    assert document.paragraphs[0].paragraph_format.keep_with_next
    extent = document.element.find(f".//{WP}extent")
    assert int(extent.get("cy")) < (picture.scene.height - 10) * EMU, "the picture has no room for a caption of its own"
    assert not any("countries" in "".join(_read_lines(shape)) for shape in _read_shapes(document))


def test_without_a_caption_or_with_caption_off_there_is_none():
    assert len(_open(draw_case("poldem_sem")).paragraphs) == 1
    assert len(_open(draw_case("poldem_sem", DiagramHints(caption="Words"), caption=False)).paragraphs) == 1


def test_the_page_holds_the_picture():
    for column in ("single", "double", "free"):
        picture = draw_case("hs_cfa_marker", column=column)
        section = _open(picture).sections[0]
        room = section.page_width - section.left_margin - section.right_margin
        assert room >= int(picture.scene.width * EMU) - 1
        assert section.page_width == pytest.approx(210 * 36000, abs=EMU)


def test_a_picture_larger_than_every_page_is_refused():
    names = [f"variable_number_{k}" for k in range(60)]
    picture = draw_text("\n".join(f"{b} ~ {a}" for a, b in itertools.pairwise(names)), column="free")
    assert picture.scene.width > 1584
    with pytest.raises(DataError, match=r"needs a page of \d+ × \d+ mm, and pages in Word are at most 559 mm long"):
        picture.to_bytes(".docx")


def test_what_xml_cannot_hold_is_marked():
    table, _, _ = read_model("hs_cfa_marker")
    picture = draw_diagram(table, None, DiagramStyle(), DiagramHints(labels={"x1": "a\x07<b>"}))
    assert any(_read_lines(shape) == ["a\ufffd<b>"] for shape in _read_shapes(_open(picture)))


@pytest.mark.parametrize("suffix", [".docx", ".pptx"])
def test_the_same_picture_is_the_same_file_at_any_time(monkeypatch, suffix):
    if suffix == ".pptx":
        pytest.importorskip("pptx")
    picture = draw_case("path_med_fixedx")
    first = picture.to_bytes(suffix)
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: __import__("time").gmtime(2e9))
    assert picture.to_bytes(suffix) == first


def test_without_the_package_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "docx", None)
    with pytest.raises(DataError, match="python-docx"):
        draw_case("path_med_fixedx").to_bytes(".docx")
