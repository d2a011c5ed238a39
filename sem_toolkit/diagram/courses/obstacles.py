"""Courses → what they cost against shapes, titles and numbers that have their places."""

from collections.abc import Iterable, Sequence

import numpy as np

from sem_toolkit.diagram.courses.costs import AVOID, HIT, INSIDE, NEAR
from sem_toolkit.diagram.geometry.hits import Shapes
from sem_toolkit.diagram.geometry.plane import FloatArray, Rectangle

CLOSE, CLOSE_TO_TEXT = 3.5, 1.0
"""How near to a shape or a text a course is not to come, in points."""


class Obstacles:
    """Shapes, titles, and the places kept free for numbers; the latter come and go."""

    def __init__(self, boxes: Sequence[Rectangle], kinds: Sequence[str], titles: Sequence[Rectangle]) -> None:
        """Take what does not move.

        kinds  "ellipse", "rectangle", "hexagon" or "triangle" for each of the boxes
        """
        is_round = [kind == "ellipse" for kind in kinds]
        self.shapes = Shapes.of(list(boxes), is_round)
        self._near = Shapes.of([box.grown(CLOSE) for box in boxes], is_round)
        # The box of a hexagon or triangle is larger than the shape: there the ellipse in the box is the inside.
        self._inner = Shapes.of(
            [box.grown(-INSIDE[kind]) for box, kind in zip(boxes, kinds, strict=True)],
            [kind != "rectangle" for kind in kinds],
        )
        self._titles = list(titles)
        self._reserved: dict[str, Rectangle] = {}
        self._set_texts(*_gather(titles))

    def reserve(self, key: str, place: Rectangle) -> None:
        """Keep the place free where the number of a path will stand."""
        self._reserved[key] = place
        self._set_texts(self.texts.plus(place), self._near_texts.plus(place.grown(CLOSE_TO_TEXT)))

    def release(self, key: str) -> None:
        """Give up the place of a number, if it has one."""
        if self._reserved.pop(key, None) is not None:
            self._set_texts(*_gather([*self._titles, *self._reserved.values()]))

    def set_numbers(self, boxes: Iterable[Rectangle]) -> None:
        """The numbers that stand in the way, in place of all others."""
        self._set_texts(*_gather([*self._titles, *boxes]))

    def _set_texts(self, texts: Shapes, near: Shapes) -> None:
        self.texts, self._near_texts = texts, near
        self._all = Shapes.join([self._near, self._inner, near])

    def assess(self, points: FloatArray, ends: tuple[int, int]) -> FloatArray:
        """Cost of c courses (c × m × 2) against all that is in their way, and of their length; length c.

        ends  numbers of the two shapes that the courses connect
        """
        own, count = list(ends), len(self.shapes.x)
        touched = self._all.find_near(points)
        inner = touched[:, [count + k for k in own]]
        touched[:, own] = touched[:, count : 2 * count] = False
        touched[:, [count + k for k in own]] = inner
        found = self._all.enter(points, touched)
        near = found[:, :count]
        cost = NEAR * near.sum(axis=1) + HIT * found[:, [count + k for k in own]].sum(axis=1)
        if near.any():
            # What is not near is not hit.
            cost = cost + HIT * self.shapes.enter(points, near).sum(axis=1)
        steps = points[:, 1:] - points[:, :-1]
        length = np.hypot(steps[..., 0], steps[..., 1]).sum(axis=1)
        return np.asarray(cost + AVOID * found[:, 2 * count :].sum(axis=1) + 0.02 * length)

    def count_covered(self, box: Rectangle) -> int:
        """How many shapes and texts a box lies on."""
        return int(self.shapes.overlapped_by(box).sum()) + int(self.texts.overlapped_by(box).sum())


def _gather(boxes: Sequence[Rectangle]) -> tuple[Shapes, Shapes]:
    """Texts as they are, and with what courses keep away from them."""
    return Shapes.of(list(boxes)), Shapes.of([box.grown(CLOSE_TO_TEXT) for box in boxes])
