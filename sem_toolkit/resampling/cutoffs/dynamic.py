"""Cut-offs of fit indices by simulation: what they are where the model holds, and where it is wrong by a known amount.

Sources: McNeish & Wolf (2023), Psychological Methods 28, 61-88; for any model McNeish & Wolf (2024), Structural
Equation Modeling, on direct discrepancies.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.fit import Fit
from sem_toolkit.presented import Presented
from sem_toolkit.resampling.cutoffs.direct import build_perturbed_rows
from sem_toolkit.resampling.cutoffs.misspecified import Level, build_levels
from sem_toolkit.resampling.simulation.analyses import build_analysis
from sem_toolkit.resampling.simulation.population import Population
from sem_toolkit.resampling.simulation.run import Hands, require_replications, run_simulation
from sem_toolkit.resampling.simulation.sampling import Sampling, build_sampling
from sem_toolkit.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
Kind = Literal["dynamic", "direct"]

INDICES = ("srmr", "rmsea", "cfi")
DISCREPANCIES: Mapping[float, str] = {0.038: "close", 0.05: "fair", 0.06: "mediocre"}
"""Mean absolute discrepancies of correlations, and what misfit of such a size is called."""
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


def compute_dynamic_cutoffs(
    spec: Spec,
    analysis: Spec,
    n: int,
    replications: int = 500,
    seed: int = 1,
    *,
    own: Mapping[str, float] | None = None,
    workers: int | None = 1,
    watch: Callable[[int, int], object] | None = None,
    options: Mapping[str, object] | None = None,
) -> Cutoffs:
    """Cut-offs of a factor model from populations that have one more cross-loading, or pair of residuals, a level.

    spec      the model with standardised values; with thresholds its items are ordered
    analysis  the model that is fitted
    own       indices of a fit

    Raises what `build_levels` and `build_analysis` raise, and OptionError for numbers that make no simulation.
    """
    levels = build_levels(spec)
    jobs = [
        (level.number, _describe(level, levels), build_sampling(level.population, n), level.spec) for level in levels
    ]
    return _simulate("dynamic", jobs, analysis, n, replications, seed, own, workers, watch, options)


def compute_direct_cutoffs(
    population: Population,
    analysis: Spec,
    n: int,
    replications: int = 500,
    seed: int = 1,
    discrepancies: Sequence[float] = tuple(DISCREPANCIES),
    *,
    own: Mapping[str, float] | None = None,
    workers: int | None = 1,
    watch: Callable[[int, int], object] | None = None,
    options: Mapping[str, object] | None = None,
) -> Cutoffs:
    """Cut-offs of any model of one group from populations whose correlations miss the model's by given amounts.

    population     in which the model holds
    discrepancies  mean absolute ones, one a level

    Raises ModelError for discrepancies that cannot be had and for several groups.
    """
    if len(population.groups) > 1:
        message = f"direct cut-offs are those of one group, and there are {len(population.groups)}"
        raise ModelError(Diagnostic("error", "several-groups", message, hint="fit one group alone"))
    true = build_sampling(population, n)
    jobs: list[tuple[int, str, Sampling, Spec | None]] = [(0, "the model holds", true, None)]
    for number, size in enumerate(discrepancies, start=1):
        name = DISCREPANCIES.get(size)
        what = f"correlations off by {size:g} on average" + (f" ({name})" if name else "")
        rows = build_perturbed_rows(population.covariance[0], size)
        jobs.append((number, what, replace(true, generators=(rows,)), None))
    return _simulate("direct", jobs, analysis, n, replications, seed, own, workers, watch, options)


def get_own_indices(fit: Fit) -> dict[str, float]:
    """The indices of a fit that cut-offs are about, robust or scaled ones where it has them."""
    measures = fit.fit_measures
    found = {}
    for index in INDICES:
        other = measures.get(f"{index}.robust", measures.get(f"{index}.scaled", math.nan))
        found[index] = measures.get(index, math.nan) if math.isnan(other) else other
    return found


def _simulate(
    kind: Kind,
    jobs: Sequence[tuple[int, str, Sampling, Spec | None]],
    analysis: Spec,
    n: int,
    replications: int,
    seed: int,
    own: Mapping[str, float] | None,
    workers: int | None,
    watch: Callable[[int, int], object] | None,
    options: Mapping[str, object] | None,
) -> Cutoffs:
    """Samples of every population, and the model fitted to each."""
    require_replications(replications)
    found, total = [], replications * len(jobs)
    for place, (number, what, sampling, spec) in enumerate(jobs):
        fitted = build_analysis(analysis, sampling, options=options)
        _require_degrees(fitted.df)
        summary = run_simulation(
            sampling,
            [fitted],
            replications,
            seed + place,
            hands=Hands(workers),
            watch=None if watch is None else _shift(watch, place * replications, total),
        )[0]
        if not summary.converged:
            message = f"no sample of level {number} has an optimum"
            raise ModelError(Diagnostic("error", "no-optimum", message, hint="a larger n, or a simpler model"))
        values = {index: summary.sums.measures[index] for index in INDICES}
        misfit = fitted.misfit if kind == "dynamic" or number == 0 else math.nan
        lost = replications - summary.converged
        found.append(Distribution(number, what, values, misfit, lost, spec))
    return Cutoffs(kind, n, replications, tuple(found), own or {}, _report_lost(found, replications))


def _require_degrees(df: int) -> None:
    if df < 1:
        message = "a model without degrees of freedom fits every sample: there is no misfit to cut off"
        raise OptionError(Diagnostic("error", "no-degrees-of-freedom", message))


def _shift(watch: Callable[[int, int], object], before: int, total: int) -> Callable[[int, int], object]:
    return lambda done, _: watch(before + done, total)


def _describe(level: Level, levels: Sequence[Level]) -> str:
    """What a level has that the one before has not."""
    if not level.added:
        return "the model holds"
    new = level.added[len(levels[level.number - 1].added) :]
    return ("and " if level.number > 1 else "") + ", ".join(new)


def _report_lost(found: Sequence[Distribution], replications: int) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(
            "warning",
            "samples-without-optimum",
            f"level {entry.level}: {entry.lost} of {replications} samples have no optimum and are left out",
        )
        for entry in found
        if entry.lost
    )


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
