"""Verdicts over surveys of other seeds."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from sem_toolkit.fit import fit
from sem_toolkit.spec import read_spec
from sem_toolkit.study.joint_tests import compute_joint_tests
from sem_toolkit.study.replication import replicate_verdicts
from sem_toolkit.study.simulation import simulate_survey
from sem_toolkit.study.truth import fit_population

SPEC = read_spec(Path(__file__).parents[2] / "model_specs" / "research_model.lav")


@pytest.mark.slow
def test_each_row_is_the_fit_of_its_survey():
    heard = []
    found = replicate_verdicts(SPEC, 3, progress=lambda: heard.append(1))
    assert len(heard) == found.surveys == len(found.tests) == 3
    second = fit(SPEC, simulate_survey(seed=2), engine="native")
    tests = {test.hypothesis.name: test.wald_pvalue for test in compute_joint_tests(second)}
    row = found.tests.iloc[1].to_dict()
    assert row.pop("seed") == 2
    assert row.pop("exact fit") == second.fit_measures["pvalue"]
    measures, p = second.fit_measures, len(second.solution.model.observed)
    # the factor from the free parameters that as many moments leave
    free = p * (p + 1) / 2 - measures["df"]
    q = (np.sqrt(1 + 8 * free) - 1) / 2
    spent = (p * (2 * p**2 + 3 * p - 1) - q * (2 * q**2 + 3 * q - 1)) / (12 * measures["df"] * second.sample.n)
    corrected = stats.chi2.sf((1 - spent) * measures["chisq"], measures["df"])
    assert row.pop("exact fit, corrected") == pytest.approx(corrected, rel=1e-9)
    assert row == tests
    paths = second.parameters.query("op == '~'").set_index("rhs")
    assert found.paths.iloc[1].to_dict() == {
        name: int(r["est"] > 0 and r["pvalue"] < 0.05) for name, r in paths.iterrows()
    }
    assert found.count_positive(["synergy", "competition"]).sum() == 3


@pytest.mark.slow
def test_shares_over_many_surveys_are_near_the_power():
    found = replicate_verdicts(SPEC, 60)
    power = {t.hypothesis.name: t.power for t in compute_joint_tests(fit(SPEC), fit_population(SPEC, 477))}
    shares = found.compute_shares()
    for name, expected in power.items():
        assert abs(shares[name] - expected) < 3 * np.sqrt(expected * (1 - expected) / 60) + 0.02, name
