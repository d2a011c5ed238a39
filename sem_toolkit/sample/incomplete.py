"""Likelihood of incomplete normal data as a function of means and covariances, with its derivatives in closed form.

With pattern j of n_j rows, means m_j and second moments T_j about μ, and Q_j = Σ_j⁻¹ (0 for what is not observed),

    f = ½ Σ_j n_j/n (log|Σ_j| + tr(Q_j T_j)),    ∂f/∂μ = −Σ_j n_j/n z_j,    ∂f/∂Σ = ½ Σ_j n_j/n (Q_j − P_j),

z_j = Q_j(m_j − μ) and P_j = Q_j T_j Q_j. Second derivatives are sums of products of elements of Q_j, P_j and z_j:
elements of Σ_j n_j/n vech(Q_j) vech(Q_j)ᵀ and the like, one matrix product over all patterns.
Sources: Arbuckle (1996), in Marcoulides & Schumacker, Advanced structural equation modeling, 243-277; Savalei (2010),
Psychological Methods 15, 352-367; Yuan & Bentler (2000), Sociological Methodology 30, 165-200.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.libraries import lapack
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.patterns import Patterns

IntArray = NDArray[np.intp]

FLAT = 1e-6
"""Diagonal of the factor of a second derivative, scaled to 1, below which it does not curve."""
_BLOCK = 4096
"""Rows at a time where casewise products of moments are made."""


@dataclass(frozen=True, eq=False)
class IncompleteLikelihood:
    """The likelihood of one group's rows at a mean μ (p) and a covariance matrix Σ (p × p).

    inverses  Q_j, P × p × p; sizes: log|Σ_j| (P); pull: z_j, P × p
    """

    patterns: Patterns
    mean: FloatArray
    covariance: FloatArray
    inverses: FloatArray
    sizes: FloatArray
    pull: FloatArray

    @cached_property
    def value(self) -> float:
        """f: −logl/n without its constant."""
        share, several = self.patterns.share, self.patterns.several
        gap = np.where(self.patterns.observed, self.patterns.mean - self.mean, 0.0)
        forms = self.sizes + (gap * self.pull).sum(axis=1)
        forms[several] += (self.inverses[several] * self.patterns.scatter).sum(axis=(1, 2))
        return float(0.5 * share @ forms)

    @cached_property
    def by_mean(self) -> FloatArray:
        """e (p) with df = eᵀdμ."""
        return np.asarray(-self.patterns.share @ self.pull)

    @cached_property
    def by_covariance(self) -> FloatArray:
        """D (p × p, symmetric) with df = tr(D dΣ)."""
        return 0.5 * (self.mean_inverse - self.mean_product)

    @cached_property
    def steepness(self) -> float:
        """Largest derivative of f by a mean or covariance, each in units of standard deviations."""
        unit = np.sqrt(self.covariance.diagonal())
        slope = np.abs(self.by_covariance * (unit[:, None] * unit)).max()
        return float(max(slope, np.abs(self.by_mean * unit).max()))

    @cached_property
    def mean_inverse(self) -> FloatArray:
        """Σ_j n_j/n Q_j, p × p."""
        return np.asarray(np.tensordot(self.patterns.share, self.inverses, axes=1))

    @cached_property
    def mean_product(self) -> FloatArray:
        """Σ_j n_j/n P_j, p × p."""
        share, several = self.patterns.share, self.patterns.several
        found = (self.pull.T * share) @ self.pull
        return np.asarray(found + np.tensordot(share[several], self.spread_products, axes=1))

    @cached_property
    def spread_products(self) -> FloatArray:
        """Q_j S_j Q_j of the patterns of several rows, S_j about their own means: R × p × p."""
        Q = self.inverses[self.patterns.several]
        return np.asarray(Q @ self.patterns.scatter @ Q)

    @cached_property
    def products(self) -> FloatArray:
        """P_j, P × p × p."""
        found = self.pull[:, :, None] * self.pull[:, None, :]
        found[self.patterns.several] += self.spread_products
        return found

    def information(self, *, expected: bool = True) -> FloatArray:
        """Second derivative of f by [μ; vech Σ] (m × m), vech column by column; expected given the patterns, or as
        observed. The expected one has no cross terms.
        """
        p = len(self.mean)
        lower, upper = list_vech(p)
        share = self.patterns.share
        flat = self.inverses[:, lower, upper]
        if expected:
            rooted = flat * np.sqrt(share)[:, None]
            both = rooted.T @ rooted  # BLAS makes half of it
        else:
            weighted = flat * share[:, None]
            half = weighted.T @ (self.products[:, lower, upper] - 0.5 * flat)
            both = half + half.T
        result = np.zeros((p + len(lower),) * 2)
        result[:p, :p] = self.mean_inverse
        result[p:, p:] = gather_pairs(both, p)
        if not expected:
            cross = gather_cross(weighted.T @ self.pull, p)
            result[:p, p:], result[p:, :p] = cross, cross.T
        return result

    @cached_property
    def determined(self) -> IntArray:
        """Places of the moments [μ; vech Σ] that the rows determine: not covariances of pairs never seen together."""
        p = len(self.mean)
        together = ~self.patterns.apart[list_vech(p)]
        return np.flatnonzero(np.concatenate([np.ones(p, dtype=np.bool_), together]))

    @property
    def is_curved(self) -> bool:
        """Whether f curves upwards in every direction that the rows determine."""
        free = self.determined
        square = self.information(expected=False)[np.ix_(free, free)]
        if not (square.diagonal() > 0).all():
            return False
        unit = 1.0 / np.sqrt(square.diagonal())
        factor, fault = lapack.dpotrf(square * (unit[:, None] * unit), lower=1)
        return not fault and bool((factor.diagonal() > FLAT).all())

    def step_em(self) -> "IncompleteLikelihood | None":
        """The likelihood after a step of EM, which is one along the gradient in the metric of complete data.

        With e and D the derivatives by μ and Σ it goes to μ − Σe and Σ − 2ΣDΣ − (Σe)(Σe)ᵀ. Covariances of pairs never
        seen together are held at 0 where that is positive definite; None where nothing is. Source: Dempster, Laird &
        Rubin (1977), Journal of the Royal Statistical Society B 39, 1-38.
        """
        sigma = self.covariance
        move = -sigma @ self.by_mean
        covariance = sigma - 2.0 * sigma @ self.by_covariance @ sigma - np.outer(move, move)
        covariance = 0.5 * (covariance + covariance.T)
        mean = self.mean + move
        held = compute_incomplete_likelihood(self.patterns, mean, np.where(self.patterns.apart, 0.0, covariance))
        return held if held is not None else compute_incomplete_likelihood(self.patterns, mean, covariance)

    def casewise_logl(self) -> FloatArray:
        """Log-likelihood of each row (n); NaN for a row without any value."""
        row, there = self.patterns.row, self.patterns.observed
        gap = np.where(there[row], self.patterns.rows - self.mean, 0.0)
        forms = (gap * self._turn(gap)).sum(axis=1)
        constant = there.sum(axis=1) * np.log(2.0 * np.pi) + self.sizes
        return np.where(row < 0, np.nan, -0.5 * (constant[row] + forms))

    @cached_property
    def logl(self) -> float:
        """Log-likelihood of all rows, weighted where rows are."""
        return float(-self.patterns.total * self.value - 0.5 * np.log(2.0 * np.pi) * self.patterns.n_values)

    @cached_property
    def directions(self) -> FloatArray:
        """u_i = Q_j(x_i − μ) of every row (n × p): ∂logl_i/∂μ; 0 for a row without any value."""
        gap = np.where(self.patterns.observed[self.patterns.row], self.patterns.rows - self.mean, 0.0)
        return np.where(self.patterns.row[:, None] < 0, 0.0, self._turn(gap))

    def casewise_scores(self, matrix: FloatArray | None = None) -> FloatArray:
        """∂logl_i/∂[μ; vech Σ] of every row (n × m), or their products with a matrix (m × k): n × k, made in blocks."""
        p, n = len(self.mean), len(self.patterns.row)
        lower, upper = list_vech(p)
        half = np.where(lower == upper, 0.5, 1.0)
        flat = self.inverses[:, lower, upper] * half
        result = np.empty((n, p + len(lower) if matrix is None else matrix.shape[1]))
        for begin in range(0, n, _BLOCK):
            block = slice(begin, begin + _BLOCK)
            u, row = self.directions[block], self.patterns.row[block]
            scores = u[:, lower] * u[:, upper] * half
            scores -= np.where(row[:, None] < 0, 0.0, flat[row])
            whole = np.concatenate([u, scores], axis=1)
            result[block] = whole if matrix is None else whole @ matrix
        return result

    def _turn(self, gap: FloatArray) -> FloatArray:
        """Q_j times each row (n × p): rows sorted by pattern, so that a product serves all rows of one pattern."""
        turned = np.empty_like(gap)
        for begin in range(0, len(gap), _BLOCK):
            block = slice(begin, begin + _BLOCK)
            turned[block] = (self.inverses[self.patterns.row[block]] @ gap[block][:, :, None])[:, :, 0]
        return turned


def compute_incomplete_likelihood(
    patterns: Patterns, mean: FloatArray, covariance: FloatArray
) -> IncompleteLikelihood | None:
    """The likelihood at μ and Σ; None where Σ is not positive definite."""
    try:
        root = np.linalg.cholesky(covariance)
        whole = np.linalg.inv(covariance)
    except np.linalg.LinAlgError:
        return None
    size = 2.0 * np.log(root.diagonal()).sum()
    whole = 0.5 * (whole + whole.T)
    if not (np.isfinite(size) and np.isfinite(whole).all()):
        return None
    p = len(mean)
    inverses = np.zeros((len(patterns.counts), p, p))
    sizes = np.empty(len(inverses))
    for stack in patterns.stacks:
        r = stack.absent.shape[1]
        try:
            if r == 0:
                inverses[stack.where], sizes[stack.where] = whole, size
            elif r <= p - r:  # what is known without the absent: a step of elimination from the whole inverse
                absent = stack.absent
                corner = whole[absent[:, :, None], absent[:, None, :]]
                sides = whole[absent]
                found = whole - sides.swapaxes(1, 2) @ np.linalg.solve(corner, sides)
                sizes[stack.where] = size + _compute_size(corner)
                there = patterns.observed[stack.where]
                found = np.where(there[:, :, None] & there[:, None, :], found, 0.0)
                inverses[stack.where] = 0.5 * (found + found.swapaxes(1, 2))
            else:
                at = stack.present
                block = covariance[at[:, :, None], at[:, None, :]]
                sizes[stack.where] = _compute_size(block)
                own = np.linalg.inv(block)
                inverses[stack.where[:, None, None], at[:, :, None], at[:, None, :]] = 0.5 * (own + own.swapaxes(1, 2))
        except np.linalg.LinAlgError:
            return None
    gap: FloatArray = np.where(patterns.observed, patterns.mean - mean, 0.0)
    pull = (inverses @ gap[:, :, None])[:, :, 0]
    return IncompleteLikelihood(patterns, mean, covariance, inverses, sizes, pull)


def _compute_size(matrices: FloatArray) -> FloatArray:
    """log|·| of positive definite matrices (P × r × r); raises LinAlgError where one is not."""
    roots = np.linalg.cholesky(matrices)
    return np.asarray(2.0 * np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1))


@lru_cache(maxsize=32)
def list_vech(p: int) -> tuple[IntArray, IntArray]:
    """Rows and columns of the lower triangle, column by column."""
    columns, rows = np.triu_indices(p)
    return rows, columns


@lru_cache(maxsize=8)
def _list_places(p: int) -> IntArray:
    """Where each pair of variables stands in vech, p × p."""
    rows, columns = list_vech(p)
    place = np.empty((p, p), dtype=np.intp)
    place[rows, columns] = place[columns, rows] = np.arange(len(rows))
    return place


@lru_cache(maxsize=8)
def _list_pair_places(p: int) -> tuple[IntArray, IntArray]:
    """Where the products of (a, c) with (b, d), and of (a, d) with (b, c), stand in a matrix of vech by vech, for the
    pairs (a, b) and (c, d) of vech.
    """
    rows, columns = list_vech(p)
    place, size = _list_places(p), len(rows)
    first = place[rows[:, None], rows] * size + place[columns[:, None], columns]
    second = place[rows[:, None], columns] * size + place[columns[:, None], rows]
    return first, second


def gather_pairs(products: FloatArray, p: int) -> FloatArray:
    """Σ c_ab c_cd (X_ac Y_bd + X_ad Y_bc) from Σ vech(X) vech(Y)ᵀ, symmetric (...); c is ½ on the diagonal, else 1."""
    first, second = _list_pair_places(p)
    flat = np.ascontiguousarray(products).reshape(*products.shape[:-2], -1)
    found = flat.take(first, axis=-1)
    found += flat.take(second, axis=-1)
    half = get_halves(p)
    found *= half[:, None]
    found *= half
    return found


def gather_cross(products: FloatArray, p: int) -> FloatArray:
    """Σ c_cd (Q_ac z_d + Q_ad z_c), ... × p × vech, from Σ vech(Q) zᵀ."""
    rows, columns = list_vech(p)
    place = _list_places(p)
    both = products[..., place[:, rows], columns] + products[..., place[:, columns], rows]
    return np.asarray(both * get_halves(p))


def get_halves(p: int) -> FloatArray:
    rows, columns = list_vech(p)
    return np.where(rows == columns, 0.5, 1.0)
