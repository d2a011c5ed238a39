"""The printed tables from end to end."""

import inspect
import re
from pathlib import Path

import pytest

from sem_toolkit.study.audit import audit_publication
from sem_toolkit.study.manual import build_manual
from sem_toolkit.study.printed_study import run_printed_study
from sem_toolkit.study.published import read_publication
from sem_toolkit.study.regression import stepwise_regression

pytestmark = pytest.mark.slow

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


def test_the_manual_has_the_numbers_of_the_study():
    """docs/study.md is what `make docs` writes."""
    page = (PUBLISHED.parents[1] / "docs" / "study.md").read_text(encoding="utf-8")
    assert build_manual(run_printed_study(PUBLISHED)) == page


def test_audit_recovery_reconstruction_and_completions_in_one_go():
    stages: list[str] = []
    study = run_printed_study(PUBLISHED, completions=6, progress=stages.append)
    assert stages == ["audit", "recover", "items of the scores", "reconstruct", "complete", "models of completions"]
    assert study.audit.common_n == (study.recovery.n,) == (77,)
    assert study.recovery.is_unique
    assert study.reconstruction.reproduces
    assert study.figures["agrees"].all()
    assert len(study.completions.frames) == 6
    assert len(study.joint_regressions) == 12
    bounded = study.joint_regressions.dropna(subset="unbounded")
    assert len(bounded) == 10
    assert bounded["unbounded"].all()
    assert (bounded["sharp.highest"] > bounded["printed"]).all()
    paths = study.path_models.set_index("composite")
    assert list(paths.index) == [
        "synergy", "network_preclinical", "network_clinical", "network_market", "capital_preclinical",
        "capital_clinical",
    ]  # fmt: skip
    assert paths["unbounded"].all()
    assert (paths["sharp.lowest"] <= paths["lowest"].clip(lower=0)).all()
    assert (paths["highest"] <= paths["sharp.highest"]).all()
    assert [check.table for check in study.factor_checks] == ["4-1", "4-6", "4-7"]
    assert paths.loc["network_market", "alone"] == pytest.approx(0.5328, abs=1e-4)


def test_what_the_manual_says_of_the_paper_is_what_the_audit_finds():
    """The sentences of "Found in the paper" that have no number to put in: each is a check of the audit."""
    publication = read_publication(PUBLISHED)
    audit = audit_publication(publication)
    page = (PUBLISHED.parents[1] / "docs" / "study.md").read_text(encoding="utf-8")
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
