"""Data as people have them: workbooks, texts without names, codes for missing values, names that R changes."""

import os
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import Door, open_table, read_table
from sem_toolkit.sample.messages import get_messages
from sem_toolkit.sample.names import match_columns
from sem_toolkit.sample.tabular import open_tabular
from sem_toolkit.spec.names_of_r import make_name
from tests.support import DATA

HS = pd.read_csv(DATA / "hs.csv")
MODEL = "f =~ x1 + x2 + x3 + x4"
CHI2 = fit(MODEL, HS).fit_measures["chisq"]


def codes_of(frame):
    return [entry.code for entry in get_messages(frame)]


def save_workbook(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def list_rows(frame):
    return [list(frame.columns), *frame.to_numpy().tolist()]


def require_code(code, call):
    with pytest.raises(DataError) as caught:
        call()
    assert [entry.code for entry in caught.value.diagnostics] == [code]
    return caught.value.diagnostics[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [  # as R 4's make.names has them
        ("x 2", "x.2"), ("1BACK", "X1BACK"), ("R/S", "R.S"), ("Über Wert", "Über.Wert"), ("_a", "X_a"), (".2x", "X.2x"),
        ("if", "if."), ("TRUE", "TRUE."), ("", "X"), ("a-b", "a.b"), ("größe", "größe"), (".x", ".x"), ("..1", "..1."),
    ],
)  # fmt: skip
def test_names_are_those_of_make_names(name, expected):
    assert make_name(name) == expected


def test_columns_are_found_by_the_names_that_r_gives_them():
    renamed = HS.rename(columns={"x1": "Über Wert", "x2": "x 2", "x3": "1BACK", "x4": "R/S"})
    result = fit("f =~ Über.Wert + x.2 + X1BACK + R.S", renamed)
    assert result.fit_measures["chisq"] == pytest.approx(CHI2, rel=1e-9)
    assert "r-names" in [entry.code for entry in result.messages]


def test_letters_may_be_composed_otherwise():
    result = fit("f =~ u\u0308 + x2 + x3 + x4", HS.rename(columns={"x1": "\u00fc"}))
    assert result.fit_measures["chisq"] == pytest.approx(CHI2, rel=1e-9)
    assert "r-names" not in [entry.code for entry in result.messages]


def test_a_name_that_can_be_two_columns_is_refused():
    assert match_columns(["x.2"], ["x 2", "x.2"]) == {}
    with pytest.raises(DataError, match="any of the columns 'x 2', 'x/2'"):
        match_columns(["x.2"], ["x 2", "x/2"])


def test_a_grouping_column_is_found_by_its_r_name():
    result = fit(MODEL, HS.rename(columns={"school": "the school"}), group="the.school")
    assert [group.label for group in result.sample.groups] == ["Pasteur", "Grant-White"]


def test_a_workbook_with_title_blank_rows_and_numbers_as_texts(tmp_path):
    rows = list_rows(HS[["x1", "x2", "x3", "x4"]])
    title = save_workbook(tmp_path / "t.xlsx", {"S": [["Survey 2020"], [], *rows[:9], [], *rows[9:]]})
    frame = read_table(title)
    assert frame.to_numpy() == pytest.approx(HS[["x1", "x2", "x3", "x4"]].to_numpy())
    assert codes_of(frame) == ["title-rows"]
    texts = save_workbook(tmp_path / "x.xlsx", {"S": [rows[0], *[[f"{v!r}" for v in row] for row in rows[1:]]]})
    assert read_table(texts).to_numpy() == pytest.approx(HS[["x1", "x2", "x3", "x4"]].to_numpy())


def test_the_sheet_with_the_table_is_found_and_named(tmp_path):
    rows = list_rows(HS[["x1", "x2", "x3", "x4"]].head(30))
    path = save_workbook(tmp_path / "b.xlsx", {"notes": [["read me"], ["x"]], "data": rows, "other": [["z"], [1]]})
    frame = read_table(path)
    assert list(frame.columns) == ["x1", "x2", "x3", "x4"]
    assert "'data'" in get_messages(frame)[0].message
    assert list(read_table(path, "other").columns) == ["z"]
    assert "'notes', 'data', 'other'" in require_code("unknown-sheet", lambda: read_table(path, "none")).message
    fault = require_code("no-variables", lambda: fit(MODEL, path, sheet="notes"))
    assert "'data'" in fault.hint
    assert "read me" in fault.message


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/a.xml", "w") as part:
        for _ in range(40):
            part.write(b"\0" * 1_000_000)
    require_code("too-large", lambda: read_table(path))


def test_a_sheet_is_not_believed_about_its_size(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [["x", "y"], [1, 2], [2, 4]]:
        sheet.append(row)
    path = tmp_path / "wide.xlsx"
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b'"A1:B3"', b'"A1:XFD1048576"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert read_table(path).to_numpy().tolist() == [[1, 2], [2, 4]]


@pytest.mark.parametrize(
    ("text", "columns", "code"),
    [
        pytest.param("x y\n1.5  2\n 3   4\n", {"x": [1.5, 3], "y": [2, 4]}, None, id="blanks"),
        pytest.param("x y\n1,5  2,0\n 3,0   4,5\n", {"x": [1.5, 3], "y": [2, 4.5]}, None, id="blanks, decimal comma"),
        pytest.param('"x" "g"\n"1" 4 "a b"\n"2" 5 "c"\n', {"x": [4, 5], "g": ["a b", "c"]}, None, id="write.table"),
        pytest.param("  1.5 2\n  3 4\n", {"V1": [1.5, 3], "V2": [2, 4]}, "no-header", id="no names, blanks"),
        pytest.param("1,2\n3,4\n", {"V1": [1, 3], "V2": [2, 4]}, "no-header", id="no names, commas"),
        pytest.param("1,5;2,5\n3,5;4,5\n", {"V1": [1.5, 3.5], "V2": [2.5, 4.5]}, "no-header", id="no names, ;"),
        pytest.param("Survey\n\nx,y\n1,2\n3,4\n", {"x": [1, 3], "y": [2, 4]}, "title-rows", id="title"),
        pytest.param("Survey,\nx,y\n1,2\n3,4\n", {"x": [1, 3], "y": [2, 4]}, "title-rows", id="title, padded"),
        pytest.param('x,y\nHow?,"Why, then?"\n{Q1},{Q2}\n1,2\n3,4\n', {"x": [1, 3], "y": [2, 4]}, "description-rows",
                     id="questions under the names"),
        pytest.param('x,y\nHow?,Why?\n"{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\nno,1\nyes,2\n',
                     {"x": ["no", "yes"], "y": [1, 2]}, "description-rows", id="Qualtrics"),
        pytest.param("x,y\n1,2,\n3,4,\n", {"x": [1, 3], "y": [2, 4]}, None, id="a comma ends the rows"),
        pytest.param("x,y\nTrue,2\nFALSE,4\n", {"x": [1, 0], "y": [2, 4]}, None, id="truth"),
    ],
)  # fmt: skip
def test_texts_as_people_have_them(tmp_path, text, columns, code):
    path = tmp_path / "data.dat"
    path.write_text(text, encoding="utf-8")
    frame = read_table(path)
    assert {name: frame[name].tolist() for name in frame} == columns
    assert [entry for entry in codes_of(frame) if entry != "delimiters"] == ([code] if code else [])


def test_a_file_without_names_says_how_its_columns_are_called(tmp_path):
    path = tmp_path / "d.dat"
    HS[["x1", "x2", "x3", "x4"]].to_csv(path, sep=" ", header=False, index=False)
    fault = require_code("no-variables", lambda: fit(MODEL, path))
    assert "V1 … V4" in fault.hint
    assert fit("f =~ V1 + V2 + V3 + V4", path).fit_measures["chisq"] == pytest.approx(CHI2, rel=1e-9)


def test_codes_of_missing_values_are_taken_out_and_counted():
    coded = HS[["x1", "x2", "x3", "x4"]].copy()
    coded.iloc[[0, 5], 0] = -99
    frame = open_table(coded, Door(missing_codes=(-99.0, 77.0)))
    assert np.isnan(frame["x1"]).sum() == 2
    messages = get_messages(frame)
    assert [entry.code for entry in messages] == ["missing-codes", "unused-missing-code"]
    assert "x1 (2)" in messages[0].message
    assert "77" in messages[1].message
    assert fit(MODEL, coded, missing_codes=[-99]).sample.n == len(HS) - 2
    assert coded["x1"].min() == -99


def test_a_text_that_stands_for_missing_leaves_numbers(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("x,y\n1,2\nk.A.,3\n4,k.A.\n", encoding="utf-8")
    frame = open_table(path, Door(missing_codes=("k.A.",)))
    assert frame["x"].dtype == float
    assert frame.isna().sum().tolist() == [1, 1]


def test_values_that_spss_declares_missing_are_counted(tmp_path):
    path = tmp_path / "s.sav"
    pyreadstat.write_sav(pd.DataFrame({"x": [1.0, 2, 99], "y": [8.0, 2, 9]}), str(path),
                         missing_ranges={"x": [99], "y": [{"lo": 8, "hi": 9}]},
                         variable_value_labels={"x": {1: "no", 2: "yes"}}, column_labels=["Agree?", ""])  # fmt: skip
    frame = read_table(path)
    assert frame.isna().sum().tolist() == [1, 2]
    assert "x (1), y (2)" in get_messages(frame)[0].message


def test_stata_values_are_codes(tmp_path):
    path = tmp_path / "s.dta"
    labels = {"x": {1: "a", 2: "b"}}
    pyreadstat.write_dta(pd.DataFrame({"x": [1.0, 2, np.nan]}), str(path), variable_value_labels=labels)
    assert read_table(path)["x"].tolist()[:2] == [1.0, 2.0]


@pytest.mark.parametrize("kind", ["sav", "dta", "xlsx", "parquet"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_damaged_file_is_named(tmp_path, kind, part):
    whole = tmp_path / f"whole.{kind}"
    frame = HS[["x1", "x2", "x3", "x4"]]
    write = {"sav": pyreadstat.write_sav, "dta": pyreadstat.write_dta}.get(kind)
    if write:
        write(frame, str(whole))
    elif kind == "xlsx":
        frame.to_excel(whole, index=False)
    else:
        frame.to_parquet(whole)
    content = whole.read_bytes()
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(content[: int(len(content) * part)])
    fault = require_code("unreadable-file", lambda: read_table(path))
    assert str(path) in fault.message
    assert kind != "parquet" or "damaged Parquet file: it begins as one" in fault.message


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (b"a line\nof", b"PAR1", "ends as one"),
        (b"\0\1\2\3" * 9, b"tail", "both its beginning and its end are overwritten"),
        (b"a,b\n1,2", b"", "is no Parquet file, whatever its name says: it begins like a text ('a,b')"),
    ],
)
def test_a_parquet_file_is_known_by_its_ends_and_its_name(tmp_path, start, end, words):
    path = tmp_path / "truncated footer.parquet"  # what a file is called says nothing of its damage
    path.write_bytes(start + end)
    assert words in require_code("unreadable-file", lambda: read_table(path)).message


def test_a_page_that_is_not_what_was_written_is_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    HS[["x1", "x2", "x3", "x4"]].to_parquet(path, write_page_checksum=True)
    assert len(read_table(path)) == len(HS)
    content = path.read_bytes()
    path.write_bytes(content[:300] + bytes(40) + content[340:])
    assert "cannot be read" in require_code("unreadable-file", lambda: read_table(path)).message


@pytest.mark.parametrize(("start", "kind"), [(b"PAR1", "a Parquet file"), (b"$FL2", "an SPSS file")])
def test_what_goes_by_the_name_of_a_text_says_what_it_begins_like(tmp_path, start, kind):
    path = tmp_path / "answers.csv"
    path.write_bytes(start + bytes(50))
    assert f"begins like {kind}" in require_code("not-a-text", lambda: read_table(path)).message


@pytest.mark.parametrize("name", ["pipe.csv", "folder.csv"])
def test_what_never_ends_is_no_data(tmp_path, name):
    path = tmp_path / name
    if name == "pipe.csv":
        os.mkfifo(path)
    else:
        path.mkdir()
    require_code("unreadable-file", lambda: read_table(path))


def test_a_device_is_no_data():
    assert "device" in require_code("unreadable-file", lambda: read_table("/dev/zero")).message


@pytest.mark.parametrize(
    "convert",
    [
        pytest.param(lambda frame: pa.Table.from_pandas(frame), id="arrow"),
        pytest.param(lambda frame: pa.RecordBatch.from_pandas(frame), id="arrow batch"),
        pytest.param(lambda frame: {name: frame[name].tolist() for name in frame}, id="dict of lists"),
        pytest.param(lambda frame: {name: frame[name].to_numpy() for name in frame}, id="dict of arrays"),
        pytest.param(lambda frame: frame.to_records(index=False), id="record array"),
        pytest.param(lambda frame: frame.convert_dtypes(), id="nullable pandas"),
    ],
)
def test_tables_of_other_libraries_are_taken(convert):
    assert fit(MODEL, convert(HS[["x1", "x2", "x3", "x4"]])).fit_measures["chisq"] == pytest.approx(CHI2, rel=1e-9)


def test_an_array_has_columns_v1_and_so_on():
    result = fit("f =~ V1 + V2 + V3 + V4", HS[["x1", "x2", "x3", "x4"]].to_numpy())
    assert result.fit_measures["chisq"] == pytest.approx(CHI2, rel=1e-9)


def test_missing_values_of_arrow_are_missing():
    table = pa.table({"x": [1, None, 3], "g": ["a", None, "b"]})
    frame = open_table(table)
    assert np.isnan(frame["x"][1])
    assert frame["g"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (np.zeros(5), "no-table"),
        (np.zeros((2, 2, 2)), "no-table"),
        (np.array([["a", "b"]]), "no-table"),
        ({"x": [1, 2], "y": [1]}, "unequal-columns"),
        ({"x": 1.0}, "no-table"),
        ({}, "no-table"),
        (3.5, "no-table"),
        (object(), "no-table"),
        ([[1, 2], [3, 4]], "no-table"),
    ],
)
def test_what_is_no_table_is_refused(data, code):
    require_code(code, lambda: fit(MODEL, data))


@pytest.mark.parametrize("factor", [1e100, 1e150, 1e300, 1e-160, 1e-300])
@pytest.mark.parametrize("missing", ["listwise", "ml"])
def test_values_that_no_computer_can_square_are_refused(factor, missing):
    extreme = HS[["x1", "x2", "x3", "x4"]].assign(x2=HS["x2"] * factor)
    require_code("extreme-values", lambda: fit(MODEL, extreme, missing=missing))


def test_a_column_that_only_rounding_varies_is_constant():
    rounded = HS[["x1", "x2", "x3", "x4"]].assign(x2=1e15 + HS["x2"].round() % 2)
    require_code("constant-column", lambda: fit(MODEL, rounded))


@pytest.mark.parametrize("is_streamed", [False, True])
def test_damage_within_a_parquet_file_without_checksums_is_seen_by_its_ranges(tmp_path, is_streamed):
    path = tmp_path / "rows.parquet"
    HS[["x1", "x2", "x3", "x4"]].to_parquet(path, compression=None, use_dictionary=False, row_group_size=100)

    def read() -> None:
        if is_streamed:
            for _ in open_tabular(path).iterate(["x1", "x2"], 50):
                pass
        else:
            read_table(path)

    read()
    content = bytearray(path.read_bytes())
    place = content.find(np.float64(HS["x2"].iloc[150]).tobytes()) + 7
    content[place] ^= 0x40  # the exponent
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"damaged within: 'x2' holds .* by the file's own account"):
        read()


def test_formulas_without_results_are_told(tmp_path):
    path = tmp_path / "rows.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    for row in range(2, 42):
        book.active.append([row * 1.5, f"=A{row}*2" if row < 12 else row % 7])
    book.save(path)
    found = [entry for entry in get_messages(read_table(path)) if entry.code == "formulas-without-results"]
    assert [entry.message for entry in found] == [
        "rows.xlsx: 10 cells hold formulas whose results are not stored, and taken as missing"
    ]
