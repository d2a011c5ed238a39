"""Groups of unequal size: lavaan weighs them by their rows, chi-square statistics by n - 1. Numbers of lavaan 0.7-3."""

import pytest

from sem_toolkit.fit import fit
from tests.support import ORACLES

HS = ORACLES / "data" / "hs.csv"
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.mark.parametrize(
    ("options", "se_first", "se_second", "chisq"),
    [
        ({"estimator": "GLS"}, 0.142678199890229, 0.112689356942898, 146.230030216588),
        ({"estimator": "ULS"}, 0.163167862217177, 0.159842559720575, 143.76828787283),
        ({"likelihood": "wishart"}, 0.159893962007362, None, 162.76176923127),
        ({"likelihood": "wishart", "estimator": "MLM"}, 0.162039021215137, None, 162.76176923127),
    ],
)
def test_standard_errors_and_chi_square_with_unequal_groups(
    options: dict[str, str], se_first: float, se_second: float | None, chisq: float
) -> None:
    found = fit(MODEL, HS, call="cfa", group="school", group_equal=["loadings", "intercepts"], **options)
    rows = found.parameters.set_index(["lhs", "op", "rhs", "group"])
    assert rows.loc[("x2", "~~", "x2", 1), "se"] == pytest.approx(se_first, rel=5e-6)
    if se_second is not None:
        assert rows.loc[("x1", "~~", "x1", 2), "se"] == pytest.approx(se_second, rel=5e-6)
    assert found.fit_measures["chisq"] == pytest.approx(chisq, rel=5e-7)
