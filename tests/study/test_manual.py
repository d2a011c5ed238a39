"""docs/study.md: every number of the page is put in by the study, or is what a test finds."""

import inspect
import re
from pathlib import Path

import pytest

from sem_toolkit.study.audit import audit_publication
from sem_toolkit.study.manual import build_manual
from sem_toolkit.study.population import SURVEY_POPULATION
from sem_toolkit.study.printed_study import run_printed_study
from sem_toolkit.study.published import read_publication
from sem_toolkit.study.regression import stepwise_regression
from tests.study import test_item_search, test_recover

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "data" / "published"
NUMBER_WORDS = "two|three|four|five|six|seven|eight|nine|ten|twenty|fifty|hundred|half|both"
BOUND = (
    "Tables 3.7, 3.10 and 3.11", "Table 4-5", "Tables 4-2 to 4-4", "H2 is", "entry p ≤ .05, removal p ≥ .10",
    "known to four digits", "fifty planted data sets", "one to eight items", "Table 4-1 then admits",
)  # fmt: skip
"""Phrases with numbers that the template has in words or types; a test below is about each."""
NAMES = (
    r"survey_n\d+", r"Table 4-2", r"^\d\. ", r"Steps 1 to 3", r"R² within 0 and 1", r"VIF at least 1",
    r"half a unit of the last digit", "swaps of two answers", "half-planes",
)  # fmt: skip
"""Phrases whose numbers are names or belong to a definition."""


@pytest.fixture(scope="module")
def study():
    return run_printed_study(PUBLISHED)


@pytest.fixture(scope="module")
def page():
    return (ROOT / "docs" / "study.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_manual_has_the_numbers_of_the_study(study, page):
    """docs/study.md is what `make docs` writes."""
    assert build_manual(study) == page


def test_no_number_of_the_manual_is_typed():
    """What is left of the template without expressions has no digit and no number word, but for BOUND and NAMES."""
    text = (ROOT / "sem_toolkit" / "study" / "templates" / "study.md.j2").read_text(encoding="utf-8")
    for phrase in BOUND:
        assert phrase in text, phrase
        text = text.replace(phrase, " ")
    for pattern in (r"\{%.*?%\}", r"\{\{.*?\}\}", *NAMES):
        text = re.sub(pattern, " ", text, flags=re.DOTALL | re.MULTILINE)
    assert re.findall(rf"[^\n]*(?:\d|\b(?:{NUMBER_WORDS})\b)[^\n]*", text) == []


@pytest.mark.slow
def test_numbers_in_words_are_what_is_found_and_tested(study, page):
    mean, sd = study.recovery.mean, study.recovery.sd
    assert float(mean.width) < 0.5e-3 * float(mean.middle)  # "known to four digits"
    assert float(sd.width) < 0.5e-3 * float(sd.middle) * 2
    (planted,) = [mark for mark in test_recover.test_planted_sums_are_among_the_solutions.pytestmark if mark.args]
    assert len(planted.args[1]) == 50
    assert "rng.integers(1, 9)" in inspect.getsource(test_item_search.test_planted_items_are_among_the_solutions)
    composites = [table.name for table in study.publication.tables if table.name in study.score_items.composites]
    assert composites == ["4-1"]
    assert "Table 4-1 then admits" in page
    assert f"simulated survey of {SURVEY_POPULATION.respondents} respondents" in page
    order = {row["table"]: row["entered"] for row in study.reconstruction.selection.to_dict("records")}
    for table in ("4-6", "4-7"):
        assert order[table] in page


def test_what_the_manual_says_of_the_paper_is_what_the_audit_finds(page):
    """The sentences of "Found in the paper" that have no number to put in: each is a check of the audit."""
    publication = read_publication(PUBLISHED)
    audit = audit_publication(publication)
    found = page[page.index("Found in the paper:") : page.index("## Recovery")]
    reasons = {(check.table, check.check): check.reason for check in audit.checks if check.verdict != "consistent"}
    told = [re.search(r'refers to "Table (\d[\d.]+)"', reason) for reason in reasons.values()]
    references = sorted((match.group(1) for match in told if match), key=lambda text: float(text.partition(".")[2]))
    assert f"The references to Tables {', '.join(references[:-1])} and {references[-1]} lead nowhere" in found
    assert "there is no Table 4-5" in reasons["", "table numbering"]
    assert "there is no Table 4-5" in " ".join(found.split())
    misnamed = [table for table, check in reasons if check == "predictors as named"]
    assert (misnamed[0], misnamed[-1], len(misnamed)) == ("4-2", "4-4", 3)
    assert 'calls the network of Tables 4-2 to 4-4 "capital factors"' in " ".join(found.split())
    assert "never tested" in reasons["", "hypothesis tested"]
    assert {
        check.subject for check in audit.checks if check.check == "analysis printed" and check.verdict != "consistent"
    } == {
        "Likert weights of the influencing factors",
        "correlation analysis",
    }
    entry, removal = (inspect.signature(stepwise_regression).parameters[name].default for name in ("entry", "removal"))
    assert f"(entry p ≤ {entry:.2f}, removal p ≥ {removal:.2f})".replace(" 0.", " .") in page
