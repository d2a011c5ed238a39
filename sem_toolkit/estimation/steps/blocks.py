"""Measurement blocks one by one, each a model of its own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.estimation.solution import Solution
from sem_toolkit.estimation.steps.parts import MeasurementTable, list_structural_names, locate
from sem_toolkit.model import Model, build_model
from sem_toolkit.sample import Sample
from sem_toolkit.sample.subset import select_statistics, select_variables
from sem_toolkit.spec.table import Parameter

if TYPE_CHECKING:
    Estimate = Callable[[Model, Sample, EstimationOptions], Solution]

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


def estimate_block(
    model: Model, sample: Sample, table: MeasurementTable, options: EstimationOptions, estimate: "Estimate"
) -> Block:
    """One block by itself; raises ModelError where that has no certified optimum."""
    own = build_model(table.table)
    covariates = own.table.roles[0].exogenous_observed if own.table.conditional_x else ()
    data = (
        select_statistics(sample, own.observed, covariates) if own.responses else select_variables(sample, own.observed)
    )
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
    return row._replace(lower=0.0) if variance else row
