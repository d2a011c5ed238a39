"""Cut-offs as they are found in the fit indices of samples: where those of right and wrong models part."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.presented import Presented
from sem_toolkit.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
Kind = Literal["dynamic", "direct"]

INDICES = ("srmr", "rmsea", "cfi")
_RULES = (0.95, 0.90)
"""How much of either distribution a cut-off must leave on its side: the first that can be had."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """Fit indices of samples of one population.

    level    of misspecification; 0: the model holds
    what     how the population differs from the model
    values   of each index, one a sample with an optimum
    misfit   F0 of the model in the population; NaN where every sample has its own population
    lost     samples without an optimum
    spec     of the population, where it is one
    """

    level: int
    what: str
    values: Mapping[str, FloatArray]
    misfit: float
    lost: int
    spec: Spec | None = None


@dataclass(frozen=True)
class Cutoff:
    """One index at one level. value: NaN where the distributions overlap; rule: share on either side, NaN likewise."""

    level: int
    index: str
    value: float
    rule: float


@dataclass(frozen=True, eq=False, repr=False)
class Cutoffs(Presented):
    """Cut-offs for a model and an n; `own` has the indices of a fit to set beside them."""

    kind: Kind
    n: int
    replications: int
    distributions: tuple[Distribution, ...]
    own: Mapping[str, float]
    messages: tuple[Diagnostic, ...] = ()

    @cached_property
    def cutoffs(self) -> tuple[Cutoff, ...]:
        """Of every level and index."""
        true = self.distributions[0]
        return tuple(
            _find_cutoff(wrong.level, index, true.values[index], wrong.values[index])
            for wrong in self.distributions[1:]
            for index in INDICES
        )

    def build_table(self) -> "pd.DataFrame":
        """One row a level: how the population differs, the cut-off of each index and the share it leaves on its side;
        then the fit's own values, where there are any.
        """
        import pandas as pd

        found = {(cutoff.level, cutoff.index): cutoff for cutoff in self.cutoffs}
        rows: list[dict[str, Any]] = []
        for entry in self.distributions[1:]:
            row: dict[str, Any] = {"level": f"{entry.level}", "population": entry.what}
            for index in INDICES:
                cutoff = found[entry.level, index]
                row[index] = cutoff.value
                row[f"{index} by"] = "" if math.isnan(cutoff.rule) else _format_rule(cutoff.rule)
            rows.append(row)
        if self.own:
            rows.append({"level": "", "population": "this fit"} | {index: self.own[index] for index in INDICES})
        return pd.DataFrame(rows).fillna({f"{index} by": "" for index in INDICES})

    def build_percentiles(self) -> "pd.DataFrame":
        """One row a level and index: 5, 10, 50, 90 and 95 % points over samples."""
        import pandas as pd

        points = (0.05, 0.10, 0.50, 0.90, 0.95)
        return pd.DataFrame(
            [
                {"level": entry.level, "index": index}
                | {
                    f"{point:.0%}": float(value)
                    for point, value in zip(points, np.quantile(entry.values[index], points), strict=True)
                }
                for entry in self.distributions
                for index in INDICES
            ]
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain mappings and lists, for JSON."""
        levels = []
        for entry in self.distributions:
            own = [cutoff for cutoff in self.cutoffs if cutoff.level == entry.level]
            points = self.build_percentiles()
            points = points[points["level"] == entry.level].drop(columns="level")
            levels.append(
                {
                    "level": entry.level,
                    "population": entry.what,
                    "spec": None if entry.spec is None else entry.spec.text,
                    "misfit": _clean(entry.misfit),
                    "lost": entry.lost,
                    "cutoffs": {
                        cutoff.index: {"value": _clean(cutoff.value), "rule": _clean(cutoff.rule)} for cutoff in own
                    },
                    "percentiles": {row.pop("index"): row for row in ({**row} for row in points.to_dict("records"))},
                }
            )
        own_values = {name: _clean(value) for name, value in self.own.items()}
        return {
            "kind": self.kind,
            "n": self.n,
            "replications": self.replications,
            "levels": levels,
            "fit": own_values,
            "messages": [build_diagnostic_record(message) for message in self.messages],
        }


def _find_cutoff(level: int, index: str, true: FloatArray, wrong: FloatArray) -> Cutoff:
    """The value that leaves a share of the wrong model's samples on its bad side, and of the true one's on its good
    side; the strictest rule that can be had.
    """
    for rule in _RULES:
        if index == "cfi":
            value, bound = float(np.quantile(wrong, rule)), float(np.quantile(true, 1.0 - rule))
            apart = value <= bound
        else:
            value, bound = float(np.quantile(wrong, 1.0 - rule)), float(np.quantile(true, rule))
            apart = value >= bound
        if apart:
            return Cutoff(level, index, value, rule)
    return Cutoff(level, index, math.nan, math.nan)


def _format_rule(rule: float) -> str:
    return f"{rule:.0%}"


def _clean(value: float) -> float | None:
    return value if math.isfinite(value) else None
