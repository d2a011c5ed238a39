"""Convex polygons in a plane: cut by half-planes, never too small."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sem_toolkit.study.intervals import FloatArray, Interval, build_interval

_SLACK = 1e-11


@dataclass(frozen=True, eq=False)
class Polygon:
    """Vertices (V × 2) in order; empty where V = 0."""

    vertices: FloatArray

    @property
    def is_empty(self) -> bool:
        return len(self.vertices) == 0

    @property
    def x(self) -> Interval:
        """Range of the first coordinate."""
        return build_interval(self.vertices[:, 0].min(), self.vertices[:, 0].max())

    @property
    def y(self) -> Interval:
        """Range of the second coordinate."""
        return build_interval(self.vertices[:, 1].min(), self.vertices[:, 1].max())

    @property
    def centre(self) -> FloatArray:
        """Mean of the vertices, a point inside."""
        return np.asarray(self.vertices.mean(axis=0))

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies within or, by a rounding slack, on the border."""
        here, there = self.vertices, np.roll(self.vertices, -1, axis=0)
        along, off = there - here, np.array([x, y]) - here
        side = along[:, 0] * off[:, 1] - along[:, 1] * off[:, 0]
        slack = _SLACK * (np.abs(along).max(axis=1) * np.abs(off).max(axis=1) + _SLACK)
        return bool(len(here)) and (bool((side >= -slack).all()) or bool((side <= slack).all()))

    def cut(self, half_planes: Iterable[FloatArray]) -> Polygon:
        """The part where a·x + b·y ≤ c for every half-plane (a, b, c), by a rounding slack never too small."""
        vertices = self.vertices
        for a, b, c in half_planes:
            if not len(vertices):
                break
            vertices = _cut(vertices, np.array([a, b]), c + _SLACK * (abs(c) + abs(a) + abs(b)))
        return Polygon(vertices)


def build_rectangle(x: Interval, y: Interval) -> Polygon:
    """The rectangle over two finite intervals."""
    left, right, low, high = float(x.lo), float(x.hi), float(y.lo), float(y.hi)
    return Polygon(np.array([[left, low], [right, low], [right, high], [left, high]]))


def _cut(vertices: FloatArray, normal: FloatArray, limit: float) -> FloatArray:
    """One step of Sutherland & Hodgman (1974), Communications of the ACM 17, 32-42."""
    excess = vertices @ normal - limit
    inside = excess <= 0
    if inside.all():
        return vertices
    following = np.roll(np.arange(len(vertices)), -1)
    kept: list[FloatArray] = []
    for here, there in enumerate(following):
        if inside[here]:
            kept.append(vertices[here])
        if inside[here] != inside[there]:
            share = excess[here] / (excess[here] - excess[there])
            kept.append(vertices[here] + share * (vertices[there] - vertices[here]))
    return np.array(kept).reshape(-1, 2)
