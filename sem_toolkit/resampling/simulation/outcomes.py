"""What an analysis makes of samples: a verdict, estimates with standard errors, and fit measures of each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.resampling.measures import MEASURES

FloatArray = NDArray[np.float64]


class Verdict(IntEnum):
    """How the analysis of a sample ended."""

    PROPER = 0
    IMPROPER = 1
    NO_OPTIMUM = 2
    FAILED = 3


WORDS: Mapping[Verdict, str] = {
    Verdict.PROPER: "proper optimum",
    Verdict.IMPROPER: "improper optimum (impossible estimates)",
    Verdict.NO_OPTIMUM: "no certified optimum",
    Verdict.FAILED: "the sample could not be analysed",
}
"""Verdicts in words."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Of b samples: verdict (b), est and se (b × k) of the k quantities of interest, NaN where there is no optimum.

    measures  by lavaan's names, b each
    """

    verdict: NDArray[np.int8]
    est: FloatArray
    se: FloatArray
    measures: Mapping[str, FloatArray]

    @property
    def converged(self) -> NDArray[np.bool_]:
        """Which samples have an optimum (b)."""
        return np.asarray(self.verdict <= Verdict.IMPROPER)

    def put(self, places: NDArray[np.intp], others: "Outcomes") -> None:
        """Write the outcomes of other samples into these places."""
        self.verdict[places], self.est[places], self.se[places] = others.verdict, others.est, others.se
        for name, values in self.measures.items():
            values[places] = others.measures[name]

    def to_arrays(self, prefix: str) -> dict[str, FloatArray]:
        """Arrays by name, to be kept; `read_outcomes` makes outcomes of them again."""
        own = {"verdict": self.verdict.astype(np.float64), "est": self.est, "se": self.se, **self.measures}
        return {f"{prefix}{name}": values for name, values in own.items()}


def read_outcomes(arrays: Mapping[str, FloatArray], prefix: str) -> Outcomes:
    """What `Outcomes.to_arrays` wrote."""
    own = {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}
    verdict = own["verdict"].astype(np.int8)
    return Outcomes(verdict, own["est"], own["se"], {name: own[name] for name in MEASURES})


def build_empty_outcomes(size: int, quantities: int) -> Outcomes:
    """Room for the outcomes of b samples, each failed until something else is known."""
    verdict = np.full(size, Verdict.FAILED, dtype=np.int8)
    est, se = (np.full((size, quantities), np.nan) for _ in range(2))
    return Outcomes(verdict, est, se, {name: np.full(size, np.nan) for name in MEASURES})


def join_outcomes(parts: Sequence[Outcomes]) -> Outcomes:
    """One behind the other."""
    return Outcomes(
        np.concatenate([part.verdict for part in parts]),
        np.concatenate([part.est for part in parts]),
        np.concatenate([part.se for part in parts]),
        {name: np.concatenate([part.measures[name] for part in parts]) for name in parts[0].measures},
    )


def fit_in_parts(samples: Sequence[FloatArray], size: int, fit: Callable[[Sequence[FloatArray]], Outcomes]) -> Outcomes:
    """Outcomes of samples (b × n × p of each group) of which so many at once are fitted, but one at least."""
    draws, step = len(samples[0]), max(1, size)
    return join_outcomes([fit([rows[first : first + step] for rows in samples]) for first in range(0, draws, step)])
