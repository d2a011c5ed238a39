"""On which sides paths leave and reach variables."""

import numpy as np
import pytest

from tests.diagram.courses.routers import build_router

CAUSES = "y ~ a + b\na ~~ b"
MIDDLES = {"a": (0, 0), "b": (0, 60), "y": (150, 30)}
FACTOR = "f =~ i + j + k\nf ~ x"
AROUND = {"f": (0, 0), "i": (120, -40), "j": (120, 0), "k": (120, 40), "x": (-120, 0)}


@pytest.mark.parametrize(("downward", "side"), [(False, "left"), (True, "top")])
def test_arcs_of_causes_run_before_the_first_rank(downward, side):
    sides = build_router(CAUSES, MIDDLES, downward=downward).sides
    assert sides.find_outer_side("a", "b") == side
    assert sides.are_plain("a", "b")
    assert not sides.are_plain("a", "y")


def test_an_indicator_looks_at_its_core_and_carries_its_variance_away_from_it():
    sides = build_router(FACTOR, AROUND, {"f": "right"}).sides
    assert sides.find_item_side("i") == "right"
    assert sides.find_facing_side("f", "i", "loading") == "left"
    assert sides.find_outer_side("i", "k") == "right"
    assert sides.find_free_angles("i")[0] == 0.0


def test_a_core_with_indicators_beside_it_has_its_variance_above_where_paths_come_in():
    assert build_router(FACTOR, AROUND, {"f": "right"}).sides.find_free_angles("f")[0] == -np.pi / 2


def test_every_direction_comes_once():
    angles = build_router(CAUSES, MIDDLES).sides.find_free_angles("y")
    assert len({round(angle % (2 * np.pi), 6) for angle in angles}) == len(angles) == 12


def test_only_loadings_of_the_own_core_are_in_its_fan():
    sides = build_router(FACTOR, AROUND, {"f": "right"}).sides
    assert sides.is_in_fan("f", "i")
    assert not sides.is_in_fan("x", "f")


def test_slanting_is_what_shares_neither_row_nor_column():
    sides = build_router(CAUSES, MIDDLES).sides
    assert sides.is_slanting("b", "y")
    assert not sides.is_slanting("a", "b")


@pytest.mark.parametrize(("pair", "side"), [(("f", "g"), "left"), (("r", "s"), "right")])
def test_arcs_of_factors_on_both_sides_of_one_column_stay_outside(pair, side):
    """Traits and methods: inside run the loadings."""
    text = "f =~ a + b\ng =~ c + d\nr =~ a + c\ns =~ b + d\nf ~~ 0*r + 0*s\ng ~~ 0*r + 0*s"
    items = {name: (0, 40 * k) for k, name in enumerate("abcd")}
    middles = items | {"f": (-150, 20), "g": (-150, 100), "r": (150, 20), "s": (150, 100)}
    assert build_router(text, middles).sides.find_outer_side(*pair) == side
