"""Tables into files: the numbers arrive, and characters that a format would interpret are literal."""

import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError
from sem_toolkit.report.export import WRITERS, build_note, write_estimates, write_table
from sem_toolkit.report.journal import INDENT, build_estimate_table
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"


@pytest.fixture(scope="module")
def fitted():
    return fit(CFA, DATA / "hs.csv", engine="native")


def test_estimates_are_printed_as_in_a_journal(fitted):
    """Kinds of parameters under their titles, items under their factor, names without operators, dashes where fixed."""
    table = build_estimate_table(fitted)
    assert list(table.columns) == ["Parameter", "Estimate", "SE", "z", "p", "95% CI", "Std."]
    names = [name.replace(INDENT, "  ") for name in table["Parameter"]]
    assert names[:5] == ["Factor loadings", "  visual", "    x1", "    x2", "    x3"]
    assert names[9:12] == ["Covariances", "  visual with textual", "Variances"]
    assert names[14:17] == ["Residual variances", "  x1", "  x2"]
    assert not any("~" in name for name in names)
    assert table.loc[2, ["Estimate", "SE", "z", "p", "95% CI"]].tolist() == ["1.000", "–", "–", "–", "–"]
    row = fitted.parameters.iloc[1]
    assert table.loc[3, "95% CI"] == f"[{row['ci.lower']:.3f}, {row['ci.upper']:.3f}]"
    assert table.loc[3, "Std."] == f"{row['std.all']:.3f}"
    assert "n = 301, ML." in build_note(fitted)


def test_fixed_means_of_factors_are_no_results():
    table = build_estimate_table(fit(CFA, DATA / "hs.csv", engine="native", meanstructure=True))
    names = list(table["Parameter"])
    means = [name.strip(INDENT) for name in names[names.index("Means and intercepts") + 1 :]]
    assert means == ["x1", "x2", "x3", "x4", "x5", "x6"]


def test_raw_numbers_come_back_from_csv_and_excel(fitted, tmp_path):
    for name, read in (("a.csv", pd.read_csv), ("a.xlsx", pd.read_excel)):
        frame = read(write_estimates(tmp_path / name, fitted))
        pd.testing.assert_series_equal(frame["est"], fitted.parameters["est"], rtol=1e-12)


def test_word_holds_the_table_and_the_note(fitted, tmp_path):
    from docx import Document

    document = Document(str(write_estimates(tmp_path / "a.docx", fitted)))
    cells = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert cells[0] == list(build_estimate_table(fitted).columns)
    assert cells[2] == build_estimate_table(fitted).iloc[1].tolist()
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
