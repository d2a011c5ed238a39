"""Preliminaries of the questionnaire against closed forms and definitions computed another way."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from sem_toolkit.diagnostics import DataError
from sem_toolkit.study.likert import (
    compute_adequacy,
    compute_reliability,
    compute_weights,
    describe_items,
    screen_factors,
)

SURVEY = pd.read_csv(Path(__file__).parents[2] / "data" / "survey_n477.csv")
SUCCESS = ["y1", "y2", "y3", "y4", "y5"]
NETWORK = ["a4", "a5", "a6", "a7"]


def test_items_are_described_and_counted():
    table = describe_items(SURVEY, NETWORK)
    assert (table[[f"count_{value}" for value in range(1, 6)]].sum(axis=1) == 477).all()
    assert table.loc["a5", "mean"] == pytest.approx(SURVEY["a5"].mean())
    assert table.loc["a5", "skewness"] == pytest.approx(stats.skew(SURVEY["a5"], bias=False), rel=1e-10)
    assert table.loc["a5", "kurtosis"] == pytest.approx(stats.kurtosis(SURVEY["a5"], bias=False), rel=1e-10)


def test_alpha_from_the_mean_covariance():
    """α = k c̄/(v̄ + (k − 1) c̄), another form of the definition."""
    covariance = SURVEY[SUCCESS].cov().to_numpy()
    k = len(SUCCESS)
    mean_covariance = (covariance.sum() - np.trace(covariance)) / (k * (k - 1))
    expected = k * mean_covariance / (np.trace(covariance) / k + (k - 1) * mean_covariance)
    found = compute_reliability(SURVEY, SUCCESS)
    assert found.alpha == pytest.approx(expected, rel=1e-12)
    assert found.items.loc["y2", "alpha_without"] == pytest.approx(
        compute_reliability(SURVEY, ["y1", "y3", "y4", "y5"]).alpha, rel=1e-12
    )
    rest = SURVEY[["y1", "y3", "y4", "y5"]].sum(axis=1)
    assert found.items.loc["y2", "item_rest_correlation"] == pytest.approx(SURVEY["y2"].corr(rest), rel=1e-12)


def test_kmo_from_partial_correlations_by_regression():
    items = [*NETWORK, "a9", "a10"]
    x = SURVEY[items].to_numpy(float)
    x = x - x.mean(axis=0)
    simple = partial = 0.0
    for i in range(len(items)):
        for j in range(i):
            others = np.delete(x, [i, j], axis=1)
            residuals = x[:, [i, j]] - others @ np.linalg.lstsq(others, x[:, [i, j]])[0]
            partial += np.corrcoef(residuals, rowvar=False)[0, 1] ** 2
            simple += np.corrcoef(x[:, i], x[:, j])[0, 1] ** 2
    assert compute_adequacy(SURVEY, items).kmo == pytest.approx(simple / (simple + partial), rel=1e-10)


def test_kmo_and_bartletts_test_as_in_r():
    """R 4.2: det() and solve() of cor(d), d the four columns; pchisq() to five digits."""
    found = compute_adequacy(SURVEY, NETWORK)
    assert (found.chisq, found.df) == pytest.approx((643.623907275432, 6), rel=1e-12)
    assert found.pvalue == pytest.approx(9.03062e-136, rel=1e-5)
    assert found.pvalue == pytest.approx(stats.chi2.sf(found.chisq, 6), rel=1e-8)
    assert found.kmo == pytest.approx(0.787480304869821, rel=1e-12)


def test_weights_sum_to_one_and_follow_means_and_loadings():
    table = compute_weights(SURVEY, {"network": NETWORK, "success": SUCCESS})
    sums = table.groupby("scale")[["weight_by_mean", "weight_by_loading"]].sum()
    assert sums.to_numpy() == pytest.approx(1.0)
    network = table[table["scale"] == "network"].set_index("item")
    ratio = SURVEY["a5"].mean() / SURVEY["a6"].mean()
    assert network.loc["a5", "weight_by_mean"] / network.loc["a6", "weight_by_mean"] == pytest.approx(ratio)


def test_loadings_of_a_perfect_one_factor_matrix_are_found():
    """Data with exactly the correlations λλ' off the diagonal."""
    loadings = np.array([0.8, 0.7, 0.6, 0.5])
    r = np.outer(loadings, loadings)
    np.fill_diagonal(r, 1.0)
    rng = np.random.default_rng(0)
    z = rng.standard_normal((300, 4))
    z = np.linalg.qr(z - z.mean(axis=0))[0]
    data = pd.DataFrame(z @ np.linalg.cholesky(r).T, columns=["p", "q", "r", "s"])
    found = screen_factors(data, ["p", "q", "r", "s"], factors=1)
    assert found.loadings["factor_1"].to_numpy() == pytest.approx(loadings, abs=1e-5)
    assert found.communalities.to_numpy() == pytest.approx(loadings**2, abs=1e-5)


def test_screening_finds_two_scales():
    found = screen_factors(SURVEY, [*SUCCESS, "m1", "m2", "m3", "m4"])
    assert found.factors == 2
    assert found.eigenvalues.sum() == pytest.approx(9.0)
    strongest = found.loadings.abs().to_numpy().argmax(axis=1)
    assert len(set(strongest[:5])) == len(set(strongest[5:])) == 1
    assert strongest[0] != strongest[-1]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda data: describe_items(data, ["x", "nothing"]), "unknown-column"),
        (lambda data: describe_items(data, ["wild"]), "outside-scale"),
        (lambda data: compute_reliability(data, ["x"]), "too-few-items"),
        (lambda data: compute_reliability(data, ["x", "same"]), "constant-column"),
        (lambda data: compute_adequacy(data, ["x", "twice"]), "collinear"),
    ],
)
def test_bad_input_is_named(call, code):
    data = pd.DataFrame({"x": [1, 2, 3, 4], "twice": [1, 2, 3, 4], "same": [3, 3, 3, 3], "wild": [1, 2, 3, 9]})
    with pytest.raises(DataError) as error:
        call(data)
    assert error.value.diagnostics[0].code == code
