"""What is a little too large is set closer, with shapes as large as before."""

import pytest

from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.placement import Placement
from sem_toolkit.diagram.places.squeezing import find_factors, squeeze_placement
from tests.diagram.drawing import draw_text

PLACES = {"a": Rectangle(10, 10, 20, 20), "b": Rectangle(110, 60, 20, 20)}


def test_distances_shrink_and_shapes_do_not():
    placement = Placement(PLACES, {}, {"stage": Rectangle(10, 10, 24, 24)}, legs={"b": 50.0})
    factors = find_factors(placement, 10.0, 0.0)
    assert factors == pytest.approx((0.9, 1.0))
    found = squeeze_placement(placement, *factors)
    assert found.places["b"].x - found.places["a"].x == pytest.approx(90.0)
    assert found.places["b"].y - found.places["a"].y == pytest.approx(50.0)
    assert {box.width for box in found.places.values()} == {20.0}
    assert found.legs["b"] == pytest.approx(45.0)
    band, inner = found.bands["stage"], found.places["a"]
    assert band.left < inner.left
    assert inner.right < band.right


def test_a_picture_hardly_wider_than_a_single_column_is_set_closer():
    """A bifactor model with its groups at one side."""
    items = [f"s{k}{m}" for k in (1, 2, 3) for m in range(1, 5)]
    lines = ["G =~ " + " + ".join(items)] + [f"S{k} =~ " + " + ".join(items[4 * k - 4 : 4 * k]) for k in (1, 2, 3)]
    lines += ["G ~~ 0*S1 + 0*S2 + 0*S3", "S1 ~~ 0*S2 + 0*S3", "S2 ~~ 0*S3"]
    picture = draw_text("\n".join(lines), column="single")
    assert {problem.kind for problem in picture.problems()} <= {"crossing"}
