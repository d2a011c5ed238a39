"""Moments of long files in one pass: those of the same rows in memory, to the last digits."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.comparison.invariance import compute_invariance
from sem_toolkit.diagnostics import DataError, SemError
from sem_toolkit.fit import streamed
from sem_toolkit.fit.check import check_model
from sem_toolkit.sample import streaming
from sem_toolkit.sample.streaming import build_streamed_sample
from sem_toolkit.sample.tabular import TabularFile, open_tabular
from sem_toolkit.spec import parse_spec
from tests.sample.drawing import ITEMS, draw_responses
from tests.sample.streams import fit_both, write

MODEL = "f =~ a + b + c\ng =~ d + e + h\ng ~ f"


def draw(n: int = 3_000, seed: int = 2) -> pd.DataFrame:
    values, rng = draw_responses(n, seed)
    frame = pd.DataFrame(values, columns=ITEMS)
    frame["team"] = rng.choice(["red", "blue"], n)
    frame["wave"] = rng.integers(1, 4, n).astype(float)
    return frame


def open_file(path: Path) -> TabularFile:
    file = open_tabular(path)
    assert file is not None
    return file


@pytest.fixture
def long_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as long, and has many batches."""
    monkeypatch.setattr(streamed, "SMALLEST", 0)
    monkeypatch.setattr(streaming, "BATCH", 257)
    monkeypatch.setattr(streaming, "SLICE", 100)


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
@pytest.mark.parametrize("offset", [0.0, 1e7])
def test_moments_are_those_of_the_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, offset: float
) -> None:
    frame = draw().sort_values("a", ignore_index=True)
    frame["b"] += offset
    frame.loc[[3, 700, 2_999], "c"] = np.nan
    stream, memory = fit_both(write(frame, tmp_path / name), monkeypatch, MODEL, meanstructure=True)
    one, other = stream.sample.groups[0], memory.sample.groups[0]
    assert one.n == other.n == 2_997
    assert one.data is None
    deviations = np.sqrt(np.diag(other.covariance))
    scale = np.outer(deviations, deviations)
    assert np.max(np.abs(one.covariance - other.covariance) / scale) < (1e-12 if offset == 0.0 else 1e-10)
    assert np.max(np.abs(one.mean - other.mean) / np.maximum(np.abs(other.mean), 1.0)) < 1e-12
    assert stream.fit_measures["chisq"] == pytest.approx(memory.fit_measures["chisq"], rel=1e-9)
    assert "3 of 3000 rows left out because a value is missing: c (3)" in str(stream.messages)


@pytest.mark.parametrize("options", [{}, {"estimator": "GLS"}, {"estimator": "ULS"}, {"likelihood": "wishart"}])
def test_every_estimator_of_moments_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object]
) -> None:
    stream, memory = fit_both(write(draw(), tmp_path / "t.parquet"), monkeypatch, MODEL, **options)
    columns = ["est", "se"]
    assert stream.parameters[columns].to_numpy() == pytest.approx(memory.parameters[columns].to_numpy(), rel=1e-9)


@pytest.mark.parametrize("text", [MODEL, MODEL + "\nf ~ wave", MODEL + "\na ~ 1"], ids=["plain", "fixed_x", "means"])
def test_robust_errors_and_tests_take_further_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    stream, memory = fit_both(write(draw(), tmp_path / "t.parquet"), monkeypatch, text, estimator="MLR")
    assert stream.parameters["se"].to_numpy() == pytest.approx(memory.parameters["se"].to_numpy(), rel=1e-9)
    for name in ("chisq.scaled", "chisq.scaling.factor", "rmsea.robust", "cfi.robust"):
        assert stream.fit_measures[name] == pytest.approx(memory.fit_measures[name], rel=1e-8)


@pytest.mark.parametrize("group", ["team", "wave"])
@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
def test_groups_come_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group: str, name: str) -> None:
    frame = draw()
    frame.loc[5, group] = None
    path = write(frame, tmp_path / name)
    stream, memory = fit_both(path, monkeypatch, MODEL, group=group, group_equal=["loadings"], estimator="MLR")
    assert [part.label for part in stream.sample.groups] == [part.label for part in memory.sample.groups]
    assert [part.n for part in stream.sample.groups] == [part.n for part in memory.sample.groups]
    assert stream.parameters["se"].to_numpy() == pytest.approx(memory.parameters["se"].to_numpy(), rel=1e-8)
    assert stream.fit_measures["chisq.scaled"] == pytest.approx(memory.fit_measures["chisq.scaled"], rel=1e-8)


@pytest.mark.usefixtures("long_files")
def test_what_needs_rows_is_read_in_memory_or_refused(tmp_path: Path) -> None:
    path = write(draw(), tmp_path / "t.parquet")
    for options in ({"missing": "ml"}, {"estimator": "MLM"}, {"cluster": "team"}, {"reverse": "a"}):
        assert not any(entry.code == "streamed" for entry in fit(MODEL, path, **options).messages)
    with pytest.raises(DataError, match="they were streamed from their file"):
        fit(MODEL, path).compute_eigenvalue_tests()
    with pytest.raises(SemError):
        fit(MODEL, path).factor_scores()


@pytest.mark.usefixtures("long_files")
@pytest.mark.parametrize(
    ("column", "said"),
    [
        (np.full(3_000, 2.0), "'a' is constant"),
        (np.where(np.arange(3_000) == 1_234, np.inf, np.arange(3_000)), "infinite value in row 1235"),
        (np.array(["x"] * 3_000, dtype=object), "'a' is not numeric"),
    ],
)
def test_bad_columns_are_named(tmp_path: Path, column: np.ndarray, said: str) -> None:
    with pytest.raises(DataError, match=said):
        fit(MODEL, write(draw().assign(a=column), tmp_path / "t.parquet"))


@pytest.mark.usefixtures("long_files")
def test_text_far_down_in_a_csv_is_told(tmp_path: Path) -> None:
    frame = draw(30_000).astype({"a": object})
    frame.loc[29_990, "a"] = "n/k"
    with pytest.raises(DataError, match="n/k"):
        fit(MODEL, write(frame, tmp_path / "t.csv"))


def test_short_and_odd_files_are_left_to_other_readers(tmp_path: Path) -> None:
    path = write(draw(100), tmp_path / "t.parquet")
    assert not any(entry.code == "streamed" for entry in fit(MODEL, path).messages)
    titled = tmp_path / "t.csv"
    titled.write_text("A title\n" + draw(20).to_csv(index=False))
    assert open_tabular(titled) is None
    assert open_tabular(tmp_path / "nothing.csv") is None


def test_german_text_is_streamed(tmp_path: Path) -> None:
    frame = draw()
    path = tmp_path / "t.csv"
    frame.to_csv(path, sep=";", decimal=",", index=False)
    sample = build_streamed_sample(open_file(path), ITEMS)
    assert sample.groups[0].mean == pytest.approx(frame[ITEMS].mean().to_numpy(), rel=1e-12)


@pytest.mark.usefixtures("long_files")
def test_check_and_the_ladder_of_invariance_take_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(draw(), tmp_path / "t.parquet")
    checked = check_model(parse_spec(MODEL), path, group="team")
    assert not checked.has_errors
    assert check_model(parse_spec(MODEL + " + q"), path).has_errors
    cfa = parse_spec("f =~ a + b + c\ng =~ d + e + h")
    stream = compute_invariance(cfa, path, group="team").table
    monkeypatch.setattr(streamed, "SMALLEST", 1 << 60)
    memory = compute_invariance(cfa, path, group="team").table
    assert stream["chisq"].to_numpy() == pytest.approx(memory["chisq"].to_numpy(), rel=1e-8)
