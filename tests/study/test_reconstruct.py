"""The reconstruction: every printed figure to the last digit, by statsmodels and for several seeds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from sem_toolkit.diagnostics import DataError
from sem_toolkit.study.item_search import search_score_items
from sem_toolkit.study.published import read_publication
from sem_toolkit.study.reconstruct import NOTE, read_bystanders, reconstruct_data, run_reconstruct, write_reconstruction
from sem_toolkit.study.recover import recover_sums

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[2] / "data"
TABLES = read_publication(DATA / "published").tables


def list_reproduced(data: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """(table, figure, printed, refitted and rounded) of every figure of the tables, by statsmodels alone."""
    rows = []
    for table in TABLES:
        terms = [row.term for row in table.predictors]
        fitted = sm.OLS(data["SUCCESS"], sm.add_constant(data[terms])).fit()
        standardised = (data[[*terms, "SUCCESS"]] - data[[*terms, "SUCCESS"]].mean()) / data[[*terms, "SUCCESS"]].std()
        beta = sm.OLS(standardised["SUCCESS"], standardised[terms]).fit().params
        model = {"r2": fitted.rsquared, "adj_r2": fitted.rsquared_adj, "f": fitted.fvalue, "sig_f": fitted.f_pvalue}
        values = {(quantity, ""): value for quantity, value in model.items()}
        for row in table.coefficients:
            term = "const" if row.is_constant else row.term
            values |= {("b", row.term): fitted.params[term], ("se", row.term): fitted.bse[term]}
            values |= {("t", row.term): fitted.tvalues[term], ("sig", row.term): fitted.pvalues[term]}
            values |= {} if row.is_constant else {("beta", row.term): beta[term]}
        printed = {(q, ""): figure for q in model if (figure := table.find(q)) is not None}
        printed |= {(column, row.term): figure for row in table.coefficients for column, figure in row.figures.items()}
        rows += [(table.name, f"{a} {b}", figure.text, f"{values[a, b]:.3f}") for (a, b), figure in printed.items()]
    return rows


@pytest.fixture(scope="module")
def recovery():
    return recover_sums(TABLES)


@pytest.fixture(scope="module")
def scores(recovery):
    return search_score_items(recovery, TABLES)


SEEDS = [*range(1, 6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 21))]


@pytest.mark.parametrize("seed", SEEDS)
def test_whole_numbers_behind_the_scores_reproduce_every_figure(recovery, scores, seed):
    """Six answers behind the success score, three behind each synergy, refitted by statsmodels."""
    found = reconstruct_data(TABLES, recovery, seed, read_bystanders(DATA / "codebook.csv", TABLES), scores=scores)
    rows = list_reproduced(found.data)
    assert len(rows) == 101
    assert [row for row in rows if row[2] != row[3]] == []
    assert found.reproduces
    for name, items, total, squares in [
        ("SUCCESS", 6, 1686, 37608),
        ("TECHMARKET", 3, 855, 9731),
        ("RESOURCE", 3, 916, 11094),
    ]:
        whole = np.rint(items * found.data[name])
        assert np.abs(items * found.data[name] - whole).max() < 1e-9
        assert (whole.sum(), (whole**2).sum()) == (total, squares)
        assert whole.between(items, 5 * items).all()
    assert np.rint(9 * (found.data["TECHMARKET"] * found.data["RESOURCE"]).sum()) == 10280
    assert found.data[["a5", "b3", "c6", "c11", "c8"]].isin([1, 2, 3, 4, 5]).all(axis=None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_printed_figure_is_reproduced(recovery, seed):
    found = reconstruct_data(TABLES, recovery, seed, read_bystanders(DATA / "codebook.csv", TABLES))
    rows = list_reproduced(found.data)
    assert len(rows) == len(found.figures) == 101
    assert [row for row in rows if row[2] != row[3]] == []
    assert found.reproduces
    assert found.selection["agrees"].all()
    assert (found.selection["candidates"].str.count(",") >= found.selection["printed"].str.count(",")).all()


def test_answers_are_whole_and_scores_within_the_scale(recovery):
    data = reconstruct_data(TABLES, recovery, 4).data
    composites = ["TECHMARKET", "RESOURCE", "SUCCESS"]
    assert data.drop(columns=composites).isin([1, 2, 3, 4, 5]).all(axis=None)
    assert ((data[composites] >= 1) & (data[composites] <= 5)).all(axis=None)


def test_different_seeds_give_different_data_with_the_same_sums(recovery):
    first, second = (reconstruct_data(TABLES, recovery, seed).data for seed in (1, 3))
    items = recovery.to_frame()["item"]
    assert not first[items].equals(second[items])
    assert (first[items].sum() == second[items].sum()).all()
    assert abs(first["a5"].corr(first["b3"]) - second["a5"].corr(second["b3"])) > 0.01


def test_the_figure_that_no_data_attain_is_reported(recovery):
    (line,) = reconstruct_data(TABLES, recovery, 1).unattained
    assert "F = 19.872 (text on Table 4-2)" in line
    assert line.endswith("28.0945")


def test_the_committed_data_set_is_what_the_command_makes(tmp_path):
    found = run_reconstruct(DATA / "published", output=tmp_path / "survey.csv")
    made, committed = (pd.read_csv(path) for path in (tmp_path / "survey.csv", DATA / "survey_n77.csv"))
    assert found.reproduces
    pd.testing.assert_frame_equal(made, committed, rtol=0, atol=1e-6)


def test_the_committed_data_set_reproduces_the_tables_and_says_what_it_is():
    data = pd.read_csv(DATA / "survey_n77.csv")
    assert len(data) == 77
    assert set(data["note"]) == {NOTE}
    assert [row for row in list_reproduced(data) if row[2] != row[3]] == []


def test_the_data_set_has_the_surveys_columns():
    data = pd.read_csv(DATA / "survey_n77.csv", nrows=1)
    survey = pd.read_csv(DATA / "survey_n477.csv", nrows=1)
    assert set(data.columns) - {"note"} <= set(survey.columns)


def test_writing_keeps_enough_decimals(recovery, tmp_path):
    found = reconstruct_data(TABLES, recovery, 5)
    write_reconstruction(tmp_path / "survey.csv", found)
    read = pd.read_csv(tmp_path / "survey.csv")
    assert np.array_equal(read["SUCCESS"], found.data["SUCCESS"])
    assert np.array_equal(read["TECHMARKET"], found.data["TECHMARKET"])


def test_tables_that_contradict_one_another_are_refused(recovery):
    nothing = recover_sums(TABLES[1:2], n=12)
    with pytest.raises(DataError, match="cannot belong to one regression of 12 rows"):
        reconstruct_data(TABLES[1:2], nothing)
