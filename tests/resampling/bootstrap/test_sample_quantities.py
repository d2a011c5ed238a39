"""Fit measures, reliability and HTMT of draws: those of the data are the fit's, those of a draw that of its rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.fit import fit
from sem_toolkit.resampling.bootstrap import bootstrap
from sem_toolkit.resampling.bootstrap.samples import draw_counts

HS = Path(__file__).parents[2] / "oracles" / "data" / "hs.csv"
CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nx1 ~~ x2\n"
COVARIATE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nvisual ~ ageyr\n"


@pytest.mark.parametrize(
    ("text", "options"),
    [(CFA, {}), (CFA, {"meanstructure": True, "group": "school"}), (COVARIATE, {})],
    ids=["one group", "means of two groups", "covariate"],
)
def test_those_of_the_data_are_the_fits(text: str, options: dict[str, Any]) -> None:
    own = fit(text, HS, engine="native", **options)
    table = bootstrap(text, HS, draws=8, measures=True, reliability=True, engine="native", **options).table
    for row in table[table["op"] == "fit"].itertuples():
        assert row.est == pytest.approx(own.fit_measures[row.lhs], rel=1e-8), row.lhs
    for group, found in enumerate(own.reliability, start=1):
        there = table[table["group"] == group].set_index(["lhs", "op", "rhs"])["est"]
        for place, factor in enumerate(found.factors):
            for kind in ("alpha", "omega", "composite", "ave"):
                assert there[factor, kind, ""] == pytest.approx(getattr(found, kind)[place], rel=1e-9)
            for other in range(place):
                assert there[factor, "htmt", found.factors[other]] == pytest.approx(found.htmt[place, other], rel=1e-9)


def test_those_of_a_draw_are_of_its_rows() -> None:
    rows = pd.read_csv(HS)
    found = bootstrap(CFA, rows, draws=4, measures=True, reliability=True, seed=9, engine="native", multistart=0)
    names = [(q.lhs, q.op) for q in found.quantities]
    rng = np.random.default_rng(np.random.SeedSequence(9, spawn_key=(0,)))
    counts = draw_counts(rng, len(rows), 4)
    for draw in range(4):
        own = fit(CFA, rows.loc[np.repeat(rows.index, counts[draw])], engine="native", multistart=0)
        for name in ("chisq", "cfi", "tli", "rmsea", "srmr"):
            assert found.draws[draw, names.index((name, "fit"))] == pytest.approx(own.fit_measures[name], rel=1e-6)
        omega = own.reliability[0].omega[2]
        assert found.draws[draw, names.index(("speed", "omega"))] == pytest.approx(omega, rel=1e-6)


def test_they_are_kept_and_have_accelerated_limits(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"draws": 200, "measures": True, "reliability": True, "engine": "native"}
    found = bootstrap(CFA, HS, interval="bca", store=tmp_path / "run", **settings)
    again = bootstrap(CFA, HS, interval="bca", store=tmp_path / "run", **settings)
    pd.testing.assert_frame_equal(found.table, again.table)
    assert found.table.loc[found.table["op"] == "omega", ["ci.lower", "ci.upper"]].notna().all().all()
    with pytest.raises(OptionError, match="differs in asked"):
        bootstrap(CFA, HS, store=tmp_path / "run", draws=200, engine="native")


@pytest.mark.parametrize("options", [{"estimator": "ULS"}, {"missing": "ml"}])
def test_where_they_are_not_there_they_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match="measures of draws"):
        bootstrap(CFA, HS, draws=10, measures=True, engine="native", **options)
