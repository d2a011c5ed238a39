"""The number of rows that gives a test of a study its power, by simulation."""

from collections.abc import Callable, Mapping
from pathlib import Path

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.resampling.power.chisq import require_probability
from sem_toolkit.resampling.simulation.analyses import Analysis, build_analysis, find_quantity
from sem_toolkit.resampling.simulation.run import Hands, run_simulation
from sem_toolkit.resampling.simulation.sampling import Sampling
from sem_toolkit.resampling.simulation.size_search import SizeEstimate, find_size
from sem_toolkit.resampling.simulation.sources import build_source
from sem_toolkit.resampling.simulation.study import SampleRules, complete_study_options
from sem_toolkit.spec import Spec

_NOTHING = 1e-8
_BATCH = 500
"""Samples of a size at a time while rows are searched."""


def find_study_size(
    spec: Spec,
    path: tuple[str, str, str] | None,
    power: float = 0.8,
    model: Spec | None = None,
    *,
    start: int = 200,
    seed: int = 1,
    most_samples: int = 20_000,
    rules: SampleRules | None = None,
    data: Path | None = None,
    estimates: bool = False,
    shares: tuple[int, ...] = (),
    alpha: float = 0.05,
    workers: int | None = 1,
    dask: str | None = None,
    watch: Callable[[int, int], object] | None = None,
    options: Mapping[str, object] | None = None,
) -> SizeEstimate | None:
    """The rows with which a parameter's z test, or with no path the χ² test of the model, has a power.

    None where no number of rows was found. Raises what `run_study` raises, OptionError for a parameter that the model
    does not estimate, and where every sample of a size is without an optimum.
    """
    require_probability("the wanted power", power)
    require_probability("alpha", alpha)
    rules = rules or SampleRules()
    source = build_source(spec, data=data, estimates=estimates, shares=shares, options=options)
    least = len(source.population.groups) * (len(source.population.variables) + 2)
    fitted = source.analysis if model is None else model
    drawn: dict[int, int] = {}

    def prepare(n: int) -> tuple[Sampling, Analysis]:
        sampling = rules.build(source.population, n, source.shares)
        chosen = complete_study_options(source, sampling)
        return sampling, build_analysis(fitted, sampling, source.shares, options=chosen)

    place = _require_effect(prepare(max(start, least))[1], path)

    def count(n: int) -> tuple[int, int]:
        sampling, analysis = prepare(n)
        batch = seed + 1_000 * drawn.get(n, 0)  # new samples where a size comes again
        drawn[n] = drawn.get(n, 0) + 1
        hands = Hands(workers, dask)
        summary = run_simulation(sampling, [analysis], _BATCH, batch, source.shares, alpha=alpha, hands=hands)[0]
        if watch is not None:
            watch(_BATCH * sum(drawn.values()), most_samples)
        return summary.count_model_rejections() if place is None else summary.find_power(place)

    return find_size(count, start, power, least, most_samples)


def _require_effect(analysis: Analysis, path: tuple[str, str, str] | None) -> int | None:
    """The place of the parameter, None for the model itself; OptionError where there is nothing to find."""
    if path is not None:
        place = find_quantity(analysis, path)
        if abs(analysis.truth[place]) > _NOTHING:
            return place
        what = f'"{" ".join(path).rstrip()}" is 0 in the population'
    elif analysis.df == 0:
        what = f"{analysis.name} has no degrees of freedom, and so no test"
    elif analysis.misfit < _NOTHING:
        what = f"{analysis.name} holds in the population"
    else:
        return None
    message = f"no number of rows gives this power: {what}"
    raise OptionError(Diagnostic("error", "no-effect", message, hint="assume an effect that is not zero"))
