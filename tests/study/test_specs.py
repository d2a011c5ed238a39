"""The study's specs: valid, headed, on the survey's columns, and fitted as R's lavaan (0.7-2) fits them."""

from pathlib import Path

import pandas as pd
import pytest

from sem_toolkit.fit import fit
from sem_toolkit.spec import read_spec

SPECS = Path(__file__).parents[2] / "model_specs"
# chi-square and degrees of freedom of sem() or cfa() in R, as the header's call says, on data/survey_n477.csv
LAVAAN = {
    "alternative_capital_mediated": (743.11, 570),
    "alternative_competition_through_capital": (661.65, 556),
    "alternative_competition_without_effect": (661.65, 556),
    "alternative_equal_stage_effects": (654.29, 559),
    "alternative_formative_capital": (549.37, 453),
    "alternative_general_factor": (2299.12, 591),
    "alternative_innovation_capital_merged": (1388.67, 576),
    "alternative_method_factor": (648.17, 554),
    "alternative_second_order_innovation": (722.71, 572),
    "alternative_stages_in_a_chain": (740.88, 571),
    "alternative_two_synergies": (755.95, 692),
    "measurement_all_stages": (649.00, 555),
    "measurement_clinical": (174.99, 158),
    "measurement_market": (194.58, 160),
    "measurement_preclinical": (182.35, 159),
    "measurement_synergy": (2.54, 8),
    "research_clinical": (174.99, 158),
    "research_market": (194.58, 160),
    "research_model": (649.00, 555),
    "research_preclinical": (182.35, 159),
}
FITS = {}
FAST = ("research_model", "alternative_equal_stage_effects", "measurement_synergy")


@pytest.fixture(params=[pytest.param(name, marks=[] if name in FAST else pytest.mark.slow) for name in LAVAAN])
def name(request):
    return request.param


def get_fit(name):
    if name not in FITS:
        FITS[name] = fit(SPECS / f"{name}.lav")
    return FITS[name]


def test_every_spec_is_listed_here():
    assert {path.stem for path in SPECS.glob("*.lav")} == set(LAVAAN)


def test_header_says_what_the_spec_claims_and_draws(name):
    spec = read_spec(SPECS / f"{name}.lav")
    assert spec.diagnostics == ()
    assert spec.header.title
    assert spec.header.claim
    assert (SPECS / spec.header.data).resolve() == (SPECS.parent / "data" / "survey_n477.csv").resolve()
    codebook = pd.read_csv(SPECS / spec.header.diagram["codebook"], keep_default_na=False).set_index("item")
    bands = [variable for band in spec.header.diagram["stages"].values() for variable in band]
    table = get_fit(name).table
    factors = {row.lhs for row in table.rows if row.op == "=~"}
    items = {row.rhs for row in table.rows if row.op == "=~"} - factors
    assert set(spec.header.diagram["labels"]) == factors
    assert (codebook.loc[sorted(items), "label"] != "").all()
    assert sorted(bands) == sorted(factors)
    assert items <= set(pd.read_csv(SPECS.parent / "data" / "survey_n477.csv", nrows=1).columns)


def test_fit_is_lavaans_certified_and_admissible(name):
    found = get_fit(name)
    chisq, df = LAVAAN[name]
    assert found.fit_measures["chisq"] == pytest.approx(chisq, abs=0.006)
    assert found.fit_measures["df"] == df
    assert found.certificate.converged
    assert found.certificate.admissible


def test_semopy_finds_every_fit_that_it_can(name):
    """It knows no inequalities; whatever it finds, the native solver finds too."""
    found = get_fit(name)
    assert found.certificate.engine == ("native" if name == "alternative_method_factor" else "semopy")
    native = fit(SPECS / f"{name}.lav", engine="native")
    assert found.parameters["est"].to_numpy() == pytest.approx(native.parameters["est"].to_numpy(), abs=1e-6)


def test_the_measurement_part_is_written_once():
    items = "network_clinical =~ b3 + b2 + b4 + b5"
    texts = {path.stem: " ".join(path.read_text(encoding="utf-8").split()) for path in SPECS.glob("*.lav")}
    assert sorted(name for name, text in texts.items() if items in text) == [
        "alternative_formative_capital",
        "alternative_two_synergies",
        "measurement_all_stages",
        "measurement_clinical",
    ]


@pytest.mark.slow
def test_the_research_model_fits_and_its_alternatives_fit_worse():
    research = get_fit("research_model").fit_measures
    assert research["cfi"] > 0.95
    assert research["rmsea"] < 0.05
    for name in LAVAAN:
        other = get_fit(name)
        same = set(other.sample.variables) == set(get_fit("research_model").sample.variables)
        if name.startswith("alternative") and same and other.fit_measures["df"] > research["df"]:
            assert other.fit_measures["chisq"] > research["chisq"]
    assert get_fit("alternative_general_factor").fit_measures["cfi"] < 0.9
    assert get_fit("alternative_innovation_capital_merged").fit_measures["cfi"] < 0.9
