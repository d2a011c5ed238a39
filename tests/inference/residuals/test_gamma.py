"""Γ that residuals take for incomplete rows: inverse information, or the sandwich where standard errors are one."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.fit import fit
from sem_toolkit.inference.residuals.saturated import build_gamma
from tests.support import DATA


@pytest.mark.parametrize("se", ["standard", "robust.huber.white"])
def test_gamma_of_incomplete_rows_follows_the_standard_errors(se: str) -> None:
    data = pd.read_csv(DATA / "hs.csv")[["x1", "x2", "x3"]]
    data.loc[::5, "x2"] = np.nan
    data.loc[1::7, "x3"] = np.nan
    found = fit("f =~ x1 + x2 + x3", data, missing="ml", se=se)
    evaluation = found.evaluated.evaluation
    likelihood = evaluation.sample.groups[0].saturated.likelihood
    expected = np.linalg.inv(likelihood.information(expected=False))
    if se != "standard":
        scores = likelihood.casewise_scores()
        expected = expected @ (scores.T @ scores / len(data)) @ expected
    gamma = build_gamma(evaluation, found.options.inference, 0).times(np.eye(9))
    np.testing.assert_allclose(gamma, expected, rtol=1e-6, atol=1e-8)
