"""Units of the variables change nothing but the units of the estimates."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from tests.support import DATA

MIXED = "f =~ q3a + q4a + q5a + m\n"
PATHS = "f =~ q3a + q4a + m\nf ~ x + d\nq5a ~ f + x\nq3a | 0*t2\n"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.read_csv(DATA / "ord2to7.csv")


@pytest.mark.parametrize("options", [{}, {"estimator": "WLS"}, {"parameterization": "theta"}, {"group": "g"}])
@pytest.mark.parametrize(("spec", "units"), [(MIXED, {"m": 1e9}), (PATHS, {"m": 1e-7, "x": 1e6})])
def test_numeric_variables_beside_ordered_ones_may_have_any_units(frame, spec, units, options):
    wide = frame.assign(**{name: frame[name] * unit for name, unit in units.items()})
    ours, theirs = (fit(spec, data, ordered="q3a,q4a,q5a", **options) for data in (frame, wide))
    assert ours.converged
    assert theirs.converged
    for name in ("chisq", "srmr"):
        assert theirs.fit_measures[name] == pytest.approx(ours.fit_measures[name], rel=1e-6)
    for column in ("z", "std.all"):
        np.testing.assert_allclose(theirs.parameters[column], ours.parameters[column], rtol=1e-5, atol=1e-7)


def test_a_negative_variance_is_told_in_the_units_of_the_data() -> None:
    frame = pd.read_csv(DATA / "heywood.csv") * 1000.0
    found = fit("f =~ h1 + h2 + h3 + h4", frame)
    (told,) = [m.message for m in found.certificate.messages if m.code == "negative-variance"]
    rows = found.parameters.query("op == '~~' and est < 0")
    assert told.endswith(f": {rows['est'].item():.4g}")
