"""Stages that feed one outcome: columns with a free corridor, the outcome at the right centre."""

from pathlib import Path

import pytest

from sem_toolkit.diagram import DiagramHints, DiagramStyle, draw_diagram
from sem_toolkit.diagram.content.style import PAGE_HEIGHT, POINTS_PER_MILLIMETRE
from sem_toolkit.diagram.geometry.curves import is_straight
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING, measure_line
from sem_toolkit.fit import fit
from sem_toolkit.report.figures import draw_fit
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec, read_spec

NAMES = ("n1", "c1", "n2", "c2", "n3", "c3", "syn", "com")
SPEC = "\n".join(f"{name} =~ {name}a + {name}b + {name}c" for name in (*NAMES, "out"))
SPEC += "\nout ~ " + " + ".join(NAMES)
STAGES = {"One": ("n1", "c1"), "Two": ("n2", "c2"), "Three": ("n3", "c3"), "All": ("syn", "com"), "Outcome": ("out",)}


@pytest.fixture(scope="module")
def table():
    return build_parameter_table(parse_spec(SPEC), TableOptions(call="sem"))


def test_three_stages_lead_straight_to_the_outcome_at_the_right_centre(table):
    diagram = draw_diagram(table, style=DiagramStyle(values="none"), hints=DiagramHints(stages=STAGES))
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    assert boxes["n1"].x < boxes["n2"].x < boxes["n3"].x < boxes["out"].x
    assert boxes["out"].y == pytest.approx((boxes["n1"].y + boxes["c1"].y) / 2)
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role == "regression")


def test_indicators_of_a_stage_stand_on_the_same_side_outside_the_corridor(table):
    diagram = draw_diagram(table, style=DiagramStyle(values="none"), hints=DiagramHints(stages=STAGES))
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    for core in NAMES:
        items = [boxes[f"{core}{letter}"] for letter in "abc"]
        assert len({round(item.left, 6) for item in items}) == 1
        above = boxes[core].y < boxes["out"].y
        assert all(item.bottom < boxes[core].top if above else item.top > boxes[core].bottom for item in items)


def test_factors_of_a_stage_stand_below_each_other_and_the_outcome_with_the_last_two():
    """Also where one of them has fewer indicators, so that its loadings leave it less room."""
    few = build_parameter_table(parse_spec(SPEC.replace("syn =~ syna + synb + sync", "syn =~ syna + synb")))
    diagram = draw_diagram(few, style=DiagramStyle(values="none"), hints=DiagramHints(stages=STAGES))
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    for upper, lower in zip(NAMES[::2], NAMES[1::2], strict=True):
        assert boxes[upper].x == pytest.approx(boxes[lower].x)
    assert boxes["out"].x == pytest.approx(boxes["com"].x)


def test_the_ground_of_a_stage_is_as_wide_as_its_title(table):
    stages = {
        ("Research before any clinic is asked" if title == "One" else title): cores for title, cores in STAGES.items()
    }
    diagram = draw_diagram(table, style=DiagramStyle(values="none"), hints=DiagramHints(stages=stages))
    assert not diagram.hits()
    for band in diagram.scene.bands:
        assert band.box.left < band.title_box.left < band.title_box.right < band.box.right


def test_the_research_model_of_the_study_fits_a_page_with_its_estimates():
    """With 20 mm on the left and right; before, boxes of one line were as high as the highest and it took 276 mm."""
    path = Path(__file__).parents[3] / "model_specs" / "research_model.lav"
    diagram = draw_fit(fit(read_spec(path)))
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    width, height = (size / POINTS_PER_MILLIMETRE for size in (diagram.scene.width, diagram.scene.height))
    assert not diagram.hits()
    assert width <= 170
    assert height <= PAGE_HEIGHT
    assert boxes["a4"].height < boxes["b4"].height  # names in one line and in three
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role == "regression")
    for node in diagram.scene.nodes:
        for k, line in enumerate(node.lines if node.shape == "ellipse" else ()):
            # The corners of every line lie inside the ellipse; that of the outcome once cut through its first one.
            y = abs(k - (len(node.lines) - 1) / 2) * LINE_SPACING * node.font_size + 0.36 * node.font_size
            x = measure_line(line, node.font_size) / 2
            assert (2 * x / node.box.width) ** 2 + (2 * y / node.box.height) ** 2 < 1
