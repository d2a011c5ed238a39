"""Where the minima of samples near one that is fitted will be, by what that fit says of all of them.

An estimate follows the moments of its sample, to first order, by its influence; from there slopes lead on, and the
information at the fit (see `together`). Both are straight lines in coordinates whose units are those of many items.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.stack import SlopeEvaluator
from sem_toolkit.estimation.coordinates import Coordinates
from sem_toolkit.estimation.nearby import Foretold
from sem_toolkit.estimation.together import Ends, descend_together
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]

_TOGETHER, _FEWEST, _MOST = 32768, 256, 1024
"""Parameters of the samples that are searched together, so that they stay near the processor, and how many these are.
"""


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a fit says of samples near its own.

    responses  of each group: how x follows its moments, to first order (q × moments)
    inverse    of the information by x (q × q)
    """

    model: Model
    coordinates: Coordinates
    responses: tuple[FloatArray, ...]
    inverse: FloatArray

    def predict(self, changes: tuple[FloatArray, ...], discrepancy: object) -> tuple[FloatArray, Foretold]:
        """x (b × q) of samples whose moments differ from the fit's by so much (b × moments, of each group).

        And what is known of these; more than nothing where the discrepancy of these samples can be asked for slopes
        alone.
        """
        coordinates, turn = self.coordinates, self.coordinates.slopes
        z = np.tile(coordinates.origin[:, None], len(changes[0]))
        for change, response in zip(changes, self.responses, strict=True):
            z += (turn @ response) @ change.T
        size = int(np.clip(_TOGETHER // max(1, len(z)), _FEWEST, _MOST))
        parts = [z[:, first : first + size] for first in range(0, z.shape[1], size)]
        if isinstance(discrepancy, SlopeEvaluator) and discrepancy.has_slopes(self.model):
            places = np.split(np.arange(z.shape[1]), range(size, z.shape[1], size))
            inverse, scale = self._shape
            ends = [
                descend_together(coordinates, inverse, scale, discrepancy.hold(self.model, place), part)
                for place, part in zip(places, parts, strict=True)
            ]
        else:
            ends = [_stay(part) for part in parts]
        x = np.concatenate([coordinates.restore(end.z).x.T for end in ends])
        found, values, close = (
            np.concatenate([getattr(end, name) for end in ends]) for name in ("found", "values", "close")
        )
        return x, Foretold(found, values, close)

    @cached_property
    def _shape(self) -> tuple[FloatArray, FloatArray]:
        """The inverse by z, and the root of the diagonal of the information."""
        turn = self.coordinates.slopes
        inverse = turn @ self.inverse @ turn.T
        return inverse, np.sqrt(np.abs(np.linalg.pinv(inverse, hermitian=True).diagonal()))


def _stay(z: FloatArray) -> Ends:
    b = z.shape[1]
    return Ends(z, np.full(b, np.inf), np.zeros(b, dtype=np.bool_), np.zeros(b, dtype=np.bool_))
