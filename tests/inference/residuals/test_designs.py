"""Standard errors of residuals of weighted rows and of rows in clusters."""

import numpy as np
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
