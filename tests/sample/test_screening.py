"""A look through survey data: what is planted is found, and counts are those that can be counted by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import chi2

from sem_toolkit.cli.main import run
from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample.answers import draw_bars
from sem_toolkit.sample.screening import screen


def draw_survey(n=200, k=6, seed=4):
    rng = np.random.default_rng(seed)
    latent = rng.standard_normal((n, 1)) + 0.7 * rng.standard_normal((n, k))
    frame = pd.DataFrame(np.clip(np.round(latent + 3), 1, 5), columns=[f"i{j}" for j in range(1, k + 1)])
    frame = frame[frame.nunique(axis=1) > 1].drop_duplicates().reset_index(drop=True)
    return frame.assign(id=np.arange(len(frame)), age=rng.integers(18, 70, len(frame)), team="a")


def test_straight_lines_duplicates_and_empty_cells_are_found():
    frame = draw_survey()
    items = [f"i{j}" for j in range(1, 7)]
    frame.loc[10, items] = 4
    frame.loc[20, [*items, "age"]] = frame.loc[3, [*items, "age"]].to_numpy()
    frame.loc[30, ["i1", "i2"]] = np.nan
    frame.loc[31, items] = np.nan
    found = screen(frame, sent=400)
    assert found.items == tuple(items)
    assert found.straight == (11,)
    assert found.duplicates == (21,)
    assert found.missing_rows.to_dict("list") == {"empty items": [0, 2, 6], "rows": [len(frame) - 2, 1, 1]}
    assert set(found.patterns["missing"]) == {"none", "i1, i2", ", ".join(items)}
    flagged = {11, 21, *found.far["row"]}
    assert found.flow["rows"].tolist() == [
        400,
        len(frame),
        len(frame) - 1,
        len(frame) - 2,
        len(frame) - 2 - len(flagged),
    ]
    assert found.flow["share"].tolist() == pytest.approx(found.flow["rows"] / 400)


def test_columns_are_told_apart_and_described():
    frame = draw_survey()
    found = screen(frame).columns.set_index("column")
    assert found.loc["i1", "kind"] == "item 1 to 5"
    assert found.loc["age", "kind"] == found.loc["id", "kind"] == "whole numbers"
    assert found.loc["team", "kind"] == "text"
    assert found.loc["i2", "floor"] == np.mean(frame["i2"] == 1)
    assert found.loc["i2", "ceiling"] == np.mean(frame["i2"] == 5)
    assert found.loc["i2", "mean"] == pytest.approx(frame["i2"].mean())
    assert found.loc["i2", "sd"] == pytest.approx(frame["i2"].std())


def test_distances_are_those_of_scipy():
    frame = draw_survey()
    frame.loc[0, [f"i{j}" for j in range(1, 7)]] = [1, 5, 1, 5, 1, 5]
    found = screen(frame).far
    answers = frame[[f"i{j}" for j in range(1, 7)]].to_numpy()
    inverse = np.linalg.inv(np.cov(answers.T, ddof=0))
    distances = np.array([mahalanobis(row, answers.mean(axis=0), inverse) ** 2 for row in answers])
    assert found["row"].tolist()[0] == 1
    assert sorted(found["row"] - 1) == np.flatnonzero(chi2.sf(distances, 6) < 0.001).tolist()
    assert found["distance"].tolist() == pytest.approx(distances[found["row"] - 1].tolist())


def test_bars_are_as_high_as_the_counts():
    assert draw_bars(np.repeat([1.0, 2, 4], [8, 4, 1])) == "█▄ ▁"
    assert len(draw_bars(np.random.default_rng(1).standard_normal(100))) == 12


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": ["x", "y"]}),
        pd.DataFrame({"a": [np.nan, np.nan], "b": [1.0, 1.0]}),
        pd.DataFrame({f"i{j}": [1, 2, 3, 2, 1] * 5 for j in range(6)}),
        pd.DataFrame({"a": [np.inf, 1.0, 2.0, 3.0]}),
    ],
)
def test_poor_tables_are_looked_through_without_a_fault(frame):
    assert len(screen(frame).columns) == frame.shape[1]


def test_items_that_are_no_columns_are_refused():
    with pytest.raises(DataError, match="no column 'q'"):
        screen(draw_survey(), ["i1", "q"])


def test_the_command_prints_and_writes_a_page(tmp_path, capsys):
    path = tmp_path / "s.csv"
    frame = draw_survey()
    frame.loc[2, "i3"] = 99
    frame.rename(columns={"team": "<b>team</b>"}).to_csv(path, index=False)
    assert run(["data", str(path), "--sent", "300"]) == 0
    printed = capsys.readouterr()
    assert "Response flow" in printed.out
    assert "99 (row 3)" in printed.err
    assert run(["data", str(path), "-o", str(tmp_path / "s.html")]) == 0
    page = (tmp_path / "s.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;team" in page
    assert "<b>team" not in page
    assert run(["data", str(path), "-o", str(tmp_path / "s.pdf")]) == 2
    assert run(["data", str(path), "--missing-codes", "99", "--json"]) == 0
    assert run(["data", str(tmp_path)]) == 2


def test_codes_for_missing_answers_make_no_other_kind_of_an_item():
    answers = np.random.default_rng(3).integers(1, 6, (400, 3)).astype(float)
    answers[:30, 1], answers[40:52, 2] = 99, -9
    frame = pd.DataFrame(answers, columns=["a", "b", "c"])
    columns = screen(frame).columns.set_index("column")
    assert columns["kind"].tolist() == ["item 1 to 5"] * 3
    assert columns["outside"].tolist() == [0, 30, 12]
