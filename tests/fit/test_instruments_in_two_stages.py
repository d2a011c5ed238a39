"""Instruments and rows with empty cells: moments by EM, as in lavaan 0.7-2, and tests that heed the cells."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.fit import fit
from tests.support import DATA, near, read_case

SPEC = read_case("poldem_sem")["spec"]


EXPECTED = {  # of lavaan 0.7-2: estimate, errors with missing = "two.stage" and "robust.two.stage"
    ("dem60", "=~", "y2"): (1.125931853, 0.186335845, 0.142436234),
    ("dem60", "~", "ind60"): (1.488386236, 0.431200199, 0.425232389),
    ("dem65", "~", "ind60"): (1.036042958, 0.378381977, 0.348139396),
    ("dem65", "~", "dem60"): (0.721542642, 0.125539054, 0.121670291),
    ("y2", "~~", "y4"): (1.673490848, 0.785788855, 0.797884066),
    ("dem65", "~~", "dem65"): (0.454546438, 0.276445782, 0.261352625),
    ("x2", "~1", ""): (-5.320843873, 0.709104885, 0.673666688),
    ("dem65", "~1", ""): (-4.045724825, 1.659230135, 1.641456888),
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """Political Democracy with an empty cell in every row."""
    frame = pd.read_csv(DATA / "poldem.csv")
    frame = frame[[name for name in frame.columns if name[0] in "xy"]]
    row, column = np.arange(len(frame)), np.arange(frame.shape[1])
    return frame.mask((np.add.outer(5 * row + row**2, 3 * column) % 11) == 0)


@pytest.mark.parametrize(("missing", "place"), [("two.stage", 1), ("robust.two.stage", 2)])
def test_estimates_and_errors_are_those_of_lavaan(rows, missing, place):
    found = fit(SPEC, rows, estimator="IV", missing=missing)
    ours = {(row["lhs"], row["op"], row["rhs"] or ""): row for row in found.parameters.to_dict("records")}
    for key, expected in EXPECTED.items():
        assert near(ours[key]["est"], expected[0], 1e-5, 1e-6), key
        assert near(ours[key]["se"], expected[place], 1e-4, 1e-6), key


def test_two_stages_are_the_default_where_cells_are_empty(rows):
    found = fit(SPEC, rows, estimator="IV")
    assert found.options.missing == "two.stage"
    assert found.sample.n == len(rows)
    (note,) = [entry for entry in found.sample.messages if entry.code == "instruments-in-two-stages"]
    assert "75 of 75 rows" in note.message
    whole = pd.read_csv(DATA / "poldem.csv")
    assert fit(SPEC, whole, estimator="IV").options.missing is None
    whole["aside"] = np.nan
    assert fit(SPEC, whole, estimator="IV").options.missing is None


def test_what_does_not_go_with_two_stages_is_said(rows):
    with pytest.raises(OptionError, match=r"two\.stage"):
        fit(SPEC, rows, estimator="IV", missing="ml")
    with pytest.raises(OptionError, match="complete rows"):
        fit(SPEC, rows, estimator="IV", missing="two.stage", test="browne.residual.nt")


def test_tests_heed_empty_cells():
    """Statistics that took the moments for those of complete rows are half as large again where the model holds."""
    draw, ratios, surplus = np.random.default_rng(20), [], []
    for _ in range(40):
        f = draw.normal(size=400)
        g = 0.6 * f + 0.8 * draw.normal(size=400)
        columns = {f"x{k}": f + 0.6 * draw.normal(size=400) for k in range(3)}
        columns |= {f"y{k}": g + 0.6 * draw.normal(size=400) for k in range(3)}
        frame = pd.DataFrame(columns)
        frame = frame.mask(draw.uniform(size=frame.shape) < 0.2)
        found = fit("f =~ x0 + x1 + x2\ng =~ y0 + y1 + y2\ng ~ f", frame, estimator="IV")
        ratios.append(found.fit_measures["chisq"] / found.fit_measures["df"])
        surplus.append((found.sargan["browne.stat"] / found.sargan["df"]).mean())
    assert abs(np.mean(ratios) - 1.0) < 0.25
    assert abs(np.mean(surplus) - 1.0) < 0.25
