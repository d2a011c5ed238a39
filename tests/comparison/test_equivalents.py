"""Equivalent models: the textbooks' sets are found, nothing else is, and the text stays the user's."""

import json

import pytest

from sem_toolkit import ModelError, fit
from sem_toolkit.comparison import build_pairwise_tests, compute_relation, find_equivalents
from sem_toolkit.comparison.equivalents import build_structure
from sem_toolkit.fit import prepare_schematic
from sem_toolkit.spec import parse_spec
from tests.support import DATA, ORACLES

CHAIN = "m ~ x1\ny1 ~ m"


def read(name):
    return json.loads((ORACLES / "equivalent" / f"{name}.json").read_text())


def structure(spec, **options):
    return build_structure(prepare_schematic(spec, **options).table)


@pytest.mark.parametrize(("name", "limit"), [("equiv_chain", 20), ("equiv_lee_hershberger", 40)])
def test_textbook_sets_are_found(name, limit):
    reference = read(name)
    base, *others = reference["members"]
    found = find_equivalents(parse_spec(base["spec"]), limit, **base["options"])
    listed = {structure(entry.spec, **base["options"]) for entry in found}
    for member in others:
        assert structure(parse_spec(member["spec"]), **member["options"]) in listed, member["name"]
    for miss in reference["near_misses"]:
        assert structure(parse_spec(miss["spec"]), **miss["options"]) not in listed, miss["name"]


def test_what_is_found_fits_as_well_as_the_model():
    """χ² of every model on data that none of them fits exactly."""
    text = "m ~ x1 + x2\ny1 ~ m\ny2 ~ m + y1"
    options = {"fixed_x": False}
    expected = fit(text, DATA / "mediation.csv", **options).fit_measures
    found = find_equivalents(parse_spec(text), 6, **options)
    assert len(found) == 6
    for entry in found:
        measures = fit(entry.spec, DATA / "mediation.csv", **options).fit_measures
        assert measures["df"] == expected["df"] == 4
        assert measures["chisq"] == pytest.approx(expected["chisq"], abs=1e-7), entry.changes


def test_chain_of_factors():
    text = (
        "visual =~ x1 + x2 + x3  # seen\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
        "textual ~ visual\nspeed ~ textual\n"
    )
    found = find_equivalents(parse_spec(text))
    assert {entry.changes for entry in found} == {
        ("textual ~ visual becomes visual ~ textual",),
        ("textual ~ visual becomes textual ~~ visual",),
        ("speed ~ textual becomes textual ~ speed", "textual ~ visual becomes visual ~ textual"),
        ("speed ~ textual becomes speed ~~ textual", "textual ~ visual becomes visual ~ textual"),
    }
    for entry in found:
        assert "visual =~ x1 + x2 + x3  # seen\n" in entry.spec.text
        tables = (prepare_schematic(spec).table for spec in (parse_spec(text), entry.spec))
        assert compute_relation(*tables) == "equivalent"


def test_a_variable_that_is_no_longer_in_a_regression_stays():
    changes = {entry.changes for entry in find_equivalents(parse_spec(CHAIN), fixed_x=False)}
    assert ("m ~ x1 becomes m ~~ x1",) in changes


def test_labelled_and_fixed_paths_stay():
    found = find_equivalents(parse_spec("m ~ a*x1\ny ~ x1 + m\nz ~ x1 + m"))
    assert found
    assert not any(change.startswith("m ~ x1") for entry in found for change in entry.changes)
    halved = find_equivalents(parse_spec("m ~ x1\ny1 ~ m\ny2 ~ 0.5*y1 + m"), fixed_x=False)
    assert not any("y1" in change and "y2" in change for entry in halved for change in entry.changes)


def test_a_model_without_structure_has_none():
    with pytest.raises(ModelError, match="no free path or covariance"):
        find_equivalents(parse_spec("f =~ x1 + x2 + x3"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["chain", "doublet", "lee_hershberger", "second_order", "testlet"])
def test_net_knows_members_from_near_misses(name):
    """By fits to data and by tables alone."""
    reference = read(f"equiv_{name}")
    members = [member["name"] for member in reference["members"]]
    every = reference["members"] + reference["near_misses"]
    fits = {m["name"]: fit(m["spec"], DATA / reference["data"], **m["options"]) for m in every}
    for row in build_pairwise_tests(fits).itertuples():
        both = row.restricted in members and row.general in members
        assert (row.relation == "equivalent") == both, (row.restricted, row.general)
        tables = fits[row.restricted].table, fits[row.general].table
        assert (compute_relation(*tables) == "equivalent") == both
