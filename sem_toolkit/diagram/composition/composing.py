"""Path graph → scene: choose what is shown, lay out, route and label, with more room until nothing is hit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sem_toolkit.diagram.composition.drafts import DENSITIES, TIGHT, Draft, iterate_arrangements
from sem_toolkit.diagram.composition.scoring import Score
from sem_toolkit.diagram.composition.searching import GROWTH, GoOn, Search
from sem_toolkit.diagram.content.canvas import Canvas
from sem_toolkit.diagram.content.figure import Figure
from sem_toolkit.diagram.content.reductions import set_in_lines, set_in_note
from sem_toolkit.diagram.figures.recognition import recognise_figure
from sem_toolkit.diagram.places.pins import Layout
from sem_toolkit.diagram.scene.elements import Scene

__all__ = ["GoOn", "build_scene"]

PLAIN = 60.0
"""A picture that costs no more than this is taken; after others, another arrangement may be better."""

MOST_PAINTED, LEAST_PAINTED = 10, 2
"""How many pictures a search paints before it takes the best."""

KEPT = 2
"""So many of them are kept for each of the other arrangements that follow."""

MOST_WITH_ARCS, MOST_WITH_UPRIGHT = 3, 6
"""How many pictures of a figure are painted before its covariances become a matrix; of one in whose columns they stand.
"""

MOST_TORN = 4
"""So many pictures in other arrangements are tried of a figure that fits in none of its own."""

MOST_USUAL = 2
"""So many pictures, each closer than the one before, are tried with long numbers in one line."""

MOST_ROUTED = 150
"""How many structural paths and covariances it leads through all its pictures together, as each takes its time."""

CROWDED_FROM = 24
"""From this many of them on more room comes in large steps."""

LARGE, LARGE_GROWTH = 80, (1.6, 2.2, 3.0)
"""From this many variables on a model that fits no page is set wide from the beginning, as every picture takes long."""

LARGE_STEPS, CROWDED_GROWTH = (1.0, 1.6, 2.2), (2.2, 3.0)
"""Factors of the spacing for crowded pictures, within the column and beyond."""

BEYOND = (1.0, 1.6, 2.2, 3.0)
"""The same for a picture that may be wider than its column."""

CLOSE, LEAST_WIDER = DENSITIES[2], 5
"""How closely a picture is set that is wider than its column all the same, and how many of a figure are painted."""

MANY_HITS = 4
"""More hits than this need much more room."""


def build_scene(
    canvas: Canvas, layout: Layout | None = None, earlier: Layout | None = None, go_on: GoOn | None = None
) -> Scene:
    """The best picture of a canvas, as `Score` orders them: no hits, in its column, on a page, easy to read.

    layout   places that variables keep
    earlier  places of another picture, kept as long as nothing is hit for it
    go_on    hears after every picture how many things are hit in the best one so far; where it says no, that is taken
    """
    if layout is not None:
        structure = replace(canvas.structure, pinned=layout.sides)
        canvas = replace(canvas, structure=structure, numbers=layout.numbers, arcs=layout.arcs)
    broken = set_in_lines(canvas)
    canvases = [canvas] if broken is None else [canvas, broken]
    if earlier is not None:
        kept = _keep_places(
            canvases,
            replace(layout or Layout(), positions={**earlier.positions, **(layout.positions if layout else {})}),
        )
        if kept is not None:
            return kept
    if layout is not None and set(layout.positions) >= set(canvas.graph):
        return min((_take_places(one, layout) for one in canvases), key=_score_best).take()
    search = _search_lines(canvas, broken, layout, go_on)
    if _score_best(search).hits and not search.has_ended and layout is None and canvas.style.covariances == "auto":
        # Rather in the legend than covering each other.
        noted = [set_in_note(one) for one in canvases]
        if noted[0] is not canvas:
            search = min(
                search, _search_lines(noted[0], noted[1] if len(noted) > 1 else None, None, go_on), key=_score_best
            )
    if canvas.style.column == "single" and _score_best(search).wide > 0:
        return _take_narrower(search.take(), canvases, layout, go_on)
    return search.take()


def _take_narrower(scene: Scene, canvases: Sequence[Canvas], layout: Layout | None, go_on: GoOn | None) -> Scene:
    """A picture that a single column cannot hold, or the one for a double column where that is narrower."""
    single = scene.style.column
    double = [replace(canvas, style=replace(canvas.style, column="double")) for canvas in canvases]
    search = _search_lines(double[0], double[1] if len(double) > 1 else None, layout, go_on)
    other = search.take()
    if _score_best(search).hits == 0 and other.width < scene.width:
        return replace(other, style=replace(other.style, column=single))
    return scene


def _search_lines(canvas: Canvas, broken: Canvas | None, layout: Layout | None, go_on: GoOn | None) -> Search:
    """The search with numbers in one line, or in two (of the canvas `broken`) where these do better."""
    if broken is None:
        return _search_all(canvas, layout, go_on)
    # Numbers stand in one line where that is no reason for another arrangement, or a much smaller font.
    usual = _search_usual(canvas, layout, go_on)
    if usual is not None:
        return usual
    search = _search_all(broken, layout, go_on)
    if not search.is_done and (search.best is None or search.best[0].hits or not search.has_figure):
        # The columns of a figure cannot be closer with numbers in one line.
        search = min(search, _search_all(canvas, layout, go_on), key=_score_best)
    return search


def _score_best(search: Search) -> Score:
    assert search.best is not None  # noqa: S101 - without a limit the first picture is painted
    return search.best[0]


def _search_all(canvas: Canvas, layout: Layout | None, go_on: GoOn | None) -> Search:
    """The search through all arrangements, within the column and then beyond it."""
    drafts = list(iterate_arrangements(Draft(canvas, layout)))
    # In a figure of the field most paths have their places.
    routed = 0 if drafts[0].is_figure else _count_routed(canvas)
    search = _begin(canvas, min(MOST_PAINTED, max(LEAST_PAINTED, MOST_ROUTED // max(1, routed))), go_on)
    search.has_figure = drafts[0].is_figure
    _search_column(search, drafts, routed)
    if not search.is_done and not drafts[0].is_figure:
        _search_wider_figure(search, drafts)
    if not search.is_done and (search.best is None or search.best[0].hits > 0):
        # Better a picture too high or too wide than one with hits.
        _search_beyond(search, drafts, routed)
    search.squeeze()
    return search


def _search_usual(canvas: Canvas, layout: Layout | None, go_on: GoOn | None) -> Search | None:
    """The picture in the first of the arrangements, where that fits the column in about the font asked for; or None."""
    usual = next(iterate_arrangements(Draft(canvas, layout)))
    search = _begin(canvas, MOST_USUAL, go_on)
    for density in DENSITIES[:MOST_USUAL]:
        search.try_spacing(usual.with_density(density), density.spacing, GROWTH[:2], must_fit=True)
        if search.is_done and not search.is_too_high:
            return search
    return None


def _take_places(canvas: Canvas, layout: Layout) -> Search:
    """The picture in which every place is given: as a figure of the field, if it is one and is free so."""
    draft, search = Draft(canvas, layout), _begin(canvas, MOST_PAINTED)
    figure = recognise_figure(canvas.structure) if canvas.style.layout == "own" and not canvas.hints.stages else None
    if figure is not None:
        known = draft.with_structure(replace(canvas.structure, figure=figure, two_sided=None))
        search.try_spacing(known, DENSITIES[0].spacing, GROWTH[:1], must_fit=False)
    if search.best is None or search.best[0].hits:
        plain = draft if figure is not None else draft.without_arcs_across()
        search.try_spacing(plain, DENSITIES[0].spacing, GROWTH[:1], must_fit=False)
    return search


def _begin(canvas: Canvas, most: int, go_on: GoOn | None = None) -> Search:
    return Search(canvas.style.column_width, canvas.style.font_size, most, go_on)


def _search_column(search: Search, drafts: Sequence[Draft], routed: int) -> None:
    """Try one arrangement after the other within the column until one has no faults and, where others may, is plain."""
    most, crowded = search.left, routed > CROWDED_FROM
    for position, variant in enumerate(drafts):
        following = drafts[position + 1] if position + 1 < len(drafts) else None
        if following is not None and _is_same_figure(variant, following):
            # More room for arcs is soon more than the column has: without them it is enough.
            figure = variant.canvas.structure.figure
            search.left = MOST_WITH_UPRIGHT if figure is not None and figure.is_dense else MOST_WITH_ARCS
        elif position and _is_same_figure(drafts[position - 1], variant):
            search.left = most
        if position and routed > 2 * CROWDED_FROM and search.best is not None:
            # Its place is beyond the column anyway.
            return
        if crowded:
            # Few pictures in large steps, but some of every kind.
            search.left = max(LEAST_PAINTED, most // 2)
        others = 0 if crowded else sum(draft.is_other for draft in drafts[position + 1 :])
        # Where arcs beside indicators are what is hit, one of the arrangements that follow is without them.
        noted_follows = not variant.is_noted and any(draft.is_noted for draft in drafts[position + 1 :])
        others += noted_follows
        kept = max(0, min(search.left - KEPT, KEPT * others))
        search.left -= kept
        search.try_densities(variant, LARGE_STEPS if crowded else GROWTH)
        search.left += kept
        if not crowded and variant.is_figure and following is not None and not _is_same_figure(variant, following):
            # What follows is another way to draw it, which has not been tried yet.
            search.left = most
        if variant.is_figure and not search.is_done and not (following is not None and following.is_figure):
            # Set closely it may fit, before another arrangement tears it apart.
            kept = search.left
            _search_wider_figure(search, drafts)
            search.left = min(kept, MOST_TORN)
            search.squeeze()
        # The side of an arc is pinned in the arrangement that its maker has seen.
        weighed = following is not None and following.is_other and not crowded and not variant.canvas.arcs
        # Readers find their way in a figure that they know, however many paths cross in it.
        weighed = weighed and not variant.is_figure and search.cost > PLAIN
        if search.is_done and (
            search.has_ended or not (weighed or (search.is_too_high and (variant.is_plain or noted_follows)))
        ):
            return


def _search_beyond(search: Search, drafts: Sequence[Draft], routed: int) -> None:
    """The same beyond a page's height, then beyond the column's width."""
    canvas, crowded, most = drafts[0].canvas, routed > CROWDED_FROM, search.left
    large = bool(canvas.structure.links) and len(canvas.graph) > LARGE
    many = search.best is not None and search.best[0].hits > MANY_HITS
    growth: tuple[float, ...] = (
        CROWDED_GROWTH if crowded and many else LARGE_GROWTH if large or many or crowded else GROWTH
    )
    search.tallest = np.inf
    kinds = ("across", "folded", "downward") if search.best is None else () if crowded else ("folded", "downward")
    for variant in [variant for variant in drafts if variant.arrangement in kinds]:
        if search.best is None or search.best[0].hits > 0:
            search.left = LEAST_PAINTED
            search.try_densities(variant, growth)
            if search.has_ended:
                return
    if search.best is None or search.best[0].hits > 0:
        search.left = LEAST_PAINTED if crowded else max(len(BEYOND), most // 2)
        usual = next((variant for variant in drafts if variant.arrangement == "across"), drafts[0])
        search.try_spacing(
            usual.with_density(CLOSE),
            CLOSE.spacing,
            growth if crowded or large else BEYOND,
            must_fit=False,
        )


def _search_wider_figure(search: Search, drafts: Sequence[Draft]) -> None:
    """A figure that readers know, or stages around their outcome, as wide as its numbers need, set closely."""
    for variant in drafts:
        if variant.is_figure or variant.arrangement == "converging":
            density = CLOSE if variant.is_figure else TIGHT
            for position, squeeze in enumerate(_list_squeezes(variant.canvas.structure.figure)):
                search.left = LEAST_WIDER
                if position == 0 or search.best is None or search.best[0].hits:
                    search.try_spacing(
                        variant.with_density(density), density.spacing, GROWTH, must_fit=False, squeeze=squeeze
                    )


def _list_squeezes(figure: Figure | None) -> tuple[bool, ...]:
    """Whether the columns of a figure are tried as close as they can be, and as far apart as its numbers ask for."""
    if figure is None or not figure.upright:
        return (True,)
    # Those of a dense one have been as close as they can be.
    return (False,) if figure.is_dense else (True, False)


def _is_same_figure(one: Draft, other: Draft) -> bool:
    """Whether both are one figure, with its covariances as arcs and in a matrix."""
    figure = one.canvas.structure.figure
    return figure is not None and figure == other.canvas.structure.figure


def _count_routed(canvas: Canvas) -> int:
    """How many paths are not part of a fan, so that each looks for its own way."""
    owner, matrix = canvas.structure.owner, set(canvas.matrix)
    return sum(
        data["role"] in ("regression", "covariance") or (data["role"] == "loading" and owner.get(b) not in (None, a))
        for a, b, key, data in canvas.graph.edges(keys=True, data=True)
        if key not in matrix
    )


def _keep_places(canvases: Sequence[Canvas], layout: Layout) -> Scene | None:
    """A picture without faults in which the variables of a layout have not moved; None where that cannot be."""
    for variant in [variant for canvas in canvases for variant in iterate_arrangements(Draft(canvas, layout))]:
        for density in DENSITIES:
            search = _begin(variant.canvas, 1)
            search.try_spacing(variant.with_density(density), density.spacing, GROWTH[:1], must_fit=False)
            if search.best is not None and search.best[0].faults == 0:
                return search.best[1]
    return None
