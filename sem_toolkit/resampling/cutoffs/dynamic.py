"""Cut-offs of fit indices by simulation: what they are where the model holds, and where it is wrong by a known amount.

Sources: McNeish & Wolf (2023), Psychological Methods 28, 61-88; for any model McNeish & Wolf (2024), Structural
Equation Modeling, on direct discrepancies.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.fit import Fit
from sem_toolkit.resampling.cutoffs.direct import build_perturbed_rows
from sem_toolkit.resampling.cutoffs.misspecified import Level, build_levels
from sem_toolkit.resampling.cutoffs.result import INDICES, Cutoffs, Distribution, Kind
from sem_toolkit.resampling.simulation.analyses import build_analysis
from sem_toolkit.resampling.simulation.population import Population
from sem_toolkit.resampling.simulation.run import Hands, require_replications, run_simulation
from sem_toolkit.resampling.simulation.sampling import Sampling, build_sampling
from sem_toolkit.spec import Spec

FloatArray = NDArray[np.float64]


DISCREPANCIES: Mapping[float, str] = {0.038: "close", 0.05: "fair", 0.06: "mediocre"}
"""Mean absolute discrepancies of correlations, and what misfit of such a size is called."""


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
