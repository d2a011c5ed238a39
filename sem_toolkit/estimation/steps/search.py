"""Model and sample to a solution in steps: measurement blocks one by one, then the structural part given them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.discrepancy import build_targets
from sem_toolkit.estimation.admissibility import check_admissibility
from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.estimation.solution import Certificate, Solution
from sem_toolkit.estimation.steps.blocks import Block, estimate_block
from sem_toolkit.estimation.steps.mapping import (
    BlockMeasurement,
    BlockPlace,
    LatentMoments,
    Measurement,
    build_measurement,
    compute_latent_moments,
    compute_mapping,
    measure_block,
)
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.estimation.steps.ordered import find_loose_thresholds, has_thresholds, take_thresholds
from sem_toolkit.estimation.steps.parts import (
    build_part,
    build_structural_table,
    list_blocks,
    list_product_names,
    list_structural_names,
    locate,
)
from sem_toolkit.estimation.steps.products import Products, ScoredRows, add_products, list_products, score_rows
from sem_toolkit.estimation.steps.requirements import (
    require_covered,
    require_own_scales,
    require_products,
    require_supported,
)
from sem_toolkit.model import Model, build_model, compute_moments
from sem_toolkit.sample import Sample
from sem_toolkit.sample.sample import SampleGroup
from sem_toolkit.spec.table import ParameterTable

if TYPE_CHECKING:
    Estimate = Callable[[Model, Sample, EstimationOptions], Solution]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Steps:
    """How estimates in two steps came about.

    names       variables of the structural part: latent ones, then observed ones (k); products: of two of them (r)
    second      places in x of the parameters of the second step; all others are of the first
    loose       places of thresholds of ordered variables of the structural part, which are as in the data
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
    loose: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.intp))

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
        found = []
        for number, (place, x) in enumerate(zip(self.places, points, strict=True)):
            is_known = x is self.points[number]
            found.append(self.measured[group][number] if is_known else measure_block(place, x, group))
        return build_measurement(self.places, tuple(found), self.model.n_observed, self.observed, len(self.names))

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
    def measured(self) -> tuple[tuple[BlockMeasurement, ...], ...]:
        """What the estimates of the blocks say of each group."""
        pairs = tuple(zip(self.places, self.points, strict=True))
        return tuple(
            tuple(measure_block(place, x, group) for place, x in pairs) for group in range(self.model.n_groups)
        )

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


def estimate_in_steps(model: Model, sample: Sample, options: EstimationOptions, estimate: "Estimate") -> Solution:
    """Measurement blocks by maximum likelihood, those of ordered variables by least squares; then the structural part.

    estimate  what finds the estimates of each part
    Raises ModelError for models that have no such parts, and where a part is not identified by itself.
    """
    own = options.steps
    plain = replace(options, steps=StepOptions(), bad_marker_crit=0.0, multistart=0, engine="native")
    numeric = replace(plain, estimator="ML", categorical=False)
    require_supported(model, sample)
    require_own_scales(model)
    tables = list_blocks(model.table, own.mm_list)
    names = list_structural_names(model.table)
    products = list_product_names(model.table, names)
    require_products(own, products, sample)
    blocks = tuple(
        estimate_block(model, sample, table, plain if has_thresholds(table.table) else numeric, estimate)
        for table in tables
    )
    structural_table = build_structural_table(model.table, names + products)
    find = locate(model.table)
    second = np.array(sorted({find(row) for row in structural_table.parameters} - {0})) - 1
    loose = find_loose_thresholds(model, names)
    steps = Steps(own, model, sample, blocks, names, second, products=products, loose=loose)
    require_covered(model, steps)
    x = np.full(model.n_parameters, np.nan)
    for block in blocks:
        known = block.places >= 0
        x[block.places[known]] = block.solution.x[known]
    x[loose] = 0.0
    if own.sam_method == "global":
        part = _estimate_globally(model, sample, x, steps, plain, estimate)
        x[second] = part.x
    else:
        part = _estimate_locally(
            structural_table, steps, replace(numeric, conditional_x=model.table.conditional_x), estimate
        )
        places = np.array([find(row) for row in part.model.parameters]) - 1
        x[places[places >= 0]] = part.x[places >= 0]
        steps = replace(steps, structural=part, structural_places=places)
    x = take_thresholds(model, sample, x, loose)
    return _conclude(model, sample, options, x, steps, part)


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


def _estimate_locally(
    table: ParameterTable, steps: Steps, options: EstimationOptions, estimate: "Estimate"
) -> Solution:
    """The structural part of the moments of its variables."""
    model = build_model(table)
    places = [steps.everything.index(name) for name in model.observed]
    groups = []
    for moments, group in zip(steps.latent, steps.sample.groups, strict=True):
        covariance = moments.covariance[np.ix_(places, places)]
        mean = moments.mean[places] if model.has_means else None
        groups.append(SampleGroup(group.label, group.n, covariance, mean))
    sample = replace(steps.sample, variables=model.observed, groups=tuple(groups), missing="listwise", messages=())
    found = estimate(model, sample, options)
    if not found.certificate.converged:
        message = f"the structural part has no certified optimum by itself: {found.certificate.verdict}"
        hint = 'look at the variances of the latent variables, or sam_method = "global"'
        raise ModelError(Diagnostic("error", "structural-part-not-identified", message, hint=hint))
    return found


def _estimate_globally(
    model: Model, sample: Sample, x: FloatArray, steps: Steps, options: EstimationOptions, estimate: "Estimate"
) -> Solution:
    """The whole model with the parameters of the first step held where it found them."""
    values = dict(zip((row.free for row in model.parameters), x, strict=True))
    second = {place + 1 for place in steps.second}
    rows, numbers = [], 0
    for row in model.table.parameters:
        if row.free and row.free not in second:
            rows.append(row._replace(free=0, ustart=float(values[row.free]), label="", plabel=""))
        else:
            numbers += row.free > 0
            rows.append(row._replace(free=numbers if row.free else 0))
    held = build_part(model.table, rows, measured=False)
    found = estimate(build_model(held), sample, options)
    if not found.certificate.converged:
        message = f"the structural part has no certified optimum: {found.certificate.verdict}"
        raise ModelError(Diagnostic("error", "structural-part-not-identified", message, hint="simplify it"))
    return found


def _conclude(
    model: Model, sample: Sample, options: EstimationOptions, x: FloatArray, steps: Steps, part: Solution
) -> Solution:
    moments = compute_moments(model, x)
    parts = [*(block.solution for block in steps.blocks), part]
    improper = check_admissibility(model, x, moments)
    certificates = [own.certificate for own in parts]
    certificate = Certificate(
        verdict="improper" if improper else "solved in steps",
        converged=True,
        admissible=not improper,
        gradient_max=max(own.gradient_max for own in certificates),
        hessian_min_eig=min(own.hessian_min_eig for own in certificates),
        engine=f"{len(steps.blocks)} measurement blocks and the structural part",
        iterations=sum(own.iterations for own in certificates),
        messages=improper,
        way="steps",
    )
    kind = options.kind
    evaluation = kind.build(build_targets(model, sample, unbiased=kind.unbiased), None).evaluate(moments)
    value, by_group = (np.nan, np.full(model.n_groups, np.nan))
    if evaluation is not None:
        value, by_group = evaluation.value, evaluation.by_group
    return Solution(model, sample, options, x, value, by_group, certificate, stages=steps, judged=steps.structural)
