"""Ordered and numeric columns of long files in a handful of passes: statistics and Γ as of the same rows in memory."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError
from sem_toolkit.fit import streamed
from tests.sample.drawing import ITEMS, draw_responses
from tests.sample.streams import add_holes, fit_both, write

MODEL = "f =~ a + b + c\ng =~ d + e + h"
NUMERIC = ("b", "e", "h")
ORDERED = ["a", "c", "d"]


def draw(n: int = 1_200, seed: int = 5) -> pd.DataFrame:
    """Three items with 2 to 4 answers, three skewed quantities (one far from 0), two groups."""
    responses, rng = draw_responses(n, seed)
    cuts = {"a": [0.2], "c": [-0.8, 0.1, 0.9], "d": [-0.5, 0.5]}
    frame = pd.DataFrame(responses, columns=ITEMS)
    for name, own in cuts.items():
        frame[name] = np.searchsorted(own, frame[name]) + 1.0
    frame["b"], frame["h"] = np.exp(0.3 * frame["b"]), 1e5 + frame["h"]
    frame["team"] = rng.choice(["red", "blue"], n)
    return frame


@pytest.mark.parametrize("missing", [None, "pairwise"])
@pytest.mark.parametrize("group", [None, "team"])
def test_statistics_are_those_of_the_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str | None, group: str | None
) -> None:
    stream, memory = fit_both(
        write(add_holes(draw()), tmp_path / "t.parquet"),
        monkeypatch,
        MODEL,
        ordered=ORDERED,
        missing=missing,
        group=group,
    )
    assert stream.sample.n_read == memory.sample.n_read
    for one, other in zip(stream.sample.groups, memory.sample.groups, strict=True):
        assert (one.label, one.n) == (other.label, other.n)
        assert one.categorical is not None
        assert other.categorical is not None
        scale = np.sqrt(np.diag(other.categorical.gamma))
        apart = np.abs(one.categorical.values - other.categorical.values) / scale
        assert apart.max() < 1e-9
        for part in ("gamma", "weight_gamma"):
            gap = getattr(one.categorical, part) - getattr(other.categorical, part)
            assert np.abs(gap / scale / scale[:, None]).max() < 1e-8


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (MODEL, {"std_lv": True}),
        ("a ~ f\nb ~ f\nf =~ c + d + h", {"estimator": "ULSMV", "parameterization": "theta"}),
        (MODEL + "\ng ~ f\nf ~ x", {"conditional_x": False}),
        (MODEL, {"group": "team", "group_equal": ["loadings", "thresholds", "intercepts"]}),
        ("f =~ a + b + e + h", {"ordered": ["a"], "estimator": "WLS"}),
        ("f =~ a + c + d + b", {"missing": "pairwise"}),
    ],
    ids=["WLSMV", "ULSMV", "modelled covariate", "groups", "one item", "one quantity"],
)
def test_every_table_of_a_fit_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, options: dict[str, object]
) -> None:
    frame = draw()
    frame["h"] -= 1e5
    frame = frame.assign(x=0.3 * frame["a"] + np.random.default_rng(8).standard_normal(len(frame)))
    stream, memory = fit_both(
        write(frame, tmp_path / "t.parquet"), monkeypatch, text, **{"ordered": ORDERED, **options}
    )
    columns = ["est", "se"]
    assert stream.parameters[columns].to_numpy() == pytest.approx(
        memory.parameters[columns].to_numpy(), rel=1e-7, abs=1e-8
    )
    assert stream.fit_measures == pytest.approx(memory.fit_measures, rel=1e-7, abs=1e-8, nan_ok=True)
    mine, theirs = (found.modification_indices.sort_values(["lhs", "op", "rhs"]) for found in (stream, memory))
    assert mine["mi"].to_numpy() == pytest.approx(theirs["mi"].to_numpy(), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.assign(b=2.5), "'b' is constant"),
        (lambda frame: frame.assign(b=frame["e"]), "collinear|same|linear"),
        (lambda frame: frame.assign(b=frame["b"].replace(frame["b"][3], np.inf)), "'b' has an infinite value in row 4"),
        (lambda frame: frame.assign(a=1.0), "'a' has no two different answers"),
        (lambda frame: frame.head(5), "5 .*rows for 6 variables; at least 7 are needed"),
    ],
    ids=["constant", "collinear", "infinite", "one answer", "few"],
)
def test_bad_columns_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: object, said: str) -> None:
    assert callable(change)
    path = tmp_path / "t.parquet"
    change(draw()).to_parquet(path)
    for size in (0, 1 << 60):
        monkeypatch.setattr(streamed, "SMALLEST", size)
        with pytest.raises(DataError, match=said):
            fit(MODEL, path, ordered=ORDERED)


def test_a_pair_without_rows_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = draw()
    frame.loc[:599, "a"], frame.loc[600:, "b"] = np.nan, np.nan
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    monkeypatch.setattr(streamed, "SMALLEST", 0)
    with pytest.raises(DataError, match="a and b have no row together"):
        fit(MODEL, path, ordered=ORDERED, missing="pairwise")
