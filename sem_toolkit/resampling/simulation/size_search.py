"""The number of rows that gives a test its power, searched by simulation, with the error of what is found.

The search is stated, so that its answer can be judged: samples are drawn in batches, at sizes around the current answer
(a fifth below it and a quarter above); to all batches so far a probit curve of √n is fitted, as the power of a z test
is Φ(a√n − z); where it passes the wanted power is the next answer, and the delta method gives its error. It ends when
the error is small beside the answer, or the samples that are allowed are drawn.
"""

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.inference.distributions import compute_normal_quantile

FloatArray = NDArray[np.float64]
Count = Callable[[int], tuple[int, int]]
"""Rows of a sample → how many tests rejected of how many samples; samples of a size are new ones at every call."""

_SPREAD = (0.8, 1.25)
_FLAT = 0.02
_FARTHEST = 4.0
_MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class Batch:
    """Samples of one size: how many rejected of how many."""

    n: int
    rejected: int
    samples: int


@dataclass(frozen=True)
class SizeEstimate:
    """The rows that a power takes.

    n        smallest whole number of rows; error: its standard error by simulation
    power    that was wanted
    batches  what it is made of
    settled  whether the error is as small as was asked for; otherwise the samples that were allowed ran out
    """

    n: int
    error: float
    power: float
    batches: tuple[Batch, ...]
    settled: bool

    @property
    def samples(self) -> int:
        """That were drawn in all."""
        return sum(batch.samples for batch in self.batches)


def find_size(
    count: Count, start: int, power: float, least: int, most_samples: int = 20_000, precision: float = 0.02
) -> SizeEstimate | None:
    """Search the rows for a power.

    start         a guess, such as the analytic answer
    least         the fewest rows that a sample can have
    most_samples  after which the search ends; precision: of n, relative, at which it ends before

    None where a million rows are not enough.
    """
    batches: list[Batch] = []
    answer = float(max(start, least))
    while True:
        for factor in _SPREAD:
            rows = max(least, round(answer * factor))
            batches.append(Batch(rows, *count(rows)))
        found = _read_curve(batches, power)
        drawn = sum(batch.samples for batch in batches)
        if found is None:
            rate = _compute_rate(batches[-len(_SPREAD) :])
            if answer <= least and rate > power:  # the fewest rows are enough
                return SizeEstimate(least, 0.0, power, tuple(batches), True)
            answer = answer * 2.0 if rate < power else max(answer / 2.0, float(least))
            if answer > _MOST_ROWS or drawn >= most_samples:
                return None
            continue
        root, error = found
        n, spread = root * root, 2.0 * root * error
        settled = spread <= precision * n
        if settled or drawn >= most_samples:
            return SizeEstimate(max(least, math.ceil(n)), spread, power, tuple(batches), settled)
        answer = float(np.clip(n, max(answer / _FARTHEST, least), answer * _FARTHEST))


def _compute_rate(batches: Sequence[Batch]) -> float:
    return sum(batch.rejected for batch in batches) / max(sum(batch.samples for batch in batches), 1)


def _read_curve(batches: Sequence[Batch], power: float) -> tuple[float, float] | None:
    """√n at the power and its standard error, from a probit regression of rejections on √n.

    None where nothing can be read: rates are all near 0 or 1, or do not rise.
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.families.links import Probit
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    rates = np.array([_compute_rate([batch]) for batch in batches])
    if rates.min() > 1.0 - _FLAT or rates.max() < _FLAT or len({batch.n for batch in batches}) < 2:
        return None
    roots = np.sqrt([batch.n for batch in batches])
    counts = np.array([(batch.rejected, batch.samples - batch.rejected) for batch in batches])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # two sizes are fitted exactly, and that is right
        fitted = GLM(counts, np.column_stack([np.ones_like(roots), roots]), Binomial(Probit())).fit()
    b, V = np.asarray(fitted.params), np.asarray(fitted.cov_params())
    root = (compute_normal_quantile(power) - b[0]) / b[1] if b[1] > 0 else math.nan
    if not (math.isfinite(root) and root > 0):
        return None
    slopes = np.array([-1.0, -root]) / b[1]
    return float(root), float(np.sqrt(slopes @ V @ slopes))
