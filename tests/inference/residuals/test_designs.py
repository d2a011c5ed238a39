"""Standard errors of residuals of weighted rows and of rows in clusters."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from tests.support import DATA

SPEC = "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6"


@pytest.mark.parametrize("design", [{"sampling_weights": "wt"}, {"cluster": "cl"}])
def test_what_cannot_vary_has_no_error(design):
    """The diagonal of residual correlations is 0 in every sample."""
    (found,) = fit(SPEC, DATA / "survey.csv", call="cfa", **design).compute_residuals("cor.bollen")
    errors = np.diagonal(found.cov_se)
    off = found.cov_se[np.tril_indices(len(errors), -1)]
    assert np.nan_to_num(errors).max() < 1e-6
    assert (off > 1e-3).sum() > 8


@pytest.mark.parametrize("unit", [1.0, 1e4])
def test_means_that_the_model_meets_in_every_sample_have_no_error_in_any_unit(unit):
    spec = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nx1 + x4 ~ 0*1\nvisual + textual ~ 1"
    items = pd.read_csv(DATA / "hs.csv")[[f"x{k}" for k in range(1, 7)]]
    (found,) = fit(spec, items * unit).compute_residuals("raw")
    assert found.mean_se.tolist() == [0.0] * 6
    assert np.isnan(found.mean_z).all()
    assert np.isfinite(found.cov_z[np.triu_indices(6, 1)]).all()
