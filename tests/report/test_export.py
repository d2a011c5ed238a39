"""Tables into files: the numbers arrive, and characters that a format would interpret are literal."""

import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError
from sem_toolkit.report.export import WRITERS, build_apa_table, build_note, write_estimates, write_table
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"


@pytest.fixture(scope="module")
def fitted():
    return fit(CFA, DATA / "hs.csv", engine="native")


def test_an_apa_table_has_a_row_a_parameter_and_dashes_where_fixed(fitted):
    table = build_apa_table(fitted)
    assert list(table.columns) == ["Parameter", "b", "SE", "z", "p", "95% CI", "β"]
    assert len(table) == len(fitted.parameters)
    assert table.loc[0, ["b", "SE", "z", "p", "95% CI"]].tolist() == ["1.00", "–", "–", "–", "–"]
    row = fitted.parameters.iloc[1]
    assert table.loc[1, "95% CI"] == f"[{row['ci.lower']:.2f}, {row['ci.upper']:.2f}]"
    assert "n = 301, ML." in build_note(fitted)


def test_raw_numbers_come_back_from_csv_and_excel(fitted, tmp_path):
    for name, read in (("a.csv", pd.read_csv), ("a.xlsx", pd.read_excel)):
        frame = read(write_estimates(tmp_path / name, fitted))
        pd.testing.assert_series_equal(frame["est"], fitted.parameters["est"], rtol=1e-12)


def test_word_holds_the_table_and_the_note(fitted, tmp_path):
    from docx import Document

    document = Document(str(write_estimates(tmp_path / "a.docx", fitted)))
    cells = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert cells[0] == list(build_apa_table(fitted).columns)
    assert cells[2] == build_apa_table(fitted).iloc[1].tolist()
    assert document.paragraphs[-1].text == f"Note. {build_note(fitted)}"


@pytest.mark.parametrize(
    ("suffix", "literal"),
    [
        (".md", "a\\|b & 5% <b>"),
        (".tex", "a|b \\& 5\\% $<$b$>$"),
        (".html", "a|b &amp; 5% &lt;b&gt;"),
    ],
)
def test_special_characters_are_literal(tmp_path, suffix, literal):
    path = write_table(tmp_path / f"t{suffix}", pd.DataFrame({"text": ["a|b & 5% <b>"], "b": ["1.00"]}), "T")
    assert literal in path.read_text(encoding="utf-8")


def test_an_unknown_format_is_refused_before_anything_is_written(fitted, tmp_path):
    with pytest.raises(DataError, match=r'"\.odt" is no format'):
        write_estimates(tmp_path / "a.odt", fitted)
    assert list(tmp_path.iterdir()) == []
    assert set(WRITERS) == {".csv", ".xlsx", ".md", ".tex", ".html", ".docx"}
