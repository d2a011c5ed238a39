"""Joint tests of the research model's effects: that none of several is there, and that several are the same.

Equality is of standardised effects, and so does not depend on which item scales a factor. The Wald test takes the
standardised effects and their covariance matrix by the delta method; the likelihood-ratio test fixes the variances of
the factors at 1, where equal coefficients are equal standardised effects, and sets them equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sem_toolkit.fit import Fit, fit
from sem_toolkit.inference import compute_parameter_covariance
from sem_toolkit.inference.hypotheses.wald import WaldTest, compute_wald_statistic
from sem_toolkit.inference.parameters.standardized import standardize
from sem_toolkit.libraries import pd
from sem_toolkit.spec import parse_spec
from sem_toolkit.study.intervals import FloatArray
from sem_toolkit.study.truth import LEVEL, compute_joint_power


@dataclass(frozen=True)
class JointHypothesis:
    """What is tested of the labelled effects.

    absent  labels of effects that are 0 under the null hypothesis
    equal   sets of labels whose standardised effects are the same under it
    """

    name: str
    null: str
    absent: tuple[str, ...] = ()
    equal: tuple[tuple[str, ...], ...] = ()

    @property
    def constraints(self) -> tuple[str, ...]:
        """The null hypothesis as equalities of the spec language."""
        pairs = [(a, b) for labels in self.equal for a, b in pairwise(labels)]
        return (*(f"{label} == 0" for label in self.absent), *(f"{a} == {b}" for a, b in pairs))


NETWORK = ("network_1", "network_2", "network_3")
CAPITAL = ("capital_1", "capital_2", "capital_3")
HYPOTHESES = (
    JointHypothesis("H1", "neither the network of any stage nor synergy has an effect", (*NETWORK, "synergy_effect")),
    JointHypothesis("H1, external", "the network has no effect in any stage", NETWORK),
    JointHypothesis("H1, internal", "synergy has no effect", ("synergy_effect",)),
    JointHypothesis("H2", "market competition has no effect", ("competition_effect",)),
    JointHypothesis("Capital", "capital has no effect in any stage", CAPITAL),
    JointHypothesis("Stages, network", "the network has the same effect in every stage", equal=(NETWORK,)),
    JointHypothesis("Stages, capital", "capital has the same effect in every stage", equal=(CAPITAL,)),
    JointHypothesis(
        "Stages, both", "network and capital each have the same effect in every stage", equal=(NETWORK, CAPITAL)
    ),
)


@dataclass(frozen=True, eq=False)
class JointTest:
    """A hypothesis and its two tests, with df degrees of freedom each.

    power  of the Wald test in the population, at this n; NaN where there is no true value
    """

    hypothesis: JointHypothesis
    df: int
    wald: float
    wald_pvalue: float
    lr: float
    lr_pvalue: float
    power: float

    @property
    def agrees(self) -> bool:
        """Whether both tests say the same at LEVEL."""
        return (self.wald_pvalue < LEVEL) == (self.lr_pvalue < LEVEL)

    @property
    def verdict(self) -> str:
        """What both tests say at LEVEL, in words."""
        if not self.agrees:
            return "rejected by one of the two tests"
        return "rejected" if self.wald_pvalue < LEVEL else "not rejected"


def compute_joint_tests(
    model: Fit, truth: Fit | None = None, hypotheses: Sequence[JointHypothesis] = HYPOTHESES
) -> tuple[JointTest, ...]:
    """Wald and likelihood-ratio test of each hypothesis whose labels the model has."""
    from scipy.stats import chi2

    known = {row.label for row in model.table.rows if row.label}
    found = []
    for hypothesis in hypotheses:
        if not {*hypothesis.absent, *sum(hypothesis.equal, ())} <= known:
            continue
        wald = compute_wald(model, hypothesis)
        lr = fit_constrained(model, hypothesis).fit_measures["chisq"] - model.fit_measures["chisq"]
        power = float("nan") if truth is None else compute_joint_power(compute_wald(truth, hypothesis).stat, wald.df)
        found.append(JointTest(hypothesis, wald.df, wald.stat, wald.pvalue, lr, float(chi2.sf(lr, wald.df)), power))
    return tuple(found)


def compute_wald(model: Fit, hypothesis: JointHypothesis) -> WaldTest:
    """Wald test: of coefficients that are 0, and of standardised effects that are the same."""
    labels = [label for labels in hypothesis.equal for label in labels]
    if not labels:
        return model.test_hypotheses("; ".join(hypothesis.constraints))
    values, covariance = compute_standardised_effects(model, labels)
    contrast = _build_contrast([len(group) for group in hypothesis.equal])
    return compute_wald_statistic(contrast @ values, contrast @ covariance @ contrast.T, hypothesis.constraints)


def compute_standardised_effects(model: Fit, labels: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Values (std.all) of labelled parameters (k) and their covariance matrix by the delta method (k × k)."""
    standardisation = standardize(model.evaluated.evaluation)
    place = {row.label: position for position, row in enumerate(standardisation.rows) if row.label}
    chosen = [place[label] for label in labels]
    slopes = standardisation.jacobian("std.all")[chosen]
    covariance = compute_parameter_covariance(model.evaluated, model.options.inference)
    return standardisation.values("std.all")[chosen], slopes @ covariance @ slopes.T


def fit_constrained(model: Fit, hypothesis: JointHypothesis) -> Fit:
    """The model fitted to the same sample with factor variances of 1 under the null hypothesis."""
    text = "\n".join([model.spec.source.text.rstrip("\n"), *hypothesis.constraints, ""])
    sample, options = model.sample.groups[0], {"std_lv": True, "engine": "native"}
    cov = pd.DataFrame(sample.covariance, list(model.sample.variables), list(model.sample.variables))
    n = model.sample.n
    return fit(parse_spec(text, model.spec.source.name), sample_cov=cov * (n / (n - 1)), sample_nobs=n, **options)


def _build_contrast(sizes: Sequence[int]) -> FloatArray:
    """Differences of neighbours within each group of consecutive values: Σ(size − 1) rows."""
    rows, start = [], 0
    for size in sizes:
        for position in range(start, start + size - 1):
            row = np.zeros(sum(sizes))
            row[position], row[position + 1] = 1.0, -1.0
            rows.append(row)
        start += size
    return np.array(rows)
