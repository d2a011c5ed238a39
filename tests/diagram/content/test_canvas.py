"""What a style and the header leave out, and in which order the rest stands."""

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.diagram import DiagramHints, draw_diagram
from sem_toolkit.spec import build_parameter_table, parse_spec
from tests.diagram.drawing import draw_text, estimate_randomly

CONTROLS = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nB ~ A + age + sex\nA ~ age"
FACTORS = "A =~ a1 + a2 + a3\nB =~ b1 + b2 + b3\nC =~ c1 + c2 + c3"


def find_boxes(diagram):
    return {node.name: node.box for node in diagram.scene.nodes}


def read_legend(diagram):
    return [line for item in diagram.scene.texts if item.key.startswith("legend") for line in item.lines]


def test_covariates_are_left_out_and_named_in_the_legend():
    diagram = draw_text(CONTROLS, hide_covariates=True)
    assert {"A", "B"} <= set(find_boxes(diagram))
    assert not {"age", "sex"} & set(find_boxes(diagram))
    assert "covariates, not drawn: age, sex" in read_legend(diagram)


def test_the_header_names_what_is_a_covariate():
    diagram = draw_text("m ~ x + age\ny ~ m + x + age", DiagramHints(covariates=("age",)), hide_covariates=True)
    assert set(find_boxes(diagram)) == {"m", "x", "y"}
    with pytest.raises(DataError, match="no covariates to hide"):
        draw_text("m ~ x + age\ny ~ m + x + age", hide_covariates=True)


@pytest.mark.parametrize("order", [("C", "A", "B"), ("B", "C")])
def test_factors_stand_in_the_order_asked_for(order):
    boxes = find_boxes(draw_text(FACTORS, DiagramHints(order=order)))
    heights = [boxes[name].y for name in order]
    assert heights == sorted(heights)


def test_causes_keep_their_order_against_fewer_crossings():
    paths = "\nY =~ y1 + y2\nZ =~ z1 + z2\nY ~ A + B\nZ ~ C"
    boxes = find_boxes(draw_text(FACTORS + paths, DiagramHints(order=("C", "B", "A"))))
    assert boxes["C"].y < boxes["B"].y < boxes["A"].y


def test_unknown_names_of_the_hints_are_refused():
    with pytest.raises(DataError, match='"D" in the order'):
        draw_text(FACTORS, DiagramHints(order=("D", "A")))


def test_factors_that_share_an_indicator_are_neighbours():
    boxes = find_boxes(draw_text(FACTORS + "\nD =~ d1 + d2 + d3\nD =~ a2"))
    heights = sorted("ABCD", key=lambda name: boxes[name].y)
    assert abs(heights.index("A") - heights.index("D")) == 1


def test_direction():
    right, down = (find_boxes(draw_text(CONTROLS, direction=direction)) for direction in ("right", "down"))
    assert right["A"].right < right["B"].left
    assert down["A"].bottom < down["B"].top


def test_labels_of_parameters_in_greek():
    from sem_toolkit.diagram import DiagramStyle, draw_diagram
    from sem_toolkit.spec import build_parameter_table, parse_spec

    table = build_parameter_table(parse_spec("y ~ beta_1*x"))
    diagram = draw_diagram(table, style=DiagramStyle(greek=True))
    assert [edge.label.text for edge in diagram.scene.edges if edge.key == "y ~ x"] == ["β₁"]


def test_covariances_of_a_panel_stay_arcs_and_those_of_mediators_become_a_matrix():
    panel = "\n".join(f"{v}{t} ~ {v}{t - 1}" for v in "xmy" for t in (2, 3, 4))
    panel += "\n" + "\n".join(f"{a}{t} ~~ {b}{t}" for t in (1, 2, 3, 4) for a, b in ("xm", "my"))
    arcs = [edge.key for edge in draw_text(panel).scene.edges if edge.role == "covariance"]
    assert len(arcs) >= 8
    names = ("p", "q", "r", "s")
    mediators = "\n".join([*(f"{m} ~ x" for m in names), "y ~ x + " + " + ".join(names)])
    mediators += "\n" + "\n".join(f"{a} ~~ {b}" for k, a in enumerate(names) for b in names[k + 1 :])
    diagram = draw_text(mediators)
    assert not [edge for edge in diagram.scene.edges if edge.role == "covariance"]
    assert sum(item.key.startswith("matrix row") for item in diagram.scene.texts) == 4


def test_covariances_across_a_column_of_indicators_stand_in_a_list():
    methods = "A =~ a1 + a2 + a3 + a4\nB =~ b1 + b2 + b3 + b4\nMA =~ a3 + a4\nMB =~ b3 + b4\nA ~~ 0*MA\nB ~~ 0*MB"
    diagram = draw_text(methods)
    arcs = {edge.key for edge in diagram.scene.edges if edge.role == "covariance"}
    assert arcs == {"A ~~ B", "MA ~~ MB"}
    assert not any(problem.kind == "crossing" for problem in diagram.problems())
    listed = " ".join(line for item in diagram.scene.texts for line in item.lines)
    assert "not drawn" in listed
    everything = draw_text(methods, covariances="arcs")
    assert sum(edge.role == "covariance" for edge in everything.scene.edges) == 4
    growth = draw_text("i =~ 1*t1 + 1*t2 + 1*t3 + 1*t4\ns =~ 0*t1 + 1*t2 + 2*t3 + 3*t4")
    assert "i ~~ s" in {edge.key for edge in growth.scene.edges}


def test_an_r2_of_1_that_holds_by_definition_is_not_shown():
    table = build_parameter_table(parse_spec("x2 ~ x1 + d\ny ~ x2\nx2 ~~ 0*x2"))
    diagram = draw_diagram(table, estimate_randomly(table), r2={"x2": 1.0, "y": 0.4})
    assert {node.name: node.lines for node in diagram.scene.nodes} == {
        "x1": ("x1",),
        "d": ("d",),
        "x2": ("x2",),
        "y": ("y", "R² = 0.40"),
    }
