"""A simulation study from what a user gives: a population, models, sizes of samples and how these are drawn."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.fit.receipts import get_version
from sem_toolkit.presented import Presented
from sem_toolkit.resampling.power.chisq import require_probability
from sem_toolkit.resampling.simulation.analyses import build_analysis
from sem_toolkit.resampling.simulation.generators import METHODS
from sem_toolkit.resampling.simulation.missing_rules import parse_missing_rule
from sem_toolkit.resampling.simulation.population import Population
from sem_toolkit.resampling.simulation.run import Hands, require_replications, run_simulation
from sem_toolkit.resampling.simulation.sampling import CLUSTER, ClusterRule, Sampling, Shapes, build_sampling
from sem_toolkit.resampling.simulation.sources import Source, build_source
from sem_toolkit.resampling.simulation.summaries import Summary
from sem_toolkit.spec import Spec
from sem_toolkit.spec.naming import name_models

if TYPE_CHECKING:
    import pandas as pd

Shape = float | Mapping[str, float] | None


@dataclass(frozen=True)
class SampleRules:
    """How samples are drawn, as typed.

    skewness, kurtosis  one number for all variables, or by name; None: 0
    generator           "vale-maurelli" or "independent"; None: the first
    missing             rules such as "x2 ~ 0.2 + 1.5*x1"
    clusters, icc       both, or neither
    """

    skewness: Shape = None
    kurtosis: Shape = None
    generator: str | None = None
    missing: tuple[str, ...] = ()
    clusters: int | None = None
    icc: float | None = None

    def build(self, population: Population, n: int, shares: Sequence[int]) -> Sampling:
        """A way to draw n rows. Raises OptionError or ModelError for rules that make no sample."""
        rules = [parse_missing_rule(text) for text in self.missing]
        return build_sampling(population, n, shares, self._build_shapes(population), rules, self._build_clusters())

    def _build_shapes(self, population: Population) -> Shapes | None:
        if self.generator is not None and self.generator not in METHODS:
            message = f'there is no generator "{self.generator}"'
            raise OptionError(Diagnostic("error", "option-value", message, hint=f"one of: {', '.join(METHODS)}"))
        if self.skewness is None and self.kurtosis is None:
            if self.generator is not None:
                message = "a generator would do nothing: no skewness or kurtosis is asked for"
                raise OptionError(Diagnostic("error", "option-without-effect", message))
            return None
        return Shapes(
            _spread(self.skewness, population), _spread(self.kurtosis, population), self.generator or METHODS[0]
        )

    def _build_clusters(self) -> ClusterRule | None:
        if (self.clusters is None) != (self.icc is None):
            message = "clusters are said by how many there are and by their intraclass correlation, and one is missing"
            raise OptionError(Diagnostic("error", "option-value", message, hint="give both"))
        return None if self.clusters is None or self.icc is None else ClusterRule(self.clusters, self.icc)


@dataclass(frozen=True, eq=False, repr=False)
class Study(Presented):
    """What was found: one summary a size and model, sizes first."""

    summaries: tuple[Summary, ...]
    messages: tuple[Diagnostic, ...]

    @property
    def usable(self) -> bool:
        """Whether every model has an optimum in some sample of every size."""
        return all(summary.converged for summary in self.summaries)

    def to_dict(self) -> dict[str, Any]:
        """Plain mappings and lists, for JSON."""
        return {
            "simulations": [_build_record(summary) for summary in self.summaries],
            "messages": [build_diagnostic_record(message) for message in self.messages],
        }


def run_study(
    spec: Spec,
    models: Sequence[Spec],
    sizes: Sequence[int],
    replications: int = 1000,
    seed: int = 1,
    *,
    rules: SampleRules | None = None,
    data: Path | None = None,
    estimates: bool = False,
    shares: tuple[int, ...] = (),
    alpha: float = 0.05,
    workers: int | None = 1,
    dask: str | None = None,
    store: Path | None = None,
    watch: Callable[[int, int], object] | None = None,
    options: Mapping[str, object] | None = None,
) -> Study:
    """Draw samples of every size from a population and fit the models to each.

    spec      with values, or with `estimates` fitted to data
    models    that are estimated; none: the spec itself, its values freed
    workers   processes; None: as many as pay. dask: address of a scheduler that gives chunks to its workers instead
    store     a folder that keeps chunks of samples as they end, and from which an interrupted run goes on
    options   of the fits

    Raises what `build_source` and `build_sampling` raise, and OptionError for numbers that make no study.
    """
    require_replications(replications)
    require_probability("alpha", alpha)
    rules = rules or SampleRules()
    source = build_source(spec, data=data, estimates=estimates, shares=shares, options=options)
    fitted = [model.text for model in (models or [source.analysis])]
    hands = Hands(workers, dask, store, _describe_run(source, fitted, rules, seed))
    summaries: list[Summary] = []
    total = replications * len(sizes)
    for place, n in enumerate(sizes):
        sampling = rules.build(source.population, n, source.shares)
        chosen = complete_study_options(source, sampling)
        analyses = [
            build_analysis(model, sampling, source.shares, options=chosen) for model in (models or [source.analysis])
        ]
        found = run_simulation(
            sampling,
            [
                replace(entry, name=name)
                for entry, name in zip(analyses, name_models(models or [source.analysis]), strict=True)
            ],
            replications,
            seed,
            source.shares,
            alpha=alpha,
            hands=hands,
            watch=None if watch is None else _shift(watch, place * replications, total),
        )
        summaries += found
    return Study(tuple(summaries), (*source.messages, *_describe(summaries)))


def _describe_run(source: Source, models: Sequence[str], rules: SampleRules, seed: int) -> dict[str, Any]:
    """What the outcomes of a chunk hang on, but for its place and size."""
    population = source.population
    moments = hashlib.sha256(population.covariance.tobytes() + population.mean.tobytes())
    for own in population.thresholds:
        for name, thresholds in own.items():
            moments.update(name.encode() + thresholds.tobytes())
    return {
        "population": moments.hexdigest(),
        "variables": list(population.variables),
        "models": list(models),
        "options": {name: repr(value) for name, value in source.options.items()},
        "samples": repr(rules),
        "group shares": list(source.shares),
        "seed": seed,
        "version": get_version(),
    }


def complete_study_options(source: Source, sampling: Sampling) -> dict[str, object]:
    """The options of the fits; maximum likelihood has standard errors by clusters, others take rows as independent."""
    chosen = dict(source.options)
    if sampling.clusters is not None and str(chosen.get("estimator", "ML")).startswith("ML"):
        chosen.setdefault("cluster", CLUSTER)
    return chosen


def _shift(watch: Callable[[int, int], object], before: int, total: int) -> Callable[[int, int], object]:
    return lambda done, _: watch(before + done, total)


def _describe(summaries: Sequence[Summary]) -> list[Diagnostic]:
    """What a reader must know: models that do not hold, true values that are estimates, samples that were lost."""
    found = []
    for summary in summaries:
        analysis = summary.analysis
        where = f"{analysis.name}, n = {summary.n}"
        if not analysis.exact:
            message = f"{analysis.name}: its true values are estimates from a very large sample"
            found.append(Diagnostic("note", "true-values-estimated", message))
        elif analysis.misfit > 1e-8:
            message = (
                f"{analysis.name} does not hold in the population (F0 {analysis.misfit:.4g}): "
                "its true values are what it would find in endless data"
            )
            found.append(Diagnostic("note", "misspecified-model", message))
        if lost := summary.replications - summary.converged:
            message = f"{where}: {lost} of {summary.replications} samples have no optimum and are not in the tables"
            found.append(Diagnostic("warning", "samples-without-optimum", message))
    return list(dict.fromkeys(found))


def _build_record(summary: Summary) -> dict[str, Any]:
    rate, error = summary.compute_rejection()
    return {
        "model": summary.analysis.name,
        "spec": summary.analysis.spec.text,
        "n": summary.n,
        "replications": summary.replications,
        "converged": summary.converged,
        "misfit": _clean(summary.analysis.misfit),
        "df": summary.analysis.df,
        "outcomes": _list_rows(summary.build_verdicts()),
        "rejection": {"alpha": summary.alpha, "rate": _clean(rate), "error": _clean(error)},
        "parameters": _list_rows(summary.build_parameters()),
        "fit_measures": _list_rows(summary.build_measures()),
    }


def _list_rows(table: "pd.DataFrame") -> list[dict[str, Any]]:
    return [{str(name): _clean(value) for name, value in row.items()} for row in table.to_dict("records")]


def _clean(value: Any) -> Any:
    """JSON has neither NaN nor infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _spread(shape: Shape, population: Population) -> Mapping[str, float]:
    """A shape by name; one number is that of every variable."""
    if shape is None:
        return {}
    return shape if isinstance(shape, Mapping) else dict.fromkeys(population.variables, shape)
