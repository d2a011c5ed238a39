"""What a course costs, in common units: points of detour stand against hits, crossings and lines run along."""

from collections.abc import Mapping

import numpy as np

from sem_toolkit.diagram.geometry import FloatArray, compute_length, evaluate_curve

HIT, NEAR, AVOID, CROSSING, OVERLAP = 2000.0, 40.0, 400.0, 34.0, 160.0
INSIDE: Mapping[str, float] = {"ellipse": 1.5, "rectangle": 1.5, "hexagon": 7.0, "triangle": 5.0}
"""How far inside its box a shape surely is, once the box is taken as a rectangle or else as an ellipse."""

BESIDE = 5.0
"""Paths nearer to each other than this are hard to tell apart, in points."""


def compute_overlap(points: FloatArray, starts: FloatArray, ends: FloatArray) -> float:
    """Share of a course that lies within BESIDE points of others, its ends left out."""
    length = compute_length(points)
    count = int(np.clip(length / 7, 4, 40))
    fractions = (np.arange(count) + 0.5) / count
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    x = np.interp(fractions * length, lengths, points[:, 0])
    y = np.interp(fractions * length, lengths, points[:, 1])
    end = 12 if length > 30 else 1
    away = (fractions * length > end) & (fractions * length < length - end)
    x, y = x[away], y[away]
    if len(x) == 0:
        return 0.0
    low, high = points.min(axis=0) - BESIDE, points.max(axis=0) + BESIDE
    near = ((np.maximum(starts, ends) >= low) & (np.minimum(starts, ends) <= high)).all(axis=1)
    start, step = starts[near], ends[near] - starts[near]
    if len(start) == 0:
        return 0.0
    px, py = x[:, None] - start[:, 0], y[:, None] - start[:, 1]
    t = np.clip((px * step[:, 0] + py * step[:, 1]) / np.maximum((step**2).sum(axis=1), 1e-9), 0, 1)
    distance = np.hypot(px - t * step[:, 0], py - t * step[:, 1])
    return float((distance.min(axis=1) < BESIDE).sum() / count)


def flatten_evenly(curve: FloatArray) -> FloatArray:
    """25 points along a curve of any number of pieces."""
    t = np.linspace(0, (len(curve) - 1) // 3, 25)
    return evaluate_curve(curve, t)
