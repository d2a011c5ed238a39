"""What estimation in steps found: blocks of the measurement part, and the moments of latent variables by these."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.solution import Solution
from sem_toolkit.estimation.steps.mapping import (
    BlockPlace,
    LatentMoments,
    Measurement,
    build_measurement,
    compute_latent_moments,
    compute_mapping,
)
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.estimation.steps.products import Products, ScoredRows, add_products, list_products, score_rows
from sem_toolkit.model import Model
from sem_toolkit.sample import Sample

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Block:
    """A measurement block that has been estimated.

    places  of its parameters among those of the whole model; -1 for those that the structural part has, or that are
            only the block's
    """

    name: str
    latent: tuple[str, ...]
    solution: Solution
    places: IntArray


@dataclass(frozen=True, eq=False)
class Steps:
    """How estimates in two steps came about.

    names       variables of the structural part: latent ones, then observed ones (k); products: of two of them (r)
    second      places in x of the parameters of the second step; all others are of the first
    structural  of the moments of latent variables by themselves, with the places of its parameters in x (-1: only its
                own); None for the global method
    """

    options: StepOptions
    model: Model
    sample: Sample
    blocks: tuple[Block, ...]
    names: tuple[str, ...]
    second: IntArray
    structural: Solution | None = None
    structural_places: IntArray | None = None
    products: tuple[str, ...] = ()

    @cached_property
    def first(self) -> IntArray:
        """Places in x of the parameters of the first step."""
        return np.setdiff1d(np.arange(self.model.n_parameters), self.second)

    @cached_property
    def places(self) -> tuple[BlockPlace, ...]:
        """Where the blocks stand."""
        return _place_blocks(self.model, self.blocks, self.names)

    @cached_property
    def observed(self) -> IntArray:
        """Observed variables of the structural part, among all."""
        return _place_observed(self.model, self.names)

    def measure(self, points: tuple[FloatArray, ...], group: int) -> Measurement:
        """The measurement part at parameters of its blocks."""
        return build_measurement(self.places, points, group, self.model.n_observed, self.observed, len(self.names))

    def compute_latent(
        self, points: tuple[FloatArray, ...], group: int, covariance: FloatArray, mean: FloatArray | None
    ) -> LatentMoments:
        """Moments of the structural part's variables from those of the observed ones."""
        n = self.sample.groups[group].size
        return compute_latent_moments(self.measure(points, group), covariance, mean, n, self.options)

    @cached_property
    def points(self) -> tuple[FloatArray, ...]:
        """Parameters of each block."""
        return tuple(block.solution.x for block in self.blocks)

    @cached_property
    def plain(self) -> tuple[LatentMoments, ...]:
        """Moments of the structural part's variables, without products, in each group."""
        groups = self.sample.groups
        return tuple(
            self.compute_latent(self.points, g, group.covariance, group.mean if self.model.has_means else None)
            for g, group in enumerate(groups)
        )

    @cached_property
    def wanted(self) -> Products:
        """Which products are wanted."""
        return list_products(self.names, self.products)

    def score(self, points: tuple[FloatArray, ...], group: int) -> ScoredRows:
        """Factor scores of the rows of a group at parameters of the blocks."""
        own = self.sample.groups[group]
        assert own.data is not None  # noqa: S101 (asked for before)
        measurement = self.measure(points, group)
        mapping = compute_mapping(measurement, own.covariance, self.options.m_method)
        return score_rows(own.data, measurement, mapping)

    @cached_property
    def extended(self) -> tuple[tuple[LatentMoments, float], ...]:
        """Moments with products, and the share of error that was taken off these, in each group."""
        if not self.products:
            return tuple((moments, moments.share) for moments in self.plain)
        return tuple(
            add_products(moments, self.score(self.points, g), self.wanted, self.options)
            for g, moments in enumerate(self.plain)
        )

    @property
    def latent(self) -> tuple[LatentMoments, ...]:
        """Moments of the structural part's variables, then of products, in each group."""
        return tuple(moments for moments, _ in self.extended)

    @property
    def everything(self) -> tuple[str, ...]:
        """Names of the variables and the products."""
        return self.names + self.products


def _place_blocks(model: Model, blocks: tuple[Block, ...], names: tuple[str, ...]) -> tuple[BlockPlace, ...]:
    found = []
    for block in blocks:
        own = block.solution.model
        found.append(
            BlockPlace(
                own,
                np.array([model.observed.index(name) for name in own.observed]),
                np.array([names.index(name) for name in block.latent]),
                np.array([own.variables.index(name) for name in block.latent]),
            )
        )
    return tuple(found)


def _place_observed(model: Model, names: tuple[str, ...]) -> IntArray:
    return np.array([model.observed.index(name) for name in names if name in model.observed], dtype=np.intp)
