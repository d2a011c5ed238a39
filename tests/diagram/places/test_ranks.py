"""Columns by rank whose straight paths are cleared without disorder."""

import numpy as np
import pytest

from sem_toolkit.diagram.geometry.curves import is_straight
from tests.diagram.drawing import draw_text

MEASURED = "\n".join(f"{name} =~ {name}1 + {name}2 + {name}3 + {name}4" for name in "abcdeyz")
ACCEPTANCE = f"{MEASURED}\ny ~ a + b + c + d + e + age + sex\nz ~ y + e"
BELIEFS = "\n".join(f"{name} =~ {name}1 + {name}2 + {name}3" for name in "abcdey") + "\ny ~ a + b + c + d + e + u + v"


def test_many_causes_keep_the_order_of_the_model():
    """Steep paths miss the indicators of what they lead to, as these lean aside."""
    diagram = draw_text(ACCEPTANCE)
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    assert not diagram.hits()
    assert [boxes[name].y for name in "abcd"] == sorted(boxes[name].y for name in "abcd")
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role == "regression")


def test_causes_alike_are_equally_far_apart():
    """A steep path gets its way from the distance of the columns, not from that of two causes."""
    diagram = draw_text(BELIEFS)
    boxes = {node.name: node.box for node in diagram.scene.nodes}
    gaps = np.diff([boxes[name].y for name in "abcde"])
    assert gaps == pytest.approx(np.full(4, gaps[0]))
    assert not diagram.hits()
