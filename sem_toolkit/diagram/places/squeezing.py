"""A placement a little larger than its page → the same places closer to each other, shapes as large as before."""

from collections.abc import Mapping
from dataclasses import replace

from sem_toolkit.diagram.geometry.plane import Rectangle, build_rectangle, compute_bounds
from sem_toolkit.diagram.places.placement import Placement

WITHIN = 1.5
"""How far inside the ground of its stage a shape stays, in points."""


def find_factors(placement: Placement, too_wide: float, too_high: float) -> tuple[float, float]:
    """By which share of their distance, across and down, shapes must stand to take so many points less."""
    across = [box.x for box in placement.places.values()]
    down = [box.y for box in placement.places.values()]
    return (
        1.0 - max(0.0, too_wide) / max(1.0, max(across) - min(across)),
        1.0 - max(0.0, too_high) / max(1.0, max(down) - min(down)),
    )


def squeeze_placement(placement: Placement, across: float, down: float) -> Placement:
    """The placement with all distances of shapes from its upper left corner multiplied by these factors."""
    corner = compute_bounds(list(placement.places.values()))
    left, top = corner.left, corner.top

    def move(x: float, y: float) -> tuple[float, float]:
        return left + across * (x - left), top + down * (y - top)

    places = {name: Rectangle(*move(box.x, box.y), box.width, box.height) for name, box in placement.places.items()}
    bands = {}
    for title, band in placement.bands.items():
        ground = build_rectangle(*move(band.left, band.top), *move(band.right, band.bottom))
        inside = [places[name].grown(WITHIN) for name in _find_inside(band, placement.places)]
        bands[title] = compute_bounds([ground, *inside])
    legs = {name: move(x, 0.0)[0] for name, x in placement.legs.items()}
    return replace(placement, places=places, bands=bands, legs=legs)


def _find_inside(band: Rectangle, places: Mapping[str, Rectangle]) -> list[str]:
    return [
        name
        for name, box in places.items()
        if band.left <= box.left and box.right <= band.right and band.top <= box.top and box.bottom <= band.bottom
    ]
