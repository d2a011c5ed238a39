"""The effects of the three stages side by side, each in the model of its own stage and in the model of all stages.

What a factor shows in its own stage's model is its effect in the joint model plus what it carries of the factors left
out: with Φ the correlations of the factors and β their joint effects, the effects of the subset S alone are
Φ_SS⁻¹ Φ_S· β (the omitted-variable formula; Goldberger, A Course in Econometrics, 1991, chapter 17).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.fit import Fit
from sem_toolkit.libraries import pd, special
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.joint_tests import CAPITAL, NETWORK, compute_standardised_effects

STAGES = ("preclinical", "clinical", "market")
LABELS = {"network": NETWORK, "capital": CAPITAL}
OUTCOME = "success"


@dataclass(frozen=True, eq=False)
class StageEffects:
    """Standardised effects by factor and stage.

    effects      one row a factor and stage: alone and jointly with intervals, what carries the difference, VIF, truth
    differences  one row a pair of stages of one factor: difference of the joint effects with simultaneous interval
    level        of all intervals; the simultaneous ones hold together for all rows of their table
    """

    effects: pd.DataFrame
    differences: pd.DataFrame
    level: float


def compute_stage_effects(
    joint: Fit, stages: Mapping[str, Fit], truth: Fit | None = None, level: float = 0.95
) -> StageEffects:
    """Effects of the joint model beside those of each stage's model (by stage).

    Simultaneous intervals are Šidák's (1967, Journal of the American Statistical Association 62, 626-633): conservative
    for estimates that are jointly normal with any correlations.
    """
    labels = [label for group in LABELS.values() for label in group]
    values, covariance = compute_standardised_effects(joint, labels)
    true = None if truth is None else compute_standardised_effects(truth, labels)[0]
    factors, correlations, effects = read_factor_effects(joint)
    inflation = np.diag(np.linalg.inv(correlations))
    each, together = _quantile(level, 1), _quantile(level, len(labels))
    rows = []
    for position, (factor, stage) in enumerate((f, s) for f in LABELS for s in STAGES):
        name, value, se = f"{factor}_{stage}", float(values[position]), float(np.sqrt(covariance[position, position]))
        own = [place for place, other in enumerate(factors) if other.endswith(f"_{stage}") or not _has_stage(other)]
        weights = np.linalg.solve(correlations[np.ix_(own, own)], correlations[own])[own.index(factors.index(name))]
        carried = weights * effects
        carried[own] = 0.0
        rows.append(
            {
                "factor": factor,
                "stage": stage,
                **_read_alone(stages.get(stage), name, each),
                "jointly": value,
                "se": se,
                "ci.lower": value - each * se,
                "ci.upper": value + each * se,
                "simultaneous.lower": value - together * se,
                "simultaneous.upper": value + together * se,
                "true": np.nan if true is None else float(true[position]),
                "alone.implied": value + float(carried.sum()),
                "carried.network": _sum_of(carried, factors, "network"),
                "carried.capital": _sum_of(carried, factors, "capital"),
                "vif": float(inflation[factors.index(name)]),
            }
        )
    return StageEffects(pd.DataFrame(rows), _build_differences(values, covariance, level), level)


def read_factor_effects(joint: Fit) -> tuple[list[str], FloatArray, FloatArray]:
    """Factors that act on the outcome (k), their implied correlations (k × k), their standardised effects (k)."""
    rows = joint.parameters
    paths = rows[(rows["op"] == "~") & (rows["lhs"] == OUTCOME)]
    factors = list(paths["rhs"])
    chosen = [joint.solution.model.variables.index(name) for name in factors]
    covariance = joint.implied_moments.all_covariance[0][np.ix_(chosen, chosen)]
    scale = np.sqrt(np.diag(covariance))
    return factors, covariance / np.outer(scale, scale), paths["std.all"].to_numpy(dtype=np.float64)


def _has_stage(name: str) -> bool:
    return name.endswith(tuple(f"_{stage}" for stage in STAGES))


def _sum_of(carried: FloatArray, factors: Sequence[str], prefix: str) -> float:
    return float(sum(value for value, name in zip(carried, factors, strict=True) if name.startswith(prefix)))


def _read_alone(model: Fit | None, name: str, quantile: float) -> dict[str, float]:
    if model is None or not model.converged:
        return dict.fromkeys(("alone", "alone.lower", "alone.upper"), np.nan)
    rows = model.standardized
    row = rows[(rows["op"] == "~") & (rows["lhs"] == OUTCOME) & (rows["rhs"] == name)].iloc[0]
    value, se = float(row["est.std"]), float(row["se"])
    return {"alone": value, "alone.lower": value - quantile * se, "alone.upper": value + quantile * se}


def _build_differences(values: FloatArray, covariance: FloatArray, level: float) -> pd.DataFrame:
    pairs = [(factor, first, second) for factor in LABELS for first, second in ((0, 1), (0, 2), (1, 2))]
    quantile, rows = _quantile(level, len(pairs)), []
    for factor, first, second in pairs:
        start = list(LABELS).index(factor) * len(STAGES)
        contrast = np.zeros(len(values))
        contrast[start + first], contrast[start + second] = 1.0, -1.0
        value, se = float(contrast @ values), float(np.sqrt(contrast @ covariance @ contrast))
        rows.append(
            {
                "factor": factor,
                "first": STAGES[first],
                "second": STAGES[second],
                "difference": value,
                "se": se,
                "simultaneous.lower": value - quantile * se,
                "simultaneous.upper": value + quantile * se,
            }
        )
    return pd.DataFrame(rows)


def _quantile(level: float, tests: int) -> float:
    """Two-sided normal quantile at which `tests` intervals hold together (Šidák)."""
    return float(special.ndtri((1.0 + level ** (1.0 / tests)) / 2.0))
