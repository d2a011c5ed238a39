"""How strong instruments are: F and partial R² of the first stage, warnings, and pruning.

Sources: Staiger & Stock (1997), Econometrica 65, 557-586 (F below 10 is weak); Shea (1997), Review of Economics and
Statistics 79, 348-352 (partial R² of several regressors).
"""

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.discrepancy import MomentPair
from sem_toolkit.estimation.instruments.equations import Equation
from sem_toolkit.estimation.instruments.first_stage import NormalEquations, build_normal_equations
from sem_toolkit.estimation.instruments.options import InstrumentOptions
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]


def compute_first_stage_f(own: NormalEquations, covariance: FloatArray, n: float) -> float:
    """The smallest F of the regressors that need instruments, from S (p × p) of n rows; NaN where none needs any."""
    needing, k = own.equation.endogenous, len(own.equation.instruments)
    if not len(needing) or not n - k - 1.0 > 0.0:
        return np.nan
    explained = float(_compute_r2(own, covariance)[needing].min())  # the least explained has the smallest F
    return (explained / k) / ((1.0 - explained) / (n - k - 1.0))


def compute_partial_r2(own: NormalEquations, covariance: FloatArray) -> float:
    """Shea's partial R², the smallest of the regressors that need instruments; NaN where none needs any."""
    needing, x = own.equation.endogenous, own.equation.regressors
    if not len(needing):
        return np.nan
    try:
        partial = np.diagonal(np.linalg.inv(covariance[x[:, None], x])) / np.diagonal(np.linalg.inv(own.gram))
    except np.linalg.LinAlgError:
        return 0.0
    return float(partial[needing].min())


def _compute_r2(own: NormalEquations, covariance: FloatArray) -> FloatArray:
    """Share of the variance of each regressor (k) that the instruments explain."""
    x = own.equation.regressors
    return np.asarray(np.minimum(np.maximum(own.gram.diagonal() / covariance[x, x], 0.0), 1.0 - 1e-12))


def build_strong_equations(
    model: Model, equations: tuple[Equation, ...], pair: MomentPair, options: InstrumentOptions
) -> tuple[tuple[NormalEquations, ...], tuple[Diagnostic, ...]]:
    """Normal equations of each, weak instruments pruned where that is asked for, and a warning for those that remain
    weak.
    """
    normal = [build_normal_equations(equation, pair.sample_cov[equation.group]) for equation in equations]
    if options.iv_weak == "none":
        return tuple(normal), ()
    found, weak, pruned = [], [], []
    for own in normal:
        equation = own.equation
        S, n = pair.sample_cov[equation.group], float(pair.rows[equation.group])
        strength = compute_first_stage_f(own, S, n)
        if options.iv_weak == "prune" and strength < options.iv_weak_threshold:
            own = _prune(own, S, n, options.iv_weak_threshold)
            dropped = [model.variables[z] for z in equation.instruments if z not in own.equation.instruments]
            if dropped:
                pruned.append(f"{equation.describe(model)} (without {', '.join(dropped)})")
            strength = compute_first_stage_f(own, S, n)
        if strength < options.iv_weak_threshold:
            weak.append(f"{equation.describe(model)} (F = {strength:.1f})")
        found.append(own)
    notes = []
    if pruned:
        notes.append(Diagnostic("warning", "instruments-pruned", f"weak instruments are left out: {'; '.join(pruned)}"))
    if weak:
        message = f"instruments are weak (first-stage F < {options.iv_weak_threshold:g}): {'; '.join(weak)}"
        hint = 'name stronger ones with |~, or iv_weak = "prune"'
        notes.append(Diagnostic("warning", "weak-instruments", message, hint=hint))
    return tuple(found), tuple(notes)


def _prune(own: NormalEquations, covariance: FloatArray, n: float, threshold: float) -> NormalEquations:
    """Leave out, one by one, the instrument without which the weakest regressor is best explained by the others."""
    while own.equation.surplus > 0 and compute_first_stage_f(own, covariance, n) < threshold:
        equation, explained = own.equation, _compute_r2(own, covariance)
        z, x = equation.instruments, equation.regressors
        weakest = equation.endogenous[np.argmin(explained[equation.endogenous])]
        candidates = np.setdiff1d(z, x)
        if not len(candidates):
            return own
        others = [build_normal_equations(equation.with_instruments(z[z != v]), covariance) for v in candidates]
        own = max(others, key=lambda other: float(_compute_r2(other, covariance)[weakest]))
    return own
