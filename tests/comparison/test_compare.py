"""Several models on equal terms: mean structures for all, criteria of one likelihood only, failures as rows."""

import math
import pickle

import numpy as np
import pytest

from sem_toolkit import DataError, OptionError, SpecError, compare
from sem_toolkit.comparison.likelihoods import compute_weights
from sem_toolkit.sample import read_table
from tests.support import DATA

DYAD = "sat_a ~ a*wnc_a + p*wnc_p\nsat_p ~ a*wnc_p + p*wnc_a\nsat_a ~~ sat_p\n"
DYADS = {
    "c1": "sat_a ~ wnc_a + wnc_p\nsat_p ~ wnc_p + wnc_a\nsat_a ~~ sat_p",
    "c2": DYAD,
    "c3": DYAD + "sat_a ~ i*1\nsat_p ~ i*1\nsat_a ~~ v*sat_a\nsat_p ~~ v*sat_p",
    "c4": DYAD + "wnc_a ~~ wnc_p",
    "c5": "sat_a ~ wnc_a + wnc_p + rec_a\nsat_p ~ wnc_p + wnc_a\nsat_a ~~ sat_p",
}
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


def rows(comparison):
    return {row["model"]: row for row in comparison.to_dict()["models"]}


@pytest.fixture(scope="module")
def dyads():
    return compare(DYADS, DATA / "apim.csv")


def test_one_mean_structure_is_everybodys(dyads):
    """lavaan's AIC, a mean structure asked for in every model."""
    found = rows(dyads)
    for name, aic in {"c1": 545.69, "c2": 546.68, "c3": 544.63}.items():
        assert found[name]["aic"] == pytest.approx(aic, abs=0.005)
    assert [found[name]["npar"] for name in DYADS] == [9, 7, 5, 12, 10]
    assert "means-for-all" in {message.code for message in dyads.messages}


def test_other_random_variables_have_no_criteria(dyads):
    row = rows(dyads)["c4"]
    assert (row["aic"], row["bic"], row["logl"], row["bic_weight"]) == (None, None, None, None)
    assert row["reason"] == "its likelihood is of sat_a, sat_p, wnc_a, wnc_p, not of sat_a, sat_p as in c1"
    assert row["chisq"] == pytest.approx(rows(dyads)["c2"]["chisq"], abs=1e-6)


def test_other_variables_are_named(dyads):
    message = next(entry for entry in dyads.messages if entry.code == "different-variables")
    assert message.message == "c5 is about other variables than c1: it has rec_a"
    tests = dyads.tests.set_index(["restricted", "general"])
    assert tests.loc[("c5", "c1"), "reason"] == "about different variables (rec_a)"


def test_a_model_without_one_of_the_predictors_may_be_nested(dyads):
    """A coefficient of 0 on the fixed variable that only one has: Vuong's z-test is not for that."""
    assert ("c1", "c5") not in set(dyads.vuong[["first", "second"]].itertuples(index=False, name=None))
    assert dyads.vuong.empty or "c5" not in {*dyads.vuong["first"], *dyads.vuong["second"]}


def test_a_model_in_groups_is_not_told_to_have_other_rows():
    found = compare({"one": CFA, "two": "#' options: {group: school}\n" + CFA}, DATA / "hs.csv")
    message = next(entry for entry in found.messages if entry.code == "different-rows")
    assert message.message == "two and one have other groups: it is fitted in groups of school, not without groups"
    assert found.tests["reason"].tolist() == ["fitted in 1 and 2 groups"]


def test_models_are_named_by_their_titles_where_these_differ():
    def name(*headers):
        texts = [f"{header}x3 ~ x1 + x2\n" for header in headers]
        return [model.name for model in compare(texts, DATA / "hs.csv").models]

    assert name("#' title: One\n", "") == ["One", "model 2"]
    assert name("#' title: One\n", "#' title: One\n") == ["model 1", "model 2"]


def test_one_saturated_regression_is_not_ranked():
    specs = {"a": "x3 ~ x1 + x2", "b": "x3 ~ x1 + x2\nx1 ~~ x2", "c": "x3 ~ x1 + x2\nx3 ~ 1"}
    found = rows(compare(specs, DATA / "hs.csv"))
    assert found["a"]["aic"] == pytest.approx(found["c"]["aic"], rel=1e-12)
    assert found["b"]["aic"] is None
    free = rows(compare(specs, DATA / "hs.csv", fixed_x=False))
    assert free["b"]["aic"] == pytest.approx(free["a"]["aic"], rel=1e-10)
    pair = rows(compare({name: specs[name] for name in "ab"}, DATA / "hs.csv"))
    assert (pair["a"]["aic"], pair["b"]["aic"]) == (None, None)


def test_weights_of_evidence():
    assert list(compute_weights([10.0, 12.0, math.nan])) == pytest.approx(
        [1 / (1 + math.exp(-1)), math.exp(-1) / (1 + math.exp(-1)), math.nan], nan_ok=True
    )
    assert np.isnan(compute_weights([math.nan])).all()


def test_a_model_that_cannot_be_estimated_is_a_row():
    found = compare({"three": CFA, "loop": "x1 ~ x2\nx2 ~ x1"}, DATA / "hs.csv")
    row = rows(found)["loop"]
    assert row["verdict"] == "not identified"
    assert row["chisq"] is None
    assert "not identified" in row["reason"]
    assert not found.certified
    assert found.models[0].certified


def test_other_rows_are_named():
    frame = read_table(DATA / "hs.csv")
    frame.loc[:9, "ageyr"] = np.nan
    found = compare({"all": "x1 ~ x2", "fewer": "x1 ~ ageyr"}, frame)
    message = next(entry for entry in found.messages if entry.code == "different-rows")
    assert message.message == "fewer is fitted to other rows than all: it uses 291 rows, not 301"
    assert found.tests["reason"].tolist() == ["fitted to different rows (n = 301 and 291)"]
    assert rows(found)["fewer"]["aic"] is None


def test_bad_input_names_the_culprit():
    with pytest.raises(DataError, match=r"second: .*x10"):
        compare({"first": CFA, "second": "f =~ x1 + x2 + x10"}, DATA / "hs.csv")
    with pytest.raises(SpecError):
        compare([CFA, "f =~ "], DATA / "hs.csv")
    with pytest.raises(OptionError, match="no models"):
        compare([], DATA / "hs.csv")


def test_names_are_those_of_files_or_numbers(tmp_path):
    path = tmp_path / "three.lav"
    path.write_text(CFA)
    found = compare([path, CFA + "visual ~~ 0*speed"], DATA / "hs.csv")
    assert [model.name for model in found.models] == ["three", "model 2"]
    assert pickle.loads(pickle.dumps(found)).table.equals(found.table)  # noqa: S301
    with pytest.raises(OptionError, match="given twice"):
        compare([path, path], DATA / "hs.csv")


def test_other_data_are_seen(tmp_path):
    """Each spec may name data of its own: as many rows of the same variables are not the same data."""
    frame = read_table(DATA / "hs.csv")
    frame.to_csv(tmp_path / "first.csv", index=False)
    frame.assign(x3=frame["x3"] + 0.01 * frame["x1"]).to_csv(tmp_path / "second.csv", index=False)
    specs = {
        "first": f"#' data: {tmp_path / 'first.csv'}\nf =~ x1 + x2 + x3 + x4",
        "second": f"#' data: {tmp_path / 'second.csv'}\nf =~ x1 + x2 + x3 + x4\nx1 ~~ x2",
    }
    found = compare(specs)
    assert found.tests["reason"].tolist() == ["fitted to different data"]
    assert math.isnan(found.tests["pvalue"][0])
    assert [row["aic"] for row in rows(found).values()] == [None, None]
    assert len(found.vuong) == 0


def test_covariates_of_incomplete_rows_leave_the_likelihood_comparable():
    """The saturated moments of the outcomes change with the covariates; the rows do not."""
    frame = read_table(DATA / "hs_missing.csv").dropna(subset=["ageyr"])
    specs = {"none": "f =~ x1 + x2 + x3\nf ~ 0*ageyr", "two": "f =~ x1 + x2 + x3\nf ~ ageyr + sex"}
    assert all(row["aic"] is not None for row in rows(compare(specs, frame, missing="ml")).values())


def test_definitions_stand_by_their_names_and_correlations_where_there_is_no_path():
    specs = {"one": "x1 ~ a*x2 + b*x3\ntotal := a + b", "two": "x1 ~ a*x2 + a*x3\ntotal := 2*a"}
    paths = compare(specs, DATA / "hs.csv").paths
    assert paths["path"].tolist() == ["x1 ~ x2"] * 2 + ["x1 ~ x3"] * 2 + ["total"] * 2
    sums = paths.groupby(["model", "path"])["est"].sum()
    assert sums["one", "total"] == pytest.approx(sums["one", "x1 ~ x2"] + sums["one", "x1 ~ x3"])
    factors = compare({"cfa": CFA}, DATA / "hs.csv", call="cfa").paths
    assert factors["path"].tolist() == ["textual ~~ visual", "speed ~~ visual", "speed ~~ textual"]


@pytest.mark.slow
def test_several_processes_change_nothing():
    specs = {"three": CFA, "two": CFA + "visual ~~ 0*speed\n", "none": "f =~ x1\ng =~ x1\n"}
    heard = []
    alone = compare(specs, DATA / "hs.csv", engine="native")
    together = compare(
        specs, DATA / "hs.csv", engine="native", workers=2, watch=lambda done, total: heard.append((done, total))
    )
    assert rows(alone) == rows(together)
    assert heard == [(1, 3), (2, 3), (3, 3)]
