"""Regression tables against statsmodels' own numbers, closed forms, and a plain search for the stepwise order."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.outliers_influence import variance_inflation_factor

from sem_toolkit.diagnostics import DataError
from sem_toolkit.study.printing import format_figure
from sem_toolkit.study.regression import compute_correlations, fit_regression, stepwise_regression

SURVEY = pd.read_csv(Path(__file__).parents[2] / "data" / "survey_n477.csv")
BLOCK = ["a4", "a5", "a6", "a7", "a9", "a10", "a11", "a12"]


def test_coefficients_anova_and_collinearity():
    terms = ["a5", "a10", "a11"]
    found = fit_regression(SURVEY, "SUCCESS", terms)
    fitted = sm.OLS(SURVEY["SUCCESS"], sm.add_constant(SURVEY[terms])).fit()
    for column, expected in [("b", fitted.params), ("se", fitted.bse), ("t", fitted.tvalues), ("sig", fitted.pvalues)]:
        assert found.coefficients[column].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-10)
    design = sm.add_constant(SURVEY[terms]).to_numpy(float)
    vif = [variance_inflation_factor(design, i) for i in range(1, 4)]
    assert found.coefficients["vif"].to_numpy()[1:] == pytest.approx(vif, rel=1e-10)
    assert found.coefficients["tolerance"].to_numpy()[1:] == pytest.approx(1 / np.array(vif), rel=1e-10)
    used = SURVEY[[*terms, "SUCCESS"]]
    standardised = (used - used.mean()) / used.std()
    beta = sm.OLS(standardised["SUCCESS"], standardised[terms]).fit().params
    assert found.coefficients["beta"].to_numpy()[1:] == pytest.approx(beta.to_numpy(), rel=1e-10)
    anova = found.anova
    assert anova.loc["Total", "sum_of_squares"] == pytest.approx(SURVEY["SUCCESS"].var() * 476, rel=1e-10)
    assert (found.f, found.sig_f) == pytest.approx((fitted.fvalue, fitted.f_pvalue), rel=1e-8)
    assert (found.r2, found.adj_r2) == pytest.approx((fitted.rsquared, fitted.rsquared_adj), rel=1e-10)
    assert found.f == pytest.approx(90.0025812234521, rel=1e-10)  # R 4.2, summary(lm())
    assert found.standard_error == pytest.approx(np.sqrt(fitted.mse_resid), rel=1e-10)


def select_by_refitting(candidates: list[str], entry: float, removal: float) -> list[tuple[str, str]]:
    """Stepwise selection that refits every model it considers."""
    selected: list[str] = []
    steps = []
    while True:
        p = {
            name: sm.OLS(SURVEY["SUCCESS"], sm.add_constant(SURVEY[[*selected, name]])).fit().pvalues[name]
            for name in candidates
            if name not in selected
        }
        best = min(p, key=p.get, default=None)
        if best is None or p[best] > entry:
            return steps
        selected.append(best)
        steps.append(("entered", best))
        while True:
            inside = sm.OLS(SURVEY["SUCCESS"], sm.add_constant(SURVEY[selected])).fit().pvalues[selected]
            if inside.max() < removal:
                break
            selected.remove(inside.idxmax())
            steps.append(("removed", inside.idxmax()))


@pytest.mark.parametrize(("entry", "removal"), [(0.05, 0.10), (0.3, 0.31), (0.001, 0.1)])
def test_stepwise_selection_against_refitting(entry, removal):
    found = stepwise_regression(SURVEY, "SUCCESS", BLOCK, entry, removal)
    assert [(step.action, step.term) for step in found.steps] == select_by_refitting(BLOCK, entry, removal)
    selected = list(found.final.predictors)
    for name, row in found.excluded.iterrows():
        fitted = sm.OLS(SURVEY["SUCCESS"], sm.add_constant(SURVEY[[*selected, name]])).fit()
        assert (row["t"], row["sig"]) == pytest.approx((fitted.tvalues[name], fitted.pvalues[name]), rel=1e-8)
        ratio = SURVEY[name].std() / SURVEY["SUCCESS"].std()
        assert row["beta_in"] == pytest.approx(fitted.params[name] * ratio, rel=1e-8)


def test_a_term_that_becomes_useless_is_removed():
    """z is the best single predictor, but x and w together leave it nothing."""
    rng = np.random.default_rng(3)
    x, w = rng.standard_normal((2, 200))
    data = pd.DataFrame({"x": x, "w": w, "z": x + w + 0.3 * rng.standard_normal(200)})
    data["y"] = x + w + 0.5 * rng.standard_normal(200)
    found = stepwise_regression(data, "y", ["x", "w", "z"])
    assert [(step.action, step.term) for step in found.steps] == [
        ("entered", "z"),
        ("entered", "x"),
        ("entered", "w"),
        ("removed", "z"),
    ]


def test_nothing_enters_where_nothing_is_related():
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.standard_normal((50, 3)), columns=["y", "x", "z"])
    found = stepwise_regression(data, "y", ["x", "z"])
    assert found.steps == ()
    assert found.final is None


def test_correlations_with_significance():
    r, p = compute_correlations(SURVEY, ["a5", "b3", "SUCCESS"])
    expected = stats.pearsonr(SURVEY["a5"], SURVEY["b3"])
    assert (r.loc["a5", "b3"], p.loc["a5", "b3"]) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-8)
    assert np.isnan(p.loc["a5", "a5"])


@pytest.mark.parametrize(
    ("frame", "predictors", "code"),
    [
        (pd.DataFrame({"y": [1.0, 2, 3], "x": [1.0, 2, 2]}), ["z"], "unknown-column"),
        (pd.DataFrame({"y": [1.0, 2, 3], "x": ["a", "b", "c"]}), ["x"], "not-numeric"),
        (pd.DataFrame({"y": [1.0, 2, np.nan], "x": [1.0, 2, 2]}), ["x"], "too-few-rows"),
        (pd.DataFrame({"y": [1.0, 2, 3, 5], "x": [2.0, 2, 2, 2]}), ["x"], "collinear"),
    ],
)
def test_bad_input_is_named(frame, predictors, code):
    with pytest.raises(DataError) as error:
        fit_regression(frame, "y", predictors)
    assert error.value.diagnostics[0].code == code


def test_criteria_that_would_loop_for_ever_are_refused():
    with pytest.raises(DataError, match="must be below removal"):
        stepwise_regression(SURVEY, "SUCCESS", BLOCK, entry=0.1, removal=0.05)


@pytest.mark.parametrize(("value", "text"), [(0.2085, "0.209"), (-0.0005, "-0.001"), (28.0945, "28.095"), (2, "2.000")])
def test_figures_are_rounded_half_away_from_zero(value, text):
    assert format_figure(value) == text
