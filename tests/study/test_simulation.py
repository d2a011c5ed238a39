"""The simulated survey: the committed file is what the code makes, and it is near what the paper printed."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.study.population import SURVEY_POPULATION
from sem_toolkit.study.simulation import (
    SURVEY_SEED,
    compute_border_distance,
    compute_cholesky,
    compute_success_r2,
    format_survey,
    simulate_responses,
    simulate_survey,
    write_survey,
)

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def survey() -> pd.DataFrame:
    return simulate_survey()


def test_the_committed_survey_is_reproduced_bit_for_bit(tmp_path):
    write_survey(tmp_path / "survey.csv")
    assert (tmp_path / "survey.csv").read_bytes() == (DATA / "survey_n477.csv").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["survey.csv"]


def test_no_response_lies_so_near_a_border_that_rounding_decides():
    assert compute_border_distance(simulate_responses(SURVEY_POPULATION, SURVEY_SEED)) > 1e-9


def test_respondents_and_answers_are_in_range(survey):
    assert len(survey) == 477
    assert survey["kind"].value_counts().to_dict() == {"enterprise": 430, "government": 47}
    assert survey.loc[survey["kind"] == "government", "company"].isna().all()
    assert set(survey["company"].dropna()) == set(range(1, 23))
    answers = survey[[item.code for item in SURVEY_POPULATION.items]]
    assert answers.isin([1, 2, 3, 4, 5]).all(axis=None)
    assert (answers.nunique() >= 3).all()


def test_reading_the_csv_gives_the_simulated_values(survey):
    read = pd.read_csv(io.StringIO(format_survey(survey)))
    for name, codes in SURVEY_POPULATION.composites.items():
        assert np.abs(read[name] - read[list(codes)].mean(axis=1)).max() < 5.1e-7
        assert np.array_equal(read[name], survey[name])


def test_codebook_and_survey_name_the_same_columns(survey):
    codebook = pd.read_csv(DATA / "codebook.csv", keep_default_na=False)
    assert codebook["item"].is_unique
    assert set(codebook["provenance"]) == {"stated", "inferred", "constructed"}
    simulated = codebook[~codebook["wording"].str.startswith("Not known")]
    assert list(simulated["item"]) == list(survey.columns)


def test_population_is_a_correlation_matrix_with_unexplained_variance():
    triangle = np.zeros((8, 8))
    for row, values in enumerate(compute_cholesky(SURVEY_POPULATION.correlations)):
        triangle[row, : row + 1] = values
    correlations = triangle @ triangle.T
    for row, values in enumerate(SURVEY_POPULATION.correlations):
        assert correlations[row, :row] == pytest.approx(values)
    assert np.diag(correlations) == pytest.approx(1.0)
    effects = np.array(SURVEY_POPULATION.effects)
    assert compute_success_r2(SURVEY_POPULATION) == pytest.approx(effects @ correlations @ effects)
    assert compute_success_r2(SURVEY_POPULATION) < 0.9


def test_regressions_come_out_near_the_printed_ones(survey):
    """Beta within 2.5 standard errors of a correlation for n = 477 (0.11), and B within the printed 95 % interval."""
    printed = pd.read_csv(DATA / "published" / "regressions.csv").dropna(subset="beta")
    standardised = survey[["SUCCESS", *printed["term"]]]
    standardised = (standardised - standardised.mean()) / standardised.std()
    for _, table in printed.groupby("table"):
        terms = list(table["term"])
        beta = np.linalg.lstsq(standardised[terms], standardised["SUCCESS"])[0]
        assert np.abs(beta - table["beta"]).max() < 0.11
        b = beta * survey["SUCCESS"].std() / survey[terms].std().to_numpy()
        assert (np.abs(b - table["b"]) < 2 * table["se"]).all()
