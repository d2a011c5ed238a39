"""Ordered answers of long files in three passes: statistics and Γ as of the same rows in memory, to the last digits."""

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
from sem_toolkit.sample.categorical import tabled
from sem_toolkit.sample.categorical.two_steps import EmptyCells
from sem_toolkit.sample.streamed_answers import build_streamed_answers, find_streamed_answers
from sem_toolkit.sample.tabular import open_tabular
from sem_toolkit.spec import parse_spec
from tests.sample.drawing import ITEMS, draw_responses
from tests.sample.streams import add_holes, fit_both, write

MODEL = "f =~ a + b + c\ng =~ d + e + h"


def draw(n: int = 1_500, seed: int = 2) -> pd.DataFrame:
    """Six items with 2 to 5 answers, two groups, answers that do not begin at 1 or are not next to each other."""
    responses, rng = draw_responses(n, seed)
    cuts = [[0.2], [-0.8, 0.9], [-1.0, 0.0, 1.2], [-1.2, -0.3, 0.4, 1.4], [0.0], [-0.5, 0.5]]
    frame = pd.DataFrame({name: np.searchsorted(cuts[j], responses[:, j]) + 1.0 for j, name in enumerate(ITEMS)})
    frame["c"] = np.array([0.0, 2.0, 3.5, 9.0])[frame["c"].astype(int) - 1]
    frame["team"] = rng.choice(["red", "blue"], n)
    return frame


@pytest.mark.parametrize("name", ["t.parquet", "t.csv"])
@pytest.mark.parametrize("missing", [None, "listwise", "pairwise"])
@pytest.mark.parametrize("group", [None, "team"])
def test_statistics_are_those_of_the_rows_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, missing: str | None, group: str | None
) -> None:
    frame = add_holes(draw()) if missing else draw()
    stream, memory = fit_both(
        write(frame, tmp_path / name), monkeypatch, MODEL, ordered=True, missing=missing, group=group
    )
    for one, other in zip(stream.sample.groups, memory.sample.groups, strict=True):
        assert (one.label, one.n) == (other.label, other.n)
        assert one.categorical is not None
        assert other.categorical is not None
        for part in ("values", "gamma", "weight_gamma", "covariance"):
            streamed_values, values = getattr(one.categorical, part), getattr(other.categorical, part)
            assert np.max(np.abs(streamed_values - values) / (1.0 + np.abs(values))) < 1e-10
    assert stream.sample.n_read == memory.sample.n_read


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"estimator": "WLS"},
        {"estimator": "ULSMV", "parameterization": "theta"},
        {"estimator": "DWLS", "se": "robust.sem", "test": "satorra.bentler"},
        {"group": "team", "group_equal": ["loadings", "thresholds"]},
    ],
    ids=["WLSMV", "WLS", "ULSMV", "DWLS", "groups"],
)
def test_every_table_of_a_fit_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, object]
) -> None:
    frame = draw()
    frame["c"] = frame["c"].clip(0, 3.5)
    stream, memory = fit_both(write(frame, tmp_path / "t.parquet"), monkeypatch, MODEL, ordered=True, **options)
    columns = ["est", "se"]
    assert stream.parameters[columns].to_numpy() == pytest.approx(memory.parameters[columns].to_numpy(), rel=1e-8)
    assert stream.fit_measures == pytest.approx(memory.fit_measures, rel=1e-8, abs=1e-9, nan_ok=True)
    assert stream.modification_indices["mi"].to_numpy() == pytest.approx(
        memory.modification_indices["mi"].to_numpy(), rel=1e-6, abs=1e-8
    )
    assert [group.cov_z.tolist() for group in stream.compute_residuals("cor.bollen")] == [
        pytest.approx(group.cov_z, rel=1e-6, nan_ok=True) for group in memory.compute_residuals("cor.bollen")
    ]


def test_empty_cells_are_filled_as_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = draw(400)
    frame.loc[frame["a"] == 1, "e"] = 1.0
    for zero_add, keep in (((0.5, 0.0), True), ((0.5, 0.0), False), ((0.2, 0.1), True)):
        stream, memory = fit_both(
            write(frame, tmp_path / "t.parquet"),
            monkeypatch,
            MODEL,
            ordered=True,
            zero_add=zero_add,
            zero_keep_margins=keep,
        )
        one, other = stream.sample.groups[0].categorical, memory.sample.groups[0].categorical
        assert one is not None
        assert other is not None
        assert one.gamma == pytest.approx(other.gamma, rel=1e-9, abs=1e-10)
        assert one.empty_tables == other.empty_tables == ((4, 0),)
        assert [entry for entry in stream.messages if entry.code == "empty-cells"] == [
            entry for entry in memory.messages if entry.code == "empty-cells"
        ]


def test_rows_left_out_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = draw()
    frame.loc[:4, "b"] = np.nan
    frame.loc[7, ITEMS] = np.nan
    frame.loc[9, "team"] = None
    for missing, count in ((None, 7), ("pairwise", 2)):
        stream, memory = fit_both(
            write(frame, tmp_path / "t.parquet"), monkeypatch, MODEL, ordered=True, missing=missing, group="team"
        )
        assert stream.sample.n == memory.sample.n == 1_500 - count
        said = [entry.message for entry in stream.messages if entry.code == "rows-dropped"]
        assert said
        assert said[0].startswith(f"{count} of 1500 rows left out")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.assign(a=1.0), "'a' has no two different answers: every answer is 1"),
        (lambda frame: frame.assign(a=np.nan), "'a' has no two different answers: every answer is missing"),
        (lambda frame: frame.assign(a=np.arange(len(frame)) * 0.5), "'a' has [0-9]+ different values"),
        (
            lambda frame: frame.assign(a=frame["a"].mask(frame["team"] == "red", 1.0)),
            "in group 'red': every answer is 1",
        ),
        (
            lambda frame: frame.assign(d=frame["d"].mask(frame["team"] == "red", 1.0 + frame["d"] % 2)),
            "no row in group",
        ),
        (lambda frame: frame.assign(a=frame["b"]), "collinear|same|linear"),
    ],
    ids=["constant", "empty", "quantity", "constant in a group", "category", "collinear"],
)
def test_bad_columns_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: object, said: str) -> None:
    assert callable(change)
    path = tmp_path / "t.parquet"
    change(draw()).to_parquet(path)
    messages = []
    for size in (0, 1 << 60):
        monkeypatch.setattr(streamed, "SMALLEST", size)
        with pytest.raises(DataError, match=said) as raised:
            fit(MODEL, path, ordered=True, group="team")
        messages.append([entry.message for entry in raised.value.diagnostics])
    assert messages[0] == messages[1]


def test_a_pair_without_rows_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = draw()
    frame.loc[:749, "a"], frame.loc[750:, "b"] = np.nan, np.nan
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    monkeypatch.setattr(streamed, "SMALLEST", 0)
    with pytest.raises(DataError, match="a and b have no row together"):
        fit(MODEL, path, ordered=True, missing="pairwise")


def test_what_needs_rows_is_read_in_memory_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = draw().assign(x=np.linspace(-1, 1, 1_500), w=1.5)
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    monkeypatch.setattr(streamed, "SMALLEST", 0)
    for text, options in (
        (MODEL + "\nf ~ x", {"ordered": True}),
        (MODEL, {"ordered": True, "sampling_weights": "w"}),
        (MODEL, {"ordered": True, "reverse": "a"}),
    ):
        assert not any(entry.code == "streamed" for entry in fit(text, path, **options).messages)
    with pytest.raises(SemError, match="rows"):
        fit(MODEL, path, ordered=True).factor_scores()


def test_check_and_the_ladder_take_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    draw().to_parquet(path)
    monkeypatch.setattr(streamed, "SMALLEST", 0)
    spec = parse_spec(MODEL)
    assert not check_model(spec, path, ordered=True, group="team").has_errors
    stream = compute_invariance(spec, path, group="team", ordered=True).table
    monkeypatch.setattr(streamed, "SMALLEST", 1 << 60)
    memory = compute_invariance(spec, path, group="team", ordered=True).table
    assert stream["chisq"].to_numpy() == pytest.approx(memory["chisq"].to_numpy(), rel=1e-7)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tracemalloc

    peaks = []
    for n in (20_000, 60_000):
        path = tmp_path / f"{n}.parquet"
        draw(n).to_parquet(path, row_group_size=5_000)
        file = open_tabular(path)
        assert file is not None
        monkeypatch.setattr(streaming, "BATCH", 2_048)
        answers = find_streamed_answers(file, ITEMS)
        tracemalloc.start()
        build_streamed_answers(file, ITEMS, answers, cells=EmptyCells())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


def test_single_precision_of_many_rows_moves_nothing_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = draw(6_000)
    _, exact = fit_both(write(frame, tmp_path / "t.parquet"), monkeypatch, MODEL, ordered=True)
    monkeypatch.setattr(tabled, "_MANY", 1)
    rounded, _ = fit_both(write(frame, tmp_path / "t.parquet"), monkeypatch, MODEL, ordered=True)
    one, other = (found.sample.groups[0].categorical for found in (rounded, exact))
    assert one is not None
    assert other is not None
    deviations = np.sqrt(np.diag(other.gamma))
    assert 0.0 < np.max(np.abs(one.gamma - other.gamma) / np.outer(deviations, deviations)) < 1e-5
    np.testing.assert_allclose(rounded.parameters["se"], exact.parameters["se"], rtol=1e-5)
    for name in ("chisq", "chisq.scaled", "chisq.scaling.factor"):
        assert rounded.fit_measures[name] == pytest.approx(exact.fit_measures[name], rel=1e-5)


def test_an_answer_that_comes_late_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Among missing ones too, which fill no gap between the answers before."""
    path = tmp_path / "t.parquet"
    column = np.tile([1.0, 2.0, 3.0, 5.0, np.nan], 200)
    pd.DataFrame({"a": np.concatenate([column, column, np.full(100, 4.0)])}).to_parquet(path, row_group_size=200)
    monkeypatch.setattr(streaming, "BATCH", 200)
    file = open_tabular(path)
    assert file is not None
    assert find_streamed_answers(file, ["a"])["a"].numbers == (1.0, 2.0, 3.0, 4.0, 5.0)
