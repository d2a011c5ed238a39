"""The paper's recommendations beside its numbers."""

from pathlib import Path

import pandas as pd

from sem_toolkit.study.published import read_publication
from sem_toolkit.study.recommendations import NOTHING, judge_recommendations

PUBLISHED = Path(__file__).parents[2] / "data" / "published"
JOINT = pd.DataFrame(
    {"term": ["a5", "b3"], "printed": [0.309, 0.196], "lowest": [0.016, -0.056], "highest": [0.224, 0.13]}
)


def test_a_recommendation_stands_beside_the_numbers_it_leans_on():
    rows = [
        {"kind": "practice", "recommendation": "both", "terms": "a5;b3"},
        {"kind": "research", "recommendation": "none", "terms": ""},
    ]
    table = judge_recommendations(rows, JOINT)
    assert table["numbers"].tolist() == [
        "a5: B = 0.309 by itself, 0.016 to 0.224 beside all others; "
        "b3: B = 0.196 by itself, −0.056 to 0.130 beside all others",
        NOTHING,
    ]
    assert len(judge_recommendations([], JOINT)) == 0


def test_every_printed_predictor_is_named_by_one_recommendation_and_seven_are_of_research():
    publication = read_publication(PUBLISHED)
    rows = publication.statements["recommendations"]
    named = [term for row in rows for term in row["terms"].split(";") if term]
    printed = [row.term for table in publication.tables for row in table.predictors if "b" in row.figures]
    assert named == printed
    assert sum(row["kind"] == "research" and not row["terms"] for row in rows) == 7


def test_what_a_reader_notices_agrees_with_the_tables():
    """Remarks are typed; the numbers in them are those of the transcribed tables."""
    publication = read_publication(PUBLISHED)
    remarks = " ".join(row["remark"] for row in publication.statements["remarks"])
    blocks = [(table.block, table.stage) for table in publication.tables]
    assert sum(block == "capital" for block, _ in blocks) == 3
    assert "Capital is analysed in three regressions and has no hypothesis" in remarks
    assert blocks.count(("synergy", "all")) == sum(block == "synergy" for block, _ in blocks) == 1
    assert "measured once for all of them" in remarks
    assert "competition" not in dict(blocks)
    meanings = [row.meaning for table in publication.tables for row in table.predictors]
    assert not any("agenc" in meaning for meaning in meanings)
    assert "Government agencies are called most important beside research institutes; no table has them" in remarks
