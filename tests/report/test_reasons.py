"""A number that does not exist is a dash, and a reason stands below it."""

import re

import numpy as np
import pytest

from sem_toolkit import fit
from sem_toolkit.report.reasons import EMPTY, REASONS, list_reasons
from sem_toolkit.report.tables import TABLES, TableSettings, build_table_of
from tests.support import DATA, read_case

VISUAL = "visual =~ x1 + x2 + x3\n"
SECOND_ORDER = "a =~ x1 + x2 + x3\nb =~ x4 + x5 + x6\nc =~ x7 + x8 + x9\ng =~ a + b + c\n"


@pytest.fixture(scope="module")
def saturated():
    return fit(VISUAL, DATA / "hs.csv", call="cfa")


def test_a_saturated_model_has_no_test_and_says_so(saturated):
    text = saturated.summary(width=100)
    assert re.search(r"^ p +–$", text, re.M)
    assert "– (pvalue, rmsea.pvalue): without degrees of freedom the fit is exact" in text
    assert "-0.000" not in text


def test_residuals_that_cannot_vary_and_tables_without_rows(saturated):
    text = saturated.summary(width=100, extras=("residuals", "modification", "effects"))
    assert "– (z): a residual that is always 0 cannot vary" in text
    assert "Modification indices: none\nthere is no parameter that could be freed and would be identified" in text
    assert f"Effects: none\n{EMPTY['effects']}" in text


def test_bartlett_scores_of_a_second_order_factor():
    result = fit(SECOND_ORDER, DATA / "hs.csv", call="cfa")
    settings = TableSettings(scores="bartlett")
    frame = build_table_of(result, "scores", settings)
    assert frame["g"].isna().all()
    assert not frame["a"].isna().any()
    (reason,) = list_reasons(result, "scores", frame)
    assert reason == "– (g): factors without indicators of their own have no Bartlett scores"


def test_standard_errors_that_were_not_asked_for():
    result = fit(VISUAL, DATA / "hs.csv", call="cfa", se="none")
    reasons = list_reasons(result, "parameters", result.parameters[result.parameters["se"] != 0])
    assert reasons == ["– (se): standard errors were not asked for (se = none)"]


def test_a_negative_residual_variance_has_no_r2():
    case = read_case("heywood")
    result = fit(case["spec"], DATA / case["data"], call="cfa")
    frame = build_table_of(result, "r2")
    assert frame["r2"].isna().any()
    assert list_reasons(result, "r2", frame) == [
        "– (r2, r2.blocked): a negative residual variance would give an R² above 1"
    ]


def test_every_dash_of_every_table_has_a_reason():
    result = fit(SECOND_ORDER.replace("x5 + x6", "k*x5 + k*x6"), DATA / "hs.csv", call="cfa", estimator="MLR")
    for name in TABLES:
        if name in {"local_tests", "instruments", "sargan", "level_measures"}:
            continue
        frame = build_table_of(result, name)
        numbers = frame.select_dtypes("number")
        missing = bool(np.isnan(numbers.to_numpy(dtype=float)).any())
        assert bool(list_reasons(result, name, frame)) == (missing or frame.empty), name


def test_reasons_are_of_tables_that_exist():
    assert set(REASONS) - {"additions"} <= set(TABLES)
    assert set(EMPTY) <= set(TABLES)


def test_a_notebook_shows_tables_with_what_users_typed_escaped():
    result = fit("#' title: <b> & co\n" + VISUAL, DATA / "hs.csv", call="cfa")
    html = result._repr_html_()
    assert "&lt;b&gt; &amp; co" in html
    assert "<b>" not in html
    assert html.count("<table") == html.count("</table>") == 4  # fit, loadings, variances, R²
    rows = re.findall(r"<tr>(.*?)</tr>", html)
    row = next(row for row in rows if ">  x2<" in row)
    cells = re.findall(r">([^<]*)</td>", row)
    assert cells[0] == "  x2"
    assert cells[1] == f"{result.parameters['est'][1]:.3f}"
    assert len(cells) == 9


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_page_and_no_number_is_cut(saturated, width):
    result = fit(SECOND_ORDER, DATA / "hs.csv", call="cfa", estimator="MLR")
    extras = ("residuals", "modification", "effects", "reliability", "standardized")
    text = result.summary(width=width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in result.summary(width=width, extras=extras)
