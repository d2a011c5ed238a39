"""How strong instruments are: F and partial R² of the first stage, warnings, and pruning.

Sources: Staiger & Stock (1997), Econometrica 65, 557-586 (F below 10 is weak); Shea (1997), Review of Economics and
Statistics 79, 348-352 (partial R² of several regressors).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.discrepancy import MomentPair
from sem_toolkit.estimation.instruments.equations import Equation
from sem_toolkit.estimation.instruments.options import InstrumentOptions
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


@dataclass(frozen=True)
class Strength:
    """The weakest regressor of an equation: F of its regression on the instruments, and Shea's partial R²; NaN where
    no instruments are needed.
    """

    first_stage_f: float
    partial_r2: float


def compute_strength(equation: Equation, covariance: FloatArray, n: float) -> Strength:
    """Of the regressors that need instruments the smallest F and the smallest partial R², from S (p × p) of n rows."""
    endogenous, z, x = equation.endogenous, equation.instruments, equation.regressors
    if not len(endogenous):
        return Strength(np.nan, np.nan)
    explained = [_compute_r2(covariance, int(v), z) for v in endogenous]
    rest = n - len(z) - 1.0
    f = min((r2 / len(z)) / ((1.0 - r2) / rest) if rest > 0.0 else np.nan for r2 in explained)
    across = covariance[np.ix_(z, x)]
    forecast = across.T @ np.linalg.solve(covariance[np.ix_(z, z)], across)
    try:
        own = np.diagonal(np.linalg.inv(covariance[np.ix_(x, x)])) / np.diagonal(np.linalg.inv(forecast))
    except np.linalg.LinAlgError:
        return Strength(float(f), 0.0)
    return Strength(float(f), float(own[np.isin(x, endogenous)].min()))


def _compute_r2(covariance: FloatArray, regressor: int, instruments: IntArray) -> float:
    """Share of a variable's variance that the instruments explain."""
    across = covariance[instruments, regressor]
    explained = across @ np.linalg.solve(covariance[np.ix_(instruments, instruments)], across)
    return float(np.clip(explained / covariance[regressor, regressor], 0.0, 1.0 - 1e-12))


def check_strength(
    model: Model, equations: tuple[Equation, ...], pair: MomentPair, options: InstrumentOptions
) -> tuple[tuple[Equation, ...], tuple[Diagnostic, ...]]:
    """The equations, weak instruments pruned where that is asked for, and a warning for those that remain weak."""
    if options.iv_weak == "none":
        return equations, ()
    found, weak, pruned = [], [], []
    for equation in equations:
        S, n = pair.sample_cov[equation.group], float(pair.rows[equation.group])
        strength = compute_strength(equation, S, n)
        if options.iv_weak == "prune" and strength.first_stage_f < options.iv_weak_threshold:
            kept = _prune(equation, S, n, options.iv_weak_threshold)
            dropped = [model.variables[z] for z in equation.instruments if z not in kept.instruments]
            if dropped:
                pruned.append(f"{equation.describe(model)} (without {', '.join(dropped)})")
            equation, strength = kept, compute_strength(kept, S, n)
        if strength.first_stage_f < options.iv_weak_threshold:
            weak.append(f"{equation.describe(model)} (F = {strength.first_stage_f:.1f})")
        found.append(equation)
    notes = []
    if pruned:
        notes.append(Diagnostic("warning", "instruments-pruned", f"weak instruments are left out: {'; '.join(pruned)}"))
    if weak:
        message = f"instruments are weak (first-stage F < {options.iv_weak_threshold:g}): {'; '.join(weak)}"
        hint = 'name stronger ones with |~, or iv_weak = "prune"'
        notes.append(Diagnostic("warning", "weak-instruments", message, hint=hint))
    return tuple(found), tuple(notes)


def _prune(equation: Equation, covariance: FloatArray, n: float, threshold: float) -> Equation:
    """Leave out, one by one, the instrument without which the weakest regressor is best explained by the others."""
    while equation.surplus > 0 and compute_strength(equation, covariance, n).first_stage_f < threshold:
        z = equation.instruments
        weakest = min(equation.endogenous, key=lambda v: _compute_r2(covariance, int(v), z))
        candidates = np.setdiff1d(z, equation.regressors)
        if not len(candidates):
            return equation
        worst = max(candidates, key=lambda v: _compute_r2(covariance, int(weakest), np.setdiff1d(z, [v])))
        equation = equation.with_instruments(z[z != worst])
    return equation
