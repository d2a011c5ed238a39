"""Modification indices: what each candidate would gain, all from one factorisation of the information.

With score s and information I of candidate and parameters, MI = N s²/(I_cc − I_cx I⁻¹ I_xc) and EPC = s/(…).
Sources: Sörbom (1989), Psychometrika 54, 371-384; Saris, Satorra & Sörbom (1987), Sociological Methodology 17, 105-129.
"""

from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.errors.covariance import invert_information_root
from sem_toolkit.inference.frames import build_frame, build_place_columns, build_text_columns
from sem_toolkit.inference.hypotheses.candidate_kinds import CANDIDATES
from sem_toolkit.inference.hypotheses.candidates import Candidates, build_candidates
from sem_toolkit.libraries import special
from sem_toolkit.model import compute_matrices
from sem_toolkit.sample.moments import FloatArray

if TYPE_CHECKING:
    import pandas as pd

_ROUNDING = 1.5e-8
"""Expected changes below this are none, as in lavaan; those of fixed variables in units of their deviations."""
_SMALLEST = 6e-6
"""Information below this that a candidate has left: it cannot be freed with the others (lavaan: ε^⅓)."""


def build_modification_table(evaluation: AtEstimate) -> "pd.DataFrame":
    """lhs op rhs group mi epc sepc.lv sepc.all sepc.nox pvalue, largest first; without candidates that cannot be freed.

    Composites have none, as in lavaan.
    """
    import pandas as pd

    names = ["lhs", "op", "rhs", "group", "mi", "epc", "sepc.lv", "sepc.all", "sepc.nox", "pvalue"]
    if evaluation.model.composites is not None:
        return pd.DataFrame(columns=names)
    evaluation.require_minimum("modification indices")
    evaluation.require_saturated("modification indices")
    candidates = build_candidates(evaluation.model)
    mi, epc = compute_modification_indices(evaluation, candidates)
    order = np.argsort(-mi, kind="stable")[: int(np.isfinite(mi).sum())]
    numbers = {"mi": mi, "epc": epc} | standardize_changes(evaluation, candidates, epc)
    lhs, op, rhs, _ = zip(*(candidates.rows[k] for k in order), strict=True) if order.size else ((),) * 4
    columns = build_text_columns({"lhs": lhs, "op": op, "rhs": rhs})
    columns |= build_place_columns(evaluation.model.table, candidates.group[order] + 1)
    columns |= {name: values[order] for name, values in numbers.items()}
    return build_frame(columns | {"pvalue": special.chdtrc(1.0, mi[order])})


def compute_modification_indices(evaluation: AtEstimate, candidates: Candidates) -> tuple[FloatArray, FloatArray]:
    """MI and EPC of each candidate (k); NaN where the parameters already say all that it could."""
    information, pieces = CANDIDATES.choose(evaluation).list_pieces(evaluation, candidates)
    half = invert_information_root(information, evaluation.free_basis)
    score, left = np.zeros(candidates.size), np.zeros(candidates.size)
    for mine, slope, own, shared in pieces:
        reach = shared @ half.T
        score[mine] = slope
        left[mine] = own - np.einsum("kr,kr->k", reach, reach)
    left = np.where(left > _SMALLEST, left, np.nan)
    return evaluation.rows.sum() * score**2 / left, score / left


def standardize_changes(evaluation: AtEstimate, candidates: Candidates, epc: FloatArray) -> dict[str, FloatArray]:
    """Expected changes in the metrics of std.lv, std.all and std.nox, each k.

    As in lavaan, a variance stands for itself: its change is shown as the share of its estimate, with the sign of the
    EPC; and covariances of two fixed exogenous variables, which can be freed only where these have empty cells, are
    divided by the roots of the changes of their variances.
    """
    p = evaluation.model.n_observed
    g, i, j = candidates.group, candidates.row, candidates.column
    variances = np.diagonal(evaluation.moments.all_covariance, axis1=-2, axis2=-1)
    residuals = np.diagonal(compute_matrices(evaluation.model, evaluation.x).symmetric, axis1=-2, axis2=-1)
    is_variance = (candidates.kind == 1) & (i == j)
    is_fixed_exogenous = is_variance & np.isin(i, evaluation.exogenous)
    estimate = np.abs(residuals[g, i])
    change = np.where(is_variance & ~is_fixed_exogenous, np.sign(epc) * estimate, epc)
    change = np.where(is_variance & (np.abs(change) < _ROUNDING), 0.0, change)
    # where rows are complete, moments of fixed variables tell nothing: their changes are rounding, their ratios NaN
    size = np.sqrt(np.maximum(variances[g, i] * variances[g, j], 0.0))
    is_given = (candidates.kind == 1) & np.isin(i, evaluation.exogenous) & np.isin(j, evaluation.exogenous)
    change = np.where(is_given & (np.abs(epc) < _ROUNDING * size), 0.0, change)
    fixed_changes = residuals.copy()
    fixed_changes[g[is_fixed_exogenous], i[is_fixed_exogenous]] = change[is_fixed_exogenous]
    # a variance below 0 has no root; one of 0 may be off by rounding
    spreads = np.sqrt(np.where(variances < -_ROUNDING, np.nan, np.maximum(variances, 0.0)))
    result = {}
    for name in ("sepc.lv", "sepc.all", "sepc.nox"):
        scaled = np.arange(evaluation.model.n_variables) >= p
        if name != "sepc.lv":
            scaled = np.ones_like(scaled)
        if name == "sepc.nox":
            scaled[list(evaluation.exogenous)] = False
        deviations = np.where(scaled, spreads, 1.0)
        residual = np.where(scaled, np.sqrt(np.abs(fixed_changes)), 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = [
                deviations[g, j] / deviations[g, i],
                np.where(is_variance, 1.0 / deviations[g, i] ** 2, 1.0 / (residual[g, i] * residual[g, j])),
                1.0 / deviations[g, i],
                np.full(len(i), np.nan),  # weights of composites, which are no candidates
                1.0 / deviations[g, i],
                np.ones(len(i)),
            ]
            result[name] = change * np.choose(candidates.kind, factors)
    return result
