"""Free values to RAM matrices and to the moments they imply; leading batch axes of x are allowed throughout."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

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
        return np.concatenate([self.total_effects[..., :p, :], self.all_covariance[..., :p, :]], axis=-1)

    @cached_property
    def used_columns(self) -> FloatArray:
        """The columns of C that the derivatives by the free cells are made of, ... × G × p × k."""
        p, t = self.covariance.shape[-1], self.total_effects.shape[-1]
        split = int(np.searchsorted(self.used, t))
        direct = self.total_effects[..., :p, :].take(self.used[:split], axis=-1)
        return np.concatenate([direct, self.all_covariance[..., :p, :].take(self.used[split:] - t, axis=-1)], axis=-1)


def compute_cell_values(model: Model, x: FloatArray) -> FloatArray:
    """Values of the free cells: x itself, followed by what weights of composites and scales of responses entail."""
    return x if model.derived is None else np.concatenate([x, model.derived.values(model, x)], axis=-1)


def compute_matrices(model: Model, x: FloatArray) -> RamMatrices:
    """The RAM matrices at x (... × q)."""
    values = compute_cell_values(model, np.asarray(x, dtype=np.float64))
    return fill_matrices(model, values)


def fill_matrices(model: Model, values: FloatArray) -> RamMatrices:
    """The RAM matrices with these values in the free cells (... × cells)."""
    plan, batch = model.filling, values.shape[:-1]
    flat = np.broadcast_to(plan.template, (*batch, plan.template.size)).copy() if batch else plan.template.copy()
    flat[..., plan.target] = values.take(plan.source, axis=-1)
    size, shape = model.directed.size, model.directed.shape
    return RamMatrices(
        directed=flat[..., :size].reshape(batch + shape),
        symmetric=flat[..., size : 2 * size].reshape(batch + shape),
        intercepts=flat[..., 2 * size :].reshape(batch + shape[:2]),
    )


def compute_total_effects(directed: FloatArray, depth: int | None = None) -> FloatArray:
    """B = (I − A)⁻¹; raises numpy's LinAlgError where I − A is singular.

    Where the longest directed path has `depth` arrows, Aᵏ = 0 for k > depth and B = (I + A)(I + A²)(I + A⁴)...: fewer
    products than an inversion, and exact to the last digits whatever the scales of the variables.
    """
    identity = np.eye(directed.shape[-1])
    if depth is None:
        return np.asarray(np.linalg.inv(identity - directed), dtype=np.float64)
    effects, power, reach = identity + directed, directed, 1
    while reach < depth:
        power = power @ power
        effects = effects + effects @ power
        reach = 2 * reach + 1
    return effects


def compute_moments(model: Model, x: FloatArray) -> ImpliedMoments:
    """Moments implied at x (... × q); raises numpy's LinAlgError where I − A is singular."""
    x = np.asarray(x, dtype=np.float64)
    matrices = compute_matrices(model, x)
    p, responses = model.n_observed, model.responses
    effects = compute_total_effects(matrices.directed, model.depth)
    everything = effects @ matrices.symmetric @ effects.swapaxes(-1, -2)
    everything = 0.5 * (everything + everything.swapaxes(-1, -2))
    mean = (effects @ matrices.intercepts[..., None])[..., 0] if model.has_means else None
    return ImpliedMoments(
        covariance=np.ascontiguousarray(everything[..., :p, :p]),
        mean=None if mean is None else mean[..., :p],
        total_effects=effects,
        all_covariance=everything,
        all_mean=mean,
        used=model.used_columns,
        thresholds=None if responses is None else responses.threshold_values(x),
        scales=None if responses is None else responses.scale_values(x),
    )
