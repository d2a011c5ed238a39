"""Dynamic and direct cut-offs by simulation, and tests of equivalence."""

import json
from functools import cache

import numpy as np
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import ModelError, OptionError
from sem_toolkit.resampling.cutoffs.direct import build_perturbed_rows, draw_correlation_roots
from sem_toolkit.resampling.cutoffs.dynamic import compute_direct_cutoffs, compute_dynamic_cutoffs
from sem_toolkit.resampling.cutoffs.equivalence import compute_t_sizes
from sem_toolkit.resampling.cutoffs.fitted import (
    build_standardized_spec,
    choose_kind,
    compute_cutoffs_of_fit,
    compute_t_sizes_of_fit,
)
from sem_toolkit.resampling.cutoffs.result import INDICES
from sem_toolkit.resampling.simulation.population import build_population
from sem_toolkit.spec import parse_spec
from tests.support import DATA, ORACLES

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
OPTIONS = {"call": "cfa", "std_lv": True}


def read(name):
    return json.loads((ORACLES / "cutoffs" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def fitted():
    return fit(HS, DATA / "hs.csv", call="cfa")


@cache
def compute(name):
    case = read(name)
    given = parse_spec(case["standardized_model"]), parse_spec(case["analysis_model"])
    return compute_dynamic_cutoffs(*given, case["n"], 1000, options=OPTIONS)


@pytest.mark.parametrize("name", [pytest.param("dfi_hs", marks=pytest.mark.slow), "dfi_one_factor"])
def test_cutoffs_are_the_published_ones_within_the_error_of_simulation(name):
    case = read(name)
    found = compute(name)
    published = case["published"]
    ours = {(cutoff.level, cutoff.index): cutoff for cutoff in found.cutoffs}
    for row in published["levels"]:
        rule = {"95/5": 0.95, "90/10": 0.90}[row["criterion"]]
        for index in INDICES:
            cutoff = ours[row["level"], index]
            if row[index] is not None and cutoff.rule == rule:
                assert cutoff.value == pytest.approx(row[index], abs=0.006), (row["level"], index)
    if name == "dfi_one_factor":
        assert {cutoff.rule for cutoff in found.cutoffs} == {0.95}


@pytest.mark.parametrize("name", [pytest.param("dfi_hs", marks=pytest.mark.slow), "dfi_manual", "dfi_one_factor"])
def test_distributions_are_those_of_the_reference_within_the_error_of_simulation(name):
    case = read(name)
    found = compute(name)
    points = found.build_percentiles().set_index(["level", "index"])
    for level in case["levels"]:
        reference = level["monte_carlo"]
        for index in INDICES:
            spread = reference[index][-1] - reference[index][0]
            ours = points.loc[(level["level"], index)].to_numpy(dtype=float)
            assert ours == pytest.approx(np.array(reference[index]), abs=0.14 * spread + 5e-4), (level["level"], index)
        assert found.distributions[level["level"]].misfit == pytest.approx(level["population_fit"]["F0"], abs=1e-9)


def test_a_fit_is_its_own_population(fitted):
    spec = build_standardized_spec(fitted)
    standard = build_population(spec, standardized=True)
    order = [standard.variables.index(name) for name in fitted.sample.variables]
    implied = fitted.implied_moments.covariance[0]
    deviations = np.sqrt(np.diagonal(implied))
    correlations = standard.covariance[0][np.ix_(order, order)]
    assert correlations == pytest.approx(implied / np.outer(deviations, deviations), abs=1e-9)


def test_cutoffs_of_a_fit_stand_beside_its_own_indices(fitted):
    found = compute_cutoffs_of_fit(fitted, 200)
    assert found.kind == "dynamic"
    assert found.own["rmsea"] == fitted.fit_measures["rmsea"]
    table = found.build_table()
    assert table["population"].tolist()[0].startswith("textual =~ 0.4236")
    assert table.iloc[-1]["population"] == "this fit"
    assert set(found.to_dict()["levels"][1]["cutoffs"]) == set(INDICES)


@pytest.mark.parametrize("given", [{"test": "none"}, {"se": "none"}], ids=str)
def test_cutoffs_are_the_same_without_errors_or_a_test(fitted, given):
    other = fit(HS, DATA / "hs.csv", call="cfa", **given)
    found, wanted = (compute_cutoffs_of_fit(own, 40).to_dict()["levels"] for own in (other, fitted))
    assert found == wanted


def test_direct_populations_miss_the_model_by_what_was_asked_for():
    covariance = build_population(parse_spec(read("dfi_hs")["standardized_model"]), standardized=True).covariance[0]
    scaled = covariance * np.outer(np.arange(1.0, 10.0), np.arange(1.0, 10.0))
    for wanted in (0.038, 0.06):
        rows = build_perturbed_rows(scaled, wanted)
        found = rows.draw_discrepancies(np.random.default_rng(9), 2000)
        assert found.mean() == pytest.approx(wanted, abs=4 * found.std() / np.sqrt(2000) + 1e-3)
        drawn = rows.draw(np.random.default_rng(9), (2, 50_000))
        assert drawn.std(axis=1) == pytest.approx(np.tile(np.arange(1.0, 10.0), (2, 1)), rel=0.02)


@pytest.mark.slow
def test_random_correlations_have_the_moments_of_their_distribution():
    # Each correlation is 2B − 1 with B beta(η + (p − 2)/2): variance 1/(2η + p − 1).
    roots = draw_correlation_roots(np.random.default_rng(2), 5, 3.0, 40_000)
    matrices = roots.swapaxes(-1, -2) @ roots
    assert np.diagonal(matrices, axis1=1, axis2=2) == pytest.approx(np.ones((40_000, 5)))
    for i in range(5):
        for j in range(i):
            assert matrices[:, i, j].mean() == pytest.approx(0.0, abs=0.01)
            assert matrices[:, i, j].var() == pytest.approx(1.0 / 10.0, rel=0.04)


def test_direct_cutoffs_grow_with_the_discrepancy():
    population = build_population(parse_spec("m ~ .4*x\ny ~ .35*m\nz ~ .5*y"))
    found = compute_direct_cutoffs(population, parse_spec("m ~ x\ny ~ m\nz ~ y"), 500, 300)
    medians = found.build_percentiles().query("index == 'rmsea'")["50%"].tolist()
    assert medians == sorted(medians)
    assert found.kind == "direct"


def test_kinds_are_chosen_by_the_model():
    assert choose_kind(parse_spec(read("dfi_hs")["standardized_model"]), None) == "dynamic"
    assert choose_kind(parse_spec("y ~ .3*x"), None) == "direct"
    with pytest.raises(OptionError, match='no "magic"'):
        choose_kind(parse_spec("y ~ .3*x"), "magic")


@pytest.mark.slow
def test_ordered_items_are_simulated_as_ordered():
    text = "f =~ " + " + ".join(f".7*u{i}" for i in range(5)) + "\n" + "\n".join(f"u{i} | 0*t1" for i in range(5))
    analysis = "f =~ " + " + ".join(f"u{i}" for i in range(5))
    found = compute_dynamic_cutoffs(parse_spec(text), parse_spec(analysis), 200, 3, options=OPTIONS)
    assert all(np.isfinite(entry.values["rmsea"]).all() for entry in found.distributions)


def test_t_sizes_and_bins_are_those_of_the_reference():
    case = read("dfi_hs")
    measures, expected = case["fit_measures"], case["equivalence_test"]
    rmsea, cfi = compute_t_sizes(measures["chisq"], measures["df"], measures["baseline.chisq"], 9, case["n"])
    assert round(rmsea.value, 3) == expected["rmsea"]["t_size"]
    assert [round(bound, 3) for bound in rmsea.bins] == expected["rmsea"]["bins"]
    assert round(cfi.value, 3) == expected["cfi"]["t_size"]
    assert [round(bound, 3) for bound in cfi.bins] == expected["cfi"]["bins"][::-1]
    assert (rmsea.label, cfi.label) == ("mediocre", "fair")


def test_equivalence_is_that_of_maximum_likelihood():
    found = fit(HS, DATA / "hs.csv", call="cfa", estimator="ULS")
    with pytest.raises(ModelError, match="maximum likelihood"):
        compute_t_sizes_of_fit(found)


def test_saturated_models_and_impossible_discrepancies_are_refused():
    population = build_population(parse_spec("y ~ .3*x"))
    with pytest.raises(OptionError, match="degrees of freedom"):
        compute_direct_cutoffs(population, parse_spec("y ~ x"), 100, 10)
    with pytest.raises(ModelError, match="cannot be 0"):
        build_perturbed_rows(population.covariance[0], 0.0)
    with pytest.raises(ModelError, match="degrees of freedom"):
        compute_t_sizes(0.0, 0, 100.0, 3, 100)
