"""Straight paths from factors to a row of measures → the share of their length at which all their numbers are free."""

from collections.abc import Mapping

import numpy as np

from sem_toolkit.diagram.geometry.curves import is_straight
from sem_toolkit.diagram.geometry.hits import segments_enter_box
from sem_toolkit.diagram.geometry.plane import FloatArray

SHARES = (0.78, 0.75, 0.81, 0.72, 0.84, 0.69, 0.66, 0.63)
"""Near the measures, where paths come apart, the best one first."""

ROOM = np.array([2.0, 1.2])
"""How far, across and down, a number keeps from other paths and numbers, in points."""


def choose_shares(
    curves: Mapping[str, FloatArray], widths: Mapping[str, float], height: float, rows: Mapping[str, float]
) -> dict[str, float]:
    """Path → share, the same for all paths to one row.

    curves  of all paths in question; those that bend are left out
    widths, height  of their numbers
    rows    path → height of the row of measures in which it ends
    """
    straight = {key: curve[[0, -1]] for key, curve in curves.items() if is_straight(curve)}
    found: dict[str, float] = {}
    for level in dict.fromkeys(rows.values()):
        keys = [key for key in straight if rows[key] == level]
        lines = np.array([straight[key] for key in keys]).reshape(-1, 2, 2)
        half = np.array([[widths[key] / 2, height / 2] for key in keys]).reshape(-1, 2) + ROOM
        faults = [_count_faults(lines, half, share) for share in SHARES]
        found |= dict.fromkeys(keys, SHARES[int(np.argmin(faults))])
    return found


def _count_faults(lines: FloatArray, half: FloatArray, share: float) -> int:
    """How many paths run under the numbers of others at a share, and how many numbers touch (lines n × 2 × 2)."""
    start, step = lines[:, 0], lines[:, 1] - lines[:, 0]
    centres = start + share * step
    offset = start[:, None] - centres
    run = np.broadcast_to(step[:, None], offset.shape)
    under = segments_enter_box(offset[..., 0], offset[..., 1], run[..., 0], run[..., 1], half[:, 0], half[:, 1])
    gaps = np.abs(centres[:, None] - centres)
    touching = (gaps < half[:, None] + half - ROOM).all(axis=2)
    apart = ~np.eye(len(lines), dtype=bool)
    return int((under & apart).sum() + (touching & apart).sum())
