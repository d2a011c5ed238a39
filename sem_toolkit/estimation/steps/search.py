"""Model and sample to a solution in steps: measurement blocks one by one, then the structural part given them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError
from sem_toolkit.discrepancy import build_targets
from sem_toolkit.estimation.admissibility import check_admissibility
from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.estimation.solution import Certificate, Solution
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.estimation.steps.parts import (
    MeasurementTable,
    build_part,
    build_structural_table,
    list_blocks,
    list_product_names,
    list_structural_names,
    locate,
)
from sem_toolkit.estimation.steps.stages import Block, Steps
from sem_toolkit.model import Model, build_model, compute_moments
from sem_toolkit.sample import Sample
from sem_toolkit.sample.sample import SampleGroup
from sem_toolkit.sample.subset import select_variables
from sem_toolkit.spec.table import Parameter, ParameterTable

if TYPE_CHECKING:
    Estimate = Callable[[Model, Sample, EstimationOptions], Solution]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def estimate_in_steps(model: Model, sample: Sample, options: EstimationOptions, estimate: "Estimate") -> Solution:
    """Measurement blocks by maximum likelihood, then the structural part.

    estimate  what finds the estimates of each part
    Raises ModelError for models that have no such parts, and where a part is not identified by itself.
    """
    own = options.steps
    plain = replace(options, steps=StepOptions(), bad_marker_crit=0.0, multistart=0, engine="native")
    _require_supported(model, sample)
    tables = list_blocks(model.table, own.mm_list)
    names = list_structural_names(model.table)
    blocks = tuple(_estimate_block(model, sample, table, plain, estimate) for table in tables)
    products = list_product_names(model.table, names)
    _require_products(own, products, sample)
    structural_table = build_structural_table(model.table, names + products)
    find = locate(model.table)
    second = np.array(sorted({find(row) for row in structural_table.parameters} - {0})) - 1
    steps = Steps(own, model, sample, blocks, names, second, products=products)
    _require_covered(model, steps)
    x = np.full(model.n_parameters, np.nan)
    for block in blocks:
        known = block.places >= 0
        x[block.places[known]] = block.solution.x[known]
    if own.sam_method == "global":
        part = _estimate_globally(model, sample, x, steps, plain, estimate)
        x[second] = part.x
    else:
        part = _estimate_locally(structural_table, steps, plain, estimate)
        places = np.array([find(row) for row in part.model.parameters]) - 1
        x[places[places >= 0]] = part.x[places >= 0]
        steps = replace(steps, structural=part, structural_places=places)
    return _conclude(model, sample, options, x, steps, part)


def _require_supported(model: Model, sample: Sample) -> None:
    if model.responses is not None:
        message = "estimation in steps is for numeric variables, and some are ordered"
        raise ModelError(Diagnostic("error", "ordered-in-steps", message, hint="use WLSMV, or ordered = none"))
    if sample.auxiliary or sample.form == "two.stage":
        message = "estimation in steps takes no auxiliary variables and no two-stage moments"
        raise DataError(Diagnostic("error", "missing-estimator", message, hint='missing = "ml" or "listwise"'))
    if model.constraints.equalities or model.constraints.inequalities or model.constraints.has_bounds:
        message = "estimation in steps keeps linear equalities, and no inequalities, bounds or other equalities"
        raise ModelError(Diagnostic("error", "constraint-in-steps", message, hint="leave them out, or fit without sam"))


def _require_products(options: StepOptions, products: tuple[str, ...], sample: Sample) -> None:
    """Raise ModelError or DataError where there are products, and no complete rows or not the local method."""
    if not products:
        return
    if options.sam_method != "local":
        message = f'products of latent variables ({products[0]}) have moments by sam_method = "local" alone'
        raise ModelError(Diagnostic("error", "products-in-steps", message, hint='sam_method = "local"'))
    if sample.is_incomplete or any(group.data is None for group in sample.groups):
        message = f"products of latent variables ({products[0]}) need complete rows of data"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint='missing = "listwise"'))


def _require_covered(model: Model, steps: Steps) -> None:
    """Raise ModelError for parameters and constraints that belong to no step or to both."""
    in_blocks = {int(place) for block in steps.blocks for place in block.places if place >= 0}
    for place in steps.first:
        if int(place) not in in_blocks:
            row = model.parameters[place]
            message = f"{model.parameter_names[place]} is neither of one measurement block nor of the structural part"
            hint = "put the blocks that it joins together in mm_list, or fit without sam"
            raise ModelError(Diagnostic("error", "parameter-of-no-part", message, row.origin.span, hint))
    parts = [steps.second, *(np.intersect1d(block.places, steps.first) for block in steps.blocks)]
    basis = model.constraints.linear.basis
    rank = sum(int(np.any(basis[part] != 0.0, axis=0).sum()) for part in parts)
    if rank != basis.shape[1]:
        message = "a constraint ties parameters of different parts, which are estimated one after the other"
        hint = "put the blocks that it joins together in mm_list, or leave it out"
        raise ModelError(Diagnostic("error", "constraint-in-steps", message, hint=hint))


def _estimate_block(
    model: Model, sample: Sample, table: MeasurementTable, options: EstimationOptions, estimate: "Estimate"
) -> Block:
    own = build_model(table.table)
    data = select_variables(sample, own.observed)
    found = estimate(own, data, options)
    if found.certificate.converged and _has_negative_error(found):
        bounded = [_bound(row, own.observed) for row in table.table.rows]
        again = estimate(build_model(replace(table.table, rows=tuple(bounded))), data, options)
        found = again if again.certificate.converged else found
    if not found.certificate.converged:
        label = f'the measurement block "{table.name}" ({", ".join(table.latent)})'
        message = f"{label} has no certified optimum by itself: {found.certificate.verdict}"
        hint = "each block must be identified by itself: put it together with another in mm_list, or fit without sam"
        raise ModelError(Diagnostic("error", "block-not-identified", message, hint=hint))
    find = locate(model.table)
    second = {*list_structural_names(model.table)}
    places = [-1 if row.lhs in second and row.op in ("~~", "~1") else find(row) - 1 for row in own.parameters]
    return Block(table.name, table.latent, found, np.array(places))


def _has_negative_error(found: Solution) -> bool:
    where = found.model.locations
    own = (where.kind == 1) & (where.row == where.column) & (where.row < found.model.n_observed)
    return bool((found.x[own] < 0.0).any())


def _bound(row: Parameter, observed: tuple[str, ...]) -> Parameter:
    """The row with a residual variance kept from being negative."""
    variance = row.op == "~~" and row.lhs == row.rhs and row.lhs in observed and row.free
    return replace(row, lower=0.0) if variance else row


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
            rows.append(replace(row, free=0, ustart=float(values[row.free]), label="", plabel=""))
        else:
            numbers += row.free > 0
            rows.append(replace(row, free=numbers if row.free else 0))
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
