"""Fleishman's polynomials: variables with a given skewness and kurtosis as a + bz + cz² + dz³ of a normal z.

Sources: Fleishman (1978), Psychometrika 43, 521-532; Vale & Maurelli (1983), Psychometrika 48, 465-471, for the
correlation of two normals behind that of two such variables.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.libraries import optimize

FloatArray = NDArray[np.float64]

_EXACT = 1e-10
_STARTS = ((1.0, 0.1, 0.0), (0.8, 0.3, 0.05), (0.5, 0.5, 0.1), (0.3, 0.1, 0.2), (1.1, 0.1, -0.05), (1.2, 0.4, -0.1))


@dataclass(frozen=True)
class Polynomial:
    """−c + bz + cz² + dz³ of a standard normal z: mean 0, variance 1."""

    b: float
    c: float
    d: float

    def apply(self, z: FloatArray) -> FloatArray:
        """Values at normals of any shape."""
        return ((self.d * z + self.c) * z + self.b) * z - self.c

    def correlate(self, other: "Polynomial", correlation: float) -> float:
        """The correlation of the two variables whose normals have this one."""
        linear = self.b * other.b + 3.0 * (self.b * other.d + self.d * other.b) + 9.0 * self.d * other.d
        square, cube = 2.0 * self.c * other.c, 6.0 * self.d * other.d
        return ((cube * correlation + square) * correlation + linear) * correlation

    def find_correlation(self, other: "Polynomial", wanted: float) -> float | None:
        """The correlation of the normals that gives the variables the wanted one; None where none does."""
        linear = self.b * other.b + 3.0 * (self.b * other.d + self.d * other.b) + 9.0 * self.d * other.d
        found = np.roots([6.0 * self.d * other.d, 2.0 * self.c * other.c, linear, -wanted])
        real = found.real[(np.abs(found.imag) < 1e-9) & (np.abs(found.real) <= 1.0 + 1e-12)]
        return float(np.clip(real[np.abs(real - wanted).argmin()], -1.0, 1.0)) if len(real) else None


def build_polynomial(skewness: float, kurtosis: float, name: str = "") -> Polynomial:
    """The polynomial whose values have this skewness and (excess) kurtosis.

    name  of the variable, for messages. Raises ModelError where there is none, and says which kurtosis there are.
    """
    require_possible(skewness, kurtosis, name)
    if skewness == 0.0 and kurtosis == 0.0:
        return Polynomial(1.0, 0.0, 0.0)

    def miss(values: FloatArray) -> FloatArray:
        b, c, d = values
        return np.array(
            [
                b * b + 6.0 * b * d + 2.0 * c * c + 15.0 * d * d - 1.0,
                2.0 * c * (b * b + 24.0 * b * d + 105.0 * d * d + 2.0) - abs(skewness),
                24.0
                * (
                    b * d
                    + c * c * (1.0 + b * b + 28.0 * b * d)
                    + d * d * (12.0 + 48.0 * b * d + 141.0 * c * c + 225.0 * d * d)
                )
                - kurtosis,
            ]
        )

    for start in _STARTS:
        found = optimize.root(miss, np.array(start), tol=1e-13)
        if found.success and np.abs(miss(found.x)).max() < _EXACT:
            b, c, d = map(float, found.x)
            sign = -1.0 if b < 0 else 1.0  # z and −z are the same normal
            return Polynomial(sign * b, float(np.copysign(c, skewness)) if skewness else c, sign * d)
    least = compute_least_kurtosis(skewness)
    message = f"no polynomial of a normal has skewness {skewness:g} and kurtosis {kurtosis:g}{_of(name)}"
    hint = f"with this skewness they have kurtosis from about {least:.2f} on; independent generators reach further down"
    raise ModelError(Diagnostic("error", "impossible-shape", message, hint=hint))


def compute_least_kurtosis(skewness: float) -> float:
    """About the least kurtosis of polynomials with a skewness (Fleishman, 1978; Headrick & Sawilowsky, 2000)."""
    return -1.13168 + 1.58837 * skewness * skewness


def require_possible(skewness: float, kurtosis: float, name: str = "") -> None:
    """Raise ModelError where no variable at all has this skewness and excess kurtosis (Pearson's inequality)."""
    if not (np.isfinite(skewness) and np.isfinite(kurtosis)):
        message = f"skewness {skewness:g} and kurtosis {kurtosis:g} are no numbers{_of(name)}"
        raise ModelError(Diagnostic("error", "impossible-shape", message))
    least = skewness * skewness - 2.0
    if kurtosis <= least:
        message = f"no variable has skewness {skewness:g} and kurtosis {kurtosis:g}{_of(name)}"
        hint = f"with this skewness the (excess) kurtosis is above {least:.4g}: it is skewness² − 2 or more"
        raise ModelError(Diagnostic("error", "impossible-shape", message, hint=hint))


def find_correlations(polynomials: tuple[Polynomial, ...], wanted: FloatArray, names: tuple[str, ...]) -> FloatArray:
    """Correlations of the normals (p × p) behind the wanted ones of the variables. Raises ModelError for a pair that
    cannot have its correlation, and where the matrix is not positive definite.
    """
    found = np.eye(len(wanted))
    for i, j in itertools.combinations(range(len(wanted)), 2):
        value = polynomials[i].find_correlation(polynomials[j], float(wanted[i, j]))
        if value is None:
            ends = [polynomials[i].correlate(polynomials[j], end) for end in (-1.0, 1.0)]
            message = f"{names[i]} and {names[j]} cannot correlate {wanted[i, j]:.3f} with these shapes"
            hint = f"between {ends[0]:.3f} and {ends[1]:.3f} they can; independent generators have other limits"
            raise ModelError(Diagnostic("error", "impossible-shape", message, hint=hint))
        found[i, j] = found[j, i] = value
    if np.linalg.eigvalsh(found)[0] <= 0.0:
        message = "no normal variables give the population's correlations with these shapes (Vale & Maurelli)"
        hint = "take independent generators, or less skewness and kurtosis"
        raise ModelError(Diagnostic("error", "impossible-shape", message, hint=hint))
    return found


def _of(name: str) -> str:
    return f": {name}" if name else ""
