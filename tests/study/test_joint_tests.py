"""Joint tests of the research model, as R's lavaan (0.7-2) makes them."""

from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.fit import fit
from sem_toolkit.spec import parse_spec, read_spec
from sem_toolkit.study.joint_tests import CAPITAL, NETWORK, JointHypothesis, compute_joint_tests, compute_wald
from sem_toolkit.study.truth import fit_population

PATH = Path(__file__).parents[2] / "model_specs" / "research_model.lav"
# lavTestWald(), or vcov.std.all of lavInspect() for equal effects; difference of chi-square to sem(..., std.lv = TRUE)
# with the constraints
LAVAAN = {
    "H1": (4, 108.588284, 111.029722),
    "H1, external": (3, 64.213796, 36.250410),
    "H1, internal": (1, 10.782403, 11.844345),
    "H2": (1, 12.414529, 12.650456),
    "Capital": (3, 38.561102, 33.323278),
    "Stages, network": (2, 5.26679575, 5.215749),
    "Stages, capital": (2, 0.00713073, 0.007039),
    "Stages, both": (4, None, 5.294635),
}


@pytest.fixture(scope="module")
def research():
    return fit(PATH, engine="native")


@pytest.mark.slow
def test_statistics_are_those_of_lavaan(research):
    found = {test.hypothesis.name: test for test in compute_joint_tests(research)}
    assert set(found) == set(LAVAAN)
    for name, (df, wald, lr) in LAVAAN.items():
        assert found[name].df == df
        assert found[name].lr == pytest.approx(lr, abs=2e-5)
        if wald is not None:
            assert found[name].wald == pytest.approx(wald, rel=2e-5, abs=1e-6)
    assert np.isnan(found["H1"].power)


def test_equality_of_effects_does_not_depend_on_the_markers(research):
    """Other first items rescale the coefficients; the tests of standardised effects stay what they are."""
    text = read_spec(PATH).source.text.replace("b3 + b2 + b4 + b5", "b5 + b4 + b2 + b3")
    text = text.replace("c6 + c4 + c5 + c7", "c7 + c6 + c4 + c5")
    other = fit(parse_spec(text, str(PATH)), engine="native")
    stages = [JointHypothesis("network", "", equal=(NETWORK,)), JointHypothesis("both", "", equal=(NETWORK, CAPITAL))]
    raw = [model.test_hypotheses("network_1 == network_2; network_2 == network_3").stat for model in (research, other)]
    assert abs(raw[0] - raw[1]) > 1e-3
    for one, two in zip(
        compute_joint_tests(research, None, stages), compute_joint_tests(other, None, stages), strict=True
    ):
        assert two.wald == pytest.approx(one.wald, rel=1e-5)
        assert two.lr == pytest.approx(one.lr, abs=1e-5)


@pytest.mark.slow
def test_power_is_that_of_the_populations_statistic(research):
    truth = fit_population(read_spec(PATH), 477)
    found = {test.hypothesis.name: test.power for test in compute_joint_tests(research, truth)}
    assert found["H1"] > 0.999
    assert found["Stages, capital"] == pytest.approx(0.0643, abs=2e-4)
    assert found["Stages, network"] == pytest.approx(0.507, abs=2e-3)


def test_models_without_the_labels_have_no_tests():
    assert compute_joint_tests(fit(PATH.with_name("measurement_synergy.lav"))) == ()


def test_wald_of_one_effect_is_its_squared_z(research):
    row = research.parameters.set_index("label").loc["competition_effect"]
    assert compute_wald(research, JointHypothesis("", "", ("competition_effect",))).stat == pytest.approx(row["z"] ** 2)
