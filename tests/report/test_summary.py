"""A fit as text: what a reader must find there, and that nothing is cut off."""

import numpy as np
import pytest

from sem_toolkit import fit
from sem_toolkit.report.numbers import format_estimate, format_number, format_p_value
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


@pytest.fixture(scope="module")
def robust():
    return fit(CFA, DATA / "hs.csv", estimator="MLM", engine="native")


def test_numbers_are_rounded_once_and_never_to_a_false_zero():
    assert [format_number(value) for value in (1 / 3, np.float64(-1), None, np.nan)] == ["0.333", "-1.000", "–", "–"]
    assert format_estimate(-1.5, 1) == "−1.5"
    assert [format_p_value(p) for p in (0.0004, 0.0006, 0.05, 1.0, np.nan)] == ["< .001", ".001", ".050", "1.000", "–"]


def test_the_verdict_and_both_tests_are_there(robust):
    text = robust.summary()
    lines = text.splitlines()
    assert lines[1] == "converged, MLM, n = 301, 21 free parameters"
    assert lines[2].endswith(", from one start, found by the native solver")
    assert lines[3] == "standard errors: robust.sem, expected information; test: satorra.bentler"
    row = next(line for line in lines if line.startswith(" χ²"))
    assert row.split()[1:] == ["85.306", f"{robust.fit_measures['chisq.scaled']:.3f}"]
    assert any(line.split()[:3] == ["RMSEA", "robust", "[90"] for line in lines)


def test_every_test_that_was_asked_for_is_shown():
    found = fit(CFA, DATA / "hs.csv", test="satorra.bentler, browne.residual.adf, scaled.shifted", engine="native")
    lines = found.summary().splitlines()
    assert lines[3].endswith("test: satorra.bentler")
    for test in found.tests[2:]:
        assert f"{test.test}: χ² {test.stat:.3f}, df 24, p < .001" in lines[4:6]
    assert found.tests[3].test in {"browne.residual.adf", "scaled.shifted"}


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_number_is_cut_whatever_the_width(robust, width):
    text = robust.summary(width=width, extras=("modification", "reliability"))
    assert "…" not in text
    for row in robust.parameters.itertuples():
        assert f"{row.est:.3f}" in text
    assert f"{robust.modification_indices['mi'].iloc[0]:.3f}" in text


def test_intervals_are_shown_where_there_is_room(robust):
    for width in (120, 80):
        assert "ci.upper" in robust.summary(width=width)
        assert "left out" not in robust.summary(width=width)
    narrow = robust.summary(width=60)
    assert "ci.upper  " not in narrow
    assert "std.all" in narrow
    assert "left out for want of width: ci.lower, ci.upper, std.lv" in narrow


def test_groups_are_named():
    text = fit(CFA, DATA / "hs.csv", group="school", engine="native").summary()
    assert "Latent variables, group Pasteur" in text
    assert "Intercepts, group Grant-White" in text


def test_a_notebook_shows_it_escaped(robust):
    page = robust._repr_html_()
    assert page.startswith("<div>")
    assert "&lt; .001" in page


def test_a_fit_without_a_test_keeps_what_needs_none():
    text = fit(CFA, DATA / "hs.csv", test="none").summary()
    assert "χ²" not in text
    assert "SRMR" in text
    assert "BIC" in text


def test_robust_indices_of_incomplete_rows_are_shown_without_a_scaled_test():
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
    result = fit(model, DATA / "hs_missing.csv", missing="ml")
    line = next(line for line in result.summary().splitlines() if "CFI, TLI robust" in line)
    measures = result.fit_measures
    assert line.split("robust")[1].split() == [f"{measures['cfi.robust']:.3f},", f"{measures['tli.robust']:.3f}"]
