"""Files of diagrams: formats, literal names, faults."""

import contextlib
import json
import re
import struct
import xml.etree.ElementTree as ElementTree
import zlib

import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import DiagramHints, DiagramStyle, draw_diagram
from sem_toolkit.spec import build_parameter_table, parse_spec
from sem_toolkit.spec.table import Parameter, ParameterTable
from tests.diagram.drawing import draw_case, read_model
from tests.support import ORACLES

SIGNATURES = {".pdf": b"%PDF", ".png": b"\x89PNG", ".svg": b"<?xml", ".dot": b"digraph", ".tex": b"\\documentclass"}
NASTY = ['quo"te', "<b>bold</b>", "back\\slash\\N", "amp&amp;", "tail\\", "中文 変数", "a\u0301", "{x|y}", "new\nline"]


@pytest.fixture(scope="module")
def diagram():
    return draw_case("hs_cfa_marker")


@pytest.mark.parametrize("suffix", SIGNATURES)
def test_every_format_is_written(diagram, tmp_path, suffix):
    path = diagram.write(tmp_path / f"model{suffix}")
    assert path.read_bytes().startswith(SIGNATURES[suffix])
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_an_unknown_suffix_is_named(diagram, tmp_path):
    with pytest.raises(DataError, match=r'"\.bmp" is no format'):
        diagram.write(tmp_path / "model.bmp")
    assert not list(tmp_path.iterdir())


def test_an_unwritable_path_is_named(diagram, tmp_path):
    with pytest.raises(DataError, match="nowhere"):
        diagram.write(tmp_path / "nowhere" / "model.svg")


def test_names_are_drawn_literally(tmp_path):
    rows = tuple(Parameter("f", "=~", name, free=k + 1) for k, name in enumerate(NASTY))
    diagram = draw_diagram(ParameterTable(rows))
    root = ElementTree.fromstring(diagram.to_svg())  # noqa: S314 - our own text
    shown = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for name in NASTY:
        assert any(text == name.replace("\n", " ") for text in shown) or all(
            part in shown for part in name.split("\n")
        ), name
    assert not diagram.hits()


def test_svg_has_a_size_a_title_and_a_name_for_every_element(diagram):
    root = ElementTree.fromstring(diagram.to_svg())  # noqa: S314 - our own text
    assert root.get("width", "").endswith("mm")
    assert root.get("role") == "img"
    assert root.find("{http://www.w3.org/2000/svg}desc").text.startswith("Path diagram with 3 latent and 9 observed")
    groups = list(root.iter("{http://www.w3.org/2000/svg}g"))
    assert {group.get("data-variable") for group in groups} >= {"visual", "x1", "x9"}
    assert {group.get("data-path") for group in groups} >= {"visual =~ x1", "visual ~~ textual"}


def test_pages_have_the_size_of_the_scene(diagram):
    """PDF pages in points, PNG pixels at the stated resolution."""
    pdf = diagram.to_bytes(".pdf", "embedded")
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", _inflate(pdf))
    assert [float(size) for size in box.groups()] == pytest.approx([diagram.scene.width, diagram.scene.height], abs=1.1)
    png = diagram.to_bytes(".png", "embedded")
    width, height = struct.unpack(">II", png[16:24])
    assert (width / 300 * 72, height / 300 * 72) == pytest.approx((diagram.scene.width, diagram.scene.height), abs=0.6)


def _inflate(pdf: bytes) -> bytes:
    """The text of a PDF with its compressed streams opened."""
    texts = [pdf]
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        with contextlib.suppress(zlib.error):
            texts.append(zlib.decompress(match.group(1)))
    return b"".join(texts)


def test_control_characters_are_marked_in_every_format(tmp_path):
    """Names, labels, title and caption with what XML and TeX cannot hold: drawn as a mark, names still apart."""
    rows = tuple(
        Parameter("f", "=~", name, free=k + 1, label="l\x07\x00")
        for k, name in enumerate(["x\x01", "x\x02", "\x01corner 1", "y\x1b[31m", "z\ud800", "w\uffff"])
    )
    hints = DiagramHints(title="T\x00\x07", caption="c\x1b", legend=("n\x08",), labels={"f": "F\x80"})
    diagram = draw_diagram(ParameterTable(rows), hints=hints)
    for suffix in SIGNATURES:
        assert diagram.write(tmp_path / f"model{suffix}").read_bytes().startswith(SIGNATURES[suffix])
    root = ElementTree.fromstring(diagram.to_svg())  # noqa: S314 - our own text
    shown = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"x\ufffd", "\ufffdcorner 1", "z\ufffd", "F\ufffd", "T\ufffd\ufffd"} <= set(shown)
    assert sum(text == "x\ufffd" for text in shown) == 2
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\uffff]", diagram.to_tikz() + diagram.to_dot())


def test_title_caption_and_legend_can_be_left_out():
    hints = DiagramHints(title="A title", caption="A caption")
    table, estimates, r2 = read_model("hs_cfa_marker")
    bare = draw_diagram(table, estimates, DiagramStyle(title=False, caption=False, legend=False), hints, r2)
    assert not [item for item in bare.scene.texts if item.key.startswith(("title", "caption", "legend"))]
    assert bare.caption == "A caption"


def test_paths_that_are_not_significant_can_be_left_out_and_the_legend_says_so():
    table, estimates, r2 = read_model("poldem_sem")
    diagram = draw_diagram(table, estimates, DiagramStyle(hide_nonsignificant=True), r2=r2)
    keys = {edge.key for edge in diagram.scene.edges}
    assert "y2 ~~ y6" in keys
    assert "y4 ~~ y8" not in keys
    assert any("not drawn" in item.lines[0] for item in diagram.scene.texts)


@pytest.mark.slow
def test_small_rotated_loadings_are_left_out_and_the_legend_says_so():
    case = json.loads((ORACLES / "rotation" / "efa_hs_geomin.json").read_text(encoding="utf-8"))
    loadings = {(row["lhs"], row["rhs"]): row["std_all"] for row in case["parameters"] if row["op"] == "=~"}
    estimates = pd.DataFrame(case["parameters"]).rename(columns={"std_all": "std.all"})
    table = build_parameter_table(parse_spec(case["spec"]))
    diagram = draw_diagram(table, estimates)
    drawn = {edge.key for edge in diagram.scene.edges if " =~ " in edge.key}
    large = {f"{factor} =~ {item}" for (factor, item), value in loadings.items() if abs(value) >= 0.3}
    assert drawn == large
    assert len(drawn) == 10
    assert any("17 rotated loadings below .3" in item.lines[0] for item in diagram.scene.texts)
    most = draw_diagram(table, estimates, DiagramStyle(least_loading=0.9))
    assert {edge.target for edge in most.scene.edges if " =~ " in edge.key} == {item for _, item in loadings}
    whole = draw_diagram(table, estimates, DiagramStyle(least_loading=0.0))
    assert len([edge for edge in whole.scene.edges if " =~ " in edge.key]) == 27
    assert len([edge for edge in draw_diagram(table).scene.edges if " =~ " in edge.key]) == 27


def test_a_notebook_shows_the_picture():
    assert "<svg" in draw_case("path_med_fixedx")._repr_svg_()
