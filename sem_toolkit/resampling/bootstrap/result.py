"""What the draws of a bootstrap say of each quantity."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.fit import Fit
from sem_toolkit.presented import Presented
from sem_toolkit.resampling.bootstrap.intervals import build_limits, compute_acceleration
from sem_toolkit.resampling.draw_matrix import DrawMatrix
from sem_toolkit.resampling.quantity import Quantity

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap(Presented):
    """The draws of a fit and what they say.

    fit        of the data themselves; quantities: of the same model without anything taken from the sample
    estimate   the quantities (k) at the estimate; matrix: of the draws (b × k), NaN where a sample had no optimum
    verdicts   b: 2 a proper optimum, 1 an improper one, 0 none
    chisq      b: the statistic of each sample, by the minimum of its discrepancy; NaN where rows are incomplete and
               fitted at once, as it would need the saturated model of each sample
    centre     k: the quantities at the mean of the parameters over the draws that count
    without    units × k: the same without one row (or cluster) each, for the acceleration; None where not asked for
    several    how many draws were seen to have two optima, of which the lower one counts
    """

    fit: Fit
    quantities: tuple[Quantity, ...]
    estimate: FloatArray
    matrix: DrawMatrix
    verdicts: NDArray[np.int8]
    chisq: FloatArray
    resample: str
    interval: str
    level: float
    seed: int
    centre: FloatArray
    without: FloatArray | None = None
    keeps_improper: bool = True
    several: int = 0

    @property
    def draws(self) -> FloatArray:
        """All draws (b × k); they are brought into memory."""
        return self.matrix.read_all()

    @property
    def kept(self) -> FloatArray:
        """The draws that count, likewise."""
        return self.draws[self.counting]

    @property
    def counting(self) -> NDArray[np.bool_]:
        """Which draws count (b)."""
        return np.asarray(self.verdicts >= (1 if self.keeps_improper else 2))

    def read(self, place: int) -> FloatArray:
        """The draws of a quantity that count."""
        return self.matrix.read(place)[self.counting]

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a quantity: lhs op rhs group label scale est se bias ci.lower ci.upper draws.

        se is the standard deviation over draws, with their number as divisor, as in lavaan; bias: mean less estimate.
        """
        import pandas as pd

        a = None if self.without is None else compute_acceleration(self.without)
        found = np.full((5, len(self.quantities)), np.nan)
        for k in range(len(self.quantities)):  # one after the other: there may be more draws than fit into memory
            own, at = self.read(k)[:, None], slice(k, k + 1)
            one = None if a is None else a[at]
            limits = build_limits(own, self.estimate[at], self.level, self.interval, one, self.centre[at])
            known = own[np.isfinite(own)]
            if len(known):
                found[:, k] = known.mean(), known.std(), *limits[:, 0], len(known)
        mean, spread, lower, upper, known_draws = found
        names = ("lhs", "op", "rhs", "group", "label", "scale")
        columns: dict[str, Any] = {name: [getattr(q, name) for q in self.quantities] for name in names}
        columns |= {"est": self.estimate, "se": spread, "bias": mean - self.estimate}
        columns |= {"ci.lower": lower, "ci.upper": upper, "draws": np.nan_to_num(known_draws).astype(int)}
        return pd.DataFrame(columns)

    @property
    def counts(self) -> Mapping[str, int]:
        """How the draws ended."""
        names = ("without an optimum", "improper", "proper")
        return {name: int((self.verdicts == value).sum()) for value, name in enumerate(names)}

    @property
    def pvalue(self) -> float:
        """Share of samples with a larger statistic than the data's, after Bollen & Stine; NaN for other samples."""
        own = self.chisq[np.isfinite(self.chisq)]
        if self.resample != "bollen.stine" or not len(own) or not self.fit.evaluated.evaluation.df:
            return float("nan")
        return float((own > self.statistic).mean())

    @property
    def statistic(self) -> float:
        """The statistic of the data, by the minimum of the discrepancy."""
        return compute_statistic(self.fit)[0]

    @property
    def messages(self) -> tuple[Diagnostic, ...]:
        """Draws that do not count, or count less."""
        counts, found = self.counts, []
        if counts["without an optimum"]:
            message = f"{counts['without an optimum']} of {len(self.verdicts)} draws had no optimum and do not count"
            found.append(Diagnostic("warning", "draws-without-optimum", message))
        if counts["improper"]:
            used = "they count" if self.keeps_improper else "they do not count"
            message = f"{counts['improper']} of {len(self.verdicts)} draws were improper (a negative variance): {used}"
            found.append(Diagnostic("note", "improper-draws", message, hint="--improper keep or drop"))
        if self.several:
            message = f"{self.several} of {len(self.verdicts)} draws were seen to have two optima: the lower one counts"
            found.append(Diagnostic("note", "draws-with-two-optima", message))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """The table as records, with what it was made by."""
        records = self.table.replace({np.nan: None}).to_dict("records")
        p = self.pvalue
        return {
            "quantities": records,
            "counts": self.counts,
            "two_optima": self.several,
            "resample": self.resample,
            "interval": self.interval,
            "level": self.level,
            "seed": self.seed,
            "bollen_stine": None if np.isnan(p) else {"stat": self.statistic, "pvalue": p},
        }


def compute_statistic(own: Fit) -> tuple[float, float]:
    """The statistic of the data by the minimum of the discrepancy, and what a minimum is multiplied by for that."""
    factor = 2.0 * own.sample.n if own.options.estimation.kind.name == "ML" else own.sample.n - len(own.sample.groups)
    return float(own.solution.discrepancy) * factor, float(factor)
