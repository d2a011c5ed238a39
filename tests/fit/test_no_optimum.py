"""Where no optimum exists a fit says so: no error, and no warning of NumPy's (all are errors here)."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from tests.support import DATA

_GROWTH = """
i =~ 1*x1 + 1*x2 + 1*x3 + 1*x4
s =~ 0*x1 + 1*x2 + 2*x3 + 3*x4
i + s ~ sex
"""


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return pd.read_csv(DATA / "hs.csv")


@pytest.fixture(scope="module")
def incomplete(data: pd.DataFrame) -> pd.DataFrame:
    holes = np.random.default_rng(1).random((len(data), 2)) < 0.1
    return data.assign(**{name: data[name].mask(holes[:, at]) for at, name in enumerate(("x2", "x3"))})


@pytest.mark.parametrize("estimator", ["ML", "MLR", "MLF"])
@pytest.mark.parametrize("missing", ["ml", "ml.x"])
def test_incomplete_rows_without_residual_variances(incomplete: pd.DataFrame, missing: str, estimator: str) -> None:
    found = fit(_GROWTH, incomplete, missing=missing, estimator=estimator, auto_var=False)
    assert found.certificate.verdict == "no optimum found"
    assert "No certified optimum" in found.summary()
    assert found.parameters.loc[found.parameters["op"] == "~", "se"].isna().all()
    assert np.isnan(found.tests[0].stat)


def test_complete_rows_of_which_a_factor_has_a_negative_variance(data: pd.DataFrame) -> None:
    found = fit(_GROWTH, data)
    assert found.certificate.verdict == "improper"
    effects = found.to_frame("effects")
    assert effects.loc[effects["outcome"] == "s", "std.all"].isna().all()
    assert effects.loc[effects["outcome"] == "i", "std.all"].notna().all()
    assert found.to_frame("score_quality")["determinacy"].isna().tolist() == [False, True]


def test_a_singular_implied_matrix_has_no_discrepancy(data: pd.DataFrame) -> None:
    found = fit('efa("b")*f1 + efa("b")*f2 =~ x1 + x2 + x3 + x4 + x5 + x6', data, auto_var=False)
    assert not found.certified
    assert "No certified optimum" in found.summary()
