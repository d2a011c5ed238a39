"""Long texts are read as short ones are, or not at all by the quicker reader."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.sample import tables
from sem_toolkit.sample.long_texts import read_long_text

BODY = "1.5,a,NA,True\n-2e-3,,.,false\n0.1,x y,3,TRUE\n"


def read_both(path, monkeypatch):
    short = tables.read_table(path)
    monkeypatch.setattr(tables, "SHORTEST", 0)
    return short, tables.read_table(path)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"x,g,m,t\n{BODY}", id="plain"),
        pytest.param(f'"x", g ,m,t\r\n{BODY}'.replace("\n", "\r\n").replace("\r\r", "\r"), id="quotes, Windows"),
        pytest.param(f"x,g,m,t\n{BODY}".replace(",", ";"), id="semicolons"),
        pytest.param("x;y\n1,5;2\n2,5;3\n", id="decimal commas"),
        pytest.param("x,y\n1_0,2\n3,4\n", id="underscores"),
        pytest.param("\ufeffx,,y\n1,2,3\n4,5,6\n", id="mark, column without a name"),
        pytest.param('x,y\n1,"a, b"\n2,"c\nd"\n', id="quoted separators and line ends"),
        pytest.param("x,y\n1,2\n\n3,\n", id="blank line, empty last cell"),
        pytest.param("1,2\n3,4\n", id="no names"),
        pytest.param("T\nx,y\n1,2\n3,4\n", id="title"),
        pytest.param("x,y\n1,2,\n3,4,\n", id="comma at the ends of rows"),
        pytest.param("x,y\nr1,1,2\nr2,3,4\n", id="row names"),
    ],
)
def test_both_readers_give_the_same_table(tmp_path, monkeypatch, text):
    path = tmp_path / "d.csv"
    path.write_text(text, encoding="utf-8", newline="")
    short, long = read_both(path, monkeypatch)
    pd.testing.assert_frame_equal(short, long)


def test_numbers_come_to_the_last_bit(tmp_path, monkeypatch):
    path = tmp_path / "d.csv"
    values = np.random.default_rng(1).standard_normal((200, 2)) * 10.0 ** np.arange(-100, 100)[:, None]
    path.write_text("x,y\n" + "\n".join(f"{a!r},{b!r}" for a, b in values.tolist()))
    assert read_long_text(path).to_numpy().tolist() == values.tolist()


@pytest.mark.parametrize("row", ["1", "1,2,3", '"1,2'])
def test_uneven_rows_are_left_to_the_reader_that_names_them(tmp_path, row):
    path = tmp_path / "d.csv"
    path.write_text("x,y\n" + "5,6\n" * 60_000 + f"{row}\n" + "7,8\n" * 10)
    assert read_long_text(path) is None
