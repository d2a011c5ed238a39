"""Values that keep their distances."""

import pytest

from sem_toolkit.diagram.places.spreading import separate


def test_values_that_are_apart_stay():
    assert separate([0.0, 50.0], [20.0], [1.0, 1.0]) == [0.0, 50.0]


def test_two_that_are_too_near_give_way_by_their_weights():
    assert separate([0.0, 0.0], [20.0], [3.0, 1.0]) == pytest.approx([-5.0, 15.0])
