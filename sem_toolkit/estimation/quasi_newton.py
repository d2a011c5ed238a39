"""What the last steps of many searches say of the inverse of each one's second derivative.

By Broyden, Fletcher, Goldfarb and Shanno (Nocedal & Wright 2006, Numerical Optimization, section 6.1), from an inverse
that somebody else knows. It stays positive definite as long as curvature is positive along all steps.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]


class Memory:
    """Steps s, some part of −B g, of b searches (q × b each), and what the inverse B before made of changes y.

    They are kept in single precision, of which no more is needed than that the inverse is nearly what it was.
    """

    def __init__(self, most: int, shape: tuple[int, int]) -> None:
        self._count = 0
        self._steps, self._turned = (np.empty((most, *shape), dtype=np.float32) for _ in range(2))
        self._inverse_curvature, self._weight = np.empty((most, shape[1])), np.empty((most, shape[1]))

    def find_step(
        self,
        step: FloatArray,
        before: FloatArray,
        slopes: FloatArray,
        solved: FloatArray,
        part: FloatArray | None = None,
    ) -> tuple[FloatArray, BoolArray]:
        """The next step after `step`, and whether curvature was positive along that (b); it is remembered.

        before, slopes  at its beginning and its end (q × b); solved: what the first inverse makes of these, used up
        part            which part of −B g `step` is (b); None where all are the whole
        """
        k, w = self._count, solved
        if k:
            s, t, g = self._steps[:k], self._turned[:k], slopes.astype(np.float32)
            along, across = np.einsum("kqb,qb->kb", s, g), np.einsum("kqb,qb->kb", t, g)
            scaled = self._inverse_curvature[:k] * along
            weighed = self._weight[:k] * along - self._inverse_curvature[:k] * across
            w += np.einsum("kqb,kb->qb", s, weighed.astype(np.float32))
            w -= np.einsum("kqb,kb->qb", t, scaled.astype(np.float32))
        turned = w + (step if part is None else step / part)
        self._turned[k], self._steps[k] = turned, step
        along, across = np.einsum("qb,qb->b", step, slopes), np.einsum("qb,qb->b", turned, slopes)
        curvature = along - np.einsum("qb,qb->b", step, before)
        inverse = 1.0 / curvature
        self._inverse_curvature[k] = inverse
        more = across - np.einsum("qb,qb->b", turned, before)
        self._weight[k] = weight = inverse + inverse * inverse * more
        w += (weight * along - inverse * across) * step
        w -= (inverse * along) * turned
        self._count += 1
        return np.negative(w, out=w), curvature > 0.0

    def keep(self, chosen: IntArray) -> "Memory":
        """Those of some of the searches."""
        k = self._count
        found = Memory(len(self._steps), (self._steps.shape[1], len(chosen)))
        found._count = k
        for own, other in (
            (self._steps, found._steps),
            (self._turned, found._turned),
            (self._inverse_curvature, found._inverse_curvature),
            (self._weight, found._weight),
        ):
            np.take(own[:k], chosen, axis=-1, out=other[:k], mode="clip")
        return found
