"""Rotation criteria with their gradients, over stacks of loadings (... × p × m), real or complex.

Every criterion is an analytic function of the loadings, so that gradients at complex loadings give exact second
derivatives by complex steps. All are to be minimised.

Sources: Bernaards & Jennrich (2005), Educational and Psychological Measurement 65, 676-696; Browne (2001), Multivariate
Behavioral Research 36, 111-150; Jennrich & Bentler (2011, 2012), Psychometrika 76, 537-549 and 77, 442-454.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.rotation.options import RotationOptions
from sem_toolkit.rotation.parsimony import CRITERIA, Stack

FloatArray = NDArray[np.float64]


class Criterion(Protocol):
    """What makes loadings simple."""

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        """Value (...) and gradient (... × p × m) at loadings (... × p × m)."""
        ...


def build_criterion(options: RotationOptions, p: int, m: int, target: FloatArray | None = None) -> Criterion:
    """The criterion for p items and m factors; of promax that of varimax before it.

    target  p × m with NaN where a loading is free; for target rotations only
    """
    name = options.method
    if name == "geomin":
        return Geomin(options.geomin_epsilon)
    if name == "bigeomin":
        return SparesGeneral(Geomin(options.geomin_epsilon))
    if name == "biquartimin":
        return SparesGeneral(Oblimin(0.0))
    if name in ("oblimin", "quartimin"):
        return Oblimin(options.oblimin_gamma if name == "oblimin" else 0.0)
    if name in _CRAWFORD_FERGUSON:
        return CrawfordFerguson(_CRAWFORD_FERGUSON[name](p, m))
    if name in CRITERIA:
        return CRITERIA[name]()
    if name == "cf":
        return CrawfordFerguson(options.cf_gamma)
    if options.has_target:
        assert target is not None  # noqa: S101 (options say so)
        return TowardsTarget(target)
    return Orthomax({"quartimax": 0.0, "orthomax": options.orthomax_gamma}.get(name, 1.0))


_CRAWFORD_FERGUSON: dict[str, Callable[[int, int], float]] = {
    "cf-quartimax": lambda p, m: 0.0,
    "cf-varimax": lambda p, m: 1.0 / p,
    "cf-equamax": lambda p, m: m / (2.0 * p),
    "cf-parsimax": lambda p, m: (m - 1.0) / (p + m - 2.0),
    "cf-facparsim": lambda p, m: 1.0,
}
"""Weight of column complexity: Crawford & Ferguson (1970), Psychometrika 35, 321-332."""


@dataclass(frozen=True)
class Geomin:
    """Σ over items of the geometric mean of λ² + ε: Yates (1987), with ε as in Browne (2001)."""

    epsilon: float

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings + self.epsilon
        means = np.exp(np.log(squares).mean(axis=-1))
        return means.sum(axis=-1), 2.0 / loadings.shape[-1] * loadings / squares * means[..., None]


@dataclass(frozen=True)
class Oblimin:
    """¼ Σ over pairs of factors of Σᵢ λ²ᵢₖλ²ᵢₗ − (γ/p) Σᵢλ²ᵢₖ Σᵢλ²ᵢₗ; quartimin for γ = 0: Jennrich (2002)."""

    gamma: float

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        others = squares.sum(axis=-1, keepdims=True) - squares
        if self.gamma:
            others = others - self.gamma * others.mean(axis=-2, keepdims=True)
        return (squares * others).sum(axis=(-2, -1)) / 4.0, loadings * others


@dataclass(frozen=True)
class Orthomax:
    """−¼ Σ over factors of Σᵢλ⁴ᵢ − (γ/p)(Σᵢλ²ᵢ)²: quartimax for γ = 0, varimax for 1."""

    gamma: float

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        centred = squares - self.gamma * squares.mean(axis=-2, keepdims=True)
        return -(squares * centred).sum(axis=(-2, -1)) / 4.0, -loadings * centred


@dataclass(frozen=True)
class CrawfordFerguson:
    """(1 − κ) row complexity + κ column complexity, each a quarter of a sum of products of squared loadings."""

    kappa: float

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        squares = loadings * loadings
        across = squares.sum(axis=-1, keepdims=True) - squares
        along = squares.sum(axis=-2, keepdims=True) - squares
        others = (1.0 - self.kappa) * across + self.kappa * along
        return (squares * others).sum(axis=(-2, -1)) / 4.0, loadings * others


@dataclass(frozen=True, eq=False)
class TowardsTarget:
    """Squared distance from a target (p × m) where it is not NaN: Browne (1972)."""

    target: FloatArray

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        wanted = np.isfinite(self.target)
        distance = np.where(wanted, loadings - np.where(wanted, self.target, 0.0), 0.0)
        return (distance * distance).sum(axis=(-2, -1)), 2.0 * distance


@dataclass(frozen=True)
class SparesGeneral:
    """A criterion of the group factors only, the first factor being the general one: Jennrich & Bentler (2011)."""

    inner: Criterion

    def evaluate(self, loadings: Stack) -> tuple[Stack, Stack]:
        value, slope = self.inner.evaluate(loadings[..., 1:])
        return value, np.concatenate([np.zeros_like(loadings[..., :1]), slope], axis=-1)
