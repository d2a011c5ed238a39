"""Preliminaries of the simulated survey, by its codebook."""

from pathlib import Path

import pandas as pd
import pytest

from sem_toolkit.study.likert import compute_reliability
from sem_toolkit.study.population import SURVEY_POPULATION
from sem_toolkit.study.preliminaries import compute_preliminaries, read_scales

DATA = Path(__file__).parents[2] / "data"
SURVEY = pd.read_csv(DATA / "survey_n477.csv")


@pytest.fixture(scope="module")
def scales():
    return read_scales(DATA / "codebook.csv", SURVEY.columns)


def test_scales_of_the_codebook_are_the_factors_of_the_population(scales):
    expected: dict[str, list[str]] = {}
    for item in SURVEY_POPULATION.items:
        expected.setdefault(item.factor, []).append(item.code)
    assert {name: sorted(items) for name, items in scales.items()} == {k: sorted(v) for k, v in expected.items()}


def test_every_scale_is_described(scales):
    found = compute_preliminaries(SURVEY, scales)
    assert list(found.scales["scale"]) == list(scales)
    assert found.scales["alpha"].between(0.5, 0.95).all()
    assert found.scales.set_index("scale").loc["success", "alpha"] == pytest.approx(
        compute_reliability(SURVEY, scales["success"]).alpha
    )
    assert len(found.items) == len(found.weights) == len(SURVEY_POPULATION.items)
    score = SURVEY[list(scales["success"])].mean(axis=1)
    other = SURVEY[list(scales["competition"])].mean(axis=1)
    assert found.correlations.loc["success", "competition"] == pytest.approx(score.corr(other))
    assert found.pvalues.loc["success", "competition"] < 1e-6
