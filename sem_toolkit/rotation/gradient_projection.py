"""The best rotation of a loading matrix: gradient projection from many starts in one stack, then Newton steps.

With unrotated loadings A (p × m) and a rotation T (m × m), an orthogonal rotation gives Λ = AT with TᵀT = I, an oblique
one Λ = A(Tᵀ)⁻¹ and factor correlations TᵀT with a diagonal of 1. Sources: Jennrich (2001, 2002), Psychometrika 66,
289-306 and 67, 7-19; here the steps along the projected gradient are those of a quasi-Newton method.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.rotation.criteria import Criterion
from sem_toolkit.rotation.equations import apply_rotation, compute_stationarity
from sem_toolkit.rotation.quasi_newton import StepMemory

FloatArray = NDArray[np.float64]

_MOST_STEPS, _MOST_HALVINGS, _MOST_STACKS = 2000, 40, 10
_ENOUGH, _NEW = 3, 0.1
_NEAR = 1e-5
_SUFFICIENT, _ROUNDING = 1e-4, 1e-14
_STEEP, _LONGEST = 1e-6, 1.0
_SAME = 1e-6
"""Values of the criterion that differ by less, relative to the size of the best one, belong to one optimum."""


@dataclass(frozen=True, eq=False)
class RotationSearch:
    """What a search has found.

    rotation   T of the best optimum (m × m)
    value      of the criterion there; values: of every start that arrived (ascending)
    gradient   largest element of the equations of the best rotation
    """

    rotation: FloatArray
    value: float
    values: FloatArray
    starts: int
    gradient: float

    @property
    def optima(self) -> FloatArray:
        """The distinct values among those of the starts, ascending."""
        return self.values[_find_first(self.values, self.value)] if len(self.values) else np.array([self.value])

    @property
    def hits(self) -> int:
        """How many starts led to the best optimum."""
        return int((self.values <= self.value + _SAME * max(1.0, abs(self.value))).sum())

    @property
    def converged(self) -> bool:
        return self.gradient < 1e-7


def find_rotation(A: FloatArray, criterion: Criterion, orthogonal: bool, starts: int, seed: int) -> RotationSearch:
    """The rotation (m × m) of A (p × m) with the lowest criterion over so many starts, the first of them A itself.

    It goes on with as many more as there were, to ten times as many in all, until three have reached the best optimum
    and fewer than a tenth have ended at an optimum that no other has: that share estimates the chance of a start to
    find a new one (Good, 1953, Biometrika 40, 237-264).
    """
    rng = np.random.default_rng(seed)
    reached, best, norm_of_best, value = np.zeros(0), np.eye(A.shape[1]), np.inf, np.inf
    made = 0
    while made < _MOST_STACKS * starts:
        T = _draw_starts(A.shape[1], min(max(made, starts), _MOST_STACKS * starts - made), rng)
        if not made:
            T[0] = np.eye(A.shape[1])
        made += len(T)
        T, values, norms = _descend(A, T, criterion, orthogonal)
        arrived = norms < _NEAR
        reached = np.concatenate([reached, values[arrived]])
        order = np.lexsort((values, ~arrived))
        first = order[0]
        if (not arrived[first], values[first]) < (norm_of_best >= _NEAR, value):
            best, value, norm_of_best = T[first], float(values[first]), float(norms[first])
        if _has_seen_enough(np.sort(reached), value):
            break
    best = polish(A, best, criterion, orthogonal)
    value = _compute_value(A, best, criterion, orthogonal)
    gradient = float(np.abs(compute_stationarity(A, best, criterion, orthogonal)).max())
    return RotationSearch(best, value, np.sort(reached), made, gradient)


def _find_first(values: FloatArray, best: float) -> NDArray[np.bool_]:
    """Which of the ascending values are the first of their optimum."""
    gaps = np.diff(values, prepend=-np.inf)
    return np.asarray(gaps > _SAME * max(1.0, abs(best)), dtype=np.bool_)


def _has_seen_enough(values: FloatArray, best: float) -> bool:
    """Whether more starts are unlikely to find a better optimum than these (ascending) have."""
    firsts = np.flatnonzero(_find_first(values, best))
    sizes = np.diff(firsts, append=len(values))
    return len(sizes) > 0 and bool(sizes[0] >= _ENOUGH and (sizes == 1).sum() < _NEW * len(values))


def _draw_starts(m: int, starts: int, rng: np.random.Generator) -> FloatArray:
    """Orthogonal matrices drawn uniformly: Stewart (1980), SIAM Journal on Numerical Analysis 17, 403-409."""
    Q, R = np.linalg.qr(rng.standard_normal((starts, m, m)))
    return np.asarray(Q * np.sign(np.diagonal(R, axis1=-2, axis2=-1))[:, None, :])


def _descend(
    A: FloatArray, T: FloatArray, criterion: Criterion, orthogonal: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """From every start (s × m × m) to where the projected gradient is small: T, values (s) and norms (s)."""
    T = T.copy()
    value, slope = _evaluate(A, T, criterion, orthogonal)
    step = _project(T, slope, orthogonal)
    norm = _measure(step)
    open_ = np.flatnonzero(norm > _NEAR)
    memory = StepMemory(len(open_), T.shape[-1] ** 2)
    for _ in range(_MOST_STEPS):
        if not len(open_):
            break
        here, gradient = T[open_], step[open_]
        direction, descent = _choose_direction(here, gradient, norm[open_], memory, orthogonal)
        moved, new_value, new_slope = _search_line(A, here, direction, descent, value[open_], criterion, orthogonal)
        new_step = _project(moved, new_slope, orthogonal)
        flat = (len(open_), -1)
        memory.remember((moved - here).reshape(flat), (new_step - gradient).reshape(flat))
        T[open_], value[open_], step[open_] = moved, new_value, new_step
        norm[open_] = _measure(new_step)
        on = norm[open_] > _NEAR
        if not on.all():
            open_ = open_[on]
            memory.keep(on)
    return T, value, norm


def _choose_direction(
    T: FloatArray, gradient: FloatArray, norm: FloatArray, memory: StepMemory, orthogonal: bool
) -> tuple[FloatArray, FloatArray]:
    """Directions along the manifold (s × m × m) and how fast the criterion falls along them (s): at least a little."""
    found = memory.direct(gradient.reshape(len(T), -1)).reshape(gradient.shape)
    direction = _project(T, found, orthogonal)
    length = _measure(direction)
    # the first step of a search has no scale of its own; no later one turns a factor by more than about a right angle
    direction *= (np.minimum(_LONGEST, length) / np.maximum(length, 1e-300))[:, None, None]
    descent = (direction * gradient).sum(axis=(-2, -1))
    poor = ~(descent < -_STEEP * norm * _measure(direction))
    if poor.any():
        memory.forget(poor)
        direction[poor] = -gradient[poor] * np.minimum(1.0, _LONGEST / norm[poor])[:, None, None]
        descent[poor] = (direction[poor] * gradient[poor]).sum(axis=(-2, -1))
    return direction, descent


def _search_line(
    A: FloatArray,
    T: FloatArray,
    direction: FloatArray,
    descent: FloatArray,
    value: FloatArray,
    criterion: Criterion,
    orthogonal: bool,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """From each T along its direction, halved until the criterion has fallen enough: T, values and slopes."""
    alpha = np.ones(len(T))
    moved = _retract(T + direction, orthogonal)
    new_value, slope = _evaluate(A, moved, criterion, orthogonal)
    for _ in range(_MOST_HALVINGS):
        poor = np.flatnonzero(~(new_value <= value + _SUFFICIENT * alpha * descent + _ROUNDING * np.abs(value)))
        if not len(poor):
            break
        alpha[poor] /= 2.0
        moved[poor] = _retract(T[poor] + alpha[poor, None, None] * direction[poor], orthogonal)
        new_value[poor], slope[poor] = _evaluate(A, moved[poor], criterion, orthogonal)
    return moved, new_value, slope


def _measure(step: FloatArray) -> FloatArray:
    """Lengths (s) of matrices (s × m × m)."""
    return np.asarray(np.sqrt(np.einsum("sij,sij->s", step, step)))


def _compute_value(A: FloatArray, T: FloatArray, criterion: Criterion, orthogonal: bool) -> float:
    return float(criterion.evaluate(apply_rotation(A, T, orthogonal))[0])


def _evaluate(A: FloatArray, T: FloatArray, criterion: Criterion, orthogonal: bool) -> tuple[FloatArray, FloatArray]:
    """The criterion (s), infinite where factors coincide, and its gradient by T (s × m × m)."""
    if orthogonal:
        value, by_loadings = criterion.evaluate(A @ T)
        return value, A.T @ by_loadings
    inverse, sound = _invert(T)
    loadings = A @ np.swapaxes(inverse, -1, -2)
    value, by_loadings = criterion.evaluate(loadings)
    across = np.swapaxes(by_loadings, -1, -2) @ loadings
    return np.where(sound, value, np.inf), -np.swapaxes(inverse, -1, -2) @ across


def _invert(T: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The inverses (s × m × m) and whether they exist (s): where not, the identity."""
    try:
        return np.asarray(np.linalg.inv(T)), np.ones(len(T), dtype=np.bool_)
    except np.linalg.LinAlgError:
        sound = np.asarray(np.linalg.slogdet(T)[0] != 0, dtype=np.bool_)
        return np.asarray(np.linalg.inv(np.where(sound[:, None, None], T, np.eye(T.shape[-1])))), sound


def _project(T: FloatArray, slope: FloatArray, orthogonal: bool) -> FloatArray:
    """The part of a gradient along the manifold of orthogonal matrices, or of matrices with columns of length 1."""
    if orthogonal:
        inner = np.swapaxes(T, -1, -2) @ slope
        return np.asarray(slope - T @ (inner + np.swapaxes(inner, -1, -2)) / 2.0)
    return np.asarray(slope - T * (T * slope).sum(axis=-2, keepdims=True))


def _retract(X: FloatArray, orthogonal: bool) -> FloatArray:
    """The nearest orthogonal matrix, or the columns at length 1."""
    if orthogonal:
        U, _, V = np.linalg.svd(X)
        return np.asarray(U @ V)
    return np.asarray(X / np.sqrt((X**2).sum(axis=-2, keepdims=True)))


def polish(A: FloatArray, T: FloatArray, criterion: Criterion, orthogonal: bool) -> FloatArray:
    """T after Newton steps on its equations, as long as they help and the criterion does not rise."""
    m = len(T)
    value = _compute_value(A, T, criterion, orthogonal)
    equations = compute_stationarity(A, T, criterion, orthogonal)
    size = float(np.abs(equations).max())
    for _ in range(12):
        if size < 1e-14:
            break
        directions = np.eye(m * m).reshape(-1, m, m)
        stepped = compute_stationarity(A, T + 1e-20j * directions, criterion, orthogonal)
        slopes = np.imag(stepped).T / 1e-20
        move = np.linalg.lstsq(slopes, equations, rcond=1e-10)[0].reshape(m, m)
        tried = _retract(T - move, orthogonal)
        risen = _compute_value(A, tried, criterion, orthogonal) - value
        equations_there = compute_stationarity(A, tried, criterion, orthogonal)
        if not (float(np.abs(equations_there).max()) < size and risen <= 1e-9 * max(1.0, abs(value))):
            break
        T, equations = tried, equations_there
        size = float(np.abs(equations).max())
    return T
