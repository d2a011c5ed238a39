"""Rows of a population: normal, or with a given skewness and kurtosis of every variable.

Two ways to the latter, which differ in what they leave open (the dependence beyond correlations):

- Vale & Maurelli (1983), Psychometrika 48, 465-471: polynomials of correlated normals
- Foldnes & Olsson (2016), Multivariate Behavioral Research 51, 207-219: linear combinations of independent variables
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.resampling.simulation.polynomials import (
    Polynomial,
    build_polynomial,
    compute_least_kurtosis,
    find_correlations,
    require_possible,
)

FloatArray = NDArray[np.float64]
Method = Literal["vale-maurelli", "independent"]
METHODS: tuple[Method, ...] = ("vale-maurelli", "independent")

_NONE = 1e-12


class Generator(Protocol):
    """What draws the rows of one group, without its means."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        """Rows (... × p) with the population's covariances; shape is what stands before p."""
        ...


class _Source(Protocol):
    """An independent variable with mean 0 and variance 1."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray: ...


@dataclass(frozen=True, eq=False)
class NormalRows:
    """Σ = L Lᵀ; root: L (p × p)."""

    root: FloatArray

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        return rng.standard_normal((*shape, len(self.root))) @ self.root.T


@dataclass(frozen=True, eq=False)
class PolynomialRows:
    """Polynomials of correlated normals. root: of the normals' correlations; deviations: of the variables (p)."""

    root: FloatArray
    polynomials: tuple[Polynomial, ...]
    deviations: FloatArray

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        rows = rng.standard_normal((*shape, len(self.root))) @ self.root.T
        for j, polynomial in enumerate(self.polynomials):
            rows[..., j] = polynomial.apply(rows[..., j])
        rows *= self.deviations
        return rows


@dataclass(frozen=True, eq=False)
class CombinedRows:
    """Linear combinations of independent variables. mixing: p × p; sources: p of them."""

    mixing: FloatArray
    sources: tuple[_Source, ...]

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        own = np.stack([source.draw(rng, shape) for source in self.sources], axis=-1)
        return np.asarray(own @ self.mixing.T)


@dataclass(frozen=True)
class _PolynomialSource:
    polynomial: Polynomial

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        return self.polynomial.apply(rng.standard_normal(shape))


@dataclass(frozen=True)
class _BetaSource:
    """A beta variable, standardised; for shapes with less kurtosis than polynomials reach."""

    a: float
    b: float

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
        total = self.a + self.b
        deviation = np.sqrt(self.a * self.b / (total * total * (total + 1.0)))
        return np.asarray((rng.beta(self.a, self.b, shape) - self.a / total) / deviation)


def build_generator(
    covariance: FloatArray,
    names: tuple[str, ...],
    skewness: Sequence[float] | None = None,
    kurtosis: Sequence[float] | None = None,
    method: Method = "vale-maurelli",
) -> Generator:
    """What draws rows with this covariance matrix (p × p).

    skewness, kurtosis  of every variable (p), kurtosis as excess over the normal's; None: 0

    Raises ModelError for shapes that no variable has, or none with these covariances by the method.
    """
    size = len(covariance)
    third = np.zeros(size) if skewness is None else np.asarray(skewness, dtype=np.float64)
    fourth = np.zeros(size) if kurtosis is None else np.asarray(kurtosis, dtype=np.float64)
    if not (third.any() or fourth.any()):
        return NormalRows(np.asarray(np.linalg.cholesky(covariance)))
    for name, own, excess in zip(names, third, fourth, strict=True):
        require_possible(float(own), float(excess), name)
    build = _build_polynomial_rows if method == "vale-maurelli" else _build_combined_rows
    return build(covariance, names, third, fourth)


def _build_polynomial_rows(
    covariance: FloatArray, names: tuple[str, ...], skewness: FloatArray, kurtosis: FloatArray
) -> PolynomialRows:
    shapes = zip(skewness, kurtosis, names, strict=True)
    polynomials = tuple(build_polynomial(float(third), float(fourth), name) for third, fourth, name in shapes)
    deviations = np.sqrt(np.diagonal(covariance))
    correlations = find_correlations(polynomials, covariance / np.outer(deviations, deviations), names)
    return PolynomialRows(np.asarray(np.linalg.cholesky(correlations)), polynomials, deviations)


def _build_combined_rows(
    covariance: FloatArray, names: tuple[str, ...], skewness: FloatArray, kurtosis: FloatArray
) -> CombinedRows:
    """The symmetric root of Σ mixes sources whose shapes solve two linear systems (Foldnes & Olsson, 2016, eq. 5)."""
    values, vectors = np.linalg.eigh(covariance)
    mixing = (vectors * np.sqrt(values)) @ vectors.T
    share = mixing / np.sqrt(np.diagonal(covariance))[:, None]
    third = np.linalg.solve(share**3, skewness)
    fourth = np.linalg.solve(share**4, kurtosis)
    sources = []
    for j in range(len(names)):
        try:
            sources.append(_build_source(float(third[j]), float(fourth[j])))
        except ModelError as fault:
            message = (
                f"independent generators cannot give these skewnesses and kurtoses: the one behind {names[j]} would "
                f"need skewness {third[j]:.3g} and kurtosis {fourth[j]:.3g}"
            )
            lifted = _lift_kurtosis(share, third, names)
            hint = f"with these skewnesses the kurtoses can be {lifted} or more"
            raise ModelError(Diagnostic("error", "impossible-shape", message, hint=hint)) from fault
    return CombinedRows(mixing, tuple(sources))


def _lift_kurtosis(share: FloatArray, third: FloatArray, names: tuple[str, ...]) -> str:
    """The kurtoses that come of the least ones that the sources can have with their skewnesses, in words."""
    least = share**4 @ np.array([compute_least_kurtosis(float(value)) for value in third])
    return ", ".join(f"{name} {value:.2f}" for name, value in zip(names, least, strict=True))


def _build_source(skewness: float, kurtosis: float) -> _Source:
    """A polynomial of a normal, or a beta variable where polynomials do not reach. Raises ModelError."""
    require_possible(skewness, kurtosis)
    beta = _build_beta(skewness, kurtosis)
    if kurtosis > compute_least_kurtosis(skewness) + 0.05 or beta is None:
        try:
            return _PolynomialSource(build_polynomial(skewness, kurtosis))
        except ModelError:
            if beta is None:
                raise
    assert beta is not None  # noqa: S101 (just looked at)
    return beta


def _build_beta(skewness: float, kurtosis: float) -> _BetaSource | None:
    """The beta variable of a shape; None where that is none (above the line of the gamma variables).

    Source: Johnson, Kotz & Balakrishnan (1995), Continuous univariate distributions 2, ch. 25: from Pearson's β1, β2.
    """
    first, second = skewness * skewness, kurtosis + 3.0
    below = 6.0 + 3.0 * first - 2.0 * second
    if below <= _NONE:
        return None
    total = 6.0 * (second - first - 1.0) / below
    spread = np.sqrt(first / (first * (total + 2.0) ** 2 + 16.0 * (total + 1.0)))
    low, high = (0.5 * total * (1.0 + sign * (total + 2.0) * spread) for sign in (-1.0, 1.0))
    return _BetaSource(float(low), float(high)) if skewness >= 0 else _BetaSource(float(high), float(low))
