"""`sem-toolkit study`: the whole study from the project's own specs and data, and what happens when parts fail."""

import html
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from sem_toolkit.study.tables import COMPLETED

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "model_specs"


@pytest.fixture(scope="module")
def output(tmp_path_factory):
    from sem_toolkit.cli.main import run

    folder = tmp_path_factory.mktemp("study")
    code = run(
        [
            "study",
            "--specs",
            str(SPECS),
            "--data",
            str(ROOT / "data"),
            "-o",
            str(folder),
            "--replications",
            "8",
            "--word",
        ]
    )
    assert code == 0
    return folder


def test_every_spec_is_fitted_and_certified(output):
    table = pd.read_csv(output / "tables" / "fit_measures.csv")
    assert set(table["model"]) == {path.stem for path in SPECS.glob("*.lav")}
    assert table["certified"].all()
    assert (table["verdict"] == "converged").all()
    assert (table["n"] == 477).all()


def test_the_research_model_fits_and_beats_each_simpler_alternative(output):
    table = pd.read_csv(output / "tables" / "fit_measures.csv").set_index("model")
    main = table.loc["research_model"]
    assert main["cfi"] > 0.95
    assert main["rmsea"] < 0.05
    for name in ("general_factor", "innovation_capital_merged", "second_order_innovation", "capital_mediated"):
        assert table.loc[f"alternative_{name}", "aic"] > main["aic"] + 30, name


def test_numbers_in_the_tables_agree_with_a_fit_of_the_spec(output):
    from sem_toolkit.fit import fit

    rows = pd.read_csv(output / "tables" / "parameters.csv", keep_default_na=False, na_values=[""])
    mine = rows[rows["model"] == "research_market"].reset_index(drop=True)
    fresh = fit(SPECS / "research_market.lav", engine="native").parameters
    pd.testing.assert_series_equal(mine["est"], fresh["est"], rtol=1e-6, atol=1e-6)


def test_the_figure_is_a_picture_in_three_formats(output):
    root = ET.fromstring((output / "figure-3-1.svg").read_text(encoding="utf-8"))  # noqa: S314 - our own file
    texts = " ".join("".join(node.itertext()) for node in root.iter() if node.tag.endswith("text"))
    assert "n = 477" in texts
    assert "Simulated survey" in texts
    assert (output / "figure-3-1.pdf").read_bytes().startswith(b"%PDF")
    assert (output / "figure-3-1.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_stands_alone_and_names_every_model(output):
    page = (output / "report.html").read_text(encoding="utf-8")
    for path in SPECS.glob("*.lav"):
        assert f'id="{path.stem}"' in page
    assert "<svg" in page
    assert page.count('<span class="simulated">simulated survey</span>') > 5
    assert 'src="' not in page
    assert "<link" not in page
    for name in ("H1", "H2"):
        assert f"<h3>{name}:" in page
    assert "<strong>n = 77</strong>" in page
    assert "exactly <strong>one</strong> set of sums" in page


def test_no_table_is_cut_on_a_phone(output):
    """Below 45rem a row is a card, in which each cell says what it is."""
    page = (output / "report.html").read_text(encoding="utf-8")
    assert "content: attr(data-label)" in page
    cells = re.findall(r"<td[^>]*>", page)
    assert len(cells) > 3000
    assert {cell for cell in cells if "data-label" not in cell} == {'<td class="text">'}  # first cells of estimates


def test_details_are_open_on_paper_and_figures_on_one_page(output):
    page = (output / "report.html").read_text(encoding="utf-8")
    paper = page[page.index("@media print") :]
    assert "details::details-content { content-visibility: visible" in paper
    assert "max-height: 172mm" in paper


def test_items_of_the_survey_are_named(output):
    items = pd.read_csv(output / "tables" / "survey_items.csv").set_index("item")
    assert items.loc["a5", ["label", "provenance"]].tolist() == ["Research institutes", "stated"]
    assert set(items["provenance"]) == {"stated", "inferred", "constructed"}
    assert items["label"].notna().all()


def test_what_the_printed_tables_tell_is_in_the_tables(output):
    sums = pd.read_csv(output / "tables" / "printed_recovered_sums.csv").set_index("item")
    assert sums.loc[["a5", "b3", "c6"], "sum"].tolist() == [303, 223, 277]
    assert pd.read_csv(output / "tables" / "printed_reproduced.csv")["agrees"].all()
    scales = pd.read_csv(output / "tables" / "survey_scales.csv").set_index("scale")
    assert scales.loc["success", "alpha"] == pytest.approx(0.854577, abs=1e-6)  # R, from var() and cov()


def test_research_and_measurement_models_are_called_equivalent(output):
    text = (output / "report.html").read_text(encoding="utf-8")
    pairs = [
        f"“Research model, {stage}” and “Measurement model, {stage}”"
        for stage in ("all stages", "preclinical stage", "clinical stage", "market stage")
    ]
    pairs.append("“Alternative: competition without effect” and “Alternative: competition allocates capital”")
    assert f"<strong>Equivalent</strong>, so that no data can tell them apart: {'; '.join(pairs)}." in text


def test_every_table_says_where_its_numbers_are_from(output):
    for path in (output / "tables").glob("*.csv"):
        wanted = "printed tables" if path.stem.startswith("printed") else "simulated survey"
        wanted = "made-up data that give the printed tables" if path.stem in COMPLETED else wanted
        assert set(pd.read_csv(path)["source"]) == {wanted}, path.name


def test_no_number_of_the_prose_is_typed():
    """Every number of the text is put in by an expression; figures and hypotheses have names."""
    text = (ROOT / "sem_toolkit" / "study" / "templates" / "study.html.j2").read_text(encoding="utf-8")
    text = text[text.index("<main>") :]
    for pattern in (r"\{%.*?%\}", r"\{\{.*?\}\}", r"<[^>]*>", r"Figure [03]-1", r"\bH[12]\b", r"95 %|R²|χ²"):
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    assert re.findall(r"[^\n]*(?:\d|\b(?:two|three|four|five|six|seven|eight|half|twice)\b)[^\n]*", text) == []


def test_the_summary_and_its_claims_are_those_of_the_tables(output):
    page = html.unescape(re.sub(r"<[^>]+>", "", (output / "report.html").read_text(encoding="utf-8")))
    short = " ".join(page[page.index("In short\n") : page.index("Two kinds of numbers")].split())
    tables = {path.stem: pd.read_csv(path) for path in (output / "tables").glob("*.csv")}
    audit = tables["printed_audit"]
    regressions = audit.loc[audit["table"].notna(), "table"].nunique()
    assert f"All {regressions} regressions have n = 77; the text says 477." in short
    items, scores = tables["printed_recovered_sums"], tables["printed_score_items"].set_index("score")
    assert f"the figures of the {len(items)} printed items" in short
    assert f"the success score is a mean of {scores.loc['SUCCESS', 'items']}" in short
    paths = tables["printed_path_models"]
    assert paths["unbounded"].all()
    assert f"the effect of none of the {len(paths)} blocks beside the others is bounded by them" in short
    tests = tables["joint_tests"].set_index("hypothesis")
    assert tests.loc["H1", "power"] > 0.995
    assert "effects of innovation with power > 0.99" in short
    assert f"with power {tests.loc['Stages, network', 'power']:.2f} only" in short
    rows = tables["printed_joint_regressions"].dropna(subset="printed")
    capital = rows["term"].isin(["a10", "a11", "b9", "b10", "b8"])
    for own in (rows[~capital], rows[capital]):
        said = f"{len(own)} of {len(own)} predictors positive with p < 0.05 in its own table; beside the others "
        assert f"{said}{(own['positive'] < 1).sum()} of them negative in some data" in short
    for name in ("network", "capital"):
        row = tests.loc[f"Stages, {name}"]
        p = f"{row['wald_pvalue']:.3f}".removeprefix("0")
        assert f"{name}: no difference shown (p = {p}; power {row['power']:.2f})" in short


def test_every_code_of_an_item_stands_beside_its_name(output):
    """In tables and lists of the report; the models' own parameters have a column of names."""
    page = (output / "report.html").read_text(encoding="utf-8").partition('<h2 id="models">')[0]
    shown = html.unescape(re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    codes = re.findall(r"(.)\b([abc]\d{1,2}|TECHMARKET|RESOURCE|SUCCESS)\b", shown)
    assert len(codes) > 60
    assert {before for before, _ in codes} == {"("}


def test_numbers_of_the_prose_are_those_of_the_tables(output):
    page = html.unescape(re.sub(r"<[^>]+>", "", (output / "report.html").read_text(encoding="utf-8")))
    page = " ".join(page.split())
    tests = pd.read_csv(output / "tables" / "joint_tests.csv").set_index("hypothesis")
    for name in ("H1", "H2", "Capital", "Stages, network", "Stages, capital"):
        row = tests.loc[name]
        said = f"Wald χ² = {row['wald']:.2f}, likelihood ratio χ² = {row['lr']:.2f}, both on {row['df']} df"
        assert said in page, name
    apart = tests.loc[(tests["wald"] - tests["lr"]).abs().idxmax()]
    said = f"“{apart.name}” (Wald χ² = {apart['wald']:.2f}, likelihood ratio χ² = {apart['lr']:.2f})"
    assert f"{said}. What they say is the same of every hypothesis." in page
    assert ((tests["wald_pvalue"] < 0.05) == (tests["lr_pvalue"] < 0.05)).all()
    stages = pd.read_csv(output / "tables" / "stage_effects.csv").set_index(["factor", "stage"])
    row = stages.loc[("network", "clinical")]
    assert f"factor (VIF) is {row['vif']:.2f}" in page
    assert f"Its true value in the joint model is {row['true']:.3f}." in page
    assert f"β = {row['alone']:.3f} in its stage's own model and {row['jointly']:.3f} in the joint one" in page
    sums = pd.read_csv(output / "tables" / "printed_reproduced.csv")
    assert f"reproduce {sums['agrees'].sum()} of {len(sums)} printed figures" in page
    assert f"give {sums['agrees'].sum()} of {len(sums)} figures to the last digit" in page
    seeds = pd.read_csv(output / "tables" / "other_seeds.csv")
    plain, corrected = (100 * (seeds[name] < 0.05).mean() for name in ("exact fit", "exact fit, corrected"))
    assert f"in {plain:.0f} % of {len(seeds)} surveys with other seeds it rejects at 0.05" in page
    assert f"with Swain's correction for that it rejects in {corrected:.0f} %" in page
    for model, rows in pd.read_csv(output / "tables" / "printed_completion_models.csv").groupby("model"):
        row = rows.iloc[0]
        said = (
            f"“{model.capitalize()}” has an admissible optimum in {row['certified']} of {row['drawn']}, and its χ² test"
        )
        assert said in page
    completed = pd.read_csv(output / "tables" / "printed_completion_models.csv")
    words = [name.replace("_", ", ", 1) for name in completed.loc[completed["positive"] == 1, "predictor"]]
    stable = f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else words[0]
    assert f"The effect of {stable} is positive in every one." in page
    told = page[page.index("even the sign of the effect differs") :].partition("Structural equation")[0]
    for name in completed.loc[completed["positive"].between(0, 1, inclusive="neither"), "predictor"]:
        assert name.replace("_", ", ", 1) in told
    audit = pd.read_csv(output / "tables" / "printed_audit.csv")["verdict"].value_counts()
    assert (
        f"{audit['consistent']} consistent, {audit['inconsistent']} inconsistent, {audit['not decidable']} not" in page
    )
    success = pd.read_csv(output / "tables" / "printed_score_items.csv").set_index("score").loc["SUCCESS"]
    assert f"its mean is {success['mean']:.4f} and its SD {success['sd']:.4f}" in page
    findings = pd.read_csv(output / "tables" / "printed_findings.csv", keep_default_na=False)
    assert f"what is not consistent comes to {len(findings)} facts" in page
    assert (
        findings["checks"].sum()
        == pd.read_csv(output / "tables" / "printed_audit.csv").query("verdict != 'consistent'").shape[0]
    )
    advice = pd.read_csv(output / "tables" / "printed_recommendations.csv")
    none = (advice["numbers"] == "no printed number is about it").sum()
    assert f"Of the paper's {len(advice)} recommendations {none} lean on no printed number" in page
    joint = pd.read_csv(output / "tables" / "printed_joint_regressions.csv")
    assert joint["sharp.lowest"].dropna().abs().max() < 1e-6  # "may vanish beside the others"
    counts = pd.read_csv(ROOT / "data" / "published" / "counts.csv").set_index("quantity")["value"]
    assert f"{counts['sent']:.0f} questionnaires were sent, {counts['returned']:.0f} came back" in page
    models = pd.read_csv(output / "tables" / "fit_measures.csv")
    found = models["engine"].value_counts()
    assert f"Of {len(models)} models semopy found the optimum of {found['semopy']}" in page
    assert found["native"] == 1
    assert f"{int(models.loc[0, 'npar'])} free parameters leave {int(models.loc[0, 'df'])} degrees of freedom" in page
    for effect, other in (("network", "carried.network"), ("network", "carried.capital")):
        assert f"{stages.loc[(effect, 'clinical'), other]:.3f}" in page
    for factor in ("network", "capital"):
        true = ", ".join(
            f"{stages.loc[(factor, stage), 'true']:.3f}" for stage in ("preclinical", "clinical", "market")
        )
        assert true in page
    assert f"with probability {1 - tests.loc['Stages, network', 'power']:.2f}" in page
    paths = pd.read_csv(output / "tables" / "printed_path_models.csv")
    lowest, highest = paths["sharp.lowest"].min(), paths["sharp.highest"].min()
    assert f"may be as small as {lowest:.2f} and as large as {highest:.2f} or more" in page


@pytest.mark.slow
def test_a_spec_that_cannot_be_fitted_is_reported_and_the_rest_is_done(command, tmp_path):
    specs = tmp_path / "specs"
    specs.mkdir()
    (tmp_path / "data").symlink_to(ROOT / "data")
    for name in ("research_model.lav", "measurement_all_stages.lav", "measurement_synergy.lav"):
        shutil.copy(SPECS / name, specs / name)
    header = "#' title: Too few indicators\n#' data: ../data/survey_n477.csv\n"
    (specs / "alternative_broken.lav").write_text(header + "f =~ t1 + t2\n")
    outcome = command("study", "--specs", specs, "--data", ROOT / "data", "-o", tmp_path / "out", "--replications", 2)
    assert outcome.code == 1
    assert "not-identified" in outcome.err
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Not certified:" in page
    assert "Too few indicators" in page
    table = pd.read_csv(tmp_path / "out" / "tables" / "fit_measures.csv").set_index("model")
    assert table["certified"].to_dict() == {
        "research_model": True,
        "measurement_all_stages": True,
        "measurement_synergy": True,
        "alternative_broken": False,
    }


def test_outside_the_project_the_missing_folder_is_named(command, tmp_path):
    outcome = command("study", "--specs", tmp_path / "model_specs", "-o", tmp_path / "out")
    assert outcome.code == 2
    folder = tmp_path / "model_specs"
    assert f'there is no folder "{folder}"' in outcome.err.replace("\n", " ")
    assert "study --init" in outcome.err
    assert not (tmp_path / "out").exists()


def test_the_receipt_of_the_study_holds(output):
    from sem_toolkit.fit.reading_receipts import read_receipt
    from sem_toolkit.fit.receipts import hash_receipt
    from sem_toolkit.fit.verification import verify

    receipt = read_receipt(output / "receipt.json")
    assert receipt["fits"][0]["name"] == "research_model"
    assert len(receipt["fits"]) == len(list(SPECS.glob("*.lav")))
    some = {**receipt, "fits": receipt["fits"][:1]}
    found = verify(some | {"sha256": hash_receipt(some)})
    assert found.holds
    assert found.reasons == ()


def test_markdown_and_word_say_what_the_page_says(output):
    """Every heading, paragraph and table up to the models one by one, and pictures that are there."""
    from docx import Document

    page = (output / "report.html").read_text(encoding="utf-8").partition('<h2 id="models">')[0]
    said = (output / "report.md").read_text(encoding="utf-8")
    word = Document(str(output / "report.docx"))
    headings = [html.unescape(re.sub("<[^>]+>", "", text)) for text in re.findall("<h[23].*?>(.*?)</h[23]>", page)]
    assert len(headings) > 10
    for heading in headings:
        assert heading.removesuffix(" simulated survey") in said
    assert page.count("<table>") == len(word.tables) == len(re.findall(r"^\| -", said, flags=re.MULTILINE))
    cells = [html.unescape(cell) for cell in re.findall("<td[^>]*>(.*?)</td>", page)]
    told = [cell.text for table in word.tables for row in table.rows[1:] for cell in row.cells]
    assert told == [" ".join(cell.split()) for cell in cells]
    pictures = re.findall(r"^!\[.+\]\((\S+)\)$", said, flags=re.MULTILINE)
    assert len(pictures) == len(word.inline_shapes) == page.count("<figure")
    assert all((output / name).read_bytes().startswith(b"\x89PNG") for name in pictures)
    assert "The models one by one" not in said
    assert "(simulated survey)" in said
