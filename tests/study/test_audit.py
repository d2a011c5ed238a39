"""The audit finds what is wrong with the study's tables, and with planted errors, and accuses no consistent table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sem_toolkit.study.audit import audit_publication, run_audit
from sem_toolkit.study.published import Publication, parse_figure
from sem_toolkit.study.table_checks import format_sizes
from tests.study.planted import plant_survey, print_tables

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


@pytest.fixture(scope="module")
def audit():
    return run_audit(PUBLISHED)


def find(audit, check, subject=None, table=None):
    return [
        c
        for c in audit.checks
        if c.check == check and subject in (None, c.subject) and (table is None or c.table == table)
    ]


def test_every_table_needs_77_rows_where_the_text_says_477(audit):
    assert audit.compatible_n == dict.fromkeys(("4-1", "4-2", "4-3", "4-4", "4-6", "4-7", "market-capital"), (77,))
    assert audit.common_n == (77,)
    sizes = find(audit, "n from all figures")
    assert {check.verdict for check in sizes} == {"inconsistent"}
    assert {(check.printed, check.implied) for check in sizes} == {("477", "77")}
    assert "F would be about 178" in find(audit, "n from all figures", table="4-2")[0].reason


def test_text_and_table_disagree_on_f_of_table_4_2_only(audit):
    wrong = [check for check in find(audit, "text against table") if check.verdict == "inconsistent"]
    assert [(check.table, check.subject, check.printed, check.implied) for check in wrong] == [
        ("4-2", "F", "28.095", "19.872")
    ]
    assert [check.implied for check in find(audit, "n of the text")] == ["55"]


@pytest.mark.parametrize(
    ("table", "term", "lo", "hi"),
    [("4-1", "TECHMARKET", 0.00233, 0.00235), ("4-7", "b10", 0.0184, 0.0186), ("4-2", "a5", 1.1e-6, 1.13e-6)],
)
def test_exact_p_values(audit, table, term, lo, hi):
    (check,) = find(audit, "p", term, table)
    low, high = (float(text) for text in check.implied.strip("[]").split(","))
    assert check.verdict == "consistent"
    assert lo < low <= high < hi
    assert ("rounded, not zero" in check.reason) == (check.printed == "0.000")


def test_figures_within_the_tables_agree(audit):
    for name in ("t = B/SE", "p", "SD ratio", "Beta² = R²", "t² = F", "VIF at least 1", "predictor correlation"):
        checks = find(audit, name)
        assert checks
        assert {check.verdict for check in checks} == {"consistent"}
    assert len(find(audit, "Beta² = R²")) == len(find(audit, "t² = F")) == 3


@pytest.mark.parametrize(
    ("table", "pair", "lo", "hi"),
    [("4-1", "TECHMARKET with RESOURCE", 0.502, 0.505), ("4-6", "a10 with a11", 0.057, 0.060)],
)
def test_implied_predictor_correlations(audit, table, pair, lo, hi):
    (check,) = find(audit, "predictor correlation", pair, table)
    low, high = (float(text) for text in check.implied.strip("[]").split(","))
    assert lo < low <= high < hi


def test_references_numbering_and_statements(audit):
    wrong = [(c.table, c.printed) for c in find(audit, "table reference") if c.verdict == "inconsistent"]
    assert wrong == [
        ("4-1", "Table 3.7"),
        ("4-3", "Table 3.11"),
        ("4-4", "Table"),
        ("market-capital", "Table 3.10"),
    ]
    assert [check.subject for check in find(audit, "table numbering")] == ["Table 4-5"]
    assert [check.table for check in find(audit, "table printed")] == ["market-capital"]
    assert {check.table for check in find(audit, "predictors as named")} == {"4-2", "4-3", "4-4"}
    tested = {check.subject: check for check in find(audit, "hypothesis tested")}
    assert tested["H1"].verdict == "consistent"
    assert "never tested" in tested["H2"].reason
    assert "silent" in tested["H2"].reason
    promised = {check.subject: check.verdict for check in find(audit, "analysis printed")}
    assert promised == {
        "Likert weights of the influencing factors": "not decidable",
        "correlation analysis": "not decidable",
        "regression analysis": "consistent",
    }
    assert {check.verdict for check in find(audit, "count")} == {"consistent"}
    assert "not to the 477 valid questionnaires" in find(audit, "shares")[0].reason


def test_nothing_else_is_found(audit):
    """Everything that is not consistent is one of the kinds above."""
    kinds = {check.check for check in audit.checks if check.verdict != "consistent"}
    assert kinds == {
        "n from R² and F",
        "n from R² and adjusted R²",
        "n from all figures",
        "text against table",
        "n of the text",
        "table reference",
        "table numbering",
        "table printed",
        "predictors as named",
        "hypothesis tested",
        "analysis printed",
        "shares",
    }


@pytest.mark.parametrize("seed", range(10))
def test_a_consistent_table_is_not_accused(seed):
    rng = np.random.default_rng(seed)
    survey = plant_survey(rng, n=int(rng.integers(40, 300)), items=6)
    tables = print_tables(survey, [["x1"], ["x2", "x3"], ["x4", "x5", "x6"]])
    audit = audit_publication(Publication(tables, {}))
    assert [check for check in audit.checks if check.verdict != "consistent"] == []
    assert len(survey) in audit.common_n


def change_row(table, position, column, text):
    rows = list(table.coefficients)
    rows[position] = replace(rows[position], figures={**rows[position].figures, column: parse_figure(text)})
    return replace(table, coefficients=tuple(rows))


def change_model(table, quantity, text):
    figures = tuple(
        replace(figure, figure=parse_figure(text)) if figure.quantity == quantity else figure
        for figure in table.figures
    )
    return replace(table, figures=figures)


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (lambda table: change_row(table, 1, "t", "9.876"), "t = B/SE"),
        (lambda table: change_row(table, 1, "sig", "0.250"), "p"),
        (lambda table: change_row(table, 1, "beta", "-0.400"), "SD ratio"),
        (lambda table: change_model(table, "adj_r2", "0.450"), "n from R² and adjusted R²"),
        (lambda table: change_model(table, "f", "99.999"), "n from R² and F"),
        (lambda table: change_model(table, "r2", "1.200"), "R² within 0 and 1"),
        (lambda table: replace(table, n_stated=477), "n from all figures"),
    ],
    ids=["t", "p", "sign", "adjusted", "f", "r2", "n"],
)
@pytest.mark.parametrize("block", [["x1"], ["x1", "x2"]], ids=["one predictor", "two predictors"])
def test_planted_errors_are_found(block, plant, expected):
    (table,) = print_tables(plant_survey(np.random.default_rng(5), 90, 2), [block])
    audit = audit_publication(Publication((plant(table),), {}))
    assert expected in {check.check for check in audit.select("inconsistent")}


def test_impossible_betas_leave_no_correlation_matrix():
    (table,) = print_tables(plant_survey(np.random.default_rng(6), 90, 2), [["x1", "x2"]])
    audit = audit_publication(Publication((change_row(table, 2, "beta", "0.950"),), {}))
    assert {"predictor correlation"} <= {check.check for check in audit.select("inconsistent")}


def test_a_single_file_in_another_papers_layout(tmp_path):
    file = tmp_path / "paper.csv"
    file.write_text(
        "table,term,b,se,beta,t\n1,(Constant),2.432,0.235,,10.355\n1,x,0.309,0.058,0.522,5.300\n1,r2,0.273,,,\n1,f,28.095,,,\n"
    )
    audit = run_audit(file)
    assert audit.common_n == (77,)
    assert audit.select("inconsistent") == ()
    assert "n = 77" in audit.summary()
    assert list(audit.to_frame().columns) == ["table", "check", "subject", "verdict", "printed", "implied", "reason"]


def test_sets_of_sizes_as_text():
    assert [format_sizes(sizes) for sizes in [(77,), (76, 77, 78), (70, 90)]] == ["77", "76 to 78", "70 … 90 (2 sizes)"]


def test_a_large_stated_sample_is_within_the_search():
    (table,) = print_tables(plant_survey(np.random.default_rng(7), 20_000, 1), [["x1"]])
    audit = audit_publication(Publication((table,), {}))
    assert 20_000 in audit.common_n
    assert audit.select("inconsistent") == ()


def test_without_a_sample_size_nothing_is_accused():
    (table,) = print_tables(plant_survey(np.random.default_rng(8), 60, 1), [["x1"]])
    bare = replace(table, figures=(), n_stated=None)
    bare = replace(
        bare,
        coefficients=tuple(
            replace(row, figures={k: v for k, v in row.figures.items() if k != "beta"}) for row in bare.coefficients
        ),
    )
    audit = audit_publication(Publication((bare,), {}))
    assert audit.select("inconsistent") == ()
