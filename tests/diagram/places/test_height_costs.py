"""What straight paths between cores cost."""

import numpy as np

from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.blocks import Block
from sem_toolkit.diagram.places.height_costs import CLIMB, HIT, LEVEL, Aims, Field, Ranks

BOX = Rectangle(0, 0, 40, 20)


def build_field(links, columns):
    """Cores one letter each, 100 points from column to column."""
    names = "".join(columns)
    places = {name: k for k, column in enumerate(columns) for name in column}
    blocks = {name: Block(name, "right", {name: BOX}, {name: BOX}, BOX) for name in names}
    order = {name: k for k, name in enumerate(names)}
    aims = Aims(links, (), order, frozenset(), {}, lambda above, below: 36.0)
    x = np.array([100.0 * places[name] for name in names])
    return Field(Ranks(aims, tuple(links), places, x, tuple(names)), blocks)


def test_a_shape_in_the_way_is_a_fault_and_level_paths_save():
    field = build_field([("x", "m"), ("m", "y"), ("x", "y")], ["x", "m", "y"])
    costs, faults = field.assess(np.array([[0.0, 0.0, 0.0], [0.0, 40.0, 0.0]]))
    assert faults.tolist() == [1, 0]
    assert costs.tolist() == [HIT - 3 * LEVEL, 80 * CLIMB - LEVEL]


def test_only_paths_that_share_some_of_their_way_can_cross():
    field = build_field([("a", "d"), ("b", "c"), ("d", "e")], ["ab", "cd", "e"])
    assert field.ranks.pairs.tolist() == [[0, 1]]
    assert field.count_faults(np.array([0.0, 40.0, 0.0, 40.0, 0.0])) == 1
    assert field.count_faults(np.array([40.0, 0.0, 0.0, 40.0, 0.0])) == 0


def test_moving_one_column_costs_what_all_columns_cost():
    columns = ["ab", "cd", "efg"]
    field = build_field([("a", "c"), ("b", "d"), ("a", "f"), ("b", "e"), ("c", "g"), ("d", "e")], columns)
    draw = np.random.default_rng(3)
    here = draw.uniform(-80, 80, 7)
    for column, cores in enumerate(([0, 1], [2, 3], [4, 5, 6])):
        trials = np.tile(here, (20, 1))
        trials[:, cores] = draw.uniform(-80, 80, (20, len(cores)))
        assert field.assess_moved(trials, column, here).tolist() == field.assess(trials)[0].tolist()
