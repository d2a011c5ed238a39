"""Covariances beside the picture."""

from tests.diagram.drawing import draw_text

FACTORS = "\n".join(f"{f} =~ {f}1 + {f}2 + {f}3" for f in "abcdxyz")


def test_a_pair_that_covaries_with_nothing_else_stands_below_the_triangle():
    diagram = draw_text(f"{FACTORS}\nx ~ a + b + c + d\ny ~ x\nz ~ x", covariances="matrix")
    texts = {item.key: item for item in diagram.scene.texts}
    assert sum(key.startswith("matrix row") for key in texts) == 4
    pair = texts["matrix pair 1"]
    assert pair.lines[0].startswith("y with z")
    assert pair.box.y > texts["matrix row 4"].box.y
    assert not diagram.hits()


def test_pairs_alone_stay_in_their_triangle():
    diagram = draw_text(f"{FACTORS}\nx ~ a + b\ny ~ x\nz ~ x\nc ~ z\nd ~ c", covariances="matrix")
    assert any(item.key.startswith("matrix") for item in diagram.scene.texts)
    assert not diagram.hits()
