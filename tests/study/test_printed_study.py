"""The printed tables from end to end."""

from pathlib import Path

import pytest

from sem_toolkit.study.printed_study import run_printed_study

pytestmark = pytest.mark.slow

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


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
