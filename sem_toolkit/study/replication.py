"""How often the verdicts come out: the same model fitted to surveys drawn with other seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.fit import Fit, fit
from sem_toolkit.libraries import pd, special
from sem_toolkit.spec import Spec
from sem_toolkit.study.joint_tests import HYPOTHESES, JointHypothesis, compute_wald
from sem_toolkit.study.simulation import simulate_survey
from sem_toolkit.study.truth import LEVEL

FIRST_SEED = 1


@dataclass(frozen=True, eq=False)
class Replications:
    """Surveys of other seeds.

    tests    one row a survey with a certified optimum: seed, p of the χ² test as it is (`exact fit`) and with Swain's
             correction (`exact fit, corrected`), then one p-value a joint hypothesis
    paths    one row a survey: 1 where the effect of this name is positive with p below LEVEL, else 0
    surveys  how many were drawn, those without a certified optimum among them
    """

    tests: pd.DataFrame
    paths: pd.DataFrame
    surveys: int

    def count_positive(self, names: Sequence[str]) -> pd.Series:
        """How many of these effects were positive and significant → in how many surveys."""
        return self.paths[list(names)].sum(axis=1).value_counts().sort_index()

    def compute_shares(self) -> pd.Series:
        """Share of the surveys in which each test rejects at LEVEL."""
        return (self.tests.drop(columns="seed") < LEVEL).mean()


def replicate_verdicts(
    spec: Spec,
    replications: int,
    hypotheses: Sequence[JointHypothesis] = HYPOTHESES,
    progress: Callable[[], None] = lambda: None,
) -> Replications:
    """Draw so many surveys with the seeds 1, 2, …, fit the spec to each and make the joint Wald tests."""
    tests, paths = [], []
    for seed in range(FIRST_SEED, FIRST_SEED + replications):
        found = fit(spec, simulate_survey(seed=seed), engine="native")
        if found.certified:
            tests.append({"seed": seed} | _test_fit(found) | _test(found, hypotheses))
            paths.append(_count_paths(found))
        progress()
    return Replications(pd.DataFrame(tests), pd.DataFrame(paths), replications)


def _test_fit(found: Fit) -> dict[str, float]:
    measures = found.fit_measures
    statistic, df = float(measures["chisq"]), int(measures["df"])
    factor = compute_swain_factor(len(found.solution.model.observed), df, found.sample.n)
    return {
        "exact fit": float(measures["pvalue"]),
        "exact fit, corrected": float(special.chdtrc(df, factor * statistic)),
    }


def compute_swain_factor(variables: int, df: int, n: int) -> float:
    """What to multiply a likelihood ratio χ² by: at small n with many variables it is too large.

    Source: Swain (1975), Analysis of parametric structures for variance matrices, doctoral thesis, University of
    Adelaide; equations 3 and 4 of Herzog & Boomsma (2009), Structural Equation Modeling 16, 1-27.
    """
    q = (np.sqrt(1 + 4 * variables * (variables + 1) - 8 * df) - 1) / 2
    lost = variables * (2 * variables**2 + 3 * variables - 1) - q * (2 * q**2 + 3 * q - 1)
    return float(1 - lost / (12 * df * n))


def _test(found: Fit, hypotheses: Sequence[JointHypothesis]) -> dict[str, float]:
    known = {row.label for row in found.table.rows if row.label}
    return {
        hypothesis.name: compute_wald(found, hypothesis).pvalue
        for hypothesis in hypotheses
        if {*hypothesis.absent, *sum(hypothesis.equal, ())} <= known
    }


def _count_paths(found: Fit) -> dict[str, int]:
    rows = found.parameters
    paths = rows[(rows["op"] == "~") & (rows["lhs"] == "success")]
    positive = np.asarray((paths["est"] > 0) & (paths["pvalue"] < LEVEL), dtype=int)
    return dict(zip(paths["rhs"], map(int, positive), strict=True))
