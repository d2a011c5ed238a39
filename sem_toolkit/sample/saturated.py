"""Means and covariances of incomplete normal data: EM to start with, Newton steps to finish, and a certificate.

Source: Little & Rubin (2002), Statistical analysis with missing data, section 11.2.
"""

from dataclasses import dataclass, replace

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.libraries import lapack
from sem_toolkit.sample.incomplete import FLAT, IncompleteLikelihood, compute_incomplete_likelihood, list_vech
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.patterns import Patterns

TIGHT = 1e-10
"""Largest element of the gradient, in units of the standard deviations, at which the search ends."""
ENOUGH = 1e-7
"""The same below which the estimate counts as an optimum."""

_EM_STEPS = 5
_CLOSE = 3e-2  # what a step still gains where the observed second derivative takes over from the expected one
_LARGEST = 2500
"""Moments up to which Newton steps are made; beyond, EM with extrapolation."""


@dataclass(frozen=True, eq=False)
class SaturatedModel:
    """The maximum of the likelihood over all means and covariances.

    mean, covariance   p and p × p
    likelihood         there
    gradient_max       largest derivative of logl/n by a mean or covariance in units of standard deviations
    iterations         steps of EM and Newton together
    converged          whether the gradient is as good as zero
    definite           whether the likelihood curves downwards in every direction

    Covariances of pairs of variables that are never observed together are not determined and held at 0, as in lavaan,
    where that leaves the matrix positive definite.
    """

    mean: FloatArray
    covariance: FloatArray
    likelihood: IncompleteLikelihood
    gradient_max: float
    iterations: int
    converged: bool
    definite: bool


def compute_saturated_model(patterns: Patterns, max_iterations: int = 500) -> SaturatedModel:
    """Maximise the likelihood of one group's rows; every variable must have two different values in them.

    Raises DataError where the likelihood has no maximum, because a variable follows from others where it is observed.
    """
    unit = np.sqrt(patterns.variances)
    unit = np.where(unit > 0.0, unit, 1.0)
    middle = patterns.means
    work = _centre(patterns, middle, unit)
    likelihood = _start(work)
    steps, slope = 0, np.inf  # of extrapolated EM a step is three
    newton = len(unit) * (len(unit) + 3) // 2 <= _LARGEST
    for steps in range(1, max_iterations + 1):
        slope = likelihood.steepness
        if slope < TIGHT:
            break
        found = None
        if steps > _EM_STEPS:
            found = (_step_newton if newton else _step_extrapolated)(likelihood)
        if found is None:
            found = likelihood.step_em()
        if found is None or (found.value >= likelihood.value and slope < ENOUGH and found.steepness >= slope):
            break
        likelihood = found
    slope = likelihood.steepness
    definite = not newton or likelihood.is_curved
    mean, covariance = likelihood.mean * unit + middle, likelihood.covariance * (unit[:, None] * unit)
    whole = compute_incomplete_likelihood(patterns, mean, covariance)
    if whole is None:
        message = (
            "the covariance matrix of the incomplete rows is singular: where they are observed, columns are collinear"
        )
        hint = "leave out a variable that follows from others, or use fewer variables"
        raise DataError(Diagnostic("error", "collinear-columns", message, hint=hint))
    return SaturatedModel(mean, covariance, whole, slope, steps, slope < ENOUGH, definite)


def _centre(patterns: Patterns, middle: FloatArray, unit: FloatArray) -> Patterns:
    mean = np.where(patterns.observed, patterns.mean - middle, 0.0)
    moved = replace(patterns, mean=mean, rows=patterns.rows - middle)
    return moved.divide(unit)


def _start(patterns: Patterns) -> IncompleteLikelihood:
    """Means and variances of the values that are there, without covariances: lavaan starts its EM likewise."""
    p = patterns.rows.shape[1]
    found = compute_incomplete_likelihood(patterns, np.zeros(p), np.eye(p))
    assert found is not None  # noqa: S101 (the identity is positive definite)
    return found


def _step_extrapolated(likelihood: IncompleteLikelihood) -> IncompleteLikelihood | None:
    """Two steps of EM, a leap along their bend, and a third step from there, where that is likelier than two steps.

    With r the first step and v what the second differs by, the leap goes to θ − 2αr + α²v, α = −|r|/|v|.
    Source: Varadhan & Roland (2008), Scandinavian Journal of Statistics 35, 335-353 (their SqS3).
    """
    first = likelihood.step_em()
    second = None if first is None else first.step_em()
    if first is None or second is None:
        return first
    points = [np.concatenate([at.mean[None, :], at.covariance]) for at in (likelihood, first, second)]
    step = points[1] - points[0]
    bend = points[2] - points[1] - step
    length = float(np.linalg.norm(step) / max(float(np.linalg.norm(bend)), 1e-300))
    if length <= 1.0:
        return second
    leap = points[0] + 2.0 * length * step + length**2 * bend
    there = compute_incomplete_likelihood(likelihood.patterns, leap[0], leap[1:])
    third = None if there is None else there.step_em()
    return third if third is not None and third.value <= second.value else second


def _step_newton(likelihood: IncompleteLikelihood) -> IncompleteLikelihood | None:
    """A step by the expected second derivative, or, close to the maximum, by the observed one.

    None where the likelihood does not rise by it, or where it would leave the covariance matrix near a singular one:
    far from the maximum EM does better.
    """
    p = len(likelihood.mean)
    lower, upper = list_vech(p)
    slope = likelihood.by_covariance[lower, upper] * np.where(lower == upper, 1.0, 2.0)
    gradient = np.concatenate([likelihood.by_mean, slope])
    free = likelihood.determined
    root = np.linalg.cholesky(likelihood.covariance)
    for expected in (True, False):
        found = _solve(likelihood.information(expected=expected)[np.ix_(free, free)], gradient[free])
        if found is None:
            return None
        step, promise = np.zeros(len(gradient)), found[1]
        step[free] = found[0]
        change = np.zeros((p, p))
        change[lower, upper] = change[upper, lower] = step[p:]
        if expected and promise < _CLOSE:
            continue
        relative = np.linalg.solve(root, np.linalg.solve(root, change).T)
        if np.linalg.eigvalsh(relative)[0] < -0.7:
            return None
        trial = compute_incomplete_likelihood(
            likelihood.patterns, likelihood.mean + step[:p], likelihood.covariance + change
        )
        rises = trial is not None and trial.value <= likelihood.value - 1e-4 * promise
        noise = promise < 1e-11 * (1.0 + abs(likelihood.value))
        return trial if rises or (trial is not None and noise and trial.steepness < likelihood.steepness) else None
    return None


def _solve(square: FloatArray, gradient: FloatArray) -> tuple[FloatArray, float] | None:
    """The step to the minimum of a quadratic and what it gains (twice); None where it is not safely curved."""
    unit = 1.0 / np.sqrt(np.maximum(square.diagonal(), 1e-300))
    factor, fault = lapack.dpotrf(square * (unit[:, None] * unit), lower=1)
    if fault or (factor.diagonal() < FLAT).any():
        return None
    step = -lapack.dpotrs(factor, gradient * unit, lower=1)[0] * unit
    return step, float(-gradient @ step)
