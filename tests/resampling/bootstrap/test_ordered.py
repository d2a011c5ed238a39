"""Draws of ordered answers: all at once they are what single fits of the same rows are."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.fit import estimate, prepare
from sem_toolkit.resampling.bootstrap import bootstrap
from sem_toolkit.resampling.bootstrap.ordered import OrderedFitter
from sem_toolkit.resampling.bootstrap.samples import draw_counts
from sem_toolkit.resampling.bootstrap.tasks import build_task
from sem_toolkit.spec import parse_spec

HS = Path(__file__).parents[2] / "oracles" / "data" / "hs.csv"
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"
BY_THRESHOLD = CFA + "x1 | u*t1\nhalf := u/2\n"
TIED = "visual =~ x1 + a*x2 + a*x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual\nx1 ~~ x4\n"


def _read(categories: int) -> pd.DataFrame:
    rows = pd.read_csv(HS)
    found = rows[[f"x{i}" for i in range(1, 7)]].apply(
        lambda own: pd.qcut(own, categories, labels=False, duplicates="drop")
    )
    return found.assign(school=rows["school"])


@pytest.mark.parametrize(
    ("text", "categories", "options"),
    [
        (CFA, 4, {}),
        (TIED, 3, {}),
        (BY_THRESHOLD, 3, {}),
        (CFA, 2, {"estimator": "ULSMV"}),
        pytest.param(CFA, 3, {"group": "school", "std_lv": True}, marks=pytest.mark.slow),
    ],
)
def test_every_draw_is_the_fit_of_its_own_rows(text: str, categories: int, options: dict[str, Any]) -> None:
    prepared = prepare(parse_spec(text), _read(categories), ordered="all", engine="native", **options)
    own = estimate(prepared)
    task, _ = build_task(prepared, own, "ordinary")
    fitter = task.rows
    assert isinstance(fitter, OrderedFitter)
    rng = np.random.default_rng(8)
    counts = [draw_counts(rng, len(rows), 8) for rows in fitter.rows.strata]
    found = fitter.fit(counts)
    compared = 0
    for draw in range(8):
        rows = [np.repeat(rows, count[draw]) for rows, count in zip(fitter.rows.strata, counts, strict=True)]
        alone = fitter.rows.fit_rows(np.concatenate(rows))
        assert (alone is not None) == found.found[draw]
        if alone is not None:
            np.testing.assert_allclose(found.x[draw], alone.solution.x, atol=1e-7)
            assert found.discrepancy[draw] == pytest.approx(alone.solution.discrepancy, rel=1e-7, abs=1e-10)
            assert alone.certified == found.proper[draw]
            compared += 1
    assert compared >= 6


def test_a_draw_without_a_category_has_no_estimate() -> None:
    rows = _read(3)
    rows.loc[0, "x1"] = 3  # one row alone has the fourth category
    found = bootstrap(CFA, rows.drop(columns="school"), draws=60, ordered="all", engine="native")
    missing = found.counts["without an optimum"]
    assert 8 <= missing <= 40  # about (1 − 1/n)ⁿ of them
    assert np.isfinite(found.kept).all()


@pytest.mark.parametrize("options", [{"parameterization": "theta"}, {"estimator": "WLS"}])
def test_other_models_of_answers_are_fitted_one_by_one(options: dict[str, Any]) -> None:
    prepared = prepare(parse_spec(CFA), _read(3), ordered="all", engine="native", **options)
    task, _ = build_task(prepared, estimate(prepared), "ordinary")
    assert not isinstance(task.rows, OrderedFitter)


def test_accelerated_limits_are_there() -> None:
    found = bootstrap(CFA, _read(3).drop(columns="school"), draws=100, interval="bca", ordered="all", engine="native")
    assert found.table[["ci.lower", "ci.upper"]].notna().all().all()
