"""One column of indicators between factors, and what stands beyond them."""

import pytest

from tests.diagram.drawing import draw_text

BIFACTOR = "g =~ " + " + ".join(f"y{k}" for k in range(1, 10)) + "\n"
BIFACTOR += "\n".join(f"s{s} =~ y{3 * s - 2} + y{3 * s - 1} + y{3 * s}" for s in (1, 2, 3)) + "\n"
EXPLORATORY = "F1 =~ y1 + y2 + y3 + y4\nF2 =~ y2 + y3 + y5 + y6\nF3 =~ y3 + y4 + y5 + y6 + y7"


def find_boxes(text):
    diagram = draw_text(text)
    assert not diagram.hits()
    return {node.name: node.box for node in diagram.scene.nodes}


def test_a_factor_predicted_by_a_bifactor_model_stands_beyond_its_right_side():
    boxes = find_boxes(BIFACTOR + "f =~ a1 + a2 + a3\nf ~ g + s1 + s2 + s3")
    assert boxes["g"].right < boxes["y1"].left
    assert boxes["y1"].right < boxes["s1"].left
    assert boxes["s1"].right < boxes["f"].left
    assert boxes["f"].right < boxes["a1"].left


def test_a_predictor_of_the_general_factor_stands_beyond_the_left_side():
    boxes = find_boxes(BIFACTOR + "g ~ age")
    assert boxes["age"].right < boxes["g"].left


def test_many_cross_loadings_share_one_column_in_the_order_of_all_factors():
    boxes = find_boxes(EXPLORATORY)
    column = [boxes[f"y{k}"] for k in range(1, 8)]
    assert len({round(box.x, 6) for box in column}) == 1
    assert [box.y for box in column] == sorted(box.y for box in column)
    assert [boxes[f"F{k}"].y for k in (1, 2, 3)] == sorted(boxes[f"F{k}"].y for k in (1, 2, 3))


def test_an_indicator_is_high_enough_for_the_loadings_that_meet_it():
    boxes = find_boxes(EXPLORATORY)
    assert boxes["y3"].height > boxes["y2"].height == boxes["y1"].height


def test_a_single_cross_loading_leaves_the_blocks_of_the_factors():
    boxes = find_boxes("F1 =~ a1 + a2 + a3\nF2 =~ b1 + b2 + b3\nF1 =~ b3")
    assert boxes["b1"].y - boxes["a3"].y > 1.3 * (boxes["a3"].y - boxes["a2"].y)
    assert boxes["a1"].height == pytest.approx(boxes["b3"].height)


def test_short_arrows_of_variances_come_in_below_the_loadings_of_one_side():
    """Between the indicators nobody could tell whose their numbers are, and the column would be twice as high."""
    diagram = draw_text(BIFACTOR, variances="lisrel")
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    routes = {edge.key: edge for edge in diagram.scene.edges}
    assert not diagram.hits()
    for k in range(1, 10):
        item, number = boxes[f"y{k}"], routes[f"y{k} ~~ y{k}"].label.box
        arrow, loading = (routes[key].curve for key in (f"y{k} ~~ y{k}", f"s{(k + 2) // 3} =~ y{k}"))
        assert arrow[0][1] == arrow[-1][1] > loading[-1][1]
        assert arrow[-1][0] == loading[-1][0] == item.right
        # The number stands at the tail.
        assert number.y == pytest.approx(arrow[0][1])
        assert 0 < number.left - arrow[0][0] < 3
    assert boxes["y2"].y - boxes["y1"].y < 1.8 * boxes["y1"].height


@pytest.mark.parametrize("variances", ["lisrel", "ram"])
def test_variances_stand_on_the_free_side_of_a_column_with_all_factors_on_the_other(variances):
    diagram = draw_text(EXPLORATORY, variances=variances)
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    for edge in diagram.scene.edges:
        if edge.key in {f"y{k} ~~ y{k}" for k in range(1, 8)}:
            assert edge.curve[:, 0].min() >= boxes[edge.key.split()[0]].right - 0.01
