"""Captions: what the numbers of a picture are, and when they are none to rely on."""

import numpy as np

from sem_toolkit import fit
from sem_toolkit.diagram import DiagramStyle
from sem_toolkit.report.figures import build_caption
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"


def test_a_group_is_named_where_one_of_several_is_drawn():
    found = fit(CFA, DATA / "hs.csv", group="school")
    assert "Group Pasteur, n = 156. Data: hs.csv, n = 301." in build_caption(found)
    assert build_caption(found, group=None).startswith("Standardised estimates (ML). Data: hs.csv, n = 301.")


def test_impossible_values_are_said_in_the_caption():
    """Correlations whose product needs a loading above 1: the variance of y1 is negative."""
    cov = np.array([[1.0, 0.9, 0.9], [0.9, 1.0, 0.3], [0.9, 0.3, 1.0]])
    cov[1, 2] = cov[2, 1] = 0.65
    found = fit("f =~ y1 + y2 + y3", sample_cov={"names": ["y1", "y2", "y3"], "matrix": cov.tolist()}, sample_nobs=200)
    assert found.parameters.query("op == '~~' and lhs == 'y1'")["est"].iloc[0] < 0
    assert build_caption(found).startswith("IMPROPER SOLUTION: ")
    assert not build_caption(fit(CFA, DATA / "hs.csv")).startswith("IMPROPER")


def test_intervals_are_named_with_their_level():
    found = fit(CFA, DATA / "hs.csv", level=0.9)
    caption = build_caption(found, DiagramStyle(significance="interval"))
    assert caption.startswith("Standardised estimates (ML), 90 % confidence intervals. Data: hs.csv")
    assert build_caption(found, DiagramStyle(significance="interval", values="none")).startswith("Model. Data")
