"""The search for the best picture among drafts at several densities and spacings.

A picture is painted only as long as its places, then its courses, say that it may be better than the best so far.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from sem_toolkit.diagram.composition.drafts import Draft
from sem_toolkit.diagram.composition.scoring import (
    BEND,
    SMALLER,
    TALLEST,
    Score,
    bound_routes,
    bound_score,
    count_blocked,
    score_scene,
)
from sem_toolkit.diagram.content.structure import stack_related
from sem_toolkit.diagram.content.style import PAGE_HEIGHT, POINTS_PER_MILLIMETRE
from sem_toolkit.diagram.courses.routing import Route
from sem_toolkit.diagram.geometry.plane import Rectangle
from sem_toolkit.diagram.places.measures import Measures, Spacing
from sem_toolkit.diagram.places.placement import Arrangement, Placement, find_extent
from sem_toolkit.diagram.places.squeezing import find_factors, squeeze_placement
from sem_toolkit.diagram.scene.elements import Scene

UNUSUAL: Mapping[Arrangement, float] = {"downward": 45.0, "folded": 35.0}
"""What it costs that some causes do not stand at the left of their effects, where readers expect them."""

UNKNOWN = 100.0
"""A figure that readers know may be wider than its column by so much more than another arrangement, in points."""

MOST_FOR_CROSSINGS = 1.6
"""Factors of the spacing up to which more room is tried against crossings only."""

GROWTH = (1.0, 1.0, 1.0, 1.25, 1.6, 2.2, 3.0)
"""Factors of the spacing in the order tried; the first comes again, to find the width that arcs take."""

MOST_MISSED = 2
"""So many spacings one after the other of which none can be better than the best picture end a search for more room."""

HOPELESS = 6
"""More hits than this are too many for more room within the column."""

LEAST_SQUEEZED, MOST_SQUEEZED = 0.88, 3
"""Shapes are set closer by no more than to this share of their distance, in so many pictures."""

STRETCHED = 1.12
"""By how much they are farther apart down the page then, where it has room."""

ROUNDING = 0.3
"""So many points narrower than its column a picture becomes that is set closer."""

GoOn: TypeAlias = Callable[[int], bool]
"""Whether another picture is tried after one in which so many things are hit."""


Found: TypeAlias = tuple[Score, Scene]
"""A picture with its score."""

_Wish: TypeAlias = tuple[Draft, Spacing, float | None]
"""What a placement depends on: a draft, its spacing, and the width that it is to keep to."""

_Placed: TypeAlias = tuple[Measures, Placement, Rectangle]
"""Sizes and places of everything, and the extent of the shapes."""


class Search:
    """The best picture so far, and what the pictures before it have taught."""

    def __init__(self, limit: float | None, font_size: float, most: int, go_on: GoOn | None = None) -> None:
        """Begin a search.

        limit  width that is not to be exceeded
        font_size  what the style asks for
        most   how many pictures are painted at most
        go_on  see `build_scene`
        """
        self.limit, self.font_size, self.left, self._go_on = limit, font_size, most, go_on
        self.has_ended = self.has_figure = False
        self.best: Found | None = None
        self._last: Score | None = None
        self.tallest = 1.25 * TALLEST
        self.highest = PAGE_HEIGHT * POINTS_PER_MILLIMETRE
        self._overhang = np.inf
        self._overhangs: dict[tuple[Arrangement, bool | None], float] = {}
        self._below, self._highest = 0.0, np.inf
        self._placed: list[tuple[_Wish, _Placed]] = []
        self._painted: list[tuple[Draft, _Placed, Found]] = []

    @property
    def is_done(self) -> bool:
        """Whether a picture without faults is found, or no other is wanted."""
        return self.best is not None and (self.best[0].faults == 0 or self.has_ended)

    @property
    def is_too_high(self) -> bool:
        """Whether the best picture is higher than a page."""
        return self.best is not None and self.best[0].high > 0

    @property
    def cost(self) -> float:
        """How hard the best picture is to read."""
        return np.inf if self.best is None else self.best[0].cost

    def take(self) -> Scene:
        """The best picture."""
        assert self.best is not None  # noqa: S101 - without a limit the first picture is painted
        return self.best[1]

    def try_densities(self, draft: Draft, growth: tuple[float, ...] = GROWTH) -> None:
        """Try a draft at the densities at which its shapes fit the page."""
        structure = draft.canvas.structure
        stacked = stack_related(structure) if structure.figure is None else None
        self._overhangs.pop(_find_kind(draft), None)
        densities = tuple(draft.iterate_densities())
        for density in densities:
            unusual = UNUSUAL.get(draft.arrangement, 0.0) if self.is_done else 0.0
            least = SMALLER * density.smaller_font + unusual
            if least >= self.cost and self._has_good_size:
                break
            self._last = None
            sized = draft.with_density(density)
            # Blocks without paths between them are set closer before they are longer than a page.
            self._highest = self.highest - self._below if draft.is_tiled and density is not densities[-1] else np.inf
            self.try_spacing(sized, density.spacing, growth, must_fit=True)
            self._highest = np.inf
            if self.has_ended:
                break
            if stacked is not None and (self.best is None or not self.best[0].is_flawless):
                # The other reading of the ranks is worth a full search only where the first one fails.
                tried = growth if self.best is None or self.best[0].faults else growth[:1]
                self.try_spacing(sized.with_structure(stacked), density.spacing, tried, must_fit=True)
            # Setting it closer helps against too much width or height, against hits only in the columns of a figure.
            crowded = structure.figure is not None and not self.is_done
            if self._is_good_size(self._last) and self._has_good_size and not crowded:
                break

    @property
    def _has_good_size(self) -> bool:
        return self.best is not None and self._is_good_size(self.best[0])

    @staticmethod
    def _is_good_size(score: Score | None) -> bool:
        return score is not None and score.wide == 0 and score.high == 0

    def try_spacing(
        self, draft: Draft, spacing: Spacing, growth: tuple[float, ...], must_fit: bool, squeeze: bool = True
    ) -> None:
        """Paint a draft with this spacing, widened as long as something is hit.

        must_fit  leave out what cannot fit the page, as its shapes alone are too wide or too high
        squeeze   the columns of a figure that cannot fit are as close as they can be all the same
        """
        figure, kind = draft.canvas.structure.figure, _find_kind(draft)
        self._overhang = self._overhangs.get(kind, np.inf)
        # What cannot fit anyway is not squeezed otherwise.
        width = self._find_width() if must_fit or draft.is_tiled or (draft.is_figure and squeeze) else None
        tried: Placement | None = None
        hits, missed = False, 0
        for k, factor in enumerate(growth):
            before = growth[:k].count(1.0)
            if tried is not None and before > 1 and hits == (factor == 1):
                if hits:
                    continue
                # What is too wide gets more room only to be rid of hits.
                break
            wider = spacing.grow(factor)
            placed = self._place(draft, wider, width)
            crowded = must_fit and figure is not None and figure.ports
            if crowded and width is not None and not self._may_fit(placed[2]):
                # What stands outside of the shapes has taken more than was known when the width was chosen.
                placed = self._place(draft, wider, min(width, self._find_width() or width))
            _, placement, extent = placed
            if placement == tried:
                continue
            tried = placement
            if self.left <= 0 or (must_fit and not self._may_fit(extent)) or extent.height > self._highest:
                break
            found = self._paint(draft, placed)
            if found is None:
                # With more room it may bend and cross less, but not with even more.
                missed += 1
                if missed == MOST_MISSED:
                    break
                hits = True
                if width is not None and figure is not None and self._last is not None:
                    # Its courses alone reach this far beyond the column.
                    width -= self._last.wide
                continue
            score, scene = found
            self._overhang = self._overhangs[kind] = min(self._overhang, scene.width - extent.width)
            self._below = scene.height - extent.height
            if np.isfinite(self._highest):
                self._highest = self.highest - self._below
            hits, too_wide = score.hits > 0, score.wide > 0
            # Loadings from both sides of a column cross only where they had to make way for numbers.
            between = all(draft.canvas.structure.two_sided or (None,))
            hits = hits or (between and score.crossings > 0 and factor < MOST_FOR_CROSSINGS)
            if self.has_ended or (not hits and (not too_wide or factor > 1)):
                break
            if must_fit and figure is None and before and score.hits > HOPELESS:
                break
            # Arcs and numbers outside the outermost shapes have taken this much of the width.
            if width is not None and self.limit is not None:
                width -= max(0.0, scene.width - self.limit + 0.5)

    def squeeze(self) -> None:
        """Set a picture without hits that is a little too wide or too high closer, where nothing is hit for it."""
        highest = self.highest if self.limit is not None else np.inf
        if self.best is None or (self.best[0].wide == 0 and self.best[1].height <= highest and not self.best[0].hits):
            return
        found = sorted((entry for entry in self._painted if entry[2][0].hits == 0), key=lambda entry: entry[2][0])
        left = MOST_SQUEEZED
        for draft, (measures, placement, _), (score, scene) in found:
            too_wide = scene.width - (self.limit or scene.width)
            across, down = find_factors(placement, too_wide + ROUNDING * (too_wide > 0), scene.height - highest)
            if left == 0 or min(across, down) < LEAST_SQUEEZED:
                continue
            left -= 1
            # What comes closer side by side may need more room above each other.
            for factor in (down, STRETCHED) if down == 1.0 else (down,):
                closer = draft.paint(measures, squeeze_placement(placement, across, factor), lambda _: False)
                assert closer is not None  # noqa: S101 - nothing is hopeless
                new = score_scene(closer, self.font_size)
                if new.hits == 0 and new.wide == 0 and closer.height <= highest and new.crossings <= score.crossings:
                    self.best = replace(new, cost=new.cost + UNUSUAL.get(draft.arrangement, 0.0)), closer
                    return

    def _place(self, draft: Draft, spacing: Spacing, width: float | None) -> _Placed:
        wish = draft, spacing, width
        known = next((placed for other, placed in self._placed if other == wish), None)
        if known is not None:
            return known
        measures = draft.measure(spacing)
        placement = draft.place(measures, spacing, width)
        placed = measures, placement, find_extent([*placement.places.values(), *placement.bands.values()])
        self._placed.append((wish, placed))
        return placed

    def _paint(self, draft: Draft, placed: _Placed) -> Found | None:
        """A picture, or None where it cannot be better; the same is met again where a search goes on elsewhere."""
        found = next((found for one, other, found in self._painted if one == draft and other == placed), None)
        if found is None:
            measures, placement, extent = placed
            unusual, style = UNUSUAL.get(draft.arrangement, 0.0), draft.canvas.style

            def is_hopeless(bound: Score) -> bool:
                self._last = bound
                return self.best is not None and replace(bound, cost=bound.cost + unusual) >= self.best[0]

            def are_hopeless(routes: Mapping[str, Route]) -> bool:
                return self.best is not None and is_hopeless(bound_routes(extent, routes, style, self.font_size))

            blocked = 0 if self.best is None else count_blocked(draft.regressions, placement.places)
            if is_hopeless(bound_score(extent, style, self.font_size, BEND * blocked)):
                return None
            self.left -= 1
            scene = draft.paint(measures, placement, are_hopeless)
            if scene is None:
                return None
            score = score_scene(scene, self.font_size)
            if self.has_figure and not draft.is_figure and score.wide > 0:
                score = replace(score, wide=score.wide + UNKNOWN)
            found = replace(score, cost=score.cost + unusual), scene
            self._painted.append((draft, placed, found))
        else:
            self.left -= 1
        self._last = found[0]
        if self.best is None or found[0] < self.best[0]:
            self.best = found
        if self._go_on is not None and not self._go_on(self.best[0].hits):
            self.has_ended = True
        return found

    def _may_fit(self, extent: Rectangle) -> bool:
        """Whether shapes leave the picture within the column's width and not far above a page's height.

        Arcs and variances outside of them take at least about as much room as they did in the pictures before.
        """
        width = self._find_width()
        return width is None or (extent.width <= width and extent.height <= self.tallest)

    def _find_width(self) -> float | None:
        if self.limit is None:
            return None
        return self.limit - (0.7 * self._overhang if np.isfinite(self._overhang) else 0.0)


def _find_kind(draft: Draft) -> tuple[Arrangement, bool | None]:
    """What about as much stands around the shapes of: an arrangement, and how its figure is turned if it is one."""
    figure = draft.canvas.structure.figure
    return draft.arrangement, None if figure is None else figure.turned
