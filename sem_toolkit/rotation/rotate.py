"""A solution with exploratory blocks into the rotated solution, which is one of the same discrepancy."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, EstimationError, ModelError
from sem_toolkit.estimation import Solution
from sem_toolkit.estimation.solution import ActiveConstraint
from sem_toolkit.libraries import optimize
from sem_toolkit.model import Model, build_model, compute_matrices
from sem_toolkit.model.cells import DIRECTED, INTERCEPT, SYMMETRIC
from sem_toolkit.model.moments import RamMatrices
from sem_toolkit.rotation.arrange import arrange_factors
from sem_toolkit.rotation.blocks import Block, find_blocks, free_rotated_rows
from sem_toolkit.rotation.criteria import build_criterion
from sem_toolkit.rotation.equations import apply_rotation
from sem_toolkit.rotation.gradient_projection import find_rotation
from sem_toolkit.rotation.options import RotationErrors, RotationOptions
from sem_toolkit.rotation.promax import compute_promax_loadings
from sem_toolkit.rotation.rotation import BlockRotation, Rotation
from sem_toolkit.rotation.rows import weigh_rows
from sem_toolkit.rotation.surface import build_surface, confine_to_surface, locate
from sem_toolkit.rotation.targets import build_target
from sem_toolkit.spec.table import Parameter

FloatArray = NDArray[np.float64]

_COLLAPSED, _CHANGED = 1e-4, 1e-6


def rotate_blocks(solution: Solution, options: RotationOptions) -> tuple[Solution, Rotation | None]:
    """The solution with its exploratory blocks rotated; itself, and None, where there is nothing to rotate.

    The estimates are a function of the unrotated ones: no moment and no value of the discrepancy changes. Constraints
    of the rotated model know the surface that rotated estimates lie on, by which inference gives their errors.

    Raises EstimationError where oblique factors fall into one.
    """
    blocks = find_blocks(solution.model.table)
    if options.method == "none" or not blocks or not solution.certificate.converged:
        return solution, None
    matrices = compute_matrices(solution.model, solution.x)
    rotations = tuple(_rotate_block(solution.model, matrices, block, options) for block in blocks)
    bare = build_model(free_rotated_rows(solution.model.table))
    turned = _turn(solution.model, matrices, rotations)
    x = _read_parameters(bare, turned, solution)
    _require_closed(bare, turned, x)
    model = confine_to_surface(bare, build_surface(bare, rotations, options))
    certificate = solution.certificate
    notes = tuple(note for rotation in rotations for note in _report(rotation, options, solution.model))
    rotated = replace(
        solution,
        model=model,
        x=x,
        active=tuple(_follow(constraint, solution.model, bare) for constraint in solution.active),
        certificate=replace(certificate, messages=(*certificate.messages, *notes)),
        unrotated=solution,
    )
    return rotated, Rotation(options, rotations)


def change_errors(solution: Solution, rotation: Rotation, errors: RotationErrors) -> Solution:
    """The rotated solution with its standard errors by the other equations; estimates and rotations are the same."""
    surface = build_surface(solution.model, rotation.blocks, replace(rotation.options, errors=errors))
    return replace(solution, model=confine_to_surface(solution.model, surface))


def match_factors(solution: Solution, rotation: Rotation, reference: Solution) -> Solution:
    """The rotated solution with the factors of its blocks in the order, and with the signs, of another one.

    They are matched by the sums of products of their loadings, the largest in all: for samples of the same rows, where
    neither order nor sign is to vary. Both solutions are of the same model.
    """
    model = solution.model
    matrices = compute_matrices(model, solution.x)
    wanted = compute_matrices(reference.model, reference.x).directed
    turns = []
    for entry in rotation.blocks:
        first, place = entry.block.groups[0] - 1, np.ix_(*locate(model, entry.block))
        likeness = matrices.directed[first][place].T @ wanted[first][place]
        rows, columns = optimize.linear_sum_assignment(-np.abs(likeness))
        turn = np.zeros_like(likeness)
        turn[rows, columns] = np.where(likeness[rows, columns] < 0.0, -1.0, 1.0)
        turns.append(replace(entry, rotation=turn))
    return replace(solution, x=_read_parameters(model, _turn(model, matrices, tuple(turns)), solution))


def _rotate_block(model: Model, matrices: RamMatrices, block: Block, options: RotationOptions) -> BlockRotation:
    items, factors = locate(model, block)
    first, groups = block.groups[0] - 1, np.array(block.groups, dtype=np.intp) - 1
    loadings = matrices.directed[first][np.ix_(items, factors)]
    theta = np.diagonal(matrices.symmetric, axis1=-2, axis2=-1)[np.ix_(groups, items)].mean(axis=0)
    m = len(factors)
    target = build_target(options, block)
    criterion = build_criterion(options, len(items), m, target)
    weighted = weigh_rows(loadings, np.eye(m), theta, options)
    is_promax, orthogonal = options.method == "promax", options.is_orthogonal
    search = find_rotation(weighted, criterion, orthogonal or is_promax, options.starts, options.seed)
    T = search.rotation
    if is_promax:
        standard = weigh_rows(loadings, np.eye(m), theta, replace(options, row_weights="none"))
        T = np.ascontiguousarray(np.linalg.inv(T @ compute_promax_loadings(standard @ T, options.promax_kappa)).T)
    _require_distinct(T, block, options)
    T = arrange_factors(T, apply_rotation(loadings, T, orthogonal), options, target)
    return BlockRotation(block, T, search)


def _require_distinct(T: FloatArray, block: Block, options: RotationOptions) -> None:
    if np.linalg.svd(T, compute_uv=False)[-1] < _COLLAPSED:
        message = f'oblique {options.method} rotation of the block "{block.name}" lets factors fall into one'
        hint = 'take rotation_args = {"orthogonal": true}, or another criterion'
        raise EstimationError(Diagnostic("error", "rotation-collapsed", message, hint=hint))


def _turn(model: Model, matrices: RamMatrices, rotations: tuple[BlockRotation, ...]) -> RamMatrices:
    """The matrices of v* = Kv, K the rotations: KAK⁻¹, KSKᵀ and Km. Source: Asparouhov & Muthén (2009), equation 22."""
    K = np.tile(np.eye(model.n_variables), (model.n_groups, 1, 1))
    for rotation in rotations:
        _, factors = locate(model, rotation.block)
        for group in rotation.block.groups:
            K[group - 1][np.ix_(factors, factors)] = rotation.rotation.T
    across = np.swapaxes(K, -1, -2)
    directed = K @ matrices.directed @ np.linalg.inv(K)
    return RamMatrices(directed, K @ matrices.symmetric @ across, (K @ matrices.intercepts[..., None])[..., 0])


def _read_parameters(model: Model, matrices: RamMatrices, solution: Solution) -> FloatArray:
    """The parameters of the rotated model (q) from its matrices; of those without a cell, from the solution."""
    where = model.locations
    unrotated = {_key(row): value for row, value in zip(solution.model.parameters, solution.x, strict=True)}
    x = np.array([unrotated.get(_key(row), np.nan) for row in model.parameters])
    for kind, matrix in ((DIRECTED, matrices.directed), (SYMMETRIC, matrices.symmetric)):
        own = where.kind == kind
        x[own] = matrix[where.group[own], where.row[own], where.column[own]]
    own = where.kind == INTERCEPT
    x[own] = matrices.intercepts[where.group[own], where.row[own]]
    return np.asarray(x)


def _require_closed(model: Model, turned: RamMatrices, x: FloatArray) -> None:
    """Raise ModelError where the rotated model cannot say what the rotated matrices do."""
    own, linear = compute_matrices(model, x), model.constraints.linear
    gaps = [
        np.abs(ours - theirs).max(initial=0.0) / max(1.0, np.abs(theirs).max(initial=0.0))
        for ours, theirs in zip(
            (own.directed, own.symmetric, own.intercepts),
            (turned.directed, turned.symmetric, turned.intercepts),
            strict=True,
        )
    ]
    ties = np.abs(linear.matrix @ x - linear.target).max(initial=0.0) if len(linear.target) else 0.0
    if max(*gaps, ties) > _CHANGED:
        message = "fixed or equal parameters keep an exploratory block of this model from being rotated"
        raise ModelError(Diagnostic("error", "not-rotatable", message, hint='take rotation = "none"'))


def _key(row: Parameter) -> tuple[str, str, str, int]:
    return row.lhs, row.op, row.rhs, row.group


def _follow(constraint: ActiveConstraint, before: Model, after: Model) -> ActiveConstraint:
    """An active constraint of parameters that rotation leaves alone, as one of the rotated model."""
    places = {_key(row): number for number, row in enumerate(after.parameters)}
    slope = np.zeros(after.n_parameters)
    for row, value in zip(before.parameters, constraint.slope, strict=True):
        slope[places[_key(row)]] = value
    return replace(constraint, slope=slope)


def _report(rotation: BlockRotation, options: RotationOptions, model: Model) -> tuple[Diagnostic, ...]:
    """That there are other optima, or that the search did not end at one."""
    search, block = rotation.search, rotation.block
    where = f'the exploratory block "{block.name}"'
    if model.n_groups > 1 and len(block.groups) == 1:
        where += f" of group {model.groups[block.groups[0] - 1]}"
    found: list[Diagnostic] = []
    if not search.converged:
        message = f"the {options.method} rotation of {where} ended before an optimum (equations: {search.gradient:.1e})"
        found.append(Diagnostic("warning", "rotation-not-converged", message, hint="take more starts (rstarts)"))
    if options.freed and options.get_target(block.name) is not None:
        message = f"loadings of {where} whose target is not 0 are free, as nothing else was asked for"
        hint = 'rotation = "target.strict" goes towards them all, target_mask says which count'
        found.append(Diagnostic("note", "rotation-target-freed", message, hint=hint))
    optima = search.optima
    if len(optima) > 1:
        message = (
            f"the {options.method} criterion of {where} has {len(optima)} optima among {search.starts} starts: "
            f"{optima[0]:.6g}, which {search.hits} of them reached, and {optima[1]:.6g} next"
        )
        found.append(Diagnostic("note", "rotation-optima", message, hint="other optima may be as easy to interpret"))
    return tuple(found)
