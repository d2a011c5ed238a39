"""Cross-products of scores that are singular: what they still determine, and the words for what they do not."""

import numpy as np

from sem_toolkit import fit
from tests.support import DATA

SPEC = "visual =~ x1 + x2 + x3\nvisual ~ sex\nsex ~~ {}sex\nsex ~ 1\n"


def test_random_covariates_with_two_values_leave_other_errors():
    """The mean and the variance of a 0/1 variable are one number: holding the variance changes no other error."""
    options = {"estimator": "MLF", "missing": "ml", "fixed_x": False}
    found = fit(SPEC.format(""), DATA / "hs_missing.csv", **options)
    rows = found.parameters.set_index(["lhs", "op", "rhs"])
    variance = rows.loc[("sex", "~~", "sex"), "est"]
    held = fit(SPEC.format(f"{variance:.15g}*"), DATA / "hs_missing.csv", **options)
    expected = held.parameters.set_index(["lhs", "op", "rhs"])["se"]
    of_sex = [key for key in rows.index if key[0] == "sex"]
    assert rows.loc[of_sex, "se"].isna().all()
    others = rows.index.difference(of_sex)
    assert np.isfinite(rows.loc[others, "se"]).all()
    np.testing.assert_allclose(rows.loc[others, "se"], expected.loc[others], rtol=1e-5)
    (message,) = [m for m in found.messages if m.code == "errors-not-determined"]
    assert "sex ~~ sex" in message.message
    assert "errors-not-determined" not in {m.code for m in held.messages}
