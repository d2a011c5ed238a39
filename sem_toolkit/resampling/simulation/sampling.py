"""How samples are drawn from a population: rows, shapes, categories, clusters, and what goes missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.libraries import pd
from sem_toolkit.resampling.simulation.generators import METHODS, Generator, Method, build_generator
from sem_toolkit.resampling.simulation.missing_rules import MissingPlan, MissingRule, build_missing_plan
from sem_toolkit.resampling.simulation.population import Population

FloatArray = NDArray[np.float64]

GROUP, CLUSTER = "group", "cluster"
"""Names of the columns that say which group and which cluster a row belongs to."""


@dataclass(frozen=True)
class Shapes:
    """Skewness and (excess) kurtosis of variables; 0 for those that are not named.

    method  "vale-maurelli" or "independent" (Foldnes & Olsson)
    """

    skewness: Mapping[str, float]
    kurtosis: Mapping[str, float]
    method: Method = "vale-maurelli"


@dataclass(frozen=True)
class ClusterRule:
    """Rows come in clusters.

    count  clusters in all; rows are dealt out evenly
    icc    share of every variable's variance, and of all covariances, that lies between clusters
    """

    count: int
    icc: float


@dataclass(frozen=True, eq=False)
class Sampling:
    """Everything that a draw of a sample needs.

    sizes       rows of each group
    generators  of each group, of rows without means
    plan        of missing answers; None for complete rows
    clusters    None for independent rows
    """

    population: Population
    sizes: tuple[int, ...]
    generators: tuple[Generator, ...]
    plan: MissingPlan | None = None
    clusters: ClusterRule | None = None

    @property
    def n(self) -> int:
        """Rows, all groups together."""
        return sum(self.sizes)

    @property
    def is_plain(self) -> bool:
        """Whether rows are complete, numeric and independent, so that their moments are all that is needed of them."""
        return self.plan is None and self.clusters is None and not any(self.population.thresholds)

    def draw(self, rng: np.random.Generator, draws: int) -> tuple[FloatArray, ...]:
        """Samples of each group: draws × n × p; NaN for what is missing, categories of ordered variables from 1."""
        found = []
        for g, (generator, size) in enumerate(zip(self.generators, self.sizes, strict=True)):
            rows = self._draw_rows(rng, generator, (draws, size), g) + self.population.mean[g]
            if self.plan is not None:
                deviations = np.sqrt(np.diagonal(self.population.covariance[g]))
                self.plan.blank(rng, rows, self.population.mean[g], deviations)
            for name, thresholds in self.population.thresholds[g].items():
                column = rows[..., self.population.variables.index(name)]
                codes = np.searchsorted(thresholds, column) + 1.0
                column[...] = np.where(np.isnan(column), np.nan, codes)
            found.append(rows)
        return tuple(found)

    def _draw_rows(
        self, rng: np.random.Generator, generator: Generator, shape: tuple[int, int], group: int
    ) -> FloatArray:
        if self.clusters is None:
            return generator.draw(rng, shape)
        icc = self.clusters.icc
        between = generator.draw(rng, (shape[0], self.clusters.count))
        within = generator.draw(rng, shape)
        return np.asarray(np.sqrt(icc) * between[:, self._list_clusters(group)] + np.sqrt(1.0 - icc) * within)

    def _list_clusters(self, group: int) -> NDArray[np.intp]:
        """The cluster of each row of a group: dealt out evenly, neighbours together."""
        count = self.clusters.count if self.clusters else 1
        return np.arange(self.sizes[group]) * count // self.sizes[group]

    def build_frame(self, rows: Sequence[FloatArray]) -> "pd.DataFrame":
        """One sample (n × p of each group) as a table, with columns of groups and clusters where there are any."""
        names = list(self.population.variables)
        frame = pd.DataFrame(np.concatenate(rows), columns=names)
        if len(self.sizes) > 1:
            frame[GROUP] = np.repeat(np.array(self.population.groups, dtype=object), self.sizes)
        if self.clusters is not None:
            offsets = [g * self.clusters.count + self._list_clusters(g) for g in range(len(self.sizes))]
            frame[CLUSTER] = np.concatenate(offsets)
        return frame


def build_sampling(
    population: Population,
    n: int,
    shares: Sequence[int] = (),
    shapes: Shapes | None = None,
    missing: Sequence[MissingRule] = (),
    clusters: ClusterRule | None = None,
) -> Sampling:
    """A way to draw n rows, all groups together.

    shares  of the groups, in whole numbers; equal ones where none are given

    Raises OptionError for numbers that make no sample, ModelError for shapes that are impossible.
    """
    sizes = _divide(n, shares or [1] * len(population.groups))
    if min(sizes) < 2:
        message = f"{n} rows in {len(sizes)} groups of shares {list(shares)} leave a group with {min(sizes)}"
        raise OptionError(Diagnostic("error", "too-few-rows", message, hint="draw more rows"))
    third, fourth = _list_shapes(population, shapes)
    method = shapes.method if shapes is not None else METHODS[0]
    generators = tuple(
        build_generator(matrix, population.variables, third, fourth, method) for matrix in population.covariance
    )
    if clusters is not None:
        _require_clusters(clusters, sizes)
    plan = build_missing_plan(missing, population.variables)
    return Sampling(population, sizes, generators, plan, clusters)


def _divide(n: int, shares: Sequence[int]) -> tuple[int, ...]:
    """Rows of each group, by largest remainders."""
    exact = np.array(shares, dtype=np.float64) * n / sum(shares)
    sizes = np.floor(exact).astype(int)
    for place in np.argsort(sizes - exact, kind="stable")[: n - int(sizes.sum())]:
        sizes[place] += 1
    return tuple(map(int, sizes))


def _list_shapes(population: Population, shapes: Shapes | None) -> tuple[list[float] | None, list[float] | None]:
    if shapes is None:
        return None, None
    for named in (shapes.skewness, shapes.kurtosis):
        for name in named:
            if name not in population.variables:
                known = ", ".join(population.variables[:12])
                message = f'a shape is given for "{name}", and the population has no such observed variable'
                raise OptionError(Diagnostic("error", "unknown-variable", message, hint=f"it has: {known}"))
    return (
        [shapes.skewness.get(name, 0.0) for name in population.variables],
        [shapes.kurtosis.get(name, 0.0) for name in population.variables],
    )


def _require_clusters(rule: ClusterRule, sizes: tuple[int, ...]) -> None:
    if not 0.0 <= rule.icc < 1.0:
        message = f"an intraclass correlation cannot be {rule.icc:g}: it is a share from 0 to below 1"
        raise OptionError(Diagnostic("error", "option-value", message))
    if not 2 <= rule.count <= min(sizes):
        message = f"{min(sizes)} rows cannot come in {rule.count} clusters"
        raise OptionError(
            Diagnostic("error", "option-value", message, hint="at least two clusters, none of them empty")
        )
