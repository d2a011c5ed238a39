"""Factor scores, reliability and effects: lavaan's and semTools' numbers, and identities that must hold."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import DataError, ModelError, OptionError
from sem_toolkit.fit import fit
from sem_toolkit.inference import (
    build_effects,
    compute_parameter_covariance,
    compute_reliability,
    compute_scores_of_factors,
    evaluate_solution,
)
from sem_toolkit.inference.parameters.monte_carlo import draw_parameters
from sem_toolkit.inference.parameters.reliability import compute_htmt
from tests.support import ORACLES

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.mark.parametrize("name", ["fs_hs", "fs_mg", "fs_poldem"])
@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_factor_scores_are_lavaans(solve, name, method):
    reference = json.loads((ORACLES / "factor_scores" / f"{name}.json").read_text())
    found = compute_scores_of_factors(solve(reference["case"]), method)
    for ours, theirs in zip(found, reference[method], strict=True):
        order = [ours.names.index(column) for column in theirs["columns"]]
        np.testing.assert_allclose(ours.scores[:10, order], theirs["rows"], atol=2e-5)
        np.testing.assert_allclose(ours.scores[:, order].mean(axis=0), theirs["mean"], atol=2e-5)
        np.testing.assert_allclose(ours.scores[:, order].std(axis=0, ddof=1), theirs["sd"], rtol=1e-5)


def test_ten_berge_scores_have_the_correlations_of_the_factors(solve):
    solution = solve("hs_cfa_marker")
    evaluation = evaluate_solution(solution)
    (found,) = compute_scores_of_factors(solution, "tenberge")
    (regression,) = compute_scores_of_factors(solution, "regression")
    # Σ̂ and S differ, so that the identity holds for the implied moments: W Σ̂ Wᵀ = Φ̂.
    data = evaluation.sample.groups[0].data - evaluation.sample.groups[0].mean
    weights = np.linalg.lstsq(data, found.scores, rcond=None)[0].T
    factors = evaluation.moments.all_covariance[0][9:, 9:]
    np.testing.assert_allclose(weights @ evaluation.implied_cov[0] @ weights.T, factors, atol=1e-8)
    assert np.all(found.determinacy <= regression.determinacy + 1e-12)


def test_factor_scores_need_rows(solve):
    with pytest.raises(DataError, match="need the rows"):
        compute_scores_of_factors(solve("cov_input"))
    with pytest.raises(OptionError, match="no factor scores"):
        compute_scores_of_factors(solve("hs_cfa_marker"), "anderson")


def test_reliability_is_semtools(solve):
    reference = json.loads((ORACLES / "semtools" / "rel_hs.json").read_text())
    (ours,) = compute_reliability(solve(reference["case"]))
    pairs = {"omega": "omega_obs_var", "omega_model": "omega_model_var", "alpha": "alpha"}
    pairs |= {"ave": "ave", "ave_model": "ave_model_var"}
    for attribute, key in pairs.items():
        assert getattr(ours, attribute).tolist() == pytest.approx([reference[key][f] for f in ours.factors], abs=1e-6)
    table = dict(zip(reference["reliability_table"]["rows"], reference["reliability_table"]["matrix"], strict=True))
    assert ours.composite.tolist() == pytest.approx(table["omega"], abs=1e-6)
    np.testing.assert_allclose(ours.htmt, reference["htmt"]["matrix"], atol=1e-12)
    np.testing.assert_allclose(ours.htmt2, reference["htmt2"]["matrix"], atol=1e-12)
    np.testing.assert_allclose(np.diag(ours.fornell_larcker) ** 2, ours.ave)


@pytest.mark.parametrize(
    ("name", "cause", "outcome", "kind", "definition"),
    [
        ("poldem_indirect", "ind60", "dem65", "specific", "indirect"),
        ("poldem_indirect", "ind60", "dem65", "total", "total"),
        ("path_med_fixedx", "x1", "y1", "indirect", "ind1"),
        ("path_med_fixedx", "x2", "y2", "specific", "ind2"),
    ],
)
def test_effects_are_the_definitions_that_a_user_would_type(solve, name, cause, outcome, kind, definition):
    solution = solve(name)
    table = build_effects(solution, cause, outcome)
    ours = table[table["kind"] == kind].iloc[0]
    theirs = next(row for row in solution.case["parameters"] if row["lhs"] == definition)
    assert ours["est"] == pytest.approx(theirs["est"], rel=1e-4)
    assert ours["se"] == pytest.approx(theirs["se"], rel=1e-4)
    assert ours["std.all"] == pytest.approx(theirs["std_all"], rel=1e-4)
    standard = next(row for row in solution.case["standardized"] if row["lhs"] == definition)
    assert ours["std.se"] == pytest.approx(standard["se"], rel=2e-4)


def test_geometric_ratios_with_a_correlation_of_zero(recwarn):
    correlation = np.array([[1, 0.5, 0.3, 0.0], [0.5, 1, 0.3, 0.3], [0.3, 0.3, 1, 0.4], [0.0, 0.3, 0.4, 1]])
    assert compute_htmt(correlation, [[0, 1], [2, 3]], geometric=True)[0, 1] == 0.0
    assert np.isnan(compute_htmt(correlation, [[0, 3], [1, 2]], geometric=True)[0, 1])
    assert not recwarn.list


def test_specific_effects_add_up(solve):
    table = build_effects(solve("poldem_sem"), "ind60", "y5")
    kinds = table.groupby("kind")["est"].sum()
    assert kinds["specific"] == pytest.approx(kinds["indirect"])
    assert kinds["direct"] + kinds["indirect"] == pytest.approx(kinds["total"])


def test_effects_of_unknown_variables(solve):
    with pytest.raises(ModelError, match=r"no variable 'ind6' \(did you mean 'ind60'\?\)"):
        build_effects(solve("poldem_sem"), "ind6")


def test_draws_have_the_quantiles_of_their_normal_distribution(solve):
    """Against the exact quantiles, and reproducible from the seed."""
    solution = solve("path_med_fixedx")
    covariance = compute_parameter_covariance(solution)
    first = draw_parameters(solution.x, covariance, draws=20_000, seed=3)
    exact = solution.x[0] + np.array([-1.96, 1.96]) * (se := np.sqrt(covariance[0, 0]))
    # 4 standard errors of a quantile
    np.testing.assert_allclose(np.quantile(first[:, 0], [0.025, 0.975]), exact, atol=0.08 * se)
    np.testing.assert_array_equal(first, draw_parameters(solution.x, covariance, draws=20_000, seed=3))


def test_a_lattice_of_paths_is_not_listed(solve):
    """Five layers of eight variables, all joined: 8⁴ paths and more; totals are still there, at once."""
    from sem_toolkit import fit

    layers = [[f"v{layer}{i}" for i in range(8)] for layer in range(6)]
    names = [name for layer in layers for name in layer]
    frame = pd.DataFrame(np.random.default_rng(1).standard_normal((300, len(names))), columns=names)
    spec = "\n".join(f"{y} ~ {' + '.join(above)}" for above, below in pairwise(layers) for y in below)
    table = build_effects(fit(spec, frame).solution, "v00", "v50")
    assert table["kind"].tolist() == ["total", "direct", "indirect"]


def test_monte_carlo_limits_of_effects(solve):
    """Each kind of effect against the definition at single draws."""
    solution = solve("path_med_fixedx")
    evaluation = evaluate_solution(solution)
    table = build_effects(solution, "x1", "y1", draws=4000, seed=2)
    again = build_effects(solution, "x1", "y1", draws=4000, seed=2)
    pd.testing.assert_frame_equal(table, again)
    draws = draw_parameters(solution.x, compute_parameter_covariance(solution), 4000, 2)
    names = [row.label for row in evaluation.model.parameters]
    products = draws[:, names.index("a1")] * draws[:, names.index("b1")]
    specific = table[table["kind"] == "specific"].iloc[0]
    np.testing.assert_allclose(specific[["mc.lower", "mc.upper"]].astype(float), np.quantile(products, [0.025, 0.975]))
    total = table[table["kind"] == "total"].iloc[0]
    both = products + draws[:, names.index("c1")]
    np.testing.assert_allclose(total[["mc.lower", "mc.upper"]].astype(float), np.quantile(both, [0.025, 0.975]))


def test_a_negative_factor_variance_has_no_correlations() -> None:
    data = ORACLES / "data" / "nonconv.csv"
    found = fit("f1 =~ q1 + q2\nf2 =~ q3 + q4", data, call="cfa")
    assert found.certificate.verdict == "improper"
    assert np.isnan(found.reliability[0].correlations).any()
    assert found.to_dict(everything=True)["reliability"]["correlations"]["matrix"][0][1] is None


def test_factors_of_factors_have_no_reliability_of_items(solve):
    (found,) = compute_reliability(solve("hs_second_order"))
    assert found.factors == ("visual", "textual", "speed")


def test_variance_extracted_is_of_observed_variances_where_both_differ():
    """GLS does not reproduce variances: Fornell and Larcker's diagonal is √(Σλ²ψ / Σs_ii), as documented."""
    (found,) = compute_reliability(fit(CFA, ORACLES / "data" / "hs.csv", estimator="GLS").solution)
    assert np.abs(found.ave - found.ave_model).min() > 1e-3
    np.testing.assert_allclose(np.diag(found.fornell_larcker) ** 2, found.ave)


def test_all_effects_are_among_latent_variables_and_regressions(solve):
    """Without names: of the three factors the two effects on and by way of dem60, with limits of 95 %."""
    table = build_effects(solve("poldem_sem"))
    totals = table.loc[table["kind"] == "total"]
    pairs = set(zip(totals["cause"], totals["outcome"], strict=True))
    assert pairs == {("ind60", "dem60"), ("ind60", "dem65"), ("dem60", "dem65")}
    np.testing.assert_allclose(table["ci.upper"] - table["est"], 1.959963985 * table["se"], rtol=1e-8)


def test_bartlett_scores_of_single_indicators_are_lavaans():
    """A single indicator has no error, so that its factor is known; lavaan 0.7-2 has the same of the other."""
    found = fit("visual =~ x1\ntextual =~ x4 + x5 + x6\ntextual ~ visual", ORACLES / "data" / "hs.csv")
    (scores,) = found.factor_scores("bartlett")
    expected = [[-1.602436356, -0.0967079954], [0.397563644, -1.2030933398], [-0.435769656, -2.1106755286]]
    np.testing.assert_allclose(scores.scores[:3], expected, atol=2e-5)
    assert scores.se[0] == pytest.approx(0.0, abs=1e-8)
    assert scores.se[1] > 0.3
