"""Stages beside each other that all feed one outcome at the right centre.

Each stage is a column with one factor above and one below a corridor that is left free: every path runs straight in it
to the outcome. Indicators stand outside, above the upper and below the lower factors, all on the same side.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.geometry.plane import Rectangle, build_rectangle, compute_bounds
from sem_toolkit.diagram.places.blocks import build_block
from sem_toolkit.diagram.places.measures import Measures, Side, Spacing

PADDING, BETWEEN = 2.8, 2.5
LEAST_STAGES = 3
STEP = 2.6
"""Distance of the legs of neighbouring loadings, in points."""

HEAD = 10.0
"""What a level piece with an arrowhead takes beside its number, in points."""

OVERLAP = 2.5
TITLE_ROOM = 10.0
"""What stands left and right of a title in its ground, in points."""


@dataclass(frozen=True)
class Convergence:
    """variable → box, sides of the indicators, stage → ground, and indicator → where the leg of its loading runs."""

    places: Mapping[str, Rectangle]
    sides: Mapping[str, Side]
    bands: Mapping[str, Rectangle]
    legs: Mapping[str, float]


def find_outcome(structure: Structure, stages: Mapping[str, Sequence[str]]) -> str | None:
    """The title of the stage with the outcome, where the others have two factors each that lead to nothing else."""
    ends = {b for _, b in structure.links}
    if len(ends) != 1 or len(stages) < LEAST_STAGES + 1 or "" in stages:
        return None
    (outcome,) = ends
    found = [title for title, cores in stages.items() if list(cores) == [outcome]]
    others = [cores for title, cores in stages.items() if title not in found]
    measured = all(structure.indicators.get(core) for core in structure.cores)
    even = all(len(cores) == 2 and outcome not in cores for cores in others)
    return found[0] if found and even and measured and not structure.satellites else None


def place_converging(
    structure: Structure,
    measures: Measures,
    spacing: Spacing,
    stages: Mapping[str, Sequence[str]],
    outcome: str,
    title_height: float,
    title_widths: Mapping[str, float],
) -> Convergence:
    """Places of all variables; the stage before the outcome shares its column with it.

    Grounds are as wide as their content and their title.
    """
    columns = [cores for title, cores in stages.items() if title != outcome]
    titles = [title for title in stages if title != outcome]
    core = stages[outcome][0]
    # Variances stand outside of the indicators, on the grounds of their stages.
    outer = measures.outer[0]
    block = build_block(core, "right", structure, measures, spacing)
    height = max(measures.nodes[name].height for name in structure.cores)
    corridor = block.bounds.height + height + 2 * (title_height + 2 * PADDING + 4)
    corridor = max(corridor, 3 * height + 1.2 * spacing.rank + 10 * len(columns))
    places: dict[str, Rectangle] = {}
    legs: dict[str, float] = {}
    rights: list[float] = []
    left = centre = 0.0
    for title, cores in zip(titles, columns, strict=True):
        ladders = [
            _place_ladder(name, left + PADDING + outer, level, up, structure, measures, spacing)
            for name, level, up in zip(cores, (0.0, corridor), (-1.0, 1.0), strict=True)
        ]
        centre = max(placed[name].x for name, (placed, _) in zip(cores, ladders, strict=True))
        for name, (placed, found) in zip(cores, ladders, strict=True):
            shift = centre - placed[name].x  # both factors of a column stand below each other
            places |= {own: box.moved(shift, 0.0) for own, box in placed.items()}
            legs |= {own: leg + shift for own, leg in found.items()}
        members = [places[name] for name in places if structure.owner.get(name, name) in cores]
        rights.append(max(*(box.right + PADDING for box in members), left + title_widths.get(title, 0.0) + TITLE_ROOM))
        left = rights[-1] + BETWEEN
    start = rights[-2] + BETWEEN if len(rights) > 1 else 0.0
    x = start + PADDING + 3 - block.bounds.left
    if x <= centre < x + measures.nodes[core].width / 4:
        x = centre  # nearly below each other is exactly so
    places |= {name: box.moved(x, corridor / 2) for name, box in block.places.items()}
    whole = compute_bounds(list(places.values()))
    top, bottom = whole.top - title_height - 2 * PADDING, whole.bottom + PADDING
    rights[-1] = max(rights[-1], whole.right + outer + PADDING)
    lefts = [0.0, *(right + BETWEEN for right in rights[:-1])]
    bands = {title: build_rectangle(a, top, b, bottom) for title, a, b in zip(titles, lefts, rights, strict=True)}
    own = compute_bounds([places[name] for name in block.places])
    bands[outcome] = build_rectangle(
        start + 2, own.top - title_height - 2 * PADDING, rights[-1] - 2, own.bottom + PADDING
    )
    sides: dict[str, Side] = dict.fromkeys(structure.cores, "left")
    return Convergence(places, sides | {core: "right"}, bands, legs)


def _place_ladder(
    core: str, left: float, level: float, up: float, structure: Structure, measures: Measures, spacing: Spacing
) -> tuple[dict[str, Rectangle], dict[str, float]]:
    """A factor and its indicators in a stack above (up -1) or below it; legs of the loadings at the stack's right."""
    names = structure.indicators[core]
    boxes = [measures.nodes[name] for name in names]
    width = max(box.width for box in boxes)
    number = max((measures.labels.get(f"{core} =~ {name}", 0.0) for name in names), default=0.0)
    first = left + width + number + HEAD
    last = first + STEP * (len(names) - 1)
    box = measures.nodes[core]
    centre = max(last + OVERLAP - box.width / 2, left + box.width / 2)
    places = {core: box.moved(centre, level)}
    # The nearest indicator has the innermost leg; names run downwards in both stacks.
    order = list(range(len(names)))[::-1] if up < 0 else list(range(len(names)))
    heights = [boxes[k].height for k in order]
    y = level + up * (box.height / 2 + max(0.3 * spacing.fan, 13.0) + heights[0] / 2)
    legs = {}
    for step, k in enumerate(order):
        places[names[k]] = boxes[k].moved(left + width / 2, y)
        legs[names[k]] = first + STEP * step
        if step + 1 < len(order):
            y += up * ((heights[step] + heights[step + 1]) / 2 + spacing.item)
    return places, legs
