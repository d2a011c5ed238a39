"""A solution with exploratory blocks into the rotated solution, which is one of the same discrepancy."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, EstimationError, ModelError
from sem_toolkit.estimation import Solution
from sem_toolkit.estimation.solution import ActiveConstraint
from sem_toolkit.model import Model, build_model, compute_matrices
from sem_toolkit.model.moments import RamMatrices
from sem_toolkit.model.ram import DIRECTED, INTERCEPT, SYMMETRIC
from sem_toolkit.rotation.arrange import arrange_factors
from sem_toolkit.rotation.blocks import Block, check_blocks, find_blocks, free_rotated_rows
from sem_toolkit.rotation.criteria import Criterion, Stack, build_criterion
from sem_toolkit.rotation.equations import apply_rotation, compute_rotation_equations
from sem_toolkit.rotation.gradient_projection import RotationSearch, find_rotation
from sem_toolkit.rotation.options import RotationOptions
from sem_toolkit.rotation.promax import PromaxEquations, compute_promax_loadings
from sem_toolkit.rotation.rows import weigh_rows
from sem_toolkit.rotation.surface import Equations, build_surface, confine_to_surface, locate
from sem_toolkit.rotation.targets import build_target
from sem_toolkit.spec.table import Parameter, ParameterTable

FloatArray = NDArray[np.float64]

_COLLAPSED = 1e-4


@dataclass(frozen=True, eq=False)
class BlockRotation:
    """How one block was rotated.

    rotation    T (m × m): the factors of the rotated solution are Tᵀ times the unrotated ones
    search      where T comes from; of promax that of varimax before it
    """

    block: Block
    rotation: FloatArray
    search: RotationSearch


@dataclass(frozen=True, eq=False)
class Rotation:
    """The rotations of a solution.

    unrotated  what the search for estimates has found
    """

    options: RotationOptions
    blocks: tuple[BlockRotation, ...]
    unrotated: Solution


@dataclass(frozen=True, eq=False)
class _Found:
    rotation: BlockRotation
    equations: Equations


def require_rotatable(table: ParameterTable, options: RotationOptions) -> None:
    """Raise ModelError where the exploratory blocks of a table cannot be rotated as asked: before any estimation."""
    if options.method == "none":
        return
    blocks = find_blocks(table)
    if faults := check_blocks(table, blocks):
        raise ModelError(faults)
    for block in blocks:
        build_target(options, block)


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
    found = tuple(_rotate_block(solution.model, matrices, block, options) for block in blocks)
    rotations = tuple(entry.rotation for entry in found)
    bare = build_model(free_rotated_rows(solution.model.table))
    turned = _turn(solution.model, matrices, rotations)
    x = _read_parameters(bare, turned, solution)
    model = confine_to_surface(bare, build_surface(bare, blocks, tuple(entry.equations for entry in found)))
    certificate = solution.certificate
    notes = tuple(note for rotation in rotations for note in _report(rotation, options, solution.model))
    rotated = replace(
        solution,
        model=model,
        x=x,
        active=tuple(_follow(constraint, solution.model, bare) for constraint in solution.active),
        certificate=replace(certificate, messages=(*certificate.messages, *notes)),
    )
    return rotated, Rotation(options, rotations, solution)


def _rotate_block(model: Model, matrices: RamMatrices, block: Block, options: RotationOptions) -> _Found:
    items, factors = locate(model, block)
    first, groups = block.groups[0] - 1, np.array(block.groups, dtype=np.intp) - 1
    loadings = matrices.directed[first][np.ix_(items, factors)]
    theta = np.diagonal(matrices.symmetric, axis1=-2, axis2=-1)[np.ix_(groups, items)].mean(axis=0)
    p, m = loadings.shape
    target = build_target(options, block)
    criterion, orthogonal = build_criterion(options, p, m, target), options.is_orthogonal
    weighted = weigh_rows(loadings, np.eye(m), theta, options)
    is_promax = options.method == "promax"
    search = find_rotation(weighted, criterion, orthogonal or is_promax, options.starts, options.seed)
    T = search.rotation
    if is_promax:
        standard = weigh_rows(loadings, np.eye(m), theta, replace(options, row_weights="none"))
        T = np.ascontiguousarray(np.linalg.inv(T @ compute_promax_loadings(standard @ T, options.promax_kappa)).T)
    _require_distinct(T, block, options)
    T = arrange_factors(T, apply_rotation(loadings, T, orthogonal), options, target)
    equations = _build_promax(T, search, criterion, options) if is_promax else _build_equations(criterion, options)
    return _Found(BlockRotation(block, T, search), equations)


def _build_equations(criterion: Criterion, options: RotationOptions) -> Equations:
    """The equations of a criterion. Those of lavaan ("bordered") leave the correlations out where rows are weighted,
    and take the first group's residual variances where several groups share a rotation.
    """
    exact = options.errors == "delta"

    def evaluate(loadings: Stack, phi: Stack, theta: Stack) -> Stack:
        by, residual = (phi, theta.mean(axis=-2)) if exact else (np.eye(phi.shape[-1]), theta[..., 0, :])
        rows = weigh_rows(loadings, by, residual, options)
        return compute_rotation_equations(rows, phi, criterion, options.is_orthogonal)

    return evaluate


def _build_promax(T: FloatArray, search: RotationSearch, varimax: Criterion, options: RotationOptions) -> Equations:
    equations = PromaxEquations(T.T, search.rotation, varimax, options.promax_kappa)

    def evaluate(loadings: Stack, phi: Stack, theta: Stack) -> Stack:
        residual = theta.mean(axis=-2)
        plain = weigh_rows(loadings, phi, residual, replace(options, row_weights="none"))
        return equations.evaluate(plain, weigh_rows(loadings, phi, residual, options), phi)

    return evaluate


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
    optima = search.optima
    if len(optima) > 1:
        message = (
            f"the {options.method} criterion of {where} has {len(optima)} optima among {search.starts} starts: "
            f"{optima[0]:.6g}, which {search.hits} of them reached, and {optima[1]:.6g} next"
        )
        found.append(Diagnostic("note", "rotation-optima", message, hint="other optima may be as easy to interpret"))
    return tuple(found)
