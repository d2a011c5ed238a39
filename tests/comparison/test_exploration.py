"""Numbers of factors, and fits for each of them beside lavaan's efa()."""

import json

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.comparison.exploration import (
    analyse_in_parallel,
    average_partial_correlations,
    explore_factors,
    parse_numbers,
    write_solutions,
)
from sem_toolkit.diagnostics import DataError, ModelError, OptionError
from sem_toolkit.fit import fit
from sem_toolkit.rotation import RotationOptions
from sem_toolkit.rotation.criteria import build_criterion
from tests.support import DATA, ORACLES

ITEMS = [f"x{number}" for number in range(1, 10)]


def _read(name):
    return json.loads((ORACLES / "rotation" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["efa_table_hs", "efa_table_hs_varimax"])
def pair(request):
    case = _read(request.param)
    numbers = [entry["nfactors"] for entry in case["solutions"]]
    rotation = case["rotation"]
    return case, explore_factors(DATA / case["data"], numbers, case["variables"], rotation=rotation, draws=50)


def test_fit_measures_are_lavaans(pair):
    case, found = pair
    for mine, theirs in zip(found.to_dict()["solutions"], case["solutions"], strict=True):
        for name, value in theirs["fit_measures"].items():
            assert mine["fit_measures"][name] == pytest.approx(value, rel=1e-6, abs=1e-6), name


def test_loadings_are_lavaans_or_have_a_lower_criterion(pair):
    case, found = pair
    for mine, theirs in zip(found.to_dict()["solutions"], case["solutions"], strict=True):
        ours, lavaans = (np.array(entry["standardized_loadings"]["matrix"]) for entry in (mine, theirs))
        close = np.allclose(ours, lavaans, atol=1e-4)
        if theirs["nfactors"] > 1 and not close:
            criterion = build_criterion(RotationOptions(case["rotation"]), *ours.shape)
            assert mine["rotation"]["blocks"][0]["criterion"] < float(criterion.evaluate(lavaans)[0]) - 1e-3
        else:
            assert close
            assert np.allclose(mine["uniquenesses"], theirs["uniquenesses"], atol=1e-4)
            assert np.allclose(
                mine["factor_correlations"]["matrix"], theirs["factor_correlations"]["matrix"], atol=2e-4
            )


def test_eigenvalues(pair):
    case, found = pair
    assert np.allclose(found.parallel.eigenvalues, case["eigenvalues_of_correlations"], atol=1e-10)
    assert found.parallel.factors == 3


def test_the_suggestion_is_a_certified_number(pair):
    _, found = pair
    assert found.suggested == 3
    assert found.lowest_bic == 3
    assert list(found.table["factors"]) == sorted(found.fits)


def test_random_eigenvalues_are_those_of_drawn_rows():
    rng = np.random.default_rng(5)
    rows = rng.standard_normal((400, 60, 5))
    drawn = np.array([np.linalg.eigvalsh(np.corrcoef(sample, rowvar=False))[::-1] for sample in rows])
    ours = analyse_in_parallel(np.eye(5), 60, draws=4000)
    assert np.allclose(ours.mean, drawn.mean(axis=0), atol=0.02)
    assert np.allclose(ours.limit, np.quantile(drawn, 0.95, axis=0), atol=0.04)
    assert ours.factors == 0


def test_partial_correlations_by_hand():
    """For equal correlations r the first component leaves items with correlations of −1/(p − 1)."""
    r, p = 0.5, 4
    found = average_partial_correlations(np.full((p, p), r) + (1 - r) * np.eye(p))
    assert found.squares[0] == pytest.approx(r**2)
    assert found.squares[1] == pytest.approx(1 / (p - 1) ** 2)
    assert found.fourths[1] == pytest.approx(1 / (p - 1) ** 4)
    assert found.factors == 1


def test_ordered_items_and_groups():
    ordered = explore_factors(DATA / "likert5_n477.csv", [2], [f"u{k}" for k in range(1, 7)], ordered=True, draws=50)
    assert ordered.fits[2].converged
    assert "bic" not in ordered.table
    groups = explore_factors(DATA / "hs.csv", [1, 2], ITEMS, group="school", rotation="oblimin", draws=50)
    assert {"group"} <= set(groups.to_dict()["solutions"][0]["groups"][0])
    assert groups.fits[1].rotation is None


def test_a_written_solution_is_a_spec_of_its_own(tmp_path):
    found = explore_factors(DATA / "hs.csv", [2], ITEMS, draws=50)
    (path,) = write_solutions(found, tmp_path)
    again = fit(path, DATA / "hs.csv")
    assert again.fit_measures["chisq"] == pytest.approx(found.fits[2].fit_measures["chisq"], rel=1e-9)


def test_columns_that_are_no_items_are_named():
    rows = pd.read_csv(DATA / "hs.csv")[[*ITEMS, "school"]].assign(id=np.arange(301))
    found = explore_factors(rows, [1], draws=50)
    assert found.items == tuple(ITEMS)
    assert "school, id" in found.notes[0].message


@pytest.mark.parametrize(
    ("arguments", "fault", "words"),
    [
        (([6], ITEMS), ModelError, "its 9 items carry 5 at most"),
        (([2], [*ITEMS, "x10"]), DataError, "x10"),
        (([1], ["x1", "x1", "x2"]), DataError, "twice"),
        (([1], ["x1", "x2"]), DataError, "three items"),
    ],
)
def test_bad_input(arguments, fault, words):
    with pytest.raises(fault) as caught:
        explore_factors(DATA / "hs.csv", *arguments, draws=50)
    assert words in str(caught.value)


def test_numbers_of_factors():
    assert parse_numbers("1:3") == (1, 2, 3)
    assert parse_numbers("2, 4") == (2, 4)
    for text in ("0:2", "3:1", "a", "1:99", ""):
        with pytest.raises(OptionError):
            parse_numbers(text)


def test_more_factors_than_items_are_refused_in_words_of_the_items():
    with pytest.raises(OptionError, match="40 factors are too many for 9 items"):
        explore_factors(DATA / "hs.csv", [40], ITEMS, draws=20)
    found = explore_factors(DATA / "hs.csv", [1, 9], ITEMS, draws=20)
    assert found.faults[9][0].code == "too-many-factors"
