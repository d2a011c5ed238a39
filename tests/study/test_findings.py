"""An audit's facts, each told once with its evidence."""

from dataclasses import replace
from pathlib import Path

import pytest

from sem_toolkit.study.audit import audit_publication
from sem_toolkit.study.findings import list_findings
from sem_toolkit.study.published import read_publication

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


@pytest.fixture(scope="module")
def audit():
    return audit_publication(read_publication(PUBLISHED))


def test_the_sample_size_is_one_fact_with_the_evidence_of_seven_tables(audit):
    first = list_findings(audit)[0]
    assert first.fact == "sample size"
    assert first.said == "the figures need n = 77, the text says 477"
    assert len(first.tables) == 7
    assert len(first.evidence) == 21


def test_every_check_that_is_not_consistent_is_evidence_of_one_fact(audit):
    findings = list_findings(audit)
    evidence = [check for finding in findings for check in finding.evidence]
    assert len(evidence) == len(set(map(id, evidence)))
    assert set(evidence) == {check for check in audit.checks if check.verdict != "consistent"}
    assert len({(finding.fact, finding.verdict) for finding in findings}) == len(findings) == 9


def test_what_tables_share_is_told_once(audit):
    said = {finding.fact: finding.said for finding in list_findings(audit)}
    assert said["predictors as named"] == "the predictors measure network, the text calls them capital factors"
    assert said["text against table"].startswith("F: the text says 19.872, the table 28.095; the text's")
    assert "would need n = 55" in said["text against table"]
    assert said["analysis printed"].startswith("Likert weights of the influencing factors: promised")


def test_tables_that_need_other_sizes_are_told_apart(audit):
    other = replace(audit, compatible_n={**audit.compatible_n, "4-2": (78, 79)})
    said = list_findings(other)[0].said
    assert said == (
        "those of 4-1, 4-3, 4-4, 4-6, 4-7, market-capital need n = 77, the text says 477; "
        "those of 4-2 need n = 78 to 79, the text says 477"
    )
    none = replace(audit, compatible_n=dict.fromkeys(audit.compatible_n, ()))
    assert list_findings(none)[0].said == "the figures agree for no sample size, the text says 477"
