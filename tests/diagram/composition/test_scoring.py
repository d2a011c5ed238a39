"""What is wrong with a picture at least, before it is painted."""

from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit.diagram.composition.scoring import (
    BEND,
    DETOUR,
    TALLEST,
    THROUGH_FAN,
    bound_routes,
    bound_score,
    count_blocked,
    score_scene,
)
from sem_toolkit.diagram.courses.routing import Route
from sem_toolkit.diagram.geometry.curves import build_line, smooth_polyline
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.placement import find_extent
from tests.diagram.drawing import draw_text

MODELS = {
    "straight": "m ~ x\ny ~ m",
    "crossing": "c ~ a + b\nd ~ a + b\na ~~ b\nc ~~ d",
    "around": "m ~ x\nn ~ m\ny ~ n + x\ny ~ m",
    "factors": "f =~ f1 + f2 + f3\ng =~ g1 + g2 + g3\nh =~ h1 + h2 + h3\ng ~ f\nh ~ f + g",
}


@pytest.mark.parametrize("settings", [{}, {"variances": "lisrel"}, {"variances": "ram"}])
@pytest.mark.parametrize("name", MODELS)
def test_no_bound_is_above_the_score(name, settings):
    scene = draw_text(MODELS[name], **settings).scene
    style, score = scene.style, score_scene(scene, scene.style.font_size)
    extent = find_extent([node.box for node in scene.nodes])
    routes = {edge.key: Route(edge.key, edge.source, edge.target, edge.role, edge.curve) for edge in scene.edges}
    places = {node.name: node.box for node in scene.nodes}
    pairs = [(edge.source, edge.target) for edge in scene.edges if edge.role == "regression"]
    routed = bound_routes(extent, routes, style, style.font_size)
    assert bound_score(extent, style, style.font_size, count_blocked(pairs, places)) <= routed <= score
    assert routed.crossings == score.crossings


def test_what_exceeds_the_column_or_a_page_counts_before_all_else():
    style = draw_text(MODELS["straight"], column="single").scene.style
    small = Rectangle(0, 0, 100, 100)
    fits, bent = bound_score(small, style, 8.0, 0), bound_score(small, style, 8.0, 2 * BEND)
    assert bent.cost - fits.cost == pytest.approx(2 * BEND)
    wide = bound_score(replace(small, width=style.column_width), style, 8.0, 0)
    high = bound_score(replace(small, height=1.3 * TALLEST), style, 8.0, 0)
    assert fits < bent < wide
    assert (wide.faults, high.faults) == (1.0, 1.0)


def test_a_way_around_and_one_through_a_fan_cost_more():
    style = draw_text(MODELS["straight"]).scene.style
    small = Rectangle(0, 0, 300, 300)

    def find_cost(**courses):
        roles = {"path": "regression", "loading": "loading"}
        routes = {key: Route(key, "a", "b", roles[key], np.array(curve, float)) for key, curve in courses.items()}
        return bound_routes(small, routes, style, 8.0).cost

    straight = build_line(np.array([0.0, 0.0]), np.array([100.0, 0.0]))
    around = smooth_polyline(np.array([[0.0, 0.0], [0.0, 50.0], [100.0, 50.0], [100.0, 0.0]]), 1.0)
    across = build_line(np.array([50.0, -20.0]), np.array([50.0, 20.0]))
    plain = find_cost(path=straight)
    assert find_cost(path=around) - plain == pytest.approx(BEND + DETOUR, rel=0.05)
    assert find_cost(path=straight, loading=across) - plain == pytest.approx(10.0 + THROUGH_FAN)


def test_a_pair_is_blocked_only_by_what_another_end_of_the_line_would_not_pass():
    places = {"a": Rectangle(0, 0, 40, 20), "b": Rectangle(200, 0, 40, 20)}
    for y, blocked in ((0.0, 1), (6.0, 1), (8.0, 0), (30.0, 0)):
        assert count_blocked([("a", "b")], places | {"m": Rectangle(100, y, 40, 20)}) == blocked
    assert count_blocked([], places) == 0
