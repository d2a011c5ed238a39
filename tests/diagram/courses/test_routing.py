"""Which of its courses a path takes."""

import numpy as np
import pytest

from sem_toolkit.diagram.courses.ports import APART
from sem_toolkit.diagram.geometry.curves import flatten_curve, is_straight
from sem_toolkit.diagram.geometry.hits import Shapes, compute_crossings
from sem_toolkit.diagram.geometry.plane import Rectangle
from tests.diagram.courses.routers import WIDTH, build_router
from tests.diagram.drawing import draw_text


def find_hit(router, key, margin=0.0):
    """The variables that a path runs through, but for its own two."""
    route = router.routes[key]
    places = router.placement.places
    hit = Shapes.of(list(places.values())).hit_by(flatten_curve(route.curve), margin)
    return {name for name, is_hit in zip(places, hit, strict=True) if is_hit} - {route.source, route.target}


def test_free_paths_are_straight():
    router = build_router("m ~ x\ny ~ m", {"x": (0, 0), "m": (120, 0), "y": (240, 30)})
    routes = router.route_all()
    assert set(routes) == {"m ~ x", "y ~ m"}
    assert all(is_straight(route.curve) for route in routes.values())


def test_a_path_goes_round_what_stands_between():
    router = build_router("m ~ x\ny ~ m + x", {"x": (0, 0), "m": (120, 0), "y": (240, 0)})
    routes = router.route_all()
    assert not is_straight(routes["y ~ x"].curve)
    assert not find_hit(router, "y ~ x", margin=3.0)


def test_a_path_finds_its_way_through_a_gap():
    walls = {f"w{k}": (120.0, 26.0 * (k - 6)) for k in range(13) if k != 10}
    text = "y ~ x\n" + "\n".join(f"{name} ~ x" for name in walls)
    router = build_router(text, {"x": (0, 0), "y": (240, 0), **walls})
    route = router.route_all()["y ~ x"]
    assert not find_hit(router, "y ~ x")
    points = flatten_curve(route.curve)
    at_wall = points[np.abs(points[:, 0] - 120.0) < WIDTH / 2]
    assert len(at_wall)
    assert not (np.abs(at_wall[:, 1]) < 80).any()


def test_arrowheads_at_one_shape_keep_their_distance():
    causes = {f"x{k}": (0.0, 24.0 * (k - 2)) for k in range(5)}
    router = build_router("y ~ " + " + ".join(causes), {**causes, "y": (400, 0)})
    ends = np.array([route.curve[-1] for route in router.route_all().values()])
    apart = np.hypot(*(ends[:, None] - ends[None]).transpose(2, 0, 1))
    most = 0.8 * 2 * (WIDTH + 20) / len(ends)
    assert apart[np.triu_indices(len(ends), 1)].min() > 0.6 * min(APART, most)


def test_arcs_between_three_causes_do_not_cross():
    text = "y ~ a + b + c\na ~~ b\nb ~~ c\na ~~ c"
    router = build_router(text, {"a": (0, 0), "b": (0, 60), "c": (0, 120), "y": (200, 60)})
    arcs = [flatten_curve(route.curve) for key, route in router.route_all().items() if "~~" in key]
    assert len(arcs) == 3
    for k, one in enumerate(arcs):
        for other in arcs[:k]:
            assert not compute_crossings(one, other[:-1], other[1:]).any()


def test_a_path_under_the_number_of_another_goes_elsewhere():
    router = build_router("y ~ x", {"x": (0, 0), "y": (200, 0)})
    before = router.route_all()["y ~ x"].curve
    number = Rectangle(100, 0, 30, 10)
    assert Shapes.of([number]).hit_by(flatten_curve(before)).all()
    router.reroute({"y ~ x"}, {"another": number})
    assert not Shapes.of([number]).hit_by(flatten_curve(router.routes["y ~ x"].curve)).any()


def test_a_path_need_not_keep_off_its_own_number():
    router = build_router("y ~ x", {"x": (0, 0), "y": (200, 0)})
    before = router.route_all()["y ~ x"].curve
    router.reroute({"y ~ x"}, {"y ~ x": Rectangle(100, 0, 30, 10)})
    assert router.routes["y ~ x"].curve == pytest.approx(before)


def test_paths_that_end_in_one_point_come_apart_in_the_order_in_which_they_come():
    middles = {"y": (0, 0), **{f"m{k}": (-150, -90 * (3 - k) - 60) for k in (1, 2, 3)}, "x": (-300, 0)}
    text = "y ~ m1 + m2 + m3 + x\n" + "\n".join(f"m{k} ~ x" for k in (1, 2, 3))
    routes = build_router(text, middles).route_all()
    ends = [routes[f"y ~ {name}"].curve[-1] for name in ("x", "m3", "m2", "m1")]
    around = [float(np.arctan2(-end[1], -end[0])) for end in ends]
    assert around[0] == pytest.approx(0.0)
    assert around == sorted(around, reverse=True) or around == sorted(around)
    assert len({round(angle, 2) for angle in around}) == 4


def test_a_structural_path_stays_straight_where_only_an_arc_crosses_it():
    """Latent interaction: nine products of indicators set the third cause far below the outcome."""
    pairs = [f"su{j}co{k}" for j in (1, 2, 3) for k in (1, 2, 3)]
    diagram = draw_text(
        "Support =~ su1 + su2 + su3\nControl =~ co1 + co2 + co3\n"
        f"SupCon =~ {' + '.join(pairs)}\nStrain =~ st1 + st2 + st3\nStrain ~ Support + Control + SupCon",
        variances="lisrel",
    )
    assert not diagram.hits()
    assert all(is_straight(edge.curve) for edge in diagram.scene.edges if edge.role == "regression")


def test_an_arc_keeps_off_loadings_even_where_it_crosses_as_many_paths():
    """Indicators left of three causes, effects right of them: the long arc runs among the paths."""
    text = "\n".join(f"{name} =~ {name}1 + {name}2 + {name}3" for name in "abc") + "\ny ~ a + b + c\nz ~ b + y"
    places = {name: (0.0, 90.0 * k) for k, name in enumerate("abc")}
    items = {f"{name}{n + 1}": (-100.0, 90.0 * k + 26 * (n - 1)) for k, name in enumerate("abc") for n in range(3)}
    middles = places | items | {"y": (140.0, 90.0), "z": (260.0, 90.0)}
    router = build_router(text, middles, dict.fromkeys("abc", "left"))
    arc = flatten_curve(router.route_all()["a ~~ c"].curve)
    assert arc[:, 0].max() > WIDTH / 2
    assert arc[:, 0].min() > -WIDTH / 2


def test_a_straight_path_crosses_an_arc_rather_than_bending_beside_it():
    router = build_router(
        "y ~ a + b\nz ~ b\na ~~ c\ny ~ c",
        {"a": (0, 0), "b": (0, 80), "c": (0, 160), "y": (130, 120), "z": (130, 0)},
    )
    routes = router.route_all()
    assert all(is_straight(routes[key].curve) for key in ("y ~ a", "z ~ b", "y ~ b", "y ~ c"))
