"""What estimation in steps asks of a model, a sample and the parts that were found."""

from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.model import Model
from sem_toolkit.sample import Sample
from sem_toolkit.spec.names import latent_variables

if TYPE_CHECKING:
    from sem_toolkit.estimation.steps.search import Steps


def require_supported(model: Model, sample: Sample) -> None:
    if sample.auxiliary or sample.form == "two.stage":
        message = "estimation in steps takes no auxiliary variables and no two-stage moments"
        raise DataError(Diagnostic("error", "missing-estimator", message, hint='missing = "ml" or "listwise"'))
    if model.constraints.equalities or model.constraints.inequalities or model.constraints.has_bounds:
        message = "estimation in steps keeps linear equalities, and no inequalities, bounds or other equalities"
        raise ModelError(Diagnostic("error", "constraint-in-steps", message, hint="leave them out, or fit without sam"))


def require_own_scales(model: Model) -> None:
    """Raise ModelError for latent outcomes whose variance is 1 for want of a scale (`std_lv`): their blocks say so of
    the variance itself, the structural part of what is left of it.
    """
    outcomes = {row.lhs for row in model.table.parameters if row.op == "~"} & {*latent_variables(model.table)}
    scaled = [
        row.lhs
        for row in model.table.parameters
        if row.op == "~~" and row.lhs == row.rhs and row.lhs in outcomes and not row.free and row.user == 0
    ]
    if scaled:
        names = ", ".join(dict.fromkeys(scaled))
        message = f"std_lv fixes residual variances ({names}) at 1, and the variances themselves in their blocks"
        hint = "leave std_lv out: std.all has the coefficients of standardised latent variables"
        raise ModelError(Diagnostic("error", "std-lv-in-steps", message, hint=hint))


def require_products(options: StepOptions, products: tuple[str, ...], sample: Sample) -> None:
    """Raise ModelError or DataError where there are products, and no complete rows or not the local method."""
    if not products:
        return
    if options.sam_method != "local":
        message = f'products of latent variables ({products[0]}) have moments by sam_method = "local" alone'
        raise ModelError(Diagnostic("error", "products-in-steps", message, hint='sam_method = "local"'))
    if any(group.categorical is not None for group in sample.groups):
        message = f"products of latent variables ({products[0]}) need numeric variables, and some are ordered"
        raise ModelError(Diagnostic("error", "products-in-steps", message, hint="ordered = none takes them as numbers"))
    if sample.is_incomplete or any(group.data is None for group in sample.groups):
        message = f"products of latent variables ({products[0]}) need complete rows of data"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint='missing = "listwise"'))


def require_covered(model: Model, steps: "Steps") -> None:
    """Raise ModelError for parameters and constraints that belong to no step or to both."""
    in_blocks = {int(place) for block in steps.blocks for place in block.places if place >= 0}
    for place in np.setdiff1d(steps.first, steps.loose):
        if int(place) not in in_blocks:
            row = model.parameters[place]
            message = f"{model.parameter_names[place]} is neither of one measurement block nor of the structural part"
            hint = "put the blocks that it joins together in mm_list, or fit without sam"
            raise ModelError(Diagnostic("error", "parameter-of-no-part", message, row.origin.span, hint))
    parts = [
        steps.second,
        *steps.loose[:, None],
        *(np.intersect1d(block.places, steps.first) for block in steps.blocks),
    ]
    basis = model.constraints.linear.basis
    rank = sum(int(np.any(basis[part] != 0.0, axis=0).sum()) for part in parts)
    if rank != basis.shape[1]:
        message = "a constraint ties parameters of different parts, which are estimated one after the other"
        hint = "put the blocks that it joins together in mm_list, or leave it out"
        raise ModelError(Diagnostic("error", "constraint-in-steps", message, hint=hint))
