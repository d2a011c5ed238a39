"""Where variables stand → the sides on which paths leave and reach them."""

import numpy as np

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.blocks import find_actual_side
from sem_toolkit.diagram.places.measures import OPPOSITE, Side
from sem_toolkit.diagram.places.placement import Placement


class Sides:
    """What the structure and the places say about paths before they have a course."""

    def __init__(self, structure: Structure, placement: Placement, variances: Side | None = None) -> None:
        """Take what stands where; `variances` is the side of one column of indicators on which these are."""
        self.structure, self.placement, self.variances = structure, placement, variances

    def find_outer_side(self, source: str, target: str) -> Side | None:
        """The outer side: of indicators that away from their cores, of cores that without indicators."""
        sides, outer = self.placement.sides, self.placement.outer
        if source in outer and target in outer:
            return outer[source] if outer[source] == outer[target] else None
        if self.structure.two_sided is not None:
            left, right = self.structure.two_sided
            if {source, target} <= {*right}:
                # Between them and the indicators all loadings of this side run.
                return "right"
            if {source, target} <= {*left}:
                return "left"
        owners = [self.structure.owner.get(name) for name in (source, target)]
        if all(owner is not None for owner in owners):
            if self.structure.two_sided is not None:
                return None if self.structure.two_sided[1] else "right"
            found = {self.find_item_side(name) for name in (source, target)}
            return found.pop() if len(found) == 1 else None
        free = {OPPOSITE[sides[name]] for name in (source, target) if self.structure.indicators.get(name)}
        if not self.structure.links and len(free) == 1:
            return free.pop()
        ranks = {self.structure.ranks.get(name) for name in (source, target)}
        if ranks == {0}:
            return "top" if self.placement.downward else "left"
        return free.pop() if len(free) == 1 else None

    def are_plain(self, source: str, target: str) -> bool:
        """Whether both are causes without indicators outside of a figure, so that nothing stands before them."""
        ranks, indicators = self.structure.ranks, self.structure.indicators
        plain = all(ranks.get(name) == 0 and not indicators.get(name) for name in (source, target))
        return plain and self.structure.figure is None

    def find_item_side(self, item: str) -> Side:
        """The side of its core on which an indicator is."""
        core = self.structure.owner[item]
        side = self.placement.sides.get(core, "right")
        if core not in self.placement.places or item not in self.structure.indicators[core]:
            return side
        return find_actual_side(side, self.placement.places[item], self.placement.places[core])

    def find_facing_side(self, source: str, target: str, role: str) -> Side | None:
        """The side of an indicator that looks at the core."""
        item, core = (target, source) if role == "loading" else (source, target)
        if item not in self.structure.owner:
            return None
        if self.structure.owner[item] == core and self.structure.two_sided is None:
            return OPPOSITE[self.find_item_side(item)]
        a, b = self.placement.places[item], self.placement.places[core]
        if self.structure.two_sided is not None:
            return "left" if b.x < a.x else "right"
        own = self.placement.sides.get(self.structure.owner[item])
        beside = abs(b.x - a.x) > a.width / 2 + 10 if own in ("left", "right") else abs(b.y - a.y) > a.height / 2 + 10
        if own is not None and beside and self._is_before(a, b, own):
            return OPPOSITE[own]
        # In a figure a factor on the other side of its indicators than their own one has a side as well.
        side = self.placement.sides.get(core)
        if side is not None and self.is_in_figure(item, core) and self._is_before(a, b, side):
            return OPPOSITE[side]
        return None

    @staticmethod
    def _is_before(item: Rectangle, core: Rectangle, side: Side) -> bool:
        """Whether a core lies on the inner side of a fan, seen from its indicator."""
        return {
            "left": core.x > item.x, "right": core.x < item.x, "top": core.y > item.y, "bottom": core.y < item.y
        }[side]  # fmt: skip

    def is_in_fan(self, source: str, target: str) -> bool:
        """Whether a path between a core and an indicator is one of many that leave the core side by side."""
        owner = self.structure.owner
        if self.is_in_figure(source, target):
            return True
        return self.structure.two_sided is not None or owner.get(target) == source or owner.get(source) == target

    def is_in_figure(self, source: str, target: str) -> bool:
        """Whether both stand in cells of a figure, so that their places are meant for a straight line."""
        figure = self.structure.figure
        return figure is not None and source in figure.cells and target in figure.cells

    def is_between_rows(self, source: str, target: str) -> bool:
        """Whether both are growth factors, those of two processes in rows that face each other."""
        figure = self.structure.figure
        growth = figure is not None and figure.name == "growth" and self.is_in_figure(source, target)
        return growth and {source, target}.isdisjoint(self.structure.owner)

    def is_slanting(self, source: str, target: str) -> bool:
        """Whether two cores stand in different rows and columns, so that an arc between them is on no side of both."""
        a, b = self.placement.places[source], self.placement.places[target]
        apart = abs(a.x - b.x) > (a.width + b.width) / 2 and abs(a.y - b.y) > (a.height + b.height) / 2
        return {source, target}.isdisjoint(self.structure.owner) and apart

    def find_free_angles(self, name: str) -> list[float]:
        """Directions in the order of preference: away from the core for indicators, from the indicators for cores."""
        angle = {"right": 0.0, "bottom": np.pi / 2, "left": np.pi, "top": -np.pi / 2}
        core = self.structure.owner.get(name)
        sides, outer = self.placement.sides, self.placement.outer
        if name in outer:
            first = angle[outer[name]]
        elif core is not None and self.structure.two_sided is None:
            first = angle[self.find_item_side(name)]
        elif core is not None:
            first = angle[self.variances or "top"]
        else:
            side = sides.get(name)
            beside = self.variances is not None and any(name in factors for factors in self.structure.two_sided or ())
            has_indicators = beside or bool(self.structure.indicators.get(name))
            first = angle["top"] if side is None or not has_indicators else angle[OPPOSITE[side]]
            if side in ("left", "right") and has_indicators and self.structure.links and not self.placement.downward:
                first = angle["top"]
        turns = (0.0, np.pi / 2, -np.pi / 2, np.pi, 0.9, -0.9, 2.2, -2.2, 0.5, -0.5, 2.6, -2.6)
        return [first + turn for turn in turns]
