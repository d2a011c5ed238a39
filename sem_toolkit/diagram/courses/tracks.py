"""Covariances of indicators along a row as tracks: nested, one above the other, each with room for its number."""

from collections import defaultdict
from collections.abc import Mapping

from sem_toolkit.diagram.courses.candidates import build_bracket
from sem_toolkit.diagram.geometry.metrics import LINE_SPACING
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle
from sem_toolkit.diagram.places.track_ends import LEAST, PORT, find_shifts

BEYOND = 9.0
"""Distance of the first track from what stands at the side, in points."""

SAME_ROW = 1.0


def build_tracks(
    families: Mapping[str, Mapping[str, tuple[str, str]]],
    places: Mapping[str, Rectangle],
    rooms: Mapping[str, float],
    size: float,
    half_gaps: Mapping[str, float],
) -> dict[str, FloatArray]:
    """Path → its course, for the sides and rows with at least LEAST covariances.

    families  side ("top" or "bottom") → path → its two variables
    rooms   side → what variances and titles take beyond the indicators
    size    font size of the numbers
    half_gaps  indicator → what stays free for its variance on both sides of the middle; those without one are left out
    """
    found: dict[str, FloatArray] = {}
    for side, pairs in families.items():
        rows: dict[float, dict[str, tuple[str, str]]] = defaultdict(dict)
        for key, (a, b) in pairs.items():
            if abs(places[a].y - places[b].y) < SAME_ROW:
                first, last = sorted((a, b), key=lambda name: places[name].x)
                rows[round(places[a].y)][key] = (first, last)
        for row in rows.values():
            if len(row) >= LEAST:
                found |= _build_row(side, row, places, rooms[side], size, half_gaps)
    return found


def _build_row(
    side: str,
    pairs: Mapping[str, tuple[str, str]],
    places: Mapping[str, Rectangle],
    room: float,
    size: float,
    half_gaps: Mapping[str, float],
) -> dict[str, FloatArray]:
    spans = {key: (places[a].x, places[b].x) for key, (a, b) in pairs.items()}
    levels = find_levels(spans)
    shifts = _find_shifts(pairs, levels, places, half_gaps)
    tracks = {}
    for key, (a, b) in pairs.items():
        reach = places[a].height / 2 + room + BEYOND + levels[key] * (size * LINE_SPACING + 1.5)
        tracks[key] = build_bracket(places[a], places[b], side, reach, (shifts[key, a], shifts[key, b]), 6.0)
    return tracks


def find_levels(spans: Mapping[str, tuple[float, float]]) -> dict[str, int]:
    """The track of each span from the innermost, 0: short ones inside, no two that overlap on the same."""
    levels: dict[str, int] = {}
    for key in sorted(spans, key=lambda key: (round(spans[key][1] - spans[key][0]), spans[key])):
        left, right = spans[key]
        taken = {
            levels[other]
            for other in levels
            if spans[other][0] < right + 2 * PORT and left - 2 * PORT < spans[other][1]
        }
        levels[key] = next(level for level in range(len(spans)) if level not in taken)
    return levels


def _find_shifts(
    pairs: Mapping[str, tuple[str, str]],
    levels: Mapping[str, int],
    places: Mapping[str, Rectangle],
    half_gaps: Mapping[str, float],
) -> dict[tuple[str, str], float]:
    """(path, variable) → how far from the middle the path ends: in an order in which its ends cross no other track."""
    ends: dict[str, list[tuple[int, float, str]]] = defaultdict(list)
    for key, (first, last) in pairs.items():
        # Outermost the inner tracks, whichever way they go.
        ends[first].append((1, -levels[key], key))
        ends[last].append((-1, levels[key], key))
    shifts: dict[tuple[str, str], float] = {}
    for name, found in ends.items():
        ordered = sorted(found)
        leaving_right = [direction > 0 for direction, _, _ in ordered]
        found_shifts = find_shifts(leaving_right, places[name].width, half_gaps.get(name, 0.0))
        shifts |= {(key, name): shift for (_, _, key), shift in zip(ordered, found_shifts, strict=True)}
    return shifts
