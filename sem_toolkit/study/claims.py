"""What becomes of each claim of the paper: in its printed tables, and in the simulated survey."""

from __future__ import annotations

from collections.abc import Sequence

from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_p_relation
from sem_toolkit.study.joint_tests import JointTest
from sem_toolkit.study.printed_study import PrintedStudy
from sem_toolkit.study.run import StudyResult
from sem_toolkit.study.truth import LEVEL

CLAIMS = (
    ("H1: innovation promotes industrialization", ("network", "synergy"), ("H1",), True),
    ("H2: market competition promotes industrialization", ("competition",), ("H2",), True),
    ("Capital promotes industrialization (no hypothesis of the paper)", ("capital",), ("Capital",), True),
    ("Different factors act in different stages", (), ("Stages, network", "Stages, capital"), False),
)
"""Claim in words, blocks of tables that it is about, the joint tests of it, and whether it is about effects at all."""
ALMOST_SURE = 0.995


def build_claims_table(result: StudyResult) -> pd.DataFrame:
    """One row a claim: claim, printed (what the tables say), survey (what the simulated survey shows)."""
    tests = {test.hypothesis.name: test for test in result.joint_tests}
    rows = []
    for claim, blocks, names, of_effects in CLAIMS:
        found = [tests[name] for name in names if name in tests]
        rows.append(
            {
                "claim": claim,
                "printed": _judge_tables(result.printed, blocks) if of_effects else _count_comparisons(result.printed),
                "survey": _judge_tests(found, of_effects),
            }
        )
    return pd.DataFrame(rows)


def format_power(value: float) -> str:
    """A power to two decimals, and never a rounded one."""
    return "–" if pd.isna(value) else "> 0.99" if value >= ALMOST_SURE else f"{value:.2f}"


def _judge_tables(study: PrintedStudy, blocks: Sequence[str]) -> str:
    """By themselves: how many predictors are positive and significant. Beside the others: how many keep their sign."""
    own = [
        row
        for table in study.publication.tables
        if table.block in blocks
        for row in table.predictors
        if "b" in row.figures
    ]
    if not own:
        return "not tested: no table has it"
    alone = sum(row.figures["b"].value > 0 and row.figures["sig"].value < LEVEL for row in own)
    joint = study.joint_regressions.set_index("term")["positive"]
    lost = sum(bool(joint[row.term] < 1) for row in own)
    return (
        f"{alone} of {len(own)} predictors positive with p < {LEVEL:g} in its own table; "
        f"beside the others {lost} of them negative in some data that print the same tables"
    )


def _count_comparisons(study: PrintedStudy) -> str:
    """Whether a table has predictors of several stages, so that it could compare them."""
    stages = [table.stage for table in study.publication.tables]
    separate = sum(stage not in ("", "all") for stage in stages)
    return f"not tested: {separate} separate regressions, each of one stage"


def _judge_tests(tests: Sequence[JointTest], of_effects: bool) -> str:
    words = ("supported", "not supported") if of_effects else ("differ", "no difference shown")
    texts = []
    for test in tests:
        whose = "" if of_effects else f"{test.hypothesis.name.partition(', ')[2]}: "
        verdict = words[0] if test.verdict == "rejected" else words[1]
        texts.append(f"{whose}{verdict} (p {format_p_relation(test.wald_pvalue)}; power {format_power(test.power)})")
    return "; ".join(texts) or "no certified fit"
