"""Many samples in a few numbers: bias, coverage and rejection with their Monte Carlo errors.

Sums of chunks are added in the order of the chunks, so that the numbers do not depend on who worked on which.
Source of the errors: Morris, White & Crowther (2019), Statistics in Medicine 38, 2074-2102, table 6.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.inference.distributions import compute_normal_quantile
from sem_toolkit.resampling.simulation.analyses import Analysis
from sem_toolkit.resampling.simulation.outcomes import WORDS, Outcomes, Verdict

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]

_POINTS = (0.05, 0.5, 0.95)


@dataclass(frozen=True, eq=False)
class Sums:
    """Of the samples of a chunk, or of all of them.

    verdicts  how many ended in each way
    used      k: samples with an optimum and a standard error of the quantity
    moments   5 × k: sums of d = est − truth, d², d³, d⁴ and se over these
    covered   k: how many intervals held the truth; rejected: how many tests rejected 0
    measures  of each sample with an optimum
    """

    verdicts: NDArray[np.int64]
    used: NDArray[np.int64]
    moments: FloatArray
    covered: NDArray[np.int64]
    rejected: NDArray[np.int64]
    measures: dict[str, FloatArray]


def sum_outcomes(outcomes: Outcomes, truth: FloatArray, alpha: float, level: float) -> Sums:
    """The sums of a chunk. alpha: of the tests of single quantities; level: of their intervals."""
    good = outcomes.converged
    known = good[:, None] & np.isfinite(outcomes.est) & np.isfinite(outcomes.se)
    distance = np.where(known, outcomes.est - truth, 0.0)
    se = np.where(known, outcomes.se, 0.0)
    reach, critical = compute_normal_quantile(0.5 * (1.0 + level)), compute_normal_quantile(1.0 - 0.5 * alpha)
    covered = known & (np.abs(distance) <= reach * se)
    rejected = known & (np.abs(np.where(known, outcomes.est, 0.0)) > critical * se)
    return Sums(
        np.bincount(outcomes.verdict, minlength=len(Verdict)).astype(np.int64),
        known.sum(axis=0),
        np.stack([*(np.sum(distance**power, axis=0) for power in (1, 2, 3, 4)), se.sum(axis=0)]),
        covered.sum(axis=0),
        rejected.sum(axis=0),
        {name: values[good] for name, values in outcomes.measures.items()},
    )


def add_sums(parts: Sequence[Sums]) -> Sums:
    """All chunks together."""
    return Sums(
        np.sum([part.verdicts for part in parts], axis=0),
        np.sum([part.used for part in parts], axis=0),
        np.sum([part.moments for part in parts], axis=0),
        np.sum([part.covered for part in parts], axis=0),
        np.sum([part.rejected for part in parts], axis=0),
        {name: np.concatenate([part.measures[name] for part in parts]) for name in parts[0].measures},
    )


@dataclass(frozen=True, eq=False)
class Summary:
    """What the samples of one size show about one analysis.

    n             rows of a sample, all groups together
    replications  samples that were drawn
    alpha, level  of tests and intervals
    """

    analysis: Analysis
    n: int
    replications: int
    sums: Sums
    alpha: float
    level: float

    @property
    def converged(self) -> int:
        """Samples with an optimum."""
        return int(self.sums.verdicts[: Verdict.IMPROPER + 1].sum())

    def build_verdicts(self) -> "pd.DataFrame":
        """How the fits ended: outcome, samples, share."""
        import pandas as pd

        counts = self.sums.verdicts
        rows = [(WORDS[verdict], int(counts[verdict]), counts[verdict] / self.replications) for verdict in Verdict]
        return pd.DataFrame(rows, columns=["outcome", "samples", "share"])

    def build_parameters(self) -> "pd.DataFrame":
        """One row a quantity: true value, mean, bias, sd of estimates, mean se, coverage, rejection, each with its
        Monte Carlo error (`.error`).
        """
        import pandas as pd

        used = self.sums.used.astype(np.float64)
        with np.errstate(all="ignore"):
            first, second, third, fourth = self.sums.moments[:4] / used
            bias = first
            central = np.maximum(second - first**2, 0.0)
            variance = central * used / (used - 1.0)
            sd = np.sqrt(variance)
            peaked = fourth - 4.0 * first * third + 6.0 * first**2 * second - 3.0 * first**4
            mean_se = self.sums.moments[4] / used
            coverage, rejection = self.sums.covered / used, self.sums.rejected / used
            truth = self.analysis.truth
            columns = {
                "true": truth,
                "mean": truth + bias,
                "bias": bias,
                "bias.error": sd / np.sqrt(used),
                "relative bias": np.where(np.abs(truth) > 1e-8, bias / truth, np.nan),
                "sd": sd,
                # of a standard deviation by the delta method, whatever the distribution of the estimates
                "sd.error": np.sqrt(np.maximum(peaked - central**2, 0.0) / used) / (2.0 * sd),
                "mean se": mean_se,
                "coverage": coverage,
                "coverage.error": np.sqrt(coverage * (1.0 - coverage) / used),
                "rejection": rejection,
                "rejection.error": np.sqrt(rejection * (1.0 - rejection) / used),
            }
        named = [
            {"lhs": q.lhs, "op": q.op, "rhs": q.rhs, "group": q.group, "label": q.label}
            for q in self.analysis.quantities
        ]
        table = pd.concat([pd.DataFrame(named), pd.DataFrame(columns)], axis=1)
        dropped = [name for name in ("label",) if not table[name].astype(bool).any()]
        dropped += ["group"] if table["group"].nunique() <= 1 else []
        return table.drop(columns=dropped)

    def build_measures(self) -> "pd.DataFrame":
        """One row a fit measure: mean and percentiles over samples."""
        import pandas as pd

        rows = []
        for name, values in self.sums.measures.items():
            known = values[np.isfinite(values)]
            points = np.quantile(known, _POINTS) if len(known) else np.full(len(_POINTS), np.nan)
            mean = float(known.mean()) if len(known) else np.nan
            error = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else np.nan
            row = {"measure": name, "mean": mean, "mean.error": error}
            rows.append(row | {f"{point:.0%}": float(value) for point, value in zip(_POINTS, points, strict=True)})
        return pd.DataFrame(rows)

    def count_model_rejections(self) -> tuple[int, int]:
        """How many of how many χ² tests of the model rejected."""
        pvalues = self.sums.measures["pvalue"]
        return int((pvalues < self.alpha).sum()), int(np.isfinite(pvalues).sum())

    def compute_rejection(self) -> tuple[float, float]:
        """How often the χ² test of the model rejects, and the Monte Carlo error of that; NaN without tests."""
        rejected, tested = self.count_model_rejections()
        if not tested:
            return float("nan"), float("nan")
        rate = rejected / tested
        return rate, float(np.sqrt(rate * (1.0 - rate) / tested))

    def find_power(self, place: int) -> tuple[int, int]:
        """How many of how many samples rejected 0 for the quantity at a place."""
        return int(self.sums.rejected[place]), int(self.sums.used[place])
