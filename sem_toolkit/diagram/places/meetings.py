"""Heights of cores → how many straight links between them run through shapes, and how many cross each other.

For many vectors of heights at once; what does not depend on heights is worked out beforehand.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagram.geometry.plane import FloatArray

TOUCHING = 1e-9
"""What overlaps by no more than this only touches."""

IndexArray = NDArray[np.intp]


@dataclass(frozen=True)
class Passings:
    """Links and the shapes whose columns they pass, one pair an entry; arrays of length p.

    start, end  numbers of the cores of the link; owner: of the core to which the shape belongs
    y           height of the shape's middle over its owner; half, wide: half its height and width
    mx, dx      where the middle of the link is along the ranks, from the shape, and how far the link runs
    """

    start: IndexArray
    end: IndexArray
    owner: IndexArray
    y: FloatArray
    half: FloatArray
    mx: FloatArray
    dx: FloatArray
    wide: FloatArray

    @cached_property
    def reach(self) -> FloatArray:
        return np.asarray(self.half * np.abs(self.dx))

    def take(self, cores: IndexArray) -> "Passings":
        """Those that change with the heights of some cores."""
        k = np.isin(self.start, cores) | np.isin(self.end, cores) | np.isin(self.owner, cores)
        return Passings(*(getattr(self, field.name)[k] for field in fields(self)))

    def count_hits(self, heights: FloatArray) -> FloatArray:
        """How many shapes stand in the way of straight paths; length c. Separating axes, as of segments and boxes."""
        first = heights.take(self.start, axis=1)
        py, dy = first - (heights.take(self.owner, axis=1) + self.y), heights.take(self.end, axis=1) - first
        my, climb = py + dy / 2, np.abs(dy)
        apart = np.abs(my) >= self.half + climb / 2 - TOUCHING
        apart |= np.abs(self.mx * dy - my * self.dx) >= self.wide * climb + self.reach - TOUCHING
        return np.asarray((~apart).sum(axis=1), float)


@dataclass(frozen=True)
class Crossings:
    """Pairs of links that may cross, one an entry; arrays of length p.

    cores   numbers of the cores of both links: tail and head of the one, tail and head of the other, 4 × p
    apart   how far the tail of the other is along the ranks from that of the one; run: how far each runs, 2 × p
    """

    cores: IndexArray
    apart: FloatArray
    run: FloatArray

    @classmethod
    def of(cls, ends: IndexArray, x: FloatArray, pairs: IndexArray) -> "Crossings":
        """The pairs of links with these numbers (p × 2); ends: the cores of each link, x: where each core is."""
        (one, other), (tails, heads) = pairs.T, ends.T
        run = x[heads] - x[tails]
        cores = np.concatenate([ends[one].T, ends[other].T])
        return cls(cores, x[tails[other]] - x[tails[one]], np.stack([run[one], run[other]]))

    def count(self, heights: FloatArray) -> FloatArray:
        """How many of the pairs of straight paths cross at c vectors of heights (c × n); length c."""
        tail, head, other_tail, other_head = (heights.take(cores, axis=1) for cores in self.cores)
        rise, other_rise, gap = head - tail, other_head - other_tail, other_tail - tail
        (run, other_run), apart = self.run, self.apart
        # Each has the ends of the other on both of its sides.
        first, second = run * gap - rise * apart, run * (gap + other_rise) - rise * (apart + other_run)
        third, fourth = other_run * -gap + other_rise * apart, other_run * (rise - gap) - other_rise * (run - apart)
        return np.asarray(((first * second < 0) & (third * fourth < 0)).sum(axis=1), float)
