"""What courses cost against shapes and texts."""

import numpy as np
import pytest

from sem_toolkit.diagram.courses.costs import AVOID, HIT, NEAR
from sem_toolkit.diagram.courses.obstacles import Obstacles
from sem_toolkit.diagram.geometry.plane import Rectangle

BOXES = [Rectangle(0, 0, 40, 20), Rectangle(100, 0, 40, 20), Rectangle(200, 0, 40, 20)]
KINDS = ["ellipse", "rectangle", "ellipse"]


def assess(obstacles, *courses, ends=(0, 2)):
    return obstacles.assess(np.array(courses, float), ends)


@pytest.fixture
def obstacles():
    return Obstacles(BOXES, KINDS, [])


def test_a_course_through_a_shape_costs_a_hit_one_beside_it_little(obstacles):
    through, beside, around = assess(
        obstacles, [[20, 0], [180, 0]], [[20, 12], [180, 12]], [[20, 40], [180, 40]], ends=(0, 2)
    )
    assert through == pytest.approx(HIT + NEAR + 0.02 * 160)
    assert beside == pytest.approx(NEAR + 0.02 * 160)
    assert around == pytest.approx(0.02 * 160)


def test_the_own_shapes_are_entered_only_beyond_their_boundary(obstacles):
    touching, entered = assess(obstacles, [[20, 0], [80, 0]], [[0, 0], [80, 0]], ends=(0, 1))
    assert touching == pytest.approx(0.02 * 60)
    assert entered >= HIT


def test_numbers_are_in_the_way_until_their_place_is_given_up(obstacles):
    course, number = [[20, 40], [180, 40]], Rectangle(100, 40, 20, 10)
    obstacles.reserve("x ~~ x", number)
    assert assess(obstacles, course)[0] == pytest.approx(AVOID + 0.02 * 160)
    assert obstacles.count_covered(Rectangle(100, 44, 5, 5)) == 1
    obstacles.release("x ~~ x")
    assert assess(obstacles, course)[0] == pytest.approx(0.02 * 160)
    obstacles.set_numbers([number])
    assert assess(obstacles, course)[0] == pytest.approx(AVOID + 0.02 * 160)
