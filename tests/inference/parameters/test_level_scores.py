"""Factor scores of two levels against the conditional expectation given all values of a cluster at once."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.fit import Fit, fit
from sem_toolkit.report.tables import build_score_rows
from tests.support import DATA

MODEL = """
level: 1
fw =~ y1 + y2 + y3
fw ~ x1
level: 2
fb =~ y1 + y2 + y3
fb ~ w1
y1 ~ w2
"""
Y, X, W = ["y1", "y2", "y3"], "x1", ["w1", "w2"]


def fit_shuffled(missing: bool) -> tuple[Fit, pd.DataFrame]:
    """Rows of sixty clusters in no order."""
    rows = pd.read_csv(DATA / f"twolevel{'_missing' if missing else ''}.csv")
    rows = rows[rows["cluster"] <= 60].sample(frac=1.0, random_state=3, ignore_index=True)
    found = fit(MODEL, rows, cluster="cluster", missing="ml" if missing else "listwise")
    assert found.converged
    return found, rows


def predict(found: Fit, own: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """E and Var of fw of every row and of fb given all values of a cluster, by the joint covariance matrix of all."""
    evaluation = found.evaluated.evaluation
    names, moments = list(evaluation.model.variables), evaluation.moments
    within, between = moments.all_covariance
    inner, outer = moments.all_mean
    at = {name: names.index(name) for name in [*Y, X, *W, "fw", "fb"]}
    cells = [(i, name) for i in range(len(own)) for name in [*Y, X] if not np.isnan(own[name].iloc[i])]
    cells += [(-1, name) for name in W]
    targets = [*((i, "fw") for i in range(len(own))), (-1, "fb")]

    def relate(one: tuple[int, str], other: tuple[int, str]) -> float:
        (i, a), (j, b) = one, other
        common = 0.0 if "fw" in (a, b) or X in (a, b) else between[at[a], at[b]]
        apart = {"fb", *W}.intersection((a, b)) or i != j
        return common + (0.0 if apart else within[at[a], at[b]])

    V = np.array([[relate(one, other) for other in cells] for one in cells])
    C = np.array([[relate(one, other) for other in cells] for one in targets])
    gap = np.array([own[name].iloc[max(i, 0)] - inner[at[name]] - outer[at[name]] for i, name in cells])
    start = np.array([inner[at["fw"]]] * len(own) + [outer[at["fb"]]])
    prior = np.array([relate(one, one) for one in targets])
    posterior = prior - np.einsum("ab,ba->a", C, np.linalg.solve(V, C.T))
    mean = start + C @ np.linalg.solve(V, gap)
    return mean[:-1], mean[-1], posterior[:-1], posterior[-1]


@pytest.mark.parametrize("missing", [False, True], ids=["complete", "incomplete"])
def test_regression_scores_are_expectations_given_all_rows_of_a_cluster(missing):
    found, rows = fit_shuffled(missing)
    table = build_score_rows(found)
    inner, outer = found.factor_scores()
    labels = rows["cluster"].unique()
    assert inner.scores.shape == (len(rows), 1)
    assert outer.scores.shape == (len(labels), 1)
    known = {"fw": [], "fb": []}
    for number, label in enumerate(labels):
        own = rows[rows["cluster"] == label]
        fw, fb, fw_left, fb_left = predict(found, own)
        np.testing.assert_allclose(inner.scores[own.index, 0], fw, atol=1e-10)
        np.testing.assert_allclose(outer.scores[number, 0], fb, atol=1e-10)
        np.testing.assert_allclose(table["fb"][own.index], fb, atol=1e-10)
        np.testing.assert_array_equal(table["row"][own.index], own.index + 1)
        known["fw"] += list(fw_left)
        known["fb"].append(fb_left)
    assert inner.se[0] == pytest.approx(np.sqrt(np.mean(known["fw"])), abs=1e-10)
    assert outer.se[0] == pytest.approx(np.sqrt(np.mean(known["fb"])), abs=1e-10)


TWO_FACTORS = MODEL.replace("y1 ~ w2\n", "").replace("fw =~", "gw =~ y4 + y5 + y6\nfw =~")
TWO_FACTORS = TWO_FACTORS.replace("fb =~", "gb =~ y4 + y5 + y6\nfb =~")


@pytest.fixture(scope="module")
def two_factors() -> Fit:
    """gw and gb, with no covariates, beside fw and fb."""
    return fit(TWO_FACTORS, DATA / "twolevel.csv", cluster="cluster")


def test_scores_are_lavaans_but_for_where_the_means_of_covariates_within_clusters_go(two_factors):
    """lavPredict: the mean of the outcomes that x1 within clusters brings about counts as the clusters', there."""
    inner, outer = two_factors.factor_scores()
    theirs = np.array([0.10430006881, 0.00349987706, -1.90144707186, -0.72781209935, 0.18120832017])
    fb, gb = (outer.scores[:5, outer.names.index(name)] for name in ("fb", "gb"))
    assert np.ptp(fb - theirs) < 1e-4
    np.testing.assert_allclose(gb, [0.645734546, 0.560076175, -0.402820137, 0.609654, 1.451091741], atol=1e-4)
    gw = inner.scores[:3, inner.names.index("gw")]
    np.testing.assert_allclose(gw, [-0.266565264, 0.202105318, 0.301445995], atol=1e-4)


def test_bartlett_scores_weigh_what_the_rows_say_of_each_level(two_factors):
    inner, outer = two_factors.factor_scores("bartlett")
    gb, gw = (own.scores[:3, own.names.index(name)] for own, name in ((outer, "gb"), (inner, "gw")))
    np.testing.assert_allclose(gb, [0.679456947, 0.589325211, -0.423856741], atol=1e-4)
    np.testing.assert_allclose(gw, [-0.692844584, 0.525303157, 0.783505029], atol=1e-4)
    assert (outer.se > two_factors.factor_scores()[1].se).all()


def test_ten_berge_scores_of_two_levels_are_refused():
    found, _ = fit_shuffled(missing=False)
    with pytest.raises(DataError, match="ten Berge"):
        found.factor_scores("tenberge")
