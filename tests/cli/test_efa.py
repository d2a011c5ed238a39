"""`sem-toolkit efa`: numbers of factors, loadings, a plot, specs; and what it refuses."""

import pytest

from tests.support import DATA

ITEMS = [f"x{number}" for number in range(1, 10)]
WORDS = ("efa", *ITEMS, "--data", DATA / "hs.csv", "--factors", "2:3", "--draws", "50")


def test_tables_a_plot_and_specs(command, tmp_path):
    outcome = command(*WORDS, "-o", tmp_path / "plot.svg", "--write", tmp_path / "models")
    assert outcome.code == 0, outcome.err
    for text in ("parallel analysis: 3", "Fit by number of factors", "22.897", "3 factors: converged", "geomin"):
        assert text in outcome.out
    assert (tmp_path / "plot.svg").read_text().startswith("<?xml")
    spec = tmp_path / "models" / "efa-3.lav"
    again = command("fit", spec, "--data", DATA / "hs.csv", "--json").record
    assert again["fit_measures"]["chisq"] == pytest.approx(22.8967346, abs=1e-6)
    assert again["rotation"]["blocks"][0]["factors"] == ["f1", "f2", "f3"]


@pytest.mark.parametrize("suffix", [".html", ".docx", ".md", ".tex"])
def test_a_report_has_the_loadings_item_by_factor(command, tmp_path, suffix):
    path = tmp_path / f"efa{suffix}"
    outcome = command(*WORDS, "--report", path)
    assert outcome.code == 0, outcome.err
    assert str(path) in outcome.err
    if suffix != ".docx":
        text = path.read_text()
        for cell in (".895", "−.255", ".498", ".373", "geomin", ".988"):  # loadings, h², a correlation, CFI
            assert cell.replace("−", "$-$" if suffix == ".tex" else "−") in text
    else:
        from docx import Document

        table = next(found for found in Document(str(path)).tables if found.cell(0, 0).text == "Item")
        assert [cell.text for cell in table.rows[0].cells] == ["Item", "f1", "f2", "f3", "h²"]
        assert [cell.text for cell in table.rows[4].cells] == ["x5", "−.083", ".895", ".009", ".757"]


def test_json(command):
    record = command(*WORDS, "--rotation", "varimax", "--json").record
    assert [entry["nfactors"] for entry in record["solutions"]] == [2, 3]
    assert record["parallel_analysis"]["factors"] == 3
    assert record["solutions"][1]["rotation"]["orthogonal"] is True
    assert len(record["solutions"][1]["standardized_loadings"]["matrix"]) == 9


def test_the_loadings_that_are_asked_for(command):
    outcome = command(*WORDS, "--show", "2", "--least", "0")
    assert "2 factors: converged" in outcome.out
    assert "f3" not in outcome.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--factors", "5:2"), "1:5, 3 or 1,3,4"),
        (("--show", "4"), "none of the numbers"),
        (("--rotation", "geomine"), "geomin"),
        (("-o", "plot.txt"), ".svg"),
    ],
)
def test_bad_input(command, words, said):
    outcome = command(*WORDS, *words)
    assert outcome.code == 2
    assert said in outcome.err


def test_what_cannot_be_fitted_is_said_beside_what_can(command):
    outcome = command("efa", *ITEMS[:5], "--data", DATA / "hs.csv", "--factors", "2:3", "--draws", "50")
    assert outcome.code == 1
    assert "its 5 items carry 2 at most" in outcome.err
    assert "not fitted" in outcome.out
