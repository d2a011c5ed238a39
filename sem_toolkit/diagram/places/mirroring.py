"""Symmetric models → symmetric heights: cores above a level line as far from it as their counterparts below."""

from collections.abc import Mapping, Sequence

import numpy as np

from sem_toolkit.diagram.geometry.plane import FloatArray
from sem_toolkit.diagram.places.blocks import Block
from sem_toolkit.diagram.places.height_costs import Field, Ranks
from sem_toolkit.diagram.places.measures import OPPOSITE

NEARLY_LEVEL = 24.0
"""Paths between cores that differ by less than this in height are made level, in points."""


def mirror_heights(ranks: Ranks, heights: FloatArray, field: Field) -> FloatArray:
    """Heights (n) made symmetric, where the model is so in the order of its columns and no fault comes of it.

    A model is symmetric if it has the same paths and arcs between the counterparts of all cores: the first and the last
    of a column, the second and the last but one, and so on.
    """
    other = np.arange(len(ranks.names))
    for column in ranks.columns.values():
        order = sorted(column, key=lambda m: heights[m])
        other[order] = order[::-1]
    if (other == np.arange(len(other))).all() or not _is_symmetric(ranks, other.tolist(), field.blocks):
        return heights
    middles = [(heights[column].min() + heights[column].max()) / 2 for column in ranks.columns.values()]
    mirrored = (heights - heights[other]) / 2
    trials = np.array([_level_pairs(mirrored, ranks, field), mirrored]) + sum(middles) / len(middles)
    good = field.assess(trials)[1] <= field.count_faults(heights)
    return np.asarray(trials[int(good.argmax())]) if good.any() else heights


def _is_symmetric(ranks: Ranks, other: Sequence[int], blocks: Mapping[str, Block]) -> bool:
    partner = {name: ranks.names[other[k]] for k, name in enumerate(ranks.names)}
    arcs = {frozenset(pair) for pair in ranks.aims.covarying if {*pair} <= {*partner}}
    return (
        {(partner[a], partner[b]) for a, b in ranks.links} == {*ranks.links}
        and {frozenset(partner[name] for name in pair) for pair in arcs} == arcs
        and all(_is_mirrored(blocks[name], blocks[partner[name]]) for name in ranks.names)
    )


def _is_mirrored(block: Block, other: Block) -> bool:
    """Whether two cores have as many indicators on the same side, or above the one and below the other."""
    if block.core == other.core:
        return True
    side = other.side if other.side in ("left", "right") else OPPOSITE[other.side]
    return len(block.places) == len(other.places) and (block.side == side or len(block.places) == 1)


def _level_pairs(heights: FloatArray, ranks: Ranks, field: Field) -> FloatArray:
    """Mirrored heights with columns of two cores as far apart as those to which nearly level paths lead."""
    found = heights.copy()
    for column in ranks.columns.values():
        if len(column) != 2:
            continue
        upper, lower = sorted(column, key=lambda m: heights[m])
        near = [found[m] for m in ranks.neighbours[upper] if abs(found[m] - found[upper]) < NEARLY_LEVEL]
        wide = [y for y in near if y < 0 and -2 * y >= field.find_gap(upper, lower)]
        if wide:
            found[upper] = min(wide, key=lambda y: abs(y - heights[upper]))
            found[lower] = -found[upper]
    return found
