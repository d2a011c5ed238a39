"""Composites with a mean structure: intercepts as lavaan 0.7-3 has them."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.fit import Fit, fit
from sem_toolkit.report.reasons import list_reasons
from tests.support import ORACLES

DATA = ORACLES / "data" / "composite.csv"


def read_intercepts(found: Fit) -> list[tuple[float, float]]:
    rows = found.parameters
    return list(rows.loc[rows["op"] == "~1", ["est", "se"]].itertuples(index=False, name=None))


def test_means_of_composites_are_those_of_their_weighted_indicators() -> None:
    found = fit("C1 <~ x1 + x2 + x3\nC2 <~ z1 + z2 + z3\nC2 ~ C1\ny1 ~ C2", DATA, meanstructure=True)
    assert read_intercepts(found)[-3:] == [
        pytest.approx((0.05556129284899432, 0.0629540581514289), rel=5e-5),
        pytest.approx((0.05790386116242711, 0.0), rel=1e-4),
        pytest.approx((0.00408082310144297, 0.0), rel=1e-4),
    ]


def test_equal_intercepts_of_groups_reach_the_means_of_composites() -> None:
    data = pd.read_csv(DATA)
    data["half"] = [1, 2] * (len(data) // 2)
    model = "C1 <~ x1 + x2 + x3\neta =~ y1 + y2 + y3\neta ~ C1"
    found = fit(model, data, group="half", group_equal=["loadings", "intercepts"])
    assert found.fit_measures["chisq"] == pytest.approx(25.1052379128, rel=1e-6)
    assert [read_intercepts(found)[k] for k in (0, 6, 14, 15)] == [
        pytest.approx((0.02887889695592695, 0.0673103462694020), rel=1e-4),
        pytest.approx((0.14660653864039336, 0.0), rel=1e-5),
        pytest.approx((0.17974571542861772, 0.0), rel=1e-5),
        pytest.approx((-0.05355426856846460, 0.0896690345288928), rel=1e-4),
    ]


def test_bartlett_scores_of_a_composite_are_its_weighted_indicators() -> None:
    """Its indicators' residual covariance matrix is singular but for rounding, and once was exactly."""
    data = pd.read_csv(DATA)
    data["half"] = [1, 2] * (len(data) // 2)
    options = {"group": "half", "group_equal": ["loadings"]}
    found = fit("C1 <~ x1 + x2 + x3\neta =~ y1 + y2 + y3\neta ~ C1", data, **options)
    rows = found.parameters
    for group, scores in enumerate(found.factor_scores("bartlett"), start=1):
        weights = rows.loc[(rows["op"] == "<~") & (rows["group"] == group)].set_index("rhs")["est"]
        own = data.loc[data["half"] == group, list(weights.index)].to_numpy() @ weights.to_numpy()
        column = scores.names.index("C1")
        assert np.ptp(scores.scores[:, column] - own) < 1e-10
        assert scores.se[column] == 0.0
        assert scores.determinacy[column] == pytest.approx(1.0, abs=1e-10)


def test_degrees_of_freedom_of_groups_with_composites_add_up() -> None:
    data = pd.read_csv(DATA)
    data["half"] = [1, 2] * (len(data) // 2)
    model = "C1 <~ x1 + x2 + x3\neta =~ y1 + y2 + y3\neta ~ C1"
    assert fit(model, data).fit_measures["df"] == 6
    assert fit(model, data, group="half").fit_measures["df"] == 12


def test_additions_to_a_model_with_composites_are_refused() -> None:
    found = fit("C <~ x1 + x2 + x3\nt =~ x4 + x5 + x6\nt ~ C", ORACLES / "data" / "hs.csv", engine="native")
    with pytest.raises(ModelError, match="composites"):
        found.test_additions("x1 ~~ x4")
    assert "composites" in list_reasons(found, "modification_indices", found.modification_indices)[0]
