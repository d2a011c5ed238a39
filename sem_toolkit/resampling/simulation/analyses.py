"""A model as it is estimated in every sample: what is looked at, its true values, and how samples are fitted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError, SemError
from sem_toolkit.fit import Fit
from sem_toolkit.fit.options import FitOptions, parse_fit_options
from sem_toolkit.fit.pipeline import estimate
from sem_toolkit.fit.prepared import Prepared, get_header_options
from sem_toolkit.model import Model
from sem_toolkit.resampling.measures import MEASURES
from sem_toolkit.resampling.quantity import Quantity
from sem_toolkit.resampling.simulation.outcomes import Outcomes, Verdict, build_empty_outcomes
from sem_toolkit.resampling.simulation.population_fit import PopulationFit, fit_population
from sem_toolkit.resampling.simulation.sampling import GROUP, Sampling
from sem_toolkit.spec import Spec

FloatArray = NDArray[np.float64]

_MANY = 200_000
"""Rows of the sample whose estimates stand in for true values where moments are not enough to find them."""
_SEED = 20_260_000


@dataclass(frozen=True, eq=False)
class Analysis:
    """A model that is fitted to samples of a population.

    name        in tables
    options     of the fits, as given
    quantities  k: its free parameters and definitions
    truth       k: what the model would find of them in endless data
    misfit, df  F0 of the model in the population, NaN where it was not computed, and its degrees of freedom
    exact       whether the true values come from the population's moments; otherwise from a very large sample
    model       as it is estimated
    """

    name: str
    spec: Spec
    options: dict[str, object]
    quantities: tuple[Quantity, ...]
    truth: FloatArray
    misfit: float
    df: int
    exact: bool
    model: Model

    @cached_property
    def chosen(self) -> FitOptions:
        """The options, read."""
        return parse_fit_options(get_header_options(self.spec), self.options)

    def prepare(self, sampling: Sampling, rows: Sequence[FloatArray]) -> Prepared:
        """One sample (n × p of each group), ready to be fitted."""
        return Prepared(self.spec, self.chosen, sampling.build_frame(rows), "the sample")


class Fitter(Protocol):
    """What fits the samples of a chunk."""

    def fit(self, samples: Sequence[FloatArray]) -> Outcomes:
        """Outcomes of samples, b × n × p of each group."""
        ...


def build_analysis(
    spec: Spec,
    sampling: Sampling,
    shares: Sequence[int] = (),
    name: str = "",
    options: Mapping[str, object] | None = None,
) -> Analysis:
    """The model with its true values in the population.

    Raises what `fit` raises, and ModelError where there is no optimum in the population.
    """
    given = complete_options(sampling, options or {})
    exact = not any(sampling.population.thresholds)
    if exact:
        found = fit_population(spec, sampling.population, shares, **given)
    else:
        found = _fit_large_sample(spec, sampling, given)
    rows = found.fit.parameters
    rows = rows[((rows["se"] > 0) | rows["se"].isna()) & ~rows["op"].isin(["==", "<", ">"])]
    quantities = tuple(
        Quantity(row["lhs"], row["op"], row["rhs"], int(row.get("group", 1) or 1), row.get("label", "") or "")
        for row in rows.to_dict("records")
    )
    truth = rows["est"].to_numpy(dtype=np.float64)
    misfit = found.misfit if exact else np.nan
    model = found.fit.solution.model
    return Analysis(name or found.fit.title, spec, given, quantities, truth, misfit, found.df, exact, model)


def find_quantity(analysis: Analysis, path: tuple[str, str, str]) -> int:
    """The place of a parameter, in the first group, among those that are looked at; OptionError where it is not."""
    wanted = {path, path[::-1]} if path[1] == "~~" else {path}
    for place, quantity in enumerate(analysis.quantities):
        if quantity.key[:3] in wanted:
            return place
    known = ", ".join(f"{q.lhs} {q.op} {q.rhs}".rstrip() for q in analysis.quantities if q.op == path[1])
    message = f'{analysis.name} does not estimate "{" ".join(path).rstrip()}"'
    hint = f'with "{path[1]}" it estimates: {known}' if known else None
    raise OptionError(Diagnostic("error", "unknown-parameter", message, hint=hint))


def find_places(analysis: Analysis, model: Model) -> NDArray[np.intp]:
    """Where the quantities of an analysis (k) stand among the parameters and definitions of a model."""
    keys: list[tuple[str, str, str, int]] = [(row.lhs, row.op, row.rhs, row.group) for row in model.parameters]
    keys += [(name, ":=", "", 0) for name in model.definitions.names]
    wanted = [(q.lhs, q.op, "" if q.op == ":=" else q.rhs, 0 if q.op == ":=" else q.group) for q in analysis.quantities]
    return np.array([keys.index(key) for key in wanted], dtype=np.intp)


def complete_options(sampling: Sampling, options: Mapping[str, object]) -> dict[str, object]:
    """The options with what the samples themselves say: their groups, and markers that stay what they are."""
    given: dict[str, object] = {"engine": "native", "bad_marker_crit": 0.0, **options}
    if len(sampling.sizes) > 1:
        given["group"] = GROUP
    if sampling.clusters is None and given.get("cluster") is not None:
        message = "there are no clusters in the samples"
        raise DataError(Diagnostic("error", "option-without-effect", message, hint="say how many, and their ICC"))
    if any(sampling.population.thresholds) and given.get("ordered") is None:
        given["ordered"] = list(sampling.population.thresholds[0])
    return given


def _fit_large_sample(spec: Spec, sampling: Sampling, options: dict[str, object]) -> PopulationFit:
    """The model fitted to so many rows that its estimates are nearly those of endless data."""
    factor = max(1, _MANY // sampling.n)
    large = replace(sampling, sizes=tuple(size * factor for size in sampling.sizes), plan=None, clusters=None)
    rows = [part[0] for part in large.draw(np.random.default_rng(_SEED), 1)]
    kept = {key: value for key, value in options.items() if key not in ("cluster", "missing")}
    chosen = parse_fit_options(get_header_options(spec), kept)
    fit = estimate(Prepared(spec, chosen, large.build_frame(rows), "a very large sample"))
    return PopulationFit(fit, float("nan"), int(fit.evaluated.evaluation.df))


@dataclass(frozen=True, eq=False)
class SingleFitter:
    """Samples fitted one by one, by everything that `fit` can do."""

    analysis: Analysis
    sampling: Sampling

    def fit(self, samples: Sequence[FloatArray]) -> Outcomes:
        found = build_empty_outcomes(len(samples[0]), len(self.analysis.quantities))
        for draw in range(len(samples[0])):
            try:
                fit = estimate(self.analysis.prepare(self.sampling, [part[draw] for part in samples]))
            except (SemError, np.linalg.LinAlgError):
                continue
            self._put(fit, draw, found)
        return found

    def _put(self, fit: Fit, draw: int, found: Outcomes) -> None:
        """What is kept of a fit."""
        if not fit.converged:
            found.verdict[draw] = Verdict.NO_OPTIMUM
            return
        found.verdict[draw] = Verdict.PROPER if fit.certificate.admissible else Verdict.IMPROPER
        rows = {
            (row["lhs"], row["op"], row["rhs"], int(row.get("group", 1) or 1)): row
            for row in fit.parameters.to_dict("records")
        }
        for place, quantity in enumerate(self.analysis.quantities):
            row = rows.get(quantity.key)
            if row is not None:
                found.est[draw, place], found.se[draw, place] = row["est"], row["se"]
        measures = fit.fit_measures
        for name in MEASURES:
            scaled = measures.get(f"{name}.robust", measures.get(f"{name}.scaled", np.nan))
            value = measures.get(name, np.nan)
            found.measures[name][draw] = value if np.isnan(scaled) else scaled
