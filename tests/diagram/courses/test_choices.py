"""The courses that a path may take, the plainest first."""

import numpy as np
import pytest

from sem_toolkit.diagram.geometry.curves import flatten_curve, is_straight
from sem_toolkit.diagram.geometry.metrics import TextSize
from tests.diagram.courses.routers import HEIGHT, WIDTH, build_router

PATH, APART = "y ~ x", {"x": (0, 0), "y": (200, 0)}
PAIR = "y ~ a + b\na ~~ b"
MIDDLES = {"a": (0, 0), "b": (0, 60), "y": (150, 30)}


def list_courses(router, source, target, role, key, **limits):
    return list(router.choices.iterate(source, target, role, key, **limits))


def test_an_arrow_is_straight_from_side_to_side_and_bends_more_the_more_it_costs():
    courses = list_courses(build_router(PATH, APART), "x", "y", "regression", "y ~ x")
    cost, first = courses[0]
    assert cost == 0.0
    assert is_straight(first)
    assert first[[0, -1]] == pytest.approx(np.array([[WIDTH / 2, 0], [200 - WIDTH / 2, 0]]))
    bent = [(cost, np.abs(flatten_curve(curve)[:, 1]).max()) for cost, curve in courses if not is_straight(curve)]
    assert [reach for _, reach in sorted(bent)] == pytest.approx(sorted(reach for _, reach in bent))


def test_the_two_arrows_of_a_feedback_loop_are_never_straight():
    router = build_router("y ~ x\nx ~ y", APART)
    courses = list_courses(router, "x", "y", "regression", "y ~ x")
    assert not any(is_straight(curve) and cost == 0.0 for cost, curve in courses)


def test_a_loading_meets_the_middle_of_the_side_that_looks_at_the_factor():
    router = build_router("f =~ i + j", {"f": (0, 0), "i": (120, -30), "j": (120, 30)}, {"f": "right"})
    _, first = list_courses(router, "f", "i", "loading", "f =~ i")[0]
    assert first[-1] == pytest.approx([120 - WIDTH / 2, -30])


def test_arcs_of_causes_stand_left_first_and_nest():
    courses = list_courses(build_router(PAIR, MIDDLES), "a", "b", "covariance", "a ~~ b")
    cheapest = sorted(courses, key=lambda course: course[0])[:3]
    depths = [float(-flatten_curve(curve)[:, 0].min() - WIDTH / 2) for _, curve in cheapest]
    assert all(depth > 0 for depth in depths)
    assert depths == sorted(depths)


def test_arcs_hold_their_number():
    number = TextSize(60.0, 8.0)
    plain, numbered = (
        list_courses(build_router(PAIR, MIDDLES, numbers=numbers), "a", "b", "covariance", "a ~~ b")[0][1]
        for numbers in ({}, {"a ~~ b": number})
    )
    assert flatten_curve(numbered)[:, 0].min() < flatten_curve(plain)[:, 0].min() - 10


def test_arcs_that_cost_too_much_by_their_shape_are_not_built():
    router = build_router(PAIR, MIDDLES)
    every = list_courses(router, "a", "b", "covariance", "a ~~ b")
    limit = sorted(cost for cost, _ in every)[len(every) // 2]
    some = list_courses(router, "a", "b", "covariance", "a ~~ b", below=limit)
    expected = [(cost, curve) for cost, curve in every if cost < limit]
    assert [cost for cost, _ in some] == [cost for cost, _ in expected]
    assert all(np.array_equal(one, other) for (_, one), (_, other) in zip(some, expected, strict=True))


@pytest.mark.parametrize(("variances", "reach"), [("lisrel", 13.0), ("ram", 11.0)])
def test_variances_go_away_from_the_factor_first(variances, reach):
    middles = {"f": (0, 0), "i": (120, -30), "j": (120, 30)}
    router = build_router("f =~ i + j", middles, {"f": "right"}, variances=variances)
    courses = list_courses(router, "i", "i", "variance", "i ~~ i")
    assert [cost for cost, _ in courses] == [5.0 * k for k in range(12)]
    points = flatten_curve(courses[0][1])
    assert points[:, 0].max() == pytest.approx(120 + WIDTH / 2 + reach, abs=0.5)
    assert np.abs(points[:, 1] + 30).max() < HEIGHT
