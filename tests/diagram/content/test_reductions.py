"""What a picture with less to draw leaves to a matrix."""

from tests.diagram.drawing import draw_text

CAUSES = "\n".join(f"{f} =~ {f}1 + {f}2 + {f}3" for f in "abcy")


def _draw_below(text: str):
    diagram = draw_text(text, direction="down")
    return {edge.key for edge in diagram.scene.edges if edge.role == "covariance"}, diagram


def test_covariances_of_causes_in_a_row_leave_the_fans_between_them_free():
    arcs, diagram = _draw_below(f"{CAUSES}\ny ~ a + b + c")
    assert not arcs
    assert sum(item.key.startswith("matrix row") for item in diagram.scene.texts) == 3
    assert not [problem for problem in diagram.problems() if problem.kind == "crossing"]


def test_two_causes_in_a_row_keep_their_arc_and_all_do_where_arcs_are_asked_for():
    arcs, _ = _draw_below(f"{CAUSES}\ny ~ a + b\nc ~ y")
    assert arcs == {"a ~~ b"}
    diagram = draw_text(f"{CAUSES}\ny ~ a + b + c", direction="down", covariances="arcs")
    assert sum(edge.role == "covariance" for edge in diagram.scene.edges) == 3
