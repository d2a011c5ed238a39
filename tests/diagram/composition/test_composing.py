"""Pictures of known models: nothing covered, the shape that readers expect."""

from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit.diagram import DiagramHints, DiagramStyle, Layout, draw_diagram, read_layout, write_layout
from sem_toolkit.diagram.composition.searching import TALLEST
from sem_toolkit.diagram.content.style import POINTS_PER_MILLIMETRE
from sem_toolkit.diagram.geometry.curves import compute_length, flatten_curve
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from tests.diagram.drawing import draw_case, draw_rising, draw_text, read_model
from tests.diagram.figures.test_recognition import build_intercepts

CASES = ("hs_cfa_marker", "poldem_sem", "hs_second_order", "bifactor", "composite", "growth_tvc", "path_med_fixedx")
STYLES = {
    "clean": {},
    "lisrel": {"variances": "lisrel", "theme": "print", "leading_zero": False},
    "ram": {"variances": "ram", "values": "raw", "theme": "grey"},
}


def draw_spec(text, call="sem", **settings):
    table = build_parameter_table(parse_spec(text), TableOptions(call=call))
    return draw_diagram(table, style=DiagramStyle(**settings))


def find_boxes(diagram):
    return {node.name: node.box for node in diagram.scene.nodes}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", CASES)
def test_nothing_is_covered_and_it_fits_the_column(name, style):
    diagram = draw_case(name, **STYLES[style])
    assert not diagram.hits()
    assert diagram.scene.width <= 175 * POINTS_PER_MILLIMETRE + 0.5
    texts = [edge.label.font_size for edge in diagram.scene.edges if edge.label]
    assert min(texts) >= 7


def test_intercepts_are_triangles_and_cover_nothing():
    diagram = draw_case("hs_meanstructure", intercepts=True, variances="lisrel")
    assert not diagram.hits()
    assert sum(node.shape == "triangle" for node in diagram.scene.nodes) == 9


def test_causes_are_left_and_outcomes_right():
    boxes = find_boxes(draw_spec("m ~ x\ny ~ m + x"))
    assert boxes["x"].right < boxes["m"].left
    assert boxes["m"].right < boxes["y"].left


def test_indicators_stand_in_the_order_of_the_spec_in_one_column():
    boxes = find_boxes(draw_case("hs_cfa_marker"))
    column = [boxes[f"x{k}"] for k in range(1, 10)]
    assert len({round(box.x, 6) for box in column}) == 1
    assert [box.y for box in column] == sorted(box.y for box in column)


def test_a_bifactor_model_has_its_indicators_between_general_and_specific_factors():
    boxes = find_boxes(draw_case("bifactor"))
    assert boxes["g"].right < boxes["y1"].left
    assert boxes["y1"].right < min(boxes[f"s{k}"].left for k in (1, 2, 3))


def test_a_feedback_loop_shares_a_rank_and_has_two_courses():
    diagram = draw_spec("y1 ~ y2 + x1\ny2 ~ y1 + x2")
    boxes = find_boxes(diagram)
    assert boxes["y1"].x == pytest.approx(boxes["y2"].x)
    assert not diagram.hits()


def test_longer_loops_are_drawn_too():
    assert not draw_spec("a ~ c + x\nb ~ a\nc ~ b").hits()


def test_many_covariances_become_a_matrix_or_a_note():
    text = "\n".join(f"f{f} =~ x{f}1 + x{f}2 + x{f}3" for f in range(7))
    table = build_parameter_table(parse_spec(text), TableOptions(call="cfa"))
    estimates = table.to_frame()[["lhs", "op", "rhs", "group"]].assign(**{"est": 0.4, "std.all": 0.3, "pvalue": 0.02})
    diagram = draw_diagram(table, estimates)
    assert not any(edge.role == "covariance" for edge in diagram.scene.edges)
    assert sum(item.key.startswith("matrix row") for item in diagram.scene.texts) == 7
    assert not diagram.hits()
    texts = [" ".join(item.lines) for item in draw_diagram(table).scene.texts]
    assert any("7 variables covary freely with each other (21 covariances, not drawn)" in text for text in texts)


DEMANDS = (
    "Exhaustion ~ Workload + Emotional + Support\nCynicism ~ Exhaustion + Workload + Autonomy\n"
    "Engagement ~ Autonomy + Support + Feedback + Exhaustion\nHealth ~ Exhaustion\nPerformance ~ Engagement + Cynicism"
)


@pytest.mark.slow
def test_ten_factors_with_thirteen_paths_fit_a_page_without_long_ways_round():
    names = ("Workload", "Emotional", "Autonomy", "Support", "Feedback", "Exhaustion", "Cynicism", "Engagement")
    factors = [f"{name} =~ " + " + ".join(f"{name[:2].lower()}{k}" for k in (1, 2, 3, 4)) for name in names]
    factors += ["Health =~ h1 + h2 + h3", "Performance =~ p1 + p2 + p3"]
    diagram = draw_text("\n".join([*factors, DEMANDS]), variances="lisrel")
    assert not diagram.hits()
    assert diagram.scene.height < TALLEST
    assert diagram.scene.width < 1.02 * diagram.scene.style.column_width
    for edge in diagram.scene.edges:
        if edge.role == "regression":
            (left, top), (right, bottom) = edge.curve[0], edge.curve[-1]
            assert compute_length(flatten_curve(edge.curve)) < 1.2 * np.hypot(right - left, bottom - top)


def test_few_covariances_are_arcs():
    diagram = draw_spec("\n".join(f"f{f} =~ x{f}1 + x{f}2 + x{f}3" for f in range(4)), call="cfa")
    assert sum(edge.role == "covariance" for edge in diagram.scene.edges) == 6
    assert not diagram.hits()


def test_only_the_structural_part():
    diagram = draw_case("poldem_sem", only="structural")
    assert set(find_boxes(diagram)) == {"ind60", "dem60", "dem65"}


def test_nonsignificant_paths_are_grey_and_fixed_ones_dashed():
    diagram = draw_case("poldem_sem")
    edges = {edge.key: edge for edge in diagram.scene.edges}
    assert edges["y2 ~~ y4"].colour == diagram.scene.style.colours.faint
    assert edges["dem65 ~ dem60"].colour == diagram.scene.style.colours.line
    assert edges["ind60 =~ x1"].pattern == "dashed"


def test_stages_are_bands_from_left_to_right():
    table, estimates, r2 = read_model("poldem_sem")
    stages = {"Industry": ("ind60",), "1960": ("dem60",), "1965": ("dem65",)}
    diagram = draw_diagram(table, estimates, hints=DiagramHints(stages=stages), r2=r2)
    bands = {band.title: band.box for band in diagram.scene.bands}
    boxes = find_boxes(diagram)
    assert list(bands) == ["Industry", "1960", "1965"]
    assert bands["1960"].left < boxes["y1"].left
    assert boxes["y4"].right < bands["1960"].right
    assert not diagram.hits()


def test_the_single_column_is_kept():
    diagram = draw_case("hs_cfa_marker", column="single")
    assert diagram.scene.width <= 85 * POINTS_PER_MILLIMETRE + 0.5


def test_graphviz_ranks_instead_of_ours():
    diagram = draw_case("hs_cfa_marker", layout="dot")
    assert set(find_boxes(diagram)) == set(find_boxes(draw_case("hs_cfa_marker")))


def test_a_variable_stays_where_a_layout_has_it(tmp_path):
    table, estimates, r2 = read_model("hs_cfa_marker")
    first = draw_diagram(table, estimates, r2=r2)
    path = tmp_path / "model.layout.toml"
    write_layout(first.layout(), path)
    text = (
        "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nnew =~ n1 + n2\nnew ~ visual + speed"
    )
    wider = build_parameter_table(parse_spec(text), TableOptions(call="sem"))
    second = draw_diagram(wider, layout=read_layout(path))
    before, after = find_boxes(first), find_boxes(second)
    shifts = {(round(after[name].x - before[name].x, 1), round(after[name].y - before[name].y, 1)) for name in before}
    assert max(dx for dx, _ in shifts) - min(dx for dx, _ in shifts) <= 0.11
    assert max(dy for _, dy in shifts) - min(dy for _, dy in shifts) <= 0.11
    assert not second.hits()


def test_a_layout_of_unknown_variables_is_passed_over_with_a_warning():
    table, _, _ = read_model("hs_cfa_marker")
    picture = draw_diagram(table, layout=Layout({"visuall": (0.0, 0.0)}))
    (warning,) = picture.messages
    assert warning.severity == "warning"
    assert 'places "visuall"' in warning.message
    assert 'did you mean "visual"' in str(warning.hint)


def test_the_same_model_gives_the_same_picture():
    assert draw_case("poldem_sem").to_dot() == draw_case("poldem_sem").to_dot()


def test_colours_do_not_move_anything():
    colour, grey = draw_case("hs_cfa_marker"), draw_case("hs_cfa_marker", theme="grey")
    assert find_boxes(colour) == find_boxes(grey)
    assert replace(colour.scene.nodes[0], fill="") == replace(
        grey.scene.nodes[0], fill="", outline=colour.scene.nodes[0].outline
    )


FACETS = "\n".join(f"Facet{f} =~ " + " + ".join(f"f{f}_{k}" for k in range(1, 6)) for f in range(1, 21))


def test_twenty_factors_with_their_correlations_fit_a_page():
    """In four columns, the stars of their loadings in one line of the legend."""
    diagram = draw_rising(FACETS)
    assert not diagram.hits()
    assert diagram.scene.height <= TALLEST
    assert diagram.scene.width <= diagram.scene.style.column_width
    assert any(item.lines[0] == "all free loadings p < .05" for item in diagram.scene.texts)
    assert not any("*" in edge.label.text for edge in diagram.scene.edges if edge.role == "loading")


def test_a_measurement_model_keeps_its_stages_on_the_page():
    """Where arcs beside indicators have no room their numbers stand in the legend."""
    text = "\n".join(f"A{f} =~ " + " + ".join(f"a{f}{k}" for k in range(1, 5)) for f in range(1, 9))
    stages = {"First": ("A1", "A2"), "Second": ("A3", "A4"), "Third": ("A5", "A6"), "Fourth": ("A7", "A8")}
    labels = {f"a{f}{k}": "Government funding" for f in range(1, 9) for k in range(1, 5)}
    more = "\na11 ~~ a13\na31 ~~ a33\na32 ~~ a33\na51 ~~ a53\na71 ~~ a73"
    diagram = draw_text(text + more, DiagramHints(stages=stages, labels=labels))
    assert not diagram.hits()
    assert [band.title for band in diagram.scene.bands] == [*stages]
    assert diagram.scene.width <= diagram.scene.style.column_width + 0.5


def test_a_chain_runs_level_and_the_path_that_passes_it_climbs():
    """Acceptance of technology: use stands beside intention, not beside the one condition that leads to both."""
    items = {"PE": 4, "EE": 4, "SI": 3, "FC": 3, "HM": 3, "BI": 3, "USE": 3}
    measured = [f"{f} =~ " + " + ".join(f"{f}{k}" for k in range(n)) for f, n in items.items()]
    text = "\n".join([*measured, "BI ~ PE + EE + SI + FC + HM + age + gender", "USE ~ BI + FC"])
    for style in ("clean", "ram"):
        boxes = find_boxes(draw_text(text, **STYLES[style]))
        assert boxes["USE"].y == pytest.approx(boxes["BI"].y)


ERRORS = {"values": "raw", "standard_errors": True}


@pytest.mark.parametrize("waves", [4, 5])
def test_long_numbers_stand_in_two_lines_where_a_figure_would_be_too_wide(waves):
    picture = draw_text(build_intercepts(waves), **ERRORS)
    assert not picture.hits()
    assert picture.scene.width <= picture.scene.style.column_width + 0.5
    labels = {edge.key: edge.label for edge in picture.scene.edges}
    assert all(len(label.lines) == 2 for key, label in labels.items() if " ~ " in key)
    assert all(label.lines == ("1",) for key, label in labels.items() if " =~ " in key)
    # Both lines are in every file.
    assert all(line in picture.to_svg() for label in labels.values() for line in label.lines)


def test_long_numbers_stand_in_one_line_where_there_is_room():
    picture = draw_text("m ~ x\ny ~ m + x", **ERRORS)
    assert all(len(edge.label.lines) == 1 for edge in picture.scene.edges)


def test_indicators_are_as_far_apart_as_numbers_in_two_lines_need():
    text = "\n".join(f"F{k} =~ " + " + ".join(f"x{k}{m}" for m in range(1, 6)) for k in range(1, 5))
    picture = draw_text(f"{text}\nF2 ~ F1\nF3 ~ F2\nF4 ~ F3", **ERRORS)
    assert not picture.hits()
    assert picture.scene.width <= picture.scene.style.column_width + 0.5


def test_numbers_of_level_paths_have_room_beside_the_paths_that_cross_them():
    """Change of four occasions of two variables, with standard errors: no more room than the first picture has."""
    text = "\n".join(
        [f"l{v}{t} =~ 1*{v}{t}" for v in "xy" for t in range(1, 5)]
        + [f"d{v}{t} =~ 1*l{v}{t}\nl{v}{t} ~ 1*l{v}{t - 1}\nl{v}{t} ~~ 0*l{v}{t}" for v in "xy" for t in range(2, 5)]
        + [f"g{v} =~ " + " + ".join(f"1*d{v}{t}" for t in range(2, 5)) for v in "xy"]
        + [f"d{v}{t} ~ lx{t - 1} + ly{t - 1}" for v in "xy" for t in range(2, 5)]
    )
    picture = draw_text(text, **ERRORS)
    assert not picture.hits()
    assert picture.scene.width <= picture.scene.style.column_width + 0.5
