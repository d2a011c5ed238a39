"""An atlas as tables: in a terminal of usual width no name is broken and no number cut."""

import io
from types import SimpleNamespace

import pandas as pd
import pytest
from rich.console import Console

from sem_toolkit.comparison.atlas import build_atlas
from sem_toolkit.report.atlas import build_atlas_tables, explain_tests, list_measures
from sem_toolkit.spec import parse_spec
from tests.support import DATA

NUMBERS = {
    "chisq": 236.1, "df": 26, "cfi": 0.762, "rmsea": 0.164, "srmr": 0.126, "delta.bic": 139.4, "chisq.diff": 150.8,
    "df.diff": 2, "pvalue.diff": 0.0002,
}  # fmt: skip
REASON = "equivalent: each reproduces all that the other implies; no data tell them apart"
ATLAS = SimpleNamespace(
    table=pd.DataFrame(
        [
            {"model": "given", "parent": "", "relation": "", "change": "hs", "answer": None, "reason": ""},
            {"model": "cross-loading-visual-x9", "parent": "given", "relation": "contains it",
             "change": "x9 also loads on visual (modification index 36.4, expected +0.52)",
             "answer": "1 of 3 as before; speed ~~ visual: 0.47 → 0.29 (n.s.)", "reason": ""},
            {"model": "second-order", "parent": "given", "relation": "equivalent", "change": "a factor of the factors",
             "answer": "none of them is in it", "reason": REASON},
        ]
    ).assign(verdict="converged", **NUMBERS)
)  # fmt: skip


@pytest.mark.parametrize("width", [80, 100])
def test_the_tables_fit_a_terminal(width):
    console = Console(file=io.StringIO(), width=width, color_system=None)
    for part in build_atlas_tables(ATLAS):
        console.print(part)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert text.count("cross-loading-visual-x9") >= 2
    for number in ("236.1", "0.762", "139.4", "150.8", "< .001"):
        assert number in text
    assert "nan" not in text


def test_what_is_not_certified_says_so_beside_its_numbers():
    doubtful = SimpleNamespace(table=ATLAS.table.assign(verdict=["converged", "improper", "converged"]))
    fit, *others = build_atlas_tables(doubtful)
    assert list(fit.columns[0].cells) == ["given", "cross-loading-visual-x9 (!)", "second-order"]
    assert "(!): not a proper solution; the verdict stands in the second table." in others


def test_a_reason_is_told_once_after_its_models():
    parts = [part for part in build_atlas_tables(ATLAS) if isinstance(part, str)]
    assert f"second-order: {REASON}." in parts


def test_scaled_statistics_are_shown_where_the_test_is_scaled():
    atlas = build_atlas(parse_spec("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n"), DATA / "hs.csv", estimator="MLM")
    row = atlas.table.iloc[0]
    assert row["chisq.scaled"] == atlas.given.fit_measures["chisq.scaled"]
    columns = {heading: name for heading, name, _ in list_measures(atlas.table)}
    assert (columns["χ²"], columns["CFI"], columns["ΔBIC"]) == ("chisq.scaled", "cfi.robust", "delta.bic")
    assert "χ² is scaled" in explain_tests(atlas.table)[0]


def test_scaled_indices_stand_where_there_are_no_robust_ones():
    """And the sentence under the table does not call them robust."""
    scaled = ATLAS.table.assign(**{"chisq.scaled": 200.1, "df.scaled": 26, "cfi.scaled": 0.7, "rmsea.scaled": 0.1})
    columns = {heading: name for heading, name, _ in list_measures(scaled)}
    assert (columns["CFI"], columns["RMSEA"]) == ("cfi.scaled", "rmsea.scaled")
    assert "χ² is scaled, and CFI and RMSEA are scaled." in explain_tests(scaled)[0]


def test_robust_indices_of_incomplete_rows_do_not_stand_beside_a_plain_test():
    plain = ATLAS.table.assign(**{"cfi.robust": 0.7, "rmsea.robust": 0.1})
    columns = {heading: name for heading, name, _ in list_measures(plain)}
    assert (columns["χ²"], columns["CFI"], columns["RMSEA"]) == ("chisq", "cfi", "rmsea")
