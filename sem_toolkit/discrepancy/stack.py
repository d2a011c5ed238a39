"""Discrepancies at many points at once: leading axes of x, and of the sample's moments where every point has its own.

Points without a value do not disturb their neighbours: a status says what is wrong with each. The array library is that
of x, and the moments of the sample must be arrays of the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.discrepancy.base import Discrepancy
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.libraries import lapack
from sem_toolkit.model import ImpliedMoments, Model
from sem_toolkit.model.namespace import Array, get_namespace, move_to, swap, take

FloatArray = NDArray[np.float64]

_PIVOT = 1e-13  # of its diagonal element: what is smaller is rounding
_RIDGE = 1e-6  # of a unit, added to what is singular
_SMALL = 10


class Status(IntEnum):
    """Of a point: a value, or why there is none."""

    OK = 0
    NOT_POSITIVE_DEFINITE = 1
    NOT_FINITE = 2


@dataclass(frozen=True, eq=False)
class Evaluations:
    """A discrepancy at the points of a stack.

    values        ..., infinite where the status is not OK
    gradients     ... × q, by x; 0 there
    informations  ... × q × q: expected second derivative or Gauss-Newton matrix, or the exact second derivative where
                  that was asked for; the identity there
    status        ..., whole numbers: those of `Status`
    """

    values: FloatArray
    gradients: FloatArray
    informations: FloatArray
    status: NDArray[np.int8]

    def write(self, places: NDArray[np.intp], others: "Evaluations") -> None:
        """Put others in some places of a stack of one axis; NumPy arrays only."""
        self.values[places], self.gradients[places] = others.values, others.gradients
        self.informations[places], self.status[places] = others.informations, others.status


@dataclass(frozen=True, eq=False)
class Slopes:
    """Gradients by x (q × b) of points side by side, and which of these are to be used (b).

    find_values  what finds the values there (b), which few ask for, while nothing else has been asked of the samples
    """

    find_values: Callable[[], FloatArray]
    gradients: FloatArray
    usable: NDArray[np.bool_]

    @cached_property
    def values(self) -> FloatArray:
        """Values (b), to be asked for before the samples are asked about other points."""
        return self.find_values()


class HeldSamples(Protocol):
    """Samples (b of them) laid out side by side, to be asked for slopes at one point after another."""

    def evaluate(self, x: FloatArray) -> Slopes:
        """Values and slopes alone at x (q × b), one point for each sample."""
        ...

    def keep(self, chosen: NDArray[np.intp]) -> "HeldSamples":
        """Some of them."""
        ...

    def lighten(self) -> "HeldSamples | None":
        """The same in single precision, for slopes that lead further on; None where that is of no use."""
        ...


class StackedEvaluator(Protocol):
    """What can be asked about many points at once."""

    @property
    def has_draws(self) -> bool:
        """Whether there are several samples, one for each start."""
        ...

    def evaluate_many(
        self, model: Model, x: FloatArray, draws: NDArray[np.intp] | None = None, *, exact: bool = False
    ) -> Evaluations:
        """Values and derivatives at x (... × q).

        draws  b: which of the samples each x (b × q) belongs to, where there are several; None: its own
        exact  whether the informations are the exact second derivatives; not for models with composites
        """
        ...


@runtime_checkable
class SlopeEvaluator(Protocol):
    """What can be asked for slopes alone in much less time, for some models."""

    def has_slopes(self, model: Model) -> bool:
        """Whether it can of this model, and every start has its sample."""
        ...

    def hold(self, model: Model, draws: NDArray[np.intp]) -> HeldSamples:
        """The samples of these draws (b); NumPy only."""
        ...


@runtime_checkable
class StackedDiscrepancy(Discrepancy, StackedEvaluator, Protocol):
    """A discrepancy that can be asked about many points at once."""

    @property
    def targets(self) -> Targets: ...


def pick_draws(moments: Array, draws: NDArray[np.intp] | None, ndim: int) -> Array:
    """The moments that points have: those of their draws, or the same for all where there is one sample (`ndim`)."""
    return moments if draws is None or moments.ndim == ndim else take(moments, draws, 0)


def pick_evaluations(found: Evaluations, chosen: NDArray[np.intp]) -> Evaluations:
    """Those at some points of a stack of one axis."""
    parts = (found.values, found.gradients, found.informations, found.status)
    return Evaluations(*(take(part, chosen, 0) for part in parts))


def merge_evaluations(chosen: NDArray[np.bool_], ahead: Evaluations, behind: Evaluations) -> Evaluations:
    """Of two stacks of one axis the points ahead that are chosen (s), and for the others those behind."""
    where = get_namespace(behind.values).where
    return Evaluations(
        where(chosen, ahead.values, behind.values),
        where(chosen[:, None], ahead.gradients, behind.gradients),
        where(chosen[:, None, None], ahead.informations, behind.informations),
        where(chosen, ahead.status, behind.status),
    )


def factor_stack(matrices: FloatArray) -> tuple[NDArray[np.bool_], FloatArray]:
    """Which of symmetric matrices (... × p × p) are positive definite, and the logarithms of their determinants.

    What is not positive definite does not stop its neighbours, and has 0 for a logarithm.
    """
    if get_namespace(matrices) is not np:
        return _eliminate(matrices)
    try:
        diagonal = np.linalg.cholesky(matrices).diagonal(axis1=-2, axis2=-1)
    except np.linalg.LinAlgError:  # one of them has no factor, and stops the others
        diagonal = _factor_singly(matrices)
    usable = np.asarray((diagonal * diagonal > _PIVOT * matrices.diagonal(axis1=-2, axis2=-1)).all(axis=-1))
    return usable, np.asarray(2.0 * np.log(np.where(usable[..., None], diagonal, 1.0)).sum(axis=-1))


def _factor_singly(matrices: FloatArray) -> FloatArray:
    """Diagonals of Cholesky's factors (... × p), NaN where there is none."""
    found = np.full(matrices.shape[:-1], np.nan)
    for place in np.ndindex(matrices.shape[:-2]):
        factor, fault = lapack.dpotrf(matrices[place], lower=1, clean=0)
        if not fault:
            found[place] = factor.diagonal()
    return found


def _eliminate(matrices: FloatArray) -> tuple[NDArray[np.bool_], FloatArray]:
    """The same by elimination of all at once, in any array library."""
    space = get_namespace(matrices)
    floor = _PIVOT * space.linalg.diagonal(matrices)
    work = matrices
    usable = space.ones(matrices.shape[:-2], dtype=space.bool)
    total = space.zeros_like(matrices[..., 0, 0])
    one = space.ones_like(total)
    with np.errstate(all="ignore"):
        for j in range(matrices.shape[-1]):
            pivot = work[..., 0, 0]
            usable = usable & (pivot > floor[..., j]) & (pivot > 0.0)
            safe = space.where(usable, pivot, one)
            total = total + space.log(safe)
            column = work[..., 1:, 0]
            work = work[..., 1:, 1:] - column[..., :, None] * (column / safe[..., None])[..., None, :]
    return usable, space.where(usable, total, space.zeros_like(total))


def solve_stack(matrices: FloatArray, right: FloatArray) -> FloatArray:
    """Solutions (... × p) of symmetric matrices in units of their diagonals (... × p × p), which may be indefinite.

    What is singular gets a ridge, and does not stop its neighbours.
    """
    space = get_namespace(matrices)
    try:
        found = space.linalg.solve(matrices, right[..., None])
    except (np.linalg.LinAlgError, RuntimeError):  # one of them is, as where a model is not identified
        singular = space.astype(space.linalg.slogdet(matrices)[0] == 0.0, matrices.dtype)
        ridge = _RIDGE * singular[..., None, None] * move_to(np.eye(matrices.shape[-1]), matrices)
        found = space.linalg.solve(matrices + ridge, right[..., None])
    return found[..., 0]  # type: ignore[no-any-return]


def invert_stack(matrices: FloatArray, usable: NDArray[np.bool_]) -> FloatArray:
    """Inverses of positive definite matrices (... × p × p), scaled on the way; others count as the identity."""
    space = get_namespace(matrices)
    identity = move_to(np.eye(matrices.shape[-1]), matrices)
    sound = space.where(usable[..., None, None], matrices, identity)
    scale = 1.0 / space.sqrt(space.linalg.diagonal(sound))
    outer = scale[..., :, None] * scale[..., None, :]
    inverse = _invert_definite(sound * outer)
    return 0.5 * (inverse + swap(inverse)) * outer  # type: ignore[no-any-return]


def _invert_definite(matrices: FloatArray) -> FloatArray:
    """Inverses (... × p × p); larger ones are put together from those of their halves, by products, which are fast.

    Source: Duncan (1944), Philosophical Magazine 35, 660-670.
    """
    space, p = get_namespace(matrices), matrices.shape[-1]
    if p <= _SMALL:
        return space.linalg.inv(matrices)  # type: ignore[no-any-return]
    half = p // 2
    across = matrices[..., :half, half:]
    first = _invert_definite(matrices[..., :half, :half])
    turned = first @ across
    second = _invert_definite(matrices[..., half:, half:] - swap(across) @ turned)
    corner = -(turned @ second)
    upper = space.concat([first - corner @ swap(turned), corner], axis=-1)
    return space.concat([upper, space.concat([swap(corner), second], axis=-1)], axis=-2)  # type: ignore[no-any-return]


def conclude(
    moments: ImpliedMoments,
    exists: NDArray[np.bool_],
    usable: NDArray[np.bool_],
    values: FloatArray,
    gradients: FloatArray,
    informations: FloatArray,
) -> Evaluations:
    """Put the status to what was computed.

    exists  ...: whether the moments do; usable: ... × G, whether what had to be positive definite was
    """
    space = get_namespace(values)
    finite = exists & space.all(space.isfinite(moments.covariance), axis=(-3, -2, -1))
    if moments.mean is not None:
        finite = finite & space.all(space.isfinite(moments.mean), axis=(-2, -1))
    definite = space.all(usable, axis=-1)
    found = space.isfinite(values) & space.all(space.isfinite(gradients), axis=-1)
    found = found & space.all(space.isfinite(informations), axis=(-2, -1))
    good, indefinite = finite & definite & found, finite & ~definite
    status = space.astype(indefinite, space.int8) * int(Status.NOT_POSITIVE_DEFINITE)
    status = status + space.astype(~(good | indefinite), space.int8) * int(Status.NOT_FINITE)
    if bool(space.all(good)):
        return Evaluations(values, gradients, informations, status)
    identity = move_to(np.eye(informations.shape[-1]), informations)
    return Evaluations(
        space.where(good, values, space.full_like(values, np.inf)),
        space.where(good[..., None], gradients, space.zeros_like(gradients)),
        space.where(good[..., None, None], informations, identity),
        status,
    )
