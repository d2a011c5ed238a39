"""Free values to RAM matrices and to the moments they imply; leading batch axes of x are allowed throughout."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.model.namespace import get_namespace, move_to, reshape, swap, take
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RamMatrices:
    """directed A and symmetric S (... × G × t × t), intercepts m (... × G × t)."""

    directed: FloatArray
    symmetric: FloatArray
    intercepts: FloatArray


@dataclass(frozen=True, eq=False)
class ImpliedMoments:
    """What the model says about the variables; U, V, W are kept for the derivatives.

    covariance       Σ = U S Uᵀ of the observed variables, ... × G × p × p
    mean             μ = U m, ... × G × p; None where the model has no means
    total_effects    B = (I − A)⁻¹, ... × G × t × t; its first p rows are U
    all_covariance   V = B S Bᵀ of all variables, ... × G × t × t; its first p rows are W
    all_mean         B m, ... × G × t; None likewise
    used             which columns of C free cells need (k)
    thresholds       of ordered variables, ... × G × T; None where there are none
    scales           of their responses, ... × G × k, where these are parameters; otherwise None
    """

    covariance: FloatArray
    mean: FloatArray | None
    total_effects: FloatArray
    all_covariance: FloatArray
    all_mean: FloatArray | None
    used: NDArray[np.intp]
    thresholds: FloatArray | None = None
    scales: FloatArray | None = None

    @cached_property
    def columns(self) -> FloatArray:
        """C = [U W], ... × G × p × 2t: every derivative of Σ is made of its columns."""
        p = self.covariance.shape[-1]
        parts = [self.total_effects[..., :p, :], self.all_covariance[..., :p, :]]
        return get_namespace(self.covariance).concat(parts, axis=-1)  # type: ignore[no-any-return]

    @cached_property
    def used_columns(self) -> FloatArray:
        """The columns of C that the derivatives by the free cells are made of, ... × G × p × k."""
        p, t = self.covariance.shape[-1], self.total_effects.shape[-1]
        split = int(self.used.searchsorted(t))
        direct = take(self.total_effects[..., :p, :], self.used[:split], -1)
        parts = [direct, take(self.all_covariance[..., :p, :], self.used[split:] - t, -1)]
        return get_namespace(direct).concat(parts, axis=-1)  # type: ignore[no-any-return]


def compute_cell_values(model: Model, x: FloatArray) -> FloatArray:
    """Values of the free cells: x itself, followed by what weights of composites and scales of responses entail."""
    if model.derived is None:
        return x
    if get_namespace(x) is not np:
        message = "models with composites or ordered variables are computed by NumPy alone"
        raise OptionError(Diagnostic("error", "numpy-needed", message, hint="give NumPy arrays"))
    return np.concatenate([x, model.derived.values(model, x)], axis=-1)


def compute_matrices(model: Model, x: FloatArray) -> RamMatrices:
    """The RAM matrices at x (... × q)."""
    return fill_matrices(model, compute_cell_values(model, x))


def fill_matrices(model: Model, values: FloatArray) -> RamMatrices:
    """The RAM matrices with these values in the free cells (... × cells)."""
    plan, batch, space = model.filling, tuple(values.shape[:-1]), get_namespace(values)
    constants = move_to(plan.constants, values)
    if batch:
        constants = space.broadcast_to(constants, (*batch, len(plan.constants)))
    flat = take(space.concat([values, constants], axis=-1), plan.places, -1)
    size, shape = model.directed.size, model.directed.shape
    return RamMatrices(
        directed=reshape(flat[..., :size], batch + shape),
        symmetric=reshape(flat[..., size : 2 * size], batch + shape),
        intercepts=reshape(flat[..., 2 * size :], batch + shape[:2]),
    )


@lru_cache(maxsize=8)
def build_identity(size: int) -> FloatArray:
    """The identity matrix (size × size), read-only: a search asks for the same one at every point."""
    identity = np.eye(size)
    identity.flags.writeable = False
    return identity


def compute_total_effects(directed: FloatArray, depth: int | None = None) -> FloatArray:
    """B = (I − A)⁻¹; raises numpy's LinAlgError where I − A is singular.

    Where the longest directed path has `depth` arrows, Aᵏ = 0 for k > depth and B = (I + A)(I + A²)(I + A⁴)...: fewer
    products than an inversion, and exact to the last digits whatever the scales of the variables.
    """
    identity = move_to(build_identity(directed.shape[-1]), directed)
    if depth is None:
        return get_namespace(directed).linalg.inv(identity - directed)  # type: ignore[no-any-return]
    effects: FloatArray = identity + directed
    power, reach = directed, 1
    while reach < depth:
        power = power @ power
        effects = effects + effects @ power
        reach = 2 * reach + 1
    return effects


def compute_moments(model: Model, x: FloatArray) -> ImpliedMoments:
    """Moments implied at x (... × q); raises numpy's LinAlgError where I − A is singular."""
    x = np.asarray(x, dtype=np.float64)
    matrices = compute_matrices(model, x)
    return _reach(model, x, matrices, compute_total_effects(matrices.directed, model.depth))


def compute_stacked_moments(model: Model, x: FloatArray) -> tuple[ImpliedMoments, NDArray[np.bool_]]:
    """Moments at every x (... × q) of a stack, and whether they exist (...): where not, they are those without effects.

    A point does not exist where I − A is singular, or where the variances of composites are.
    """
    space = get_namespace(x)
    if model.derived is None:
        values, exists = x, space.ones(x.shape[:-1], dtype=space.bool)
    else:
        values, exists = _collect_cell_values(model, x)
    matrices = fill_matrices(model, values)
    directed = matrices.directed
    if model.depth is None:
        identity = move_to(build_identity(directed.shape[-1]), directed)
        sound = space.linalg.slogdet(identity - directed)[0] != 0
        exists = exists & space.all(sound, axis=-1)
        directed = space.where(sound[..., None, None], directed, space.zeros_like(directed))
    return _reach(model, x, matrices, compute_total_effects(directed, model.depth)), exists


def _collect_cell_values(model: Model, x: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Cell values at every x (... × q) with cells that follow from others, and whether they exist (...)."""
    try:
        return compute_cell_values(model, x), np.ones(x.shape[:-1], dtype=np.bool_)
    except np.linalg.LinAlgError:  # of one point or more
        return _collect_one_by_one(model, x)


def _collect_one_by_one(model: Model, x: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    rows = x.reshape(-1, x.shape[-1])
    exists = np.ones(len(rows), dtype=np.bool_)
    found = []
    for place, row in enumerate(rows):
        try:
            found.append(compute_cell_values(model, row))
        except np.linalg.LinAlgError:
            exists[place] = False
            found.append(np.zeros(model.n_parameters + model.derived.n_derived if model.derived else 0))
    return np.stack(found).reshape(*x.shape[:-1], -1), exists.reshape(x.shape[:-1])


def _reach(model: Model, x: FloatArray, matrices: RamMatrices, effects: FloatArray) -> ImpliedMoments:
    p, responses = model.n_observed, model.responses
    everything = effects @ matrices.symmetric @ swap(effects)
    everything = 0.5 * (everything + swap(everything))
    mean = (effects @ matrices.intercepts[..., None])[..., 0] if model.has_means else None
    covariance = everything[..., :p, :p]
    return ImpliedMoments(
        covariance=np.ascontiguousarray(covariance) if isinstance(covariance, np.ndarray) else covariance,
        mean=None if mean is None else mean[..., :p],
        total_effects=effects,
        all_covariance=everything,
        all_mean=mean,
        used=model.used_columns,
        thresholds=None if responses is None else responses.threshold_values(x),
        scales=None if responses is None else responses.scale_values(x),
    )
