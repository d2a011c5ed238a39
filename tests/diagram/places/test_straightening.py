"""Heights at which straight paths run free."""

import numpy as np
import pytest

from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.blocks import Block
from sem_toolkit.diagram.places.height_costs import Aims
from sem_toolkit.diagram.places.straightening import straighten

BOX = Rectangle(0, 0, 40, 20)


def build_block(name, side="right", **items):
    places = {name: BOX} | {item: Rectangle(x, y, 20, 14) for item, (x, y) in items.items()}
    return Block(name, side, places, places, BOX)


def build_aims(links, names, covarying=(), fixed=(), turned=None):
    order = {name: k for k, name in enumerate(names)}
    return Aims(links, covarying, order, frozenset(fixed), turned or {}, lambda above, below: 36.0)


def find_heights(columns, aims):
    offsets = np.arange(len(columns)) * 100.0
    found = straighten(columns, offsets, aims)
    return {block.core: y for column in found for block, y in column}, found


def test_a_path_that_passes_a_rank_gets_a_free_way():
    """x → m → y and x → y: in one line the long path would run through m."""
    blocks = {name: build_block(name) for name in "xmy"}
    columns = [[(blocks[name], 0.0)] for name in "xmy"]
    heights, _ = find_heights(columns, build_aims([("x", "m"), ("m", "y"), ("x", "y")], "xmy"))
    between = (heights["x"] + heights["y"]) / 2
    assert abs(heights["m"] - between) > BOX.height / 2 + 4


def test_crossing_paths_are_untangled():
    blocks = {name: build_block(name) for name in "abcd"}
    columns = [[(blocks["a"], 0.0), (blocks["b"], 40.0)], [(blocks["c"], 0.0), (blocks["d"], 40.0)]]
    heights, _ = find_heights(columns, build_aims([("a", "d"), ("b", "c")], "abcd"))
    assert (heights["a"] < heights["b"]) == (heights["d"] < heights["c"])


def test_an_order_that_is_asked_for_is_kept():
    blocks = {name: build_block(name) for name in "abcd"}
    columns = [[(blocks["a"], 0.0), (blocks["b"], 40.0)], [(blocks["c"], 0.0), (blocks["d"], 40.0)]]
    heights, _ = find_heights(columns, build_aims([("a", "d"), ("b", "c")], "abcd", fixed="abcd"))
    assert heights["a"] < heights["b"]
    assert heights["c"] < heights["d"]


def test_indicators_and_a_path_keep_off_each_other():
    """The indicators of m stand where x → y runs; on its other side nothing does."""
    below = build_block("m", "bottom", i1=(-12, 40), i2=(12, 40))
    above = build_block("m", "top", i1=(-12, -40), i2=(12, -40))
    columns = [[(build_block("x"), 40.0)], [(below, 0.0)], [(build_block("y"), 40.0)]]
    aims = build_aims([("x", "m"), ("m", "y"), ("x", "y")], "xmy", turned={"m": above})
    heights, found = find_heights(columns, aims)
    ((block, middle),) = found[1]
    passed = (heights["x"] + heights["y"]) / 2
    for box in block.places.values():
        assert abs(middle + box.y - passed) > box.height / 2 + 4


def test_what_is_free_stays():
    blocks = {name: build_block(name) for name in "abcd"}
    columns = [[(blocks["a"], 0.0), (blocks["b"], 60.0)], [(blocks["c"], 7.0), (blocks["d"], 80.0)]]
    heights, _ = find_heights(columns, build_aims([("a", "c"), ("b", "c"), ("b", "d")], "abcd"))
    assert heights == {"a": 0.0, "b": 60.0, "c": 7.0, "d": 80.0}


def test_distances_of_a_column_are_kept():
    names = "pqrstu"
    blocks = {name: build_block(name) for name in names}
    columns = [[(blocks[name], 36.0 * k) for k, name in enumerate(part)] for part in ("pqr", "stu")]
    links = [("p", "u"), ("q", "s"), ("r", "t"), ("p", "t"), ("r", "u")]
    _, found = find_heights(columns, build_aims(links, names))
    for column in found:
        gaps = np.diff([y for _, y in column])
        assert gaps.min() >= 36.0 - 1e-6


@pytest.mark.parametrize("shared", [(), (("a", "b"),)])
def test_nothing_comes_between_cores_that_covary(shared):
    """Without the arc the free place of c is between a and b."""
    names = "abcxyz"
    blocks = {name: build_block(name) for name in names}
    columns = [
        [(blocks["a"], 0.0), (blocks["b"], 36.0), (blocks["c"], 72.0)],
        [(blocks["x"], 0.0), (blocks["z"], 36.0), (blocks["y"], 72.0)],
    ]
    heights, _ = find_heights(columns, build_aims([("a", "x"), ("b", "y"), ("c", "z")], names, shared))
    is_between = (heights["c"] - heights["a"]) * (heights["c"] - heights["b"]) < 0
    assert not (is_between and shared)


def build_symmetric(second):
    """A cause of two mediators of two outcomes each; the last column begins out of the middle."""
    blocks = {name: build_block(name) for name in "xabyz"}
    columns = [
        [(blocks["x"], 0.0)],
        [(blocks["a"], -90.0), (blocks["b"], 60.0)],
        [(blocks["y"], 0.0), (blocks["z"], second)],
    ]
    links = [("x", "a"), ("x", "b"), ("a", "y"), ("a", "z"), ("b", "y"), ("b", "z")]
    return columns, build_aims(links, "xabyz", covarying=[("a", "b"), ("y", "z")])


def test_a_symmetric_model_is_drawn_symmetrically():
    heights, _ = find_heights(*build_symmetric(90.0))
    middle = heights["x"]
    for upper, lower in ("ab", "yz"):
        assert middle - heights[upper] == pytest.approx(heights[lower] - middle)
        assert heights[upper] < heights[lower]


def test_nearly_level_paths_of_a_symmetric_model_are_level():
    heights, _ = find_heights(*build_symmetric(130.0))
    assert heights["a"] == pytest.approx(heights["y"])
    assert heights["b"] == pytest.approx(heights["z"])


def test_a_model_with_one_path_more_on_one_side_need_not_be_symmetric():
    columns, aims = build_symmetric(90.0)
    one_sided = build_aims([*aims.links, ("x", "y")], "xabyz")
    found = straighten(columns, np.arange(3) * 100.0, one_sided)
    assert len(found) == 3
