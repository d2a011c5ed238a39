"""Local identification before any data: the rank of the moment Jacobian at random points.

A model is identified locally where the Jacobian of the moments by the free parameters has full column rank, and the
rank is the same at almost every point: Wald (1950); Bekker, Merckens & Wansbeek (1994), Identification, Equivalent
Models, and Computer Algebra, ch. 2.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.libraries import lapack
from sem_toolkit.model.cells import DIRECTED
from sem_toolkit.model.kernels import compute_information
from sem_toolkit.model.moments import compute_moments
from sem_toolkit.model.ram import Model

FloatArray = NDArray[np.float64]

_TOLERANCE = 1e-9
_WORTH_NAMING = 1e-5
_SMALL = 100  # parameters, up to which all eigenvalues take no time
_ROUNDING = 1e-24  # of squares
_NO_INFLUENCE = 1e-12  # where everything else is of the size of 1


@dataclass(frozen=True)
class GroupDegrees:
    """One group's count: moments that the model has to explain, parameters free in it, and the difference."""

    label: str
    moments: int
    free: int

    @property
    def df(self) -> int:
        return self.moments - self.free


@dataclass(frozen=True)
class IdentificationReport:
    """Whether the free parameters can be told from the moments.

    df          moments less free parameters, equality constraints taken into account
    free        free parameters once equality constraints are taken off; rank: how many of them the moments determine
    tradeable   names of the parameters that can be traded against each other without changing any moment
    cure        the fewest parameters which, when fixed, make the model identified (`deficiency` of them)
    groups      the count of each group
    shared      whether it would do to fix the covariances, which nobody wrote, of factors that share indicators
    """

    df: int
    free: int
    rank: int
    tradeable: tuple[str, ...]
    cure: tuple[str, ...]
    groups: tuple[GroupDegrees, ...]
    shared: bool = False

    @property
    def deficiency(self) -> int:
        return self.free - self.rank

    @property
    def identified(self) -> bool:
        return self.deficiency == 0

    @property
    def npar(self) -> int:
        """Free parameters, equality constraints taken off."""
        return self.free

    def require_identified(self) -> None:
        """Raise ModelError where the model is not identified."""
        if not self.identified:
            raise ModelError(self.diagnostics)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """An error where the model is not identified, otherwise nothing."""
        if self.identified:
            return ()
        shown = ", ".join(self.tradeable[:8]) + (", ..." if len(self.tradeable) > 8 else "")
        counted = f"its {self.free} free parameters depend on {self.rank} quantities only"
        reason = f" (degrees of freedom: {self.df})" if self.df < 0 else ""
        message = f"the model is not identified: {counted}{reason}; these can be traded against each other: {shown}"
        hint = "fix " + " and ".join(self.cure) + ", or constrain what they trade with"
        if self.shared:
            hint = (
                "factors that share their indicators do not covary in a bifactor model: orthogonal = true; else " + hint
            )
        return (Diagnostic("error", "not-identified", message, hint=hint),)


def check_identification(model: Model, seed: int = 20260) -> IdentificationReport:
    """Rank, deficiency and the parameters behind it, at random points; no data are needed.

    Raises ModelError for a model that implies no moments anywhere: a loop whose effects multiply to 1, values so large
    that their squares overflow.
    """
    from sem_toolkit.model.existence import draw_usable_points

    filled, points = draw_usable_points(model, seed)
    rank, null, n_conditions = _compute_rank(filled, points[0])
    for x in points[1:]:
        if rank == null.shape[0]:
            break
        rank, null, n_conditions = max((rank, null, n_conditions), _compute_rank(filled, x), key=lambda found: found[0])
    return build_report(model, rank, null, n_conditions)


def build_report(model: Model, rank: int, null: FloatArray, n_conditions: int) -> IdentificationReport:
    """The report from the rank and the null space (r × d, in θ) of the Jacobian with its constraints."""
    basis = model.constraints.linear.basis
    groups = count_degrees(model)
    free = basis.shape[1] - n_conditions
    size = np.abs(basis @ null).max(axis=1, initial=0.0)
    tradeable = np.flatnonzero(size > _WORTH_NAMING * max(size.max(initial=0.0), 1e-300))
    return IdentificationReport(
        df=sum(group.moments for group in groups) - free,
        free=free,
        rank=rank - n_conditions,
        tradeable=tuple(model.parameter_names[i] for i in tradeable),
        cure=tuple(model.parameter_names[i] for i in _choose_cure(model, null)),
        groups=groups,
        shared=_is_cured(basis @ null, _find_shared(model)),
    )


def _find_shared(model: Model) -> list[int]:
    """Positions of free covariances, which nobody wrote, of factors whose indicators are partly the same."""
    rows, indicators = model.table.parameters, defaultdict[str, set[str]](set)
    for row in rows:
        if row.op == "=~":
            indicators[row.lhs].add(row.rhs)
    return [
        place
        for place, row in enumerate(model.parameters)
        if row.op == "~~" and row.lhs != row.rhs and not row.user and indicators[row.lhs] & indicators[row.rhs]
    ]


def _is_cured(null: FloatArray, fixed: list[int]) -> bool:
    """Whether nothing can be traded any more (null: q × d) once these parameters are fixed."""
    return bool(fixed) and int(np.linalg.matrix_rank(null[fixed], tol=_WORTH_NAMING)) == null.shape[1] > 0


def count_degrees(model: Model) -> tuple[GroupDegrees, ...]:
    """Moments and free parameters of each group; moments taken from the data (fixed.x, composites) do not count."""
    given = model.responses is not None and model.responses.is_conditional
    observed = set() if given else set(model.observed)  # given covariates their moments are none of the layout's
    result = []
    free = Counter([row.group for row in model.parameters])
    for number, label in enumerate(model.groups):
        given_by_data = [row for row in model.table.given if row.group == number + 1 and model.sees(row)]
        taken = sum({row.lhs, row.rhs or row.lhs} <= observed for row in given_by_data)
        if model.composites is not None:
            sizes = (len(m.indicators) for m in model.composites.members if m.group == number)
            taken += sum(k * (k + 1) // 2 for k in sizes)
        moments = model.layout.count(number) - taken
        result.append(GroupDegrees(label, moments, free[number + 1]))
    return tuple(result)


def compute_null_space(jacobian: FloatArray, tolerance: float = _TOLERANCE) -> tuple[int, FloatArray]:
    """Rank of an m × r matrix and a basis (r × d) of its null space; its columns are scaled to unit length first."""
    if not jacobian.shape[1]:
        return 0, np.zeros((0, 0))
    size = np.sqrt((jacobian**2).sum(axis=0))
    scale = np.where(size > tolerance * max(size.max(initial=0.0), 1e-300), size, 1.0)
    work = jacobian / scale
    values = np.linalg.eigvalsh(work.T @ work)  # r × r is far smaller than m × r
    if values[0] > 1e-7 * values[-1]:
        return len(values), np.zeros((len(values), 0))
    _, singular, right = np.linalg.svd(work, full_matrices=True)
    rank = int((singular > tolerance * max(singular[0], 1e-300) * max(work.shape)).sum())
    null = right[rank:].T / scale[:, None]
    length = np.sqrt((null**2).sum(axis=0))
    return rank, null / np.where(length > 0, length, 1.0)


def _compute_rank(model: Model, x: FloatArray) -> tuple[int, FloatArray, int]:
    """Rank and null space of [moments; non-linear equalities] by θ, and how many of the latter are independent."""
    basis = model.constraints.linear.basis
    if not basis.shape[1]:  # nothing is free
        return 0, np.zeros((0, 0)), 0
    # squares of what composites derive from weights cancel to rounding of the first order, which hides a zero
    by_kernels = model.derived is None and model.responses is None and model.presence is None
    if not model.constraints.equalities and by_kernels and _has_full_rank(model, x):
        return basis.shape[1], np.zeros((basis.shape[1], 0)), 0
    jacobian = model.layout.jacobian(model, x)
    stacked = jacobian.reshape(-1, jacobian.shape[-1]) @ basis
    # what changes no moment, as the weights of a composite without effects, leaves rounding behind
    stacked[:, np.abs(stacked).max(axis=0, initial=0.0) < _NO_INFLUENCE] = 0.0
    slopes = np.nan_to_num(model.constraints.equality_values(x)[1]) @ basis
    slopes /= np.maximum(np.abs(slopes).max(axis=1, initial=0.0), 1e-300)[:, None]  # c = 0 says as much as 1e9 c = 0
    n_conditions = int(np.linalg.matrix_rank(slopes)) if len(slopes) else 0
    rank, null = compute_null_space(np.concatenate([stacked, slopes]))
    return rank, null, n_conditions


def _has_full_rank(model: Model, x: FloatArray) -> bool:
    """Whether JᵀWJ is safely positive definite for a positive definite W, which the gather kernels make without J."""
    moments = compute_moments(model, x)
    diagonal = np.diagonal(moments.covariance, axis1=1, axis2=2)
    if not (diagonal > 0.0).all():
        return False
    weight = np.eye(model.n_observed) / diagonal[:, :, None]
    square = compute_information(model, x, moments, weight, np.ones(model.n_groups))
    if np.diagonal(square).min(initial=1.0) < _NO_INFLUENCE**2:
        return False
    linear = model.constraints.linear
    return is_safely_definite(square if linear.is_trivial else linear.basis.T @ square @ linear.basis)


def is_safely_definite(square: FloatArray) -> bool:
    """Whether a symmetric matrix, scaled to unit diagonal, is positive definite with a condition number below 1e8."""
    diagonal = np.diagonal(square)
    if not len(diagonal):
        return True
    if not (np.isfinite(square).all() and (diagonal > _ROUNDING * diagonal.max()).all() and diagonal.min() > 0.0):
        return False
    scale = 1.0 / np.sqrt(diagonal)
    scaled = square * scale[:, None] * scale
    if len(scaled) <= _SMALL:
        values = np.linalg.eigvalsh(scaled)  # SciPy takes longer to load; p times stricter than the norms below
        return bool(values[0] > 1e-8 * len(scaled) * values[-1])
    return has_safe_factor(scaled)


def has_safe_factor(scaled: FloatArray) -> bool:
    """Whether a symmetric matrix, scaled to unit diagonal, has a Cholesky factor and a condition number below 1e8."""
    factor, fault = lapack.dpotrf(scaled, lower=1)
    return not fault and bool(lapack.dpocon(factor, np.abs(scaled).sum(axis=0).max(), uplo="L")[0] > 1e-8)


def _choose_cure(model: Model, null: FloatArray) -> list[int]:
    """Positions of the parameters to fix: loadings before (co)variances before the rest, the first that would do."""
    basis = model.constraints.linear.basis
    remaining = null.copy()
    chosen: list[int] = []
    loading = np.array([row.op == "=~" for row in model.parameters], dtype=bool)
    directed = model.locations.kind == DIRECTED
    for _ in range(null.shape[1]):
        reach = np.sqrt(((basis @ remaining) ** 2).sum(axis=1))
        usable = reach > 0.05 * reach.max(initial=0.0)
        merit = 4.0 * loading + 2.0 * ~directed
        pick = int(np.argmax(np.where(usable, merit, -1.0)))
        chosen.append(pick)
        along = (basis @ remaining)[pick]
        # what is left of the null space once the parameter is held: the directions that do not move it
        remaining = remaining @ np.linalg.svd(along[None])[2][1:].T
    return chosen
