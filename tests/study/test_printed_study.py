"""The printed tables from end to end."""

from pathlib import Path

from sem_toolkit.study.printed_study import run_printed_study

PUBLISHED = Path(__file__).parents[2] / "data" / "published"


def test_audit_recovery_and_reconstructions_in_one_go():
    stages: list[str] = []
    study = run_printed_study(PUBLISHED, seeds=(1, 2), progress=stages.append)
    assert stages == ["audit", "recover", "items of the scores", "reconstruct, seed 1", "reconstruct, seed 2"]
    assert study.audit.common_n == (study.recovery.n,) == (77,)
    assert study.recovery.is_unique
    assert [found.seed for found in study.reconstructions] == [1, 2]
    assert all(found.reproduces for found in study.reconstructions)
    assert study.figures["agrees"].all()
    assert len(study.joint_regressions) == 12
