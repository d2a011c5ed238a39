"""Equivalent models: the textbooks' sets are found, nothing else is, and the text stays the user's."""

import json

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import ModelError, fit
from sem_toolkit.comparison import build_pairwise_tests, compute_relation, find_equivalents
from sem_toolkit.comparison.equivalents import build_structure, list_equivalents
from sem_toolkit.comparison.equivalents.finding import prove
from sem_toolkit.comparison.equivalents.measurement import list_factor_moves
from sem_toolkit.fit import prepare_schematic
from sem_toolkit.spec import parse_spec
from tests.support import DATA, ORACLES

CHAIN = "m ~ x1\ny1 ~ m"


def read(name):
    return json.loads((ORACLES / "equivalent" / f"{name}.json").read_text())


def structure(spec, **options):
    return build_structure(prepare_schematic(spec, **options).table)


@pytest.mark.parametrize(
    ("name", "limit"), [("equiv_chain", 20), pytest.param("equiv_lee_hershberger", 40, marks=pytest.mark.slow)]
)
def test_textbook_sets_are_found(name, limit):
    reference = read(name)
    base, *others = reference["members"]
    found = find_equivalents(parse_spec(base["spec"]), limit, ["structure"], **base["options"])
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
    found = find_equivalents(parse_spec(text), families=["structure"])
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


def test_a_single_path():
    changes = {entry.changes for entry in find_equivalents(parse_spec("y1 ~ x1"), fixed_x=False)}
    assert changes == {("y1 ~ x1 becomes x1 ~ y1",), ("y1 ~ x1 becomes x1 ~~ y1",)}


@pytest.mark.slow
def test_labelled_and_fixed_paths_stay():
    found = find_equivalents(parse_spec("m ~ a*x1\ny ~ x1 + m\nz ~ x1 + m"))
    assert found
    assert not any(change.startswith("m ~ x1") for entry in found for change in entry.changes)
    halved = find_equivalents(parse_spec("m ~ x1\ny1 ~ m\ny2 ~ 0.5*y1 + m"), fixed_x=False)
    assert not any("y1" in change and "y2" in change for entry in halved for change in entry.changes)


def test_a_model_without_structure_has_none():
    with pytest.raises(ModelError, match="no free path or covariance"):
        find_equivalents(parse_spec("f =~ x1 + x2 + x3"), families=["structure"])
    with pytest.raises(ModelError, match="nothing in its measurement"):
        find_equivalents(parse_spec("f =~ a*x1 + a*x2 + a*x3 + x4"))


HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"


@pytest.mark.parametrize(
    ("name", "member", "claims"),
    [
        pytest.param("second_order", "correlated", ["become a factor behind them"], marks=pytest.mark.slow),
        pytest.param("second_order", "second_order", ["becomes their covariances"], marks=pytest.mark.slow),
        pytest.param("doublet", "covariance", ["becomes a factor of the two"], marks=pytest.mark.slow),
        pytest.param("doublet", "doublet", ["becomes their covariance"], marks=pytest.mark.slow),
        ("testlet", "second_order", ["becomes their covariances", "in the same proportions"]),
        pytest.param(
            "testlet", "testlet", ["becomes the covariances of", "becomes a factor behind"], marks=pytest.mark.slow
        ),
    ],
)
def test_factors_that_could_be_something_else(name, member, claims):
    """Found, and fitted to the reference's data with the χ² and the degrees of freedom of lavaan's members."""
    reference = read(f"equiv_{name}")
    base = next(entry for entry in reference["members"] if entry["name"] == member)
    spec = parse_spec(base["spec"])
    prepared = prepare_schematic(spec, **base["options"])
    found = list(prove(prepared, list_factor_moves(prepared)))
    for claim in claims:
        own = [entry for entry in found if claim in entry.changes[0]]
        assert len(own) == 1, (claim, [entry.changes for entry in found])
        measures = fit(own[0].spec, DATA / reference["data"], **base["options"]).fit_measures
        assert measures["df"] == base["df"]
        assert measures["chisq"] == pytest.approx(base["chisq"], rel=1e-6)


@pytest.mark.slow
def test_an_item_that_could_be_a_cause():
    spec = parse_spec("# tests\n" + HS)
    found = [entry for entry in find_equivalents(spec, 40, ["measurement"]) if "~ x2" in entry.changes[0]]
    assert [entry.changes for entry in found] == [
        (
            "visual =~ x2 becomes visual ~ x2",
            "speed ~~ visual becomes speed ~ visual",
            "textual ~~ visual becomes textual ~ visual",
        )
    ]
    assert "visual =~ x1 + x3\n" in found[0].spec.text
    assert found[0].spec.text.startswith("# tests\n")
    measures = fit(found[0].spec, DATA / "hs.csv").fit_measures
    assert measures["df"] == 24
    assert measures["chisq"] == pytest.approx(85.3055217699727, rel=1e-6)


@pytest.mark.slow
def test_what_is_no_equivalent_is_not_listed():
    """A factor of two correlated factors with free loadings, a two-item factor with free loadings, labels."""
    two = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n"
    for text in (
        HS + "m =~ x7 + x8\nm ~~ 0*visual + 0*textual + 0*speed\n",
        "f =~ a*x1 + a*x2 + a*x3\ng =~ x4 + b*x5 + b*x6\n",
    ):
        prepared = prepare_schematic(parse_spec(text))
        for entry in prove(prepared, list_factor_moves(prepared)):
            assert not entry.changes[0].startswith(("m,", "f =~", "g =~"))
    prepared = prepare_schematic(parse_spec(two))
    assert [entry.changes for entry in prove(prepared, list_factor_moves(prepared))] == [
        ("f ~~ g becomes a factor of the two, f_g",)
    ]


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


@pytest.mark.slow
def test_other_exogenous_variables_are_told_where_rows_lack_them():
    """Full information leaves out rows without an exogenous variable: the models then are of other rows."""
    frame = pd.read_csv(DATA / "mediation.csv")
    frame.loc[:9, "x1"] = np.nan
    frame.loc[10:19, "m"] = np.nan
    found = list_equivalents(parse_spec(CHAIN), frame, missing="ml")
    told = {entry.changes: entry.caveat for entry in found.entries}
    caveat = "where no row lacks m, x1, or with fixed_x = false"
    assert told["m ~ x1 becomes x1 ~ m",] == caveat
    assert not found.fits_alike
    hints = [message.hint for message in found.comparison.messages if message.code == "different-rows"]
    assert hints[0].startswith("fixed_x = false")
    saturated = list_equivalents(parse_spec(CHAIN), frame, missing="ml.x")
    assert not saturated.fits_alike
    assert saturated.entries[0].caveat == caveat
    kept = list_equivalents(parse_spec(CHAIN), frame, missing="ml", fixed_x=False)
    assert kept.fits_alike
    assert {entry.caveat for entry in kept.entries} == {""}
    assert {entry.caveat for entry in list_equivalents(parse_spec(CHAIN), frame).entries} == {""}


def test_the_fit_is_compared_without_a_test_as_well():
    found = list_equivalents(parse_spec(CHAIN), pd.read_csv(DATA / "mediation.csv"), test="none")
    assert found.fits_alike
    assert "chisq" not in next(iter(found.comparison.fits.values())).fit_measures
