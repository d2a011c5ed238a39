"""Reports of fits and comparisons: every number of the prose is one of the tables, in every format."""

import re

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import DataError, compare, fit
from sem_toolkit.report.asked import AskedTable, list_extras, list_tables
from sem_toolkit.report.document import DOCUMENTS, write_document
from sem_toolkit.report.numbers import format_fit_line
from sem_toolkit.report.reported import build_comparison_report, build_fit_report
from tests.support import DATA

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
NUMBER = re.compile(r"−?\d*\.?\d+")


@pytest.fixture(scope="module")
def fitted():
    return fit(CFA, DATA / "hs.csv", engine="native")


@pytest.mark.parametrize(
    "options", [{}, {"group": "school"}, {"estimator": "MLR"}, {"estimator": "ULS"}], ids=["ml", "groups", "mlr", "uls"]
)
def test_every_number_of_the_method_stands_in_its_table(options):
    result = fit(CFA, DATA / "hs.csv", engine="native", **options)
    section = build_fit_report(result).sections[0]
    cells = {number for cell in section.tables[0].frame["value"] for number in NUMBER.findall(cell)}
    cells |= set(NUMBER.findall(" ".join(section.tables[0].frame["fact"])))
    told = NUMBER.findall(section.paragraphs[0])
    assert len(told) > 5
    assert set(told) <= cells
    assert str(result.sample.n) in told
    assert str(result.npar) in told


def test_scaled_tests_and_robust_indices_stand_for_plain_ones_in_one_line():
    m = (result := fit(CFA, DATA / "hs.csv", estimator="MLR")).fit_measures
    line = format_fit_line(result)
    assert line.startswith(f"Scaled χ²(24) = {m['chisq.scaled']:.2f}, p < .001, robust CFI = ")
    limits = (m[f"rmsea.ci.{end}.robust"] for end in ("lower", "upper"))
    shown = [m["cfi.robust"], m["tli.robust"], m["rmsea.robust"], *limits]
    assert re.findall(r"\.\d{3}", line)[1:6] == [f"{value:.3f}".removeprefix("0") for value in shown]


def test_ordered_answers_have_a_p_value_in_one_line():
    """What WLSMV minimises has none: with scaled.shifted there is one, and whole or broken degrees of freedom."""
    data = pd.read_csv(DATA / "hs.csv")[[f"x{k}" for k in range(1, 10)]].apply(lambda x: pd.qcut(x, 3, labels=False))
    for estimator, df in (("WLSMV", r"24"), ("WLSMVS", r"\d+\.\d{3}")):
        line = format_fit_line(fit(CFA, data, estimator=estimator, ordered=list(data)))
        assert re.match(rf"Scaled χ²\({df}\) = \d+\.\d\d, p (= \.\d{{3}}|< \.001), (robust|scaled) CFI = ", line), line


def test_numbers_are_those_of_the_fit(fitted):
    words = build_fit_report(fitted).sections[0].paragraphs[0]
    assert "χ²(24) = 85.31" in words
    assert "21 free parameters leave 24 degrees of freedom" in words


def test_what_is_missing_is_counted():
    """The checklist says that Method tells how much is missing, and it does."""
    result = fit(CFA, DATA / "hs_missing.csv", missing="ml")
    rows = result.sample.groups[0].data
    incomplete, share = int(np.isnan(rows).any(axis=1).sum()), 100 * np.isnan(rows).mean()
    assert incomplete > 0
    report = build_fit_report(result)
    assert f"{incomplete} are incomplete: {share:.1f} % of all cells are empty" in report.sections[0].paragraphs[0]
    dropped = fit(CFA, DATA / "hs_missing.csv")
    words = build_fit_report(dropped).sections[0].paragraphs[0]
    assert f"Of {dropped.sample.n_read} rows, {dropped.sample.n_read - dropped.sample.n} were left out" in words


def test_nobody_counts_what_is_missing_behind_moments():
    covariance = np.array([[1.0, 0.5, 0.4], [0.5, 1.0, 0.3], [0.4, 0.3, 1.0]])
    result = fit("f =~ a + b + c", sample_cov=pd.DataFrame(covariance, list("abc"), list("abc")), sample_nobs=100)
    sections = {section.heading: section for section in build_fit_report(result).sections}
    places = sections["What to report, and where it stands"].tables[0].frame.set_index("JARS-SEM asks for")
    assert "how much to be written" in places.loc["missing data: how much, and what was done", "where it stands"]


def test_a_comparison_has_headings_for_people():
    specs = {"three": CFA, "one": "f =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"}
    sections = {
        section.heading: section for section in build_comparison_report(compare(specs, DATA / "hs.csv")).sections
    }
    assert {"χ²", "df", "p", "CFI", "free parameters"} <= set(sections["Models"].tables[0].frame["Measure"])
    pairs = sections["Pairs of models, by what each implies"].tables[0].frame
    assert pairs.loc[0, ["Restricted model", "Δdf", "p"]].tolist() == ["one", "3", "< .001"]


def test_messages_and_empty_cells_are_told_in_words():
    result = fit("#' reverse: x3\n" + CFA, DATA / "hs_missing.csv", missing="ml")
    report = build_fit_report(result)
    assert "full information maximum likelihood" in report.sections[0].paragraphs[0]
    said = {section.heading: section for section in report.sections}["Messages"].paragraphs
    assert any(text.startswith(("Note: ", "Warning: ")) for text in said)
    assert any("x3" in text and text.endswith(".") for text in said)
    assert not any("Diagnostic(" in text or "severity" in text for text in said)


def test_the_checklist_names_sections_that_are_there(fitted):
    other = fit("f =~ x1 + x2 + x3 + x4", DATA / "hs.csv")
    both = compare({"three": CFA, "one": "f =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"}, DATA / "hs.csv")
    for report in (build_fit_report(fitted), build_fit_report(other), build_comparison_report(both)):
        headings = [section.heading for section in report.sections]
        places = report.sections[headings.index("What to report, and where it stands")].tables[0].frame
        for word in ("Method", "Models", "Estimates", "Origin", "Explained variance", "Messages"):
            if any(place.startswith(word) for place in places["where it stands"]):
                assert word in headings


@pytest.mark.parametrize("suffix", sorted(DOCUMENTS))
def test_every_format(tmp_path, suffix, fitted):
    path = write_document(tmp_path / f"r{suffix}", build_fit_report(fitted))
    if suffix == ".docx":
        from docx import Document

        document = Document(str(path))
        text = " ".join(paragraph.text for paragraph in document.paragraphs)
        assert len(document.tables) >= 3
    else:
        text = path.read_text(encoding="utf-8")
    assert "85.31" in text
    assert "What to report" in text
    if suffix == ".html":
        assert "<script" not in text
        assert "http" not in text
    with pytest.raises(DataError, match="cannot be written"):
        write_document(tmp_path / "r.pages", build_fit_report(fitted))


def test_users_texts_are_escaped(tmp_path):
    spec = "#' title: <b>&_%\n" + CFA
    report = build_fit_report(fit(spec, DATA / "hs.csv", engine="native"))
    assert "<h1>&lt;b&gt;&amp;_%</h1>" in write_document(tmp_path / "r.html", report).read_text()
    assert "\\&\\_\\%" in write_document(tmp_path / "r.tex", report).read_text()


def test_a_comparison_tells_what_its_fits_tell():
    """What was reversed stands once, though both models have it."""
    specs = {"three": CFA, "one": "f =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"}
    report = build_comparison_report(compare(specs, DATA / "hs.csv", reverse=["x1(0-10)"]))
    (said,) = (section.paragraphs for section in report.sections if section.heading == "Messages")
    assert len([words for words in said if "reverse-coded: x1 as 10 - x1" in words]) == 1


def test_a_model_of_factors_has_reliability_and_validity(fitted):
    sections = {section.heading: section for section in build_fit_report(fitted).sections}
    first, fornell, htmt = sections["Reliability and validity"].tables
    own = fitted.reliability[0]
    assert list(first.frame["AVE"]) == [f"{value:.3f}"[1:] for value in own.ave]
    assert "average variance extracted" in first.note
    assert fornell.frame.iloc[1, 2].lstrip("0") == f"{own.fornell_larcker[1, 1]:.3f}"[1:]
    assert htmt.frame.iloc[1, 1].lstrip("0") == f"{own.htmt[1, 0]:.3f}"[1:]
    single = build_fit_report(fit("f =~ x1 + x2 + x3 + x4", DATA / "hs.csv"))
    assert [len(s.tables) for s in single.sections if s.heading == "Reliability and validity"] == [1]
    paths = build_fit_report(fit("x1 ~ x2 + x3", DATA / "hs.csv"))
    assert "Reliability and validity" not in [section.heading for section in paths.sections]


def test_tables_that_are_asked_for_are_in_the_report(fitted):
    asked = [
        *list_extras(fitted, ["modification", "reliability"]),
        *list_tables(fitted, {"scores": fitted.to_frame("scores")}),
    ]
    sections = {section.heading: section for section in build_fit_report(fitted, asked).sections}
    assert len(sections["Modification indices, the largest 20"].tables[0].frame) == 20
    assert "Reliability" not in sections
    assert sections["Factor scores"].paragraphs[0].startswith("The first 200 of 301 rows")
    assert len(sections["Factor scores"].tables[0].frame) == 200


def test_only_sections_with_a_wide_table_lie_on_the_long_side(tmp_path, fitted):
    from docx import Document

    asked = list_extras(fitted, ["effects", "modification"])
    path = write_document(tmp_path / "r.docx", build_fit_report(fitted, list(asked)))
    assert [section.page_width < section.page_height for section in Document(str(path)).sections] == [True]
    wide = [AskedTable("tests", "Wide", pd.DataFrame(np.ones((2, 14)), columns=[f"c{k}" for k in range(14)]), ())]
    path = write_document(tmp_path / "r.docx", build_fit_report(fitted, wide))
    turned = [section.page_width > section.page_height for section in Document(str(path)).sections]
    assert turned == [False, True, False]
