"""Two outcomes of mediators: three columns that mirror each other."""

import pytest

from sem_toolkit.diagram.geometry.curves import is_straight
from tests.diagram.drawing import draw_text
from tests.diagram.figures.test_recognition import find_structure, recognise_figure

PATHS = "m ~ x\nn ~ x\ny ~ m + n{direct}\nz ~ m + n{direct}\nm ~~ n\ny ~~ z"
DIRECT, INDIRECT = PATHS.format(direct=" + x"), PATHS.format(direct="")
MEASURED = "\n".join(f"{name} =~ {name}1 + {name}2 + {name}3" for name in "xmnyz")


@pytest.mark.parametrize("text", [DIRECT, INDIRECT, f"{MEASURED}\n{DIRECT}"])
def test_two_outcomes_stand_in_the_rows_of_two_mediators(text):
    diagram = draw_text(text)
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    assert boxes["m"].y == pytest.approx(boxes["y"].y)
    assert boxes["n"].y == pytest.approx(boxes["z"].y)
    assert boxes["x"].y == pytest.approx((boxes["m"].y + boxes["n"].y) / 2)
    assert boxes["m"].x == pytest.approx(boxes["n"].x)
    assert boxes["x"].x < boxes["m"].x < boxes["y"].x
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role == "regression")


def test_outcomes_of_three_mediators_stand_with_the_outermost():
    figure = recognise_figure(find_structure("m ~ x\nn ~ x\no ~ x\ny ~ m + n + o + x\nz ~ m + n + o + x"))
    assert figure is not None
    assert figure.cells["y"] == (2.0, 0.0)
    assert figure.cells["z"] == (2.0, 2.0)
    assert figure.cells["x"] == (0.0, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        DIRECT.replace("n ~ x", "n ~ x + m"),
        DIRECT.replace("z ~ m + n + x", "z ~ m + n"),
        INDIRECT.replace("y ~ m + n", "y ~ m"),
        f"{DIRECT}\nw ~ m + n",
    ],
)
def test_other_models_are_other_figures(text):
    figure = recognise_figure(find_structure(text))
    assert figure is None or figure.name != "outcomes"
