"""Figures that are wider than their column run downwards; figures that fit keep to their waves from left to right."""

from itertools import pairwise

import pytest

from sem_toolkit.diagram.content.figure import Figure
from sem_toolkit.diagram.geometry.curves import is_straight
from tests.diagram.drawing import draw_text
from tests.diagram.figures.test_recognition import build_intercepts

WAVES = range(1, 6)


@pytest.mark.parametrize("causes", ["ses + gender", "ses + gender + age"])
@pytest.mark.parametrize("variances", ["clean", "lisrel", "ram"])
def test_five_waves_with_causes_of_the_random_intercepts_run_downwards(causes, variances):
    zero = [f"RI{v} ~~ 0*wx5 + 0*wy5" for v in "xy"]
    diagram = draw_text(build_intercepts(5, f"RIx ~ {causes}", f"RIy ~ {causes}", *zero), variances=variances)
    assert not [problem for problem in diagram.problems() if problem.is_hit or problem.kind == "too-wide"]
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role == "regression")
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    rows = [boxes[f"wx{t}"].y for t in WAVES]
    steps = [after - before for before, after in pairwise(rows)]
    assert steps == pytest.approx([steps[0]] * 4)
    middle = (boxes["RIx"].x + boxes["RIy"].x) / 2
    for one, other in [("RIx", "RIy"), *((f"x{t}", f"y{t}") for t in WAVES), *((f"wx{t}", f"wy{t}") for t in WAVES)]:
        assert boxes[one].y == pytest.approx(boxes[other].y)
        assert middle - boxes[one].x == pytest.approx(boxes[other].x - middle)
    assert all(boxes[name].bottom < boxes["RIx"].top for name in causes.split(" + "))


def test_causes_and_effects_of_the_random_intercepts_of_many_waves_stand_beside_them():
    zero = ["out ~~ 0*wx5 + 0*wy5", *(f"RI{v} ~~ 0*wx5 + 0*wy5" for v in "xy")]
    diagram = draw_text(build_intercepts(5, "RIx ~ ses", "RIy ~ ses", "out ~ RIx + RIy", *zero))
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    assert boxes["ses"].y == pytest.approx(boxes["out"].y)
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role == "regression")


@pytest.mark.parametrize("variances", ["clean", "lisrel", "ram"])
def test_waves_run_from_left_to_right_however_many_paths_of_a_control_cross(variances):
    lines = [f"{v}{t} ~ s{t - 1} + d{t - 1}" for t in (2, 3, 4) for v in "sd"]
    lines += [f"s{t} ~~ d{t}" for t in (1, 2, 3, 4)] + [f"{v}{t} ~ sex" for v in "sd" for t in (1, 2, 3, 4)]
    boxes = {node.name: node.box for node in draw_text("\n".join(lines), variances=variances).scene.nodes}
    for variable in "sd":
        assert len({round(boxes[f"{variable}{t}"].y, 6) for t in (1, 2, 3, 4)}) == 1
        assert all(boxes[f"{variable}{t}"].right < boxes[f"{variable}{t + 1}"].left for t in (1, 2, 3))


def test_columns_without_structural_paths_between_them_come_closer_in_a_turned_figure():
    figure = Figure("panel", {"i": (0.5, 0.0), "x": (0.0, 1.0), "w": (0.0, 2.0), "v": (0.0, 3.0)}, {"w": "top"})
    turned = figure.turn([("w", "v")])
    columns = [turned.cells[name][0] for name in "ixwv"]
    assert columns == pytest.approx([0.0, 0.7, 1.4, 2.4])
    assert turned.cells["i"][1] == 0.5
    assert turned.sides == {"w": "left"}


def test_paths_of_covariates_that_have_no_room_are_left_out_and_named():
    """Two causes of ten measures: a picture of the figure without them, which legend and a warning say."""
    more = [f"{v}{t} ~ ses + gender" for v in "xy" for t in WAVES]
    diagram = draw_text(build_intercepts(5, *more))
    assert not [problem for problem in diagram.problems() if problem.is_hit or problem.kind == "too-wide"]
    assert {"ses", "gender"}.isdisjoint(node.name for node in diagram.scene.nodes)
    assert [message.code for message in diagram.messages] == ["covariates-not-drawn"]
    assert "ses, gender" in diagram.messages[0].message


def test_a_figure_too_wide_for_a_single_column_stays_a_figure():
    diagram = draw_text(build_intercepts(4), column="single")
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    for one, other in (("RIx", "RIy"), ("x1", "y1"), ("wx4", "wy4")):
        beside = boxes[one].y == pytest.approx(boxes[other].y)
        assert beside or boxes[one].x == pytest.approx(boxes[other].x)


def test_what_a_single_column_cannot_hold_is_no_wider_than_in_a_double_one():
    text = "\n".join(f"F{k} =~ " + " + ".join(f"x{k}{m}" for m in range(1, 5)) for k in range(1, 7))
    paths = "\n".join(f"F{k} ~ " + " + ".join(f"F{m}" for m in range(1, k)) for k in range(3, 7))
    single, double = (draw_text(f"{text}\n{paths}", column=column) for column in ("single", "double"))
    found = [str(problem) for problem in single.problems() if problem.kind == "too-wide"]
    assert single.scene.width <= double.scene.width + 0.5
    assert found
    assert found[0].endswith("the column has 85 mm; a double column holds it")
