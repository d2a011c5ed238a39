"""Reading tables: the separator, the decimal comma, names as they stand, and files that are no tables."""

import sys

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import read_table
from sem_toolkit.sample.messages import MESSAGES


def write(tmp_path, text, name="data.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "x"),
    [
        pytest.param("x,y\n1.5,2\n-2e3,3\n", [1.5, -2000.0], id="comma"),
        pytest.param("x;y\n1.5;2\n2;3\n", [1.5, 2.0], id="semicolon"),
        pytest.param("x\ty\n1.5\t2\n2\t3\n", [1.5, 2.0], id="tab"),
        pytest.param("x;y\n1,5;2,25\n2;3,5\n", [1.5, 2.0], id="decimal comma"),
        pytest.param("x\ty\n,5\t2,25\n-2,125\t3,5\n", [0.5, -2.125], id="decimal comma without a leading digit"),
        pytest.param('x,y\n"1,5",2\n"2,5",3\n', [1.5, 2.5], id="quoted decimal comma in comma-separated"),
        pytest.param('"x","y"\r\n"1","2"\r\n"2","3"\r\n', [1.0, 2.0], id="quoted, Windows line ends"),
        pytest.param('"x" "y"\n'.replace(" ", "\t") + '"1"\t4\t7\n"2"\t5\t8\n', [4.0, 5.0], id="row names, no corner"),
        pytest.param(" x , y \n 1 , 2 \n 2 , 3 \n", [1.0, 2.0], id="blanks around cells"),
        pytest.param("x,y\n1,2\n\n2,3\n\n", [1.0, 2.0], id="blank lines"),
        pytest.param("\ufeffx,y\n1,2\n2,3\n", [1.0, 2.0], id="byte-order mark"),
    ],
)
def test_finds_separator_and_decimal_mark(tmp_path, text, x):
    frame = read_table(write(tmp_path, text))
    assert frame["x"].tolist() == x
    assert list(frame.columns)[-1] == "y"


def test_numbers_are_read_to_the_last_bit(tmp_path):
    values = np.random.default_rng(1).standard_normal(200) * 10.0 ** np.arange(-100, 100)
    frame = read_table(write(tmp_path, "x\n" + "\n".join(map(repr, values.tolist()))))
    assert frame["x"].tolist() == values.tolist()


@pytest.mark.parametrize("code", ["", "NA", "NaN", ".", "null", "#N/A"])
def test_missing_codes(tmp_path, code):
    frame = read_table(write(tmp_path, f"x,y\n1,a\n{code},b\n"))
    assert np.isnan(frame["x"][1])
    assert frame["y"].tolist() == ["a", "b"]


def test_a_thousands_comma_is_not_taken_for_a_decimal_comma(tmp_path):
    frame = read_table(write(tmp_path, "x;y\n1,234;2.5\n5,678;3.5\n"))
    assert frame["x"].tolist() == ["1,234", "5,678"]


def test_underscored_digits_are_text(tmp_path):
    assert read_table(write(tmp_path, "x,y\n1_000,1\n2,2\n"))["x"].tolist() == ["1_000", "2"]


def test_other_encodings(tmp_path):
    frame = read_table(write(tmp_path, "größe,y\n1,2\n2,3\n", encoding="cp1252"))
    assert list(frame.columns) == ["größe", "y"]
    assert [message.code for message in frame.attrs[MESSAGES]] == ["assumed-encoding"]
    assert list(read_table(write(tmp_path, "größe,y\n1,2\n2,3\n", encoding="utf-16")).columns) == ["größe", "y"]


@pytest.mark.parametrize("suffix", [".parquet", ".xlsx", ".sav"])
def test_binary_formats(tmp_path, suffix):
    frame = pd.DataFrame({"x": [1.5, np.nan, 3.0], "y": [1, 2, 3], "g": ["a", "b", "b"]})
    path = tmp_path / f"data{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".xlsx":
        frame.to_excel(path, index=False)
    else:
        import pyreadstat

        pyreadstat.write_sav(frame, str(path))
    found = read_table(path)
    assert found[["x", "y"]].to_numpy(dtype=float) == pytest.approx(
        frame[["x", "y"]].to_numpy(dtype=float), nan_ok=True
    )
    assert found["g"].tolist() == ["a", "b", "b"]


def test_a_duplicate_name_is_refused_not_renamed(tmp_path):
    with pytest.raises(DataError, match="'x' occurs 2 times"):
        read_table(write(tmp_path, "x,y,x\n1,2,3\n2,3,4\n"))
    path = tmp_path / "data.xlsx"
    pd.DataFrame([["x", "y", "x"], [1, 2, 3]]).to_excel(path, index=False, header=False)
    with pytest.raises(DataError, match="'x' occurs 2 times"):
        read_table(path)


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        pytest.param(b"", "data.csv", "empty-file", id="empty"),
        pytest.param(b"  \n\n", "data.csv", "empty-file", id="blank"),
        pytest.param(b"x,y\n", "data.csv", "empty-file", id="only a header"),
        pytest.param(b"x,y\n1,2\n3\n", "data.csv", "ragged-row", id="short row"),
        pytest.param(b"x,y\n1,2\n3,4,5\n", "data.csv", "ragged-row", id="long row"),
        pytest.param(b"\x00\x01\xff\xfe", "data.csv", "not-a-text", id="binary"),
        pytest.param(b"x,y\n1,2\n", "data.doc", "unknown-format", id="unknown suffix"),
        pytest.param(b"x,y\n1,2\n", "data.parquet", "unreadable-file", id="not parquet"),
        pytest.param(b"x,y\n1,2\n", "data.xlsx", "unreadable-file", id="not Excel"),
        pytest.param(b"x,y\n1,2\n", "data.sav", "unreadable-file", id="not SPSS"),
    ],
)
def test_files_that_are_refused(tmp_path, content, name, code):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_table(path)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"there is no file .*absent\.csv"):
        read_table(tmp_path / "absent.csv")


def test_a_ragged_row_is_placed(tmp_path):
    with pytest.raises(DataError, match="line 3: 3 values where the header has 2 names"):
        read_table(write(tmp_path, "x,y\n1,2\n1,5,2\n"))


def test_a_missing_reader_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match=r"needs the package pyarrow.*sem-toolkit\[parquet\]"):
        read_table(write(tmp_path, "PAR1", "data.parquet"))
