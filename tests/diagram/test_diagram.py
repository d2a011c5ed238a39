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
from sem_toolkit.diagram import DiagramHints, DiagramStyle, Layout, draw_diagram
from sem_toolkit.spec import build_parameter_table, parse_spec
from sem_toolkit.spec.table import Parameter, ParameterTable
from tests.diagram.drawing import draw_case, draw_text, read_model
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


STAGED = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3\nB ~ A\nC ~ B"
STAGES = {"First": ("A",), "Second": ("B",), "Third": ("C",)}


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ({}, []),
        ({"direction": "right"}, []),
        ({"direction": "down"}, []),
        ({"direction": "down", "layout": "dot"}, ["stages-not-drawn", "direction-ignored"]),
        ({"layout": "dot"}, ["stages-not-drawn"]),
        ({"column": "single"}, []),
        ({"column": "single", "direction": "right"}, ["stages-not-drawn"]),
    ],
)
def test_stages_and_directions_that_are_not_drawn_are_said(settings, codes):
    picture = draw_text(STAGED, DiagramHints(stages=STAGES), **settings)
    assert [message.code for message in picture.messages] == codes
    assert bool(picture.scene.bands) == ("stages-not-drawn" not in codes)


def test_stages_stand_below_each_other_where_the_picture_runs_downwards():
    picture = draw_text(STAGED, DiagramHints(stages=STAGES), direction="down")
    assert not picture.hits()
    boxes = [band.box for band in picture.scene.bands]
    assert [band.title for band in picture.scene.bands] == [*STAGES]
    assert len({(round(box.left, 3), round(box.right, 3)) for box in boxes}) == 1
    assert boxes[0].bottom < boxes[1].top < boxes[1].bottom < boxes[2].top
    names = {node.name: node.box for node in picture.scene.nodes}
    for box, (core,) in zip(boxes, STAGES.values(), strict=True):
        assert box.top < names[core].top < names[core].bottom < box.bottom


def test_stages_that_paths_lead_past_do_not_run_downwards_and_it_is_said():
    text = STAGED.replace("C ~ B", "C ~ A + B\nD =~ d1 + d2 + d3\nD ~ A + B + C\nE =~ e1 + e2 + e3\nE ~ A + B")
    stages = {**STAGES, "Fourth": ("D",), "Fifth": ("E",)}
    picture = draw_text(text, DiagramHints(stages=stages), direction="down")
    assert "direction-ignored" in [message.code for message in picture.messages]


def test_what_a_layout_says_about_a_model_of_earlier_days_is_passed_over_with_a_warning():
    table, estimates, r2 = read_model("poldem_sem")
    layout = Layout(
        positions={"ind60": (400.0, 80.0), "gone": (1.0, 1.0)},
        numbers={"gone ~ ind60": 0.5},
        arcs={"y1 ~~ y2": "top"},
        sides={"dem": "left"},
        relations={"same-row": (("ind60", "dem60"), ("gone", "dem65"))},
    )
    picture = draw_diagram(table, estimates, r2=r2, layout=layout)
    assert [message.severity for message in picture.messages] == ["warning"] * 4
    told = " ".join(message.message for message in picture.messages)
    assert all(f'"{name}"' in told for name in ("gone", "dem", "gone ~ ind60", "y1 ~~ y2"))
    places = {node.name: node.box for node in picture.scene.nodes}
    assert places["ind60"].y == pytest.approx(places["dem60"].y)
    assert not draw_diagram(table, estimates, r2=r2).messages


def test_means_that_there_are_none_of_are_said():
    assert [message.code for message in draw_case("hs_cfa_marker", intercepts=True).messages] == ["no-means"]
    assert not draw_case("hs_meanstructure", intercepts=True).messages


def test_misfit_that_suggests_nothing_is_said():
    table, estimates, r2 = read_model("hs_cfa_marker")
    indices = pd.DataFrame({"lhs": ["x1"], "op": ["~~"], "rhs": ["x2"], "mi": [3.0]})
    codes = [m.code for m in draw_diagram(table, estimates, r2=r2, modification_indices=indices).messages]
    assert codes == ["nothing-suggested"]
    assert not draw_diagram(table, estimates, r2=r2, modification_indices=indices.assign(mi=9.0)).messages


def test_without_the_paths_that_explain_it_no_r2_is_shown():
    table, estimates, r2 = read_model("poldem_sem")
    lines = [line for node in draw_diagram(table, estimates, r2=r2).scene.nodes for line in node.lines]
    assert "R² = 0.96" in lines
    bare = draw_diagram(table, estimates, DiagramStyle(only="measurement"), r2=r2)
    assert not [line for node in bare.scene.nodes for line in node.lines if "R²" in line]


def test_without_numbers_the_legend_still_says_what_colours_mean():
    table, estimates, r2 = read_model("poldem_sem")
    estimates = estimates.assign(**{"std.all": estimates["std.all"].where(estimates["rhs"] != "ind60", -0.5)})
    texts = [t.lines[0] for t in draw_diagram(table, estimates, DiagramStyle(values="none"), r2=r2).scene.texts]
    assert texts == ["negative", "not significant (p ≥ .05)"]


def test_a_line_of_the_legend_that_is_wider_than_the_column_is_broken():
    words = "Residual correlations of items that share their wording are drawn, all others are fixed to zero, as agreed"
    picture = draw_text("f =~ a + b + c", DiagramHints(legend=(words,)), column="single")
    lines = [item for item in picture.scene.texts if item.key.startswith("legend")]
    assert " ".join(item.lines[0] for item in lines).endswith(words)
    assert not picture.problems()


def test_a_notebook_shows_the_picture():
    assert "<svg" in draw_case("path_med_fixedx")._repr_svg_()
