"""The search by modification indices, and what rows without a part in it say of what it won."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.comparison.improve import SearchRules, improve, write_chain
from sem_toolkit.comparison.improve.search import search
from sem_toolkit.comparison.improve.validation import compute_cvi
from sem_toolkit.diagnostics import DataError, EstimationError, OptionError
from sem_toolkit.fit import estimate, prepare
from sem_toolkit.spec import parse_spec
from tests.support import DATA

HS = DATA / "hs.csv"
MODEL = "# three tests each\nvisual  =~ x1 + x2 + x3  # seeing\ntextual =~ x4 + x5 + x6\nspeed   =~ x7 + x8 + x9\n"


@pytest.fixture(scope="module")
def halves():
    return improve(parse_spec(MODEL), HS, steps=4)


def test_each_step_takes_the_largest_index_of_the_training_rows():
    prepared = prepare(parse_spec(MODEL), HS, engine="native")
    given = estimate(prepared)
    steps = list(search(prepared, given, SearchRules(steps=2)))
    assert steps[0].name == "visual =~ x9"
    assert steps[0].index == pytest.approx(36.411, abs=1e-3)  # lavaan's modindices
    largest = steps[0].fit.modification_indices.iloc[0]
    assert steps[1].index == pytest.approx(largest["mi"])
    assert "visual  =~ x1 + x2 + x3 + x9  # seeing" in steps[0].spec.text
    only = list(search(prepared, given, SearchRules(steps=1, allowed=("residual.covariances",))))
    assert only[0].name == "x7 ~~ x8"
    assert not list(search(prepared, given, SearchRules(least_index=40.0)))


def test_equal_indices_are_named_and_a_typed_zero_is_freed():
    text = MODEL + "visual ~~ 0*textual + 0*speed\ntextual ~~ 0*speed\n"
    prepared = prepare(parse_spec(text), HS, engine="native")
    rules = SearchRules(steps=1, allowed=("lv.covariances",))
    step = next(search(prepared, estimate(prepared), rules))
    assert step.name in {"visual ~~ textual", "textual ~~ visual"}
    assert "visual ~~ NA*textual + 0*speed" in step.spec.text
    chain = MODEL + "speed ~ visual\ntextual ~ visual\nspeed ~~ 0*textual\n"
    prepared = prepare(parse_spec(chain), HS, engine="native")
    step = next(search(prepared, estimate(prepared), SearchRules(steps=1)))
    assert {step.name, *step.as_good} == {"visual =~ x9", "x7 ~~ x8"}


def test_the_index_of_other_rows_is_the_discrepancy_of_their_moments_from_what_is_implied(halves):
    found = halves.validated[0]
    implied = np.asarray(found.steps[0].fit.solution.moments.covariance[0])
    sample = found.refitted[1].sample
    own = sample.groups[0].covariance
    order = [sample.variables.index(name) for name in found.steps[0].fit.sample.variables]
    own = own[np.ix_(order, order)]
    logs = np.linalg.slogdet(implied)[1] - np.linalg.slogdet(own)[1]
    closed = logs + np.trace(own @ np.linalg.inv(implied)) - len(own)
    assert found.cvi[1] == pytest.approx(closed, rel=1e-10)


@pytest.mark.parametrize(
    ("text", "data", "options"),
    [
        (MODEL, "hs.csv", {"meanstructure": True}),
        (MODEL, "hs.csv", {"group": "school", "group_equal": "loadings"}),
        (MODEL + "visual + speed ~ ageyr\n", "hs.csv", {"estimator": "MLR"}),
        (MODEL, "hs_missing.csv", {"missing": "ml"}),
        (MODEL, "hs.csv", {"estimator": "GLS"}),
        ("f =~ u1 + u2 + u3 + u4", "likert5_n477.csv", {"ordered": "all"}),
    ],
    ids=["means", "groups", "exogenous", "incomplete", "gls", "ordered"],
)
def test_of_the_same_rows_it_is_the_minimum_itself(text, data, options):
    if data.startswith("likert"):
        columns = pd.read_csv(DATA / data).columns[:4]
        text = f"f =~ {' + '.join(columns)}"
    prepared = prepare(parse_spec(text), DATA / data, engine="native", **options)
    fitted = estimate(prepared)
    assert compute_cvi(fitted, prepared) == pytest.approx(2.0 * fitted.solution.discrepancy, rel=1e-8, abs=1e-10)


def test_the_table_of_halves(halves):
    table = halves.table
    assert list(table["step"]) == [0, 1, 2, 3, 4]
    searched = halves.validated[0].given.sample.n
    assert table["training"].to_numpy() == pytest.approx((table["chisq"] / searched).to_numpy(), rel=1e-8)
    ecvi = (table["chisq"] + 2 * table["npar"]) / searched
    assert table["ecvi"].to_numpy() == pytest.approx(ecvi.to_numpy(), rel=1e-8)
    assert halves.won == pytest.approx(table["gain.training"].sum())
    assert halves.held == pytest.approx(table["gain.validation"].sum())
    assert (table["chisq.diff"].iloc[1:] > 3.8).all()
    assert halves.best == table["cvi"].argmin()
    assert "carry over" in halves.sentences[0]
    assert halves.difference.df_change == -4


def test_folds_search_all_rows_and_count_what_each_fold_would_have_chosen():
    found = improve(parse_spec(MODEL), HS, steps=2, folds=3)
    assert found.chain[0].name == "visual =~ x9"
    assert found.table["chisq"].iloc[0] == pytest.approx(85.3055217699727, rel=1e-6)
    chosen = [any(step.name == "visual =~ x9" for step in part.steps) for part in found.validated]
    assert found.table["chosen"].iloc[1] == sum(chosen) > 0
    assert found.table["cvi"].iloc[0] == pytest.approx(np.mean([part.cvi[0] for part in found.validated]))
    assert sorted(part.given.sample.n for part in found.validated) == [200, 201, 201]


@pytest.mark.slow
def test_where_nothing_is_missing_nothing_holds():
    """Rows of the model itself: what a search wins is noise, and other rows are fitted worse by it."""
    loadings = np.array([0.8, 0.7, 0.6, 0.8, 0.7, 0.6])
    population = np.outer(loadings, loadings) * np.kron([[1.0, 0.4], [0.4, 1.0]], np.ones((3, 3)))
    np.fill_diagonal(population, 1.0)
    spec = parse_spec("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n")
    won, held = [], []
    for seed in range(6):
        rows = np.random.default_rng(seed).multivariate_normal(np.zeros(6), population, 120)
        data = pd.DataFrame(rows, columns=[f"x{k}" for k in range(1, 7)])
        found = improve(spec, data, steps=2, least_index=1.0, seed=seed)
        won.append(found.won)
        held.append(found.held)
    assert np.mean(won) > 0.02
    assert np.mean(held) < 0.0


def test_the_chain_is_written_beside_the_spec_never_over_it(tmp_path):
    given = tmp_path / "m.lav"
    given.write_text("#' title: Tests\n" + MODEL)
    from sem_toolkit.spec import read_spec

    found = improve(read_spec(given), HS, steps=2)
    paths = write_chain(found, tmp_path, HS)
    assert [path.name for path in paths] == ["m-step-1.lav", "m-step-2.lav"]
    assert given.read_text() == "#' title: Tests\n" + MODEL
    text = paths[1].read_text()
    assert "parent: m-step-1.lav" in text
    assert "# three tests each" in text
    again = fit(paths[1], HS)
    assert again.npar == found.chain[1].fit.npar


def test_bad_plans_and_rows_that_do_not_serve():
    spec = parse_spec(MODEL)
    with pytest.raises(OptionError, match="intercepts"):
        improve(spec, HS, allowed=["intercepts"])
    with pytest.raises(OptionError, match="share"):
        improve(spec, HS, share=1.0)
    with pytest.raises(OptionError, match="folds"):
        improve(spec, HS, folds=1)
    frame = pd.read_csv(HS)
    moments = {"sample_cov": frame[[f"x{k}" for k in range(1, 10)]].cov(), "sample_nobs": 301}
    with pytest.raises(DataError, match="no rows in memory"):
        improve(spec, **moments)
    with pytest.raises((DataError, EstimationError), match=r"rows|positive definite|singular"):
        improve(spec, frame.head(14))


def test_answers_that_only_one_part_has_are_named():
    rng = np.random.default_rng(3)
    latent = rng.normal(size=(200, 1))
    answers = np.digitize(latent + rng.normal(size=(200, 4)), [-0.5, 0.5]) + 1
    answers[0, 0] = 9
    data = pd.DataFrame(answers, columns=["a", "b", "c", "d"])
    with pytest.raises(DataError, match="a has other answers"):
        improve(parse_spec("f =~ a + b + c + d"), data, ordered="all", steps=1)
