"""From indicators to latent variables: the mapping matrix, and moments of latent variables free of measurement error.

With y = ν + Λη + ε, Cov(ε) = Θ, a matrix M with MΛ = I gives E(η) = M(ȳ − ν) and Cov(η) = MSMᵀ − MΘMᵀ. M is
(ΛᵀWΛ)⁻¹ΛᵀW with W = Σ⁻¹ of each block's model (ML: the same as with Θ⁻¹), S⁻¹ (GLS) or the identity (ULS).
Sources: Rosseel & Loh (2024), Psychological Methods 29, 561-588; Fuller (1987), Measurement error models, section 2.5.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.model import Model
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.model.moments import compute_matrices, compute_moments, compute_total_effects

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Measurement:
    """What the measurement part says of one group, p observed variables and k variables of the structural part.

    loadings  Λ, p × k: 1 for an observed variable of the structural part; intercepts: ν, p
    errors    Θ, p × p; weight: what ML weighs the indicators by, p × p; is_measured: k, False for observed variables
    units     p: what responses of ordered variables are multiplied by in the moments of the sample; else 1
    """

    loadings: FloatArray
    errors: FloatArray
    intercepts: FloatArray
    weight: FloatArray
    is_measured: NDArray[np.bool_]
    units: FloatArray


@dataclass(frozen=True, eq=False)
class LatentMoments:
    """Moments of the k variables of the structural part in one group.

    mapping  M, k × p; mean: k; covariance: k × k; reliability: k, explained share of the variance of factor scores
    share    of the measurement error that was taken off
    """

    mapping: FloatArray
    mean: FloatArray
    covariance: FloatArray
    reliability: FloatArray
    share: float = 0.0


@dataclass(frozen=True, eq=False)
class BlockPlace:
    """Where a block stands: its model, places of its observed variables among all, and of its latent variables among
    those of the structural part and among its own variables.
    """

    model: Model
    observed: IntArray
    latent: IntArray
    own: IntArray


@dataclass(frozen=True, eq=False)
class BlockMeasurement:
    """The same of one block, for its q observed variables and its own latent ones."""

    loadings: FloatArray
    errors: FloatArray
    intercepts: FloatArray
    weight: FloatArray
    units: FloatArray


def measure_block(place: BlockPlace, x: FloatArray, group: int) -> BlockMeasurement:
    """What the parameters of a block say of one group; covariates are as if they were constant."""
    matrices, own, q = compute_matrices(place.model, x), place.own, place.model.n_observed
    effects = compute_total_effects(matrices.directed[group], place.model.depth)
    S, m, units = matrices.symmetric[group].copy(), matrices.intercepts[group].copy(), np.ones(q)
    layout = place.model.layout
    if isinstance(layout, CategoricalLayout):
        S[layout.covariates], S[:, layout.covariates], m[layout.covariates] = 0.0, 0.0, 0.0
        units[layout.variables] = layout.find_units(compute_moments(place.model, x), group)
    covariance = (effects @ S @ effects.T)[:q, :q]
    S[own], S[:, own], m[own] = 0.0, 0.0, 0.0
    weight = np.linalg.pinv(covariance, hermitian=True)
    return BlockMeasurement(effects[:q, own], (effects @ S @ effects.T)[:q, :q], (effects @ m)[:q], weight, units)


def build_measurement(
    places: tuple[BlockPlace, ...], blocks: tuple[BlockMeasurement, ...], p: int, observed: IntArray, size: int
) -> Measurement:
    """The measurement part of one group from those of its blocks.

    observed  places of the structural part's observed variables among the p, its last variables; size: k
    """
    loadings, errors = np.zeros((p, size)), np.zeros((p, p))
    weight, intercepts, units = np.zeros((p, p)), np.zeros(p), np.ones(p)
    for place, block in zip(places, blocks, strict=True):
        own = np.ix_(place.observed, place.observed)
        loadings[np.ix_(place.observed, place.latent)] = block.loadings
        errors[own], weight[own] = block.errors, block.weight
        intercepts[place.observed], units[place.observed] = block.intercepts, block.units
    columns = np.arange(size - len(observed), size)
    loadings[observed, columns] = 1.0
    weight[observed, observed] = 1.0
    return Measurement(loadings, errors, intercepts, weight, np.arange(size) < size - len(observed), units)


def compute_mapping(measurement: Measurement, covariance: FloatArray, method: str) -> FloatArray:
    """M (k × p); rows of observed variables pick them out."""
    L = measurement.loadings
    if method == "ML":
        weighted: FloatArray = measurement.weight @ L
    elif method == "GLS":
        weighted = np.asarray(np.linalg.solve(covariance, L), dtype=np.float64)
    else:
        weighted = L
    M = np.linalg.solve(L.T @ weighted, weighted.T)
    plain = ~measurement.is_measured
    M[plain] = L.T[plain]
    return np.asarray(M)


def compute_latent_moments(
    measurement: Measurement, covariance: FloatArray, mean: FloatArray | None, n: float, options: StepOptions
) -> LatentMoments:
    """Moments of latent variables from those of indicators (p × p and p) of n rows."""
    covariance = covariance / np.outer(measurement.units, measurement.units)
    mean = None if mean is None else mean / measurement.units
    M = compute_mapping(measurement, covariance, options.m_method)
    total = M @ covariance @ M.T
    error = M @ measurement.errors @ M.T
    middle = np.zeros(len(M)) if mean is None else M @ (mean - measurement.intercepts)
    if options.sam_method == "fsr":
        return LatentMoments(M, middle, total, np.full(len(M), np.nan))
    less = 1.0 - min(max(options.alpha_correction / (n - 1.0), 0.0), 1.0)
    share = less * _limit(total, less * error, n, options.lambda_correction)
    found = total - share * error
    return LatentMoments(M, middle, found, np.diagonal(found) / np.diagonal(total), share)


def _limit(total: FloatArray, error: FloatArray, n: float, corrects: bool) -> float:
    """Share of the error to take off: all of it where that leaves a covariance matrix, else what just does."""
    if not corrects or not np.abs(error).max(initial=0.0) > 1e-8:
        return 1.0
    root = np.linalg.inv(np.linalg.cholesky(total))
    smallest = 1.0 / max(float(np.linalg.eigvalsh(root @ error @ root.T)[-1]), 1e-300)
    return smallest - 1.0 / (n - 1.0) if smallest < 1.0 + 1.0 / (n - 1.0) else 1.0
