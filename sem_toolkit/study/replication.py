"""How often the verdicts come out: the same model fitted to surveys drawn with other seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sem_toolkit.fit import Fit, fit
from sem_toolkit.libraries import pd
from sem_toolkit.spec import Spec
from sem_toolkit.study.joint_tests import HYPOTHESES, JointHypothesis, compute_wald
from sem_toolkit.study.simulation import simulate_survey
from sem_toolkit.study.truth import LEVEL

FIRST_SEED = 1


@dataclass(frozen=True, eq=False)
class Replications:
    """Surveys of other seeds.

    tests    one row a survey with a certified optimum: seed, pvalue of the χ² test, then one p-value a joint hypothesis
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
            tests.append({"seed": seed, "exact fit": found.fit_measures["pvalue"]} | _test(found, hypotheses))
            paths.append(_count_paths(found))
        progress()
    return Replications(pd.DataFrame(tests), pd.DataFrame(paths), replications)


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
