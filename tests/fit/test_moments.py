"""Covariance matrices in the place of rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError, OptionError
from sem_toolkit.fit import fit

HS = Path(__file__).parents[1] / "oracles" / "data" / "hs.csv"
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
NAMES = [f"x{number}" for number in range(1, 10)]


def read_covariances() -> dict[str, dict[str, object]]:
    frame = pd.read_csv(HS)
    groups = {label: frame.loc[frame["school"] == label, NAMES] for label in ("Pasteur", "Grant-White")}
    return {
        label: {"names": NAMES, "matrix": rows.cov().round(5).to_numpy().tolist()} for label, rows in groups.items()
    }


def test_several_groups_need_no_means() -> None:
    """Numbers of lavaan 0.7-3."""
    found = fit(
        MODEL, call="cfa", sample_cov=read_covariances(), sample_nobs=[156, 145], group_equal=["loadings", "residuals"]
    )
    assert found.fit_measures["chisq"] == pytest.approx(141.99488437109, rel=1e-7)
    assert not any(row.op == "~1" for row in found.table.rows)


@pytest.mark.parametrize("options", [{"call": "growth"}, {"group_equal": ["intercepts"]}])
def test_models_of_means_need_means(options: dict[str, object]) -> None:
    with pytest.raises(DataError, match="no means"):
        fit(MODEL, sample_cov=read_covariances(), sample_nobs=[156, 145], **options)


def test_a_frame_of_covariances_is_taken_with_one_triangle():
    names = ["a", "b", "c"]
    matrix = np.array([[2.0, np.nan, np.nan], [0.5, 1.0, np.nan], [0.25, 0.375, 4.0]])
    full = np.where(np.isnan(matrix), matrix.T, matrix)
    frame = pd.DataFrame(matrix, index=names, columns=names)
    ours = fit("f =~ a + b + c", sample_cov=frame, sample_nobs=100)
    theirs = fit("f =~ a + b + c", sample_cov={"names": names, "matrix": full}, sample_nobs=100)
    assert ours.parameters["est"].tolist() == theirs.parameters["est"].tolist()
    with pytest.raises(OptionError, match="names of its rows"):
        fit("f =~ a + b + c", sample_cov=frame.iloc[::-1], sample_nobs=100)


def test_numbers_of_observations_by_group_label_follow_the_groups_of_the_covariances():
    groups = {label: {"names": ["a", "b"], "matrix": [[1.0, r], [r, 1.0]]} for label, r in (("MZ", 0.8), ("DZ", 0.5))}
    model = "a ~~ b"
    by_label = fit(model, sample_cov=groups, sample_nobs={"DZ": 60, "MZ": 100})
    assert [group.n for group in by_label.sample.groups] == [100, 60]
    with pytest.raises(OptionError, match="are not those of sample_cov"):
        fit(model, sample_cov=groups, sample_nobs={"DZ": 60, "XX": 100})


def test_moments_of_groups_may_be_a_list():
    named = fit(MODEL, call="cfa", sample_cov=read_covariances(), sample_nobs=[156, 145])
    listed = fit(MODEL, call="cfa", sample_cov=list(read_covariances().values()), sample_nobs=[156, 145])
    assert listed.fit_measures["chisq"] == pytest.approx(named.fit_measures["chisq"], rel=1e-9)
    assert [group.label for group in listed.sample.groups] == ["Group 1", "Group 2"]
