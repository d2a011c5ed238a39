"""A poor marker is replaced before the fit (lavaan 0.7's bad.marker.crit); population matrices give closed forms."""

import numpy as np
import pytest

from sem_toolkit.estimation.markers import compute_item_total_correlations
from sem_toolkit.fit import Fit, fit

NAMES = ["x1", "x2", "x3", "x4", "x5"]
MODEL = "f =~ x1 + x2 + x3 + x4 + x5"


def build_moments(loadings: list[float]) -> dict[str, object]:
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1.0)
    return {"names": NAMES, "matrix": matrix.tolist()}


def fit_population(
    spec: str = MODEL, loadings: tuple[float, ...] = (0.05, 0.7, 0.8, 0.6, 0.5), **options: object
) -> Fit:
    return fit(spec, call="cfa", sample_cov=build_moments(list(loadings)), sample_nobs=500, **options)


def read_loadings(found: Fit) -> list[float]:
    rows = found.parameters
    return rows.loc[rows["op"] == "=~", "est"].tolist()


def count_reports(found: Fit) -> int:
    return sum(message.code == "marker-replaced" for message in found.messages)


def test_the_best_item_becomes_the_marker() -> None:
    found = fit_population()
    assert read_loadings(found) == pytest.approx([0.0625, 0.875, 1.0, 0.75, 0.625], rel=1e-6)
    (message,) = (message for message in found.messages if message.code == "marker-replaced")
    assert "f (x1, r = 0.04 -> x3, r = 0.59)" in message.message
    assert found.certified


@pytest.mark.parametrize(
    ("spec", "options"),
    [
        (MODEL, {"bad_marker_crit": 0}),
        (MODEL, {"bad_marker_crit": 0.01}),
        (MODEL, {"std_lv": True}),
        ("f =~ x1 + x2 + x3 + a*x4 + x5", {}),
        ("f =~ x1 + x2 + x3 + start(0.5)*x4 + x5", {}),
        (MODEL + "\nx2 ~~ lower(0)*x2", {}),
        (MODEL + "\nx2 ~~ v*x2\nv > 0", {}),
    ],
)
def test_where_lavaan_keeps_the_marker(spec: str, options: dict[str, object]) -> None:
    found = fit_population(spec, **options)
    assert count_reports(found) == 0
    assert read_loadings(found)[0] == pytest.approx(0.05 if "std_lv" in options else 1.0, rel=2e-3)


def test_a_weak_scale_has_no_better_item() -> None:
    assert count_reports(fit_population(loadings=(0.05, 0.2, 0.2, 0.2, 0.2))) == 0


def test_reversed_items_do_not_make_a_marker_poor() -> None:
    loadings = (0.6, 0.7, 0.6, -0.7, -0.6)
    assert count_reports(fit_population(loadings=loadings)) == 0
    matrix = np.array(build_moments(list(loadings))["matrix"])
    plain = np.array(build_moments([abs(value) for value in loadings])["matrix"])
    rest = plain[1:, 1:].sum()
    assert abs(compute_item_total_correlations(matrix[None])[0, 0]) == pytest.approx(plain[0, 1:].sum() / np.sqrt(rest))


def test_equal_loadings_stay_equal() -> None:
    groups = {"a": build_moments([0.05, 0.7, 0.8, 0.6, 0.5]), "b": build_moments([0.06, 0.7, 0.8, 0.6, 0.5])}
    found = fit(MODEL, call="cfa", sample_cov=groups, sample_nobs=[300, 400], group_equal=["loadings"])
    loadings = read_loadings(found)
    assert loadings[:5] == loadings[5:]
    assert loadings[2] == 1.0
    assert found.fit_measures["df"] == 14


def test_the_first_marker_comes_back_where_the_other_fails() -> None:
    """A factor variance of -1, fixed, leaves nothing to find with either marker."""
    found = fit_population(MODEL + "\nf ~~ -1*f", restarts=0, engine="native")
    assert not found.certified
    assert (read_loadings(found)[0], count_reports(found)) == (1.0, 0)


def test_the_criterion_decides_at_its_edge() -> None:
    matrix = np.array(build_moments([0.05, 0.7, 0.8, 0.6, 0.5])["matrix"])
    correlation = float(compute_item_total_correlations(matrix[None])[0, 0])
    assert count_reports(fit_population(bad_marker_crit=correlation - 1e-9)) == 0
    assert count_reports(fit_population(bad_marker_crit=correlation + 1e-9)) == 1


def test_an_item_many_times_as_wide_as_the_others_costs_no_digits():
    scale = np.array([1.0, 1.0, 1e9, 1.0])
    correlation = np.full((4, 4), 0.5) + 0.5 * np.eye(4)
    found = compute_item_total_correlations((correlation * np.outer(scale, scale))[None])[0]
    # of the wide item with the sum of the others: 3 · .5 / √(3 + 6 · .5)
    np.testing.assert_allclose(found[2], 1.5 / np.sqrt(6.0), rtol=1e-14)
    np.testing.assert_allclose(found[[0, 1, 3]], 0.5, rtol=1e-8)  # with the wide one, which is all there is
