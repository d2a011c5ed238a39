"""A questionnaire as statistics packages save it: labels, missing codes, scales, damage."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from sem_toolkit.cli.main import run
from sem_toolkit.diagnostics import DataError, OptionError
from sem_toolkit.sample import Door, open_table
from sem_toolkit.sample.labels import get_labels
from sem_toolkit.sample.messages import get_messages
from sem_toolkit.sample.scales import Scale, find_scale
from sem_toolkit.sample.screening import screen

AGREE = {1.0: "no", 2.0: "rather no", 3.0: "neither", 4.0: "rather yes", 5.0: "yes"}


def draw_answers(n: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame({f"b{k}": rng.integers(2, 6, n).astype(float) for k in range(1, 5)})
    frame.insert(0, "person", np.arange(1.0, n + 1))
    frame["age"] = rng.integers(18, 70, n).astype(float)
    frame.loc[0, "b1"] = 9
    frame.loc[1, "b2"] = 8
    frame.loc[2, "b3"] = 7
    frame.loc[3, "age"] = -1
    return frame


@pytest.fixture
def questionnaire(tmp_path: Path) -> Path:
    path = tmp_path / "q.sav"
    labels = {name: AGREE | {8.0: "refused", 9.0: "don't know"} for name in ("b1", "b2", "b3", "b4")}
    missing = {**{name: [9] for name in labels}, "age": [{"lo": -9, "hi": -1}]}
    pyreadstat.write_sav(
        draw_answers(), str(path), column_labels={"b1": "I like <it>"}, variable_value_labels=labels,
        missing_ranges=missing, variable_measure={"b1": "ordinal", "age": "scale"},
    )  # fmt: skip
    return path


def said(frame: pd.DataFrame) -> list[str]:
    return [entry.message for entry in get_messages(frame)]


def test_labels_and_missing_codes_come_with_the_table(questionnaire: Path) -> None:
    frame = open_table(questionnaire)
    labels = get_labels(frame)["b1"]
    assert labels.label == "I like <it>"
    assert labels.values[1.0] == "no"
    assert labels.measure == "ordinal"
    assert labels.missing == ((9, 9),)
    assert labels.declared == {9.0: 1}
    assert np.isnan(frame.loc[0, "b1"])
    assert np.isnan(frame.loc[3, "age"])
    assert said(frame) == ["q.sav: 2 cells hold values that the file declares missing: b1 (1), age (1)"]


def test_scale_is_that_of_the_labels(questionnaire: Path) -> None:
    found = screen(open_table(questionnaire))
    columns = found.columns.set_index("column")
    assert columns.loc["b4", "kind"] == "item 1 to 5"  # nobody answered 1
    assert columns.loc["b4", "floor"] == 0.0
    assert columns.loc[["b1", "b2", "b3"], "outside"].tolist() == [0, 1, 1]
    values = found.values.set_index(["column", "code"])
    assert values.loc[("b1", "9"), ["rows", "is"]].tolist() == [1, "missing"]
    assert values.loc[("b2", "8"), ["rows", "is"]].tolist() == [1, "outside"]
    assert values.loc[("b3", "7"), ["label", "is"]].tolist() == ["–", "outside"]
    assert values.loc[("b1", "1"), "rows"] == 0
    (warning,) = [entry for entry in found.messages if entry.code == "labelled-codes"]
    assert "b2: 8 'refused' (1 row)" in warning.message
    assert warning.hint == "if they stand for missing answers: --missing-codes 8"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, 5] * 20 + [55], Scale(1, 5)),
        ([2, 3, 4] * 30 + [1], Scale(1, 4)),
        ([0, 10, 5, 7, 3] * 10, Scale(0, 10)),
        ([1, 2] * 40, None),
        ([1.5, 2, 3, 4] * 20, None),
        (list(range(1, 100)), None),
        ([float("nan")] * 4, None),
    ],
)
def test_scale_of_values(values: list[float], expected: Scale | None) -> None:
    assert find_scale(np.array(values, dtype=float)) == expected


def test_department_is_no_item_of_a_questionnaire(tmp_path: Path) -> None:
    frame = draw_answers().drop(columns=["age"])
    frame.loc[10, ["b1", "b2", "b3", "b4"]] = 3.0
    frame["b5"] = 3.0 + (np.arange(len(frame)) > 11)
    frame["department"] = np.resize([1.0, 2.0, 3.0], len(frame))
    labels = {
        **dict.fromkeys(("b1", "b2", "b3", "b4", "b5"), AGREE),
        "department": {1: "office", 2: "shop", 3: "field"},
    }
    path = tmp_path / "q.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels=labels)
    found = screen(open_table(path))
    assert found.items == ("b1", "b2", "b3", "b4", "b5")
    assert 11 in found.straight
    assert screen(open_table(path), ["b1", "b2", "department"]).items == ("b1", "b2", "department")


def test_codes_spare_identifiers_and_can_be_meant_for_one_column(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    draw_answers().to_csv(path, index=False)
    frame = open_table(path, Door(missing_codes=(9.0, "age=-1", "b2=8")))
    assert frame["person"].notna().all()
    assert frame["age"].isna().sum() == frame["b1"].isna().sum() == frame["b2"].isna().sum() == 1
    assert frame["b3"].notna().all()
    assert any("every row differs in person" in text for text in said(frame))
    with pytest.raises(DataError, match="no column 'agee'"):
        open_table(path, Door(missing_codes=("agee=-1",)))


def test_code_among_the_other_values_is_told(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    draw_answers().assign(years=[k % 15 for k in range(90)]).to_csv(path, index=False)
    frame = open_table(path, Door(missing_codes=(9.0,)))
    assert frame["years"].isna().sum() == 6
    (warning,) = [entry for entry in get_messages(frame) if entry.code == "missing-code-within"]
    assert "years (9 beside 0 to 14)" in warning.message


def test_semicolons_and_decimal_commas_are_said(tmp_path: Path) -> None:
    path = tmp_path / "deutsch.csv"
    frame = pd.DataFrame({"größe": [1.75, 1.8, 1.62], "b1": [1, 2, 3]})
    frame.to_csv(path, sep=";", decimal=",", index=False)
    found = open_table(path)
    assert found["größe"].tolist() == [1.75, 1.8, 1.62]
    assert said(found) == ["deutsch.csv: read with semicolons between the cells and decimal commas"]
    frame.to_csv(path, index=False)
    assert said(open_table(path)) == []


@pytest.mark.slow
def test_long_text_says_it_too(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(60_000, 6)).round(9), columns=list("abcdef"))
    frame.to_csv(path, sep=";", index=False)
    assert path.stat().st_size > 3_000_000
    found = open_table(path)
    assert said(found) == ["long.csv: read with semicolons between the cells"]


@pytest.mark.parametrize(
    ("name", "cut", "words"),
    [
        ("q.sav", slice(0, -40), "ends before its data do"),
        ("q.sav", slice(0, 300), "ends before its data do"),
        ("q.sav", slice(2, None), "is no SPSS file"),
        ("q.xlsx", slice(0, 3000), "ends before its data do"),
        ("q.parquet", slice(0, -200), "its end, with the list of its columns, is missing"),
        ("q.dta", slice(0, 800), "is damaged"),
    ],
)
def test_damaged_files_are_named_and_what_is_wrong(tmp_path: Path, name: str, cut: slice, words: str) -> None:
    frame = draw_answers()
    whole, path = tmp_path / name, tmp_path / f"cut-{name}"
    writers = {
        ".sav": lambda: pyreadstat.write_sav(frame, str(whole)),
        ".dta": lambda: pyreadstat.write_dta(frame, str(whole)),
        ".xlsx": lambda: frame.to_excel(whole, index=False),
        ".parquet": lambda: frame.to_parquet(whole),
    }
    writers[whole.suffix]()
    path.write_bytes(whole.read_bytes()[cut])
    with pytest.raises(DataError) as fault:
        open_table(path)
    (entry,) = fault.value.diagnostics
    assert str(path) in entry.message
    assert words in entry.message
    assert entry.hint


def test_file_of_another_kind_is_told(tmp_path: Path) -> None:
    path = tmp_path / "q.sav"
    draw_answers().to_excel(tmp_path / "q.xlsx", index=False)
    path.write_bytes((tmp_path / "q.xlsx").read_bytes())
    with pytest.raises(DataError, match="it begins like a zip archive or an Excel workbook"):
        open_table(path)


def test_response_flow_of_the_studys_own_survey() -> None:
    """500 sent, 482 returned, 477 valid (data/published/counts.csv)."""
    frame = open_table(Path(__file__).parents[2] / "data" / "survey_n477.csv")
    flow = screen(frame, sent=500, returned=482).flow
    assert dict(zip(flow["step"], flow["rows"], strict=True))["valid"] == 477
    assert flow["rows"].tolist()[:3] == [500, 482, 477]
    assert flow["share"].tolist()[2] == pytest.approx(0.954)
    with pytest.raises(OptionError, match="482 returned of 300 sent"):
        screen(frame, sent=300, returned=482)
    with pytest.raises(OptionError, match="477 rows, and 400 returned"):
        screen(frame, returned=400)


def test_page_stands_alone_and_escapes(questionnaire: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "q.html"
    assert run(["data", str(questionnaire), "--sent", "120", "--html", str(page)]) == 0
    assert capsys.readouterr().out == ""
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 6  # every column of numbers
    assert "I like &lt;it&gt;" in text
    assert "<it>" not in text
    assert "rather yes" in text
    assert "<b>120</b>sent" in text
    assert "http" not in text.replace("http-equiv", "")
    assert "src=" not in text
