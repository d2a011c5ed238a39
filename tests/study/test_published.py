"""Reading printed tables: precision kept, and every unreadable cell named by row and column."""

from pathlib import Path

import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.study.published import parse_figure, read_publication

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


@pytest.mark.parametrize(
    ("text", "lo", "hi"),
    [
        ("0.309", 0.3085, 0.3095),
        (".290", 0.2895, 0.2905),
        ("-2.1", -2.15, -2.05),
        ("\u22122.10", -2.105, -2.095),
        ("28", 27.5, 28.5),
        ("<.001", 0.0, 0.001),
        ("0.000", -0.0005, 0.0005),
    ],
)
def test_a_figure_is_all_that_rounds_to_it(text, lo, hi):
    interval = parse_figure(text).interval
    assert float(interval.lo) == pytest.approx(lo, abs=1e-12)
    assert float(interval.hi) == pytest.approx(hi, abs=1e-12)


@pytest.mark.parametrize("text", ["", "n.s.", "1,5", "1.2.3", ".", "1e3", "0.30*"])
def test_what_is_not_a_number_is_refused(text):
    with pytest.raises(ValueError, match="is not a number"):
        parse_figure(text)


def test_the_study_has_seven_regressions_and_six_files_of_statements():
    publication = read_publication(PUBLISHED)
    assert [table.name for table in publication.tables] == ["4-1", "4-2", "4-3", "4-4", "4-6", "4-7", "market-capital"]
    assert set(publication.statements) == {
        "analyses",
        "conclusions",
        "counts",
        "hypotheses",
        "recommendations",
        "remarks",
    }
    assert {table.outcome for table in publication.tables} == {"SUCCESS"}
    preclinical = publication.get_table("4-2")
    assert preclinical.find("f").text == "28.095"
    assert preclinical.find("f", "text").text == "19.872"
    assert [row.term for row in publication.get_table("4-7").predictors] == ["b9", "b10", "b8"]


def test_every_unreadable_cell_is_named(tmp_path):
    file = tmp_path / "paper.csv"
    file.write_text("table,term,scale,b,se,t\n1,constant,,2.0,0.1,20\n1,x,1to5,0.3O9,0.1,\n1,r2,,,,\n")
    with pytest.raises(DataError) as error:
        read_publication(file)
    messages = [diagnostic.message for diagnostic in error.value.diagnostics]
    assert messages == [
        'paper.csv, row 3, column b: "0.3O9" is not a number',
        'paper.csv, row 3, column scale: "1to5" is not a scale such as 1-5',
        "paper.csv, row 4, column b: the cell is empty",
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "missing-file"),
        ("table,term\n1,x\n", "missing-column"),
        ("table,term,b\n", "empty-file"),
        ("table,term,b\n1,constant,2\n", "no-predictors"),
        ("table,term,b\n1,x,2\n1,x,3\n", "duplicate-term"),
    ],
)
def test_faults_of_a_file(tmp_path, text, code):
    file = tmp_path / "paper.csv"
    if text is not None:
        file.write_text(text)
    with pytest.raises(DataError) as error:
        read_publication(file)
    assert [diagnostic.code for diagnostic in error.value.diagnostics] == [code]


def test_rows_without_a_table_or_a_term_are_named(tmp_path):
    file = tmp_path / "paper.csv"
    file.write_text("table,term,b\n1,x,0.3\n,y,0.2\n1,,0.1\n")
    with pytest.raises(DataError) as error:
        read_publication(file)
    assert [diagnostic.message for diagnostic in error.value.diagnostics] == [
        "paper.csv, row 3, column table: the cell is empty",
        "paper.csv, row 4, column term: the cell is empty",
    ]
