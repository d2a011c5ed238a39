"""Rows in clusters at two levels: lavaan's estimates, errors and measures, and plain words about what cannot be done.

lavaan stops its search early here, so that what it reports is compared where it stopped: at its own estimates our
errors, indices and residuals are its numbers, and our own optimum lies lower.
"""

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError, OptionError, SemError, SpecError
from sem_toolkit.fit import Fit, check_model, fit
from sem_toolkit.inference import (
    build_modification_indices,
    build_parameter_estimates,
    build_standardized_solution,
    compute_residuals,
)
from sem_toolkit.spec import parse_spec
from tests.support import DATA, ORACLES, near, row_key

CASES = sorted(path.stem for path in (ORACLES / "levels").glob("*.json"))
EARLY = {"ml2_saturated_between"}  # here lavaan stops at its start values of the level between clusters
CFA = "level: 1\nfw =~ y1 + y2 + y3\nlevel: 2\nfb =~ y1 + y2 + y3"
SEM = f"{CFA}\nfb ~ w1".replace("y3\nlevel", "y3\nfw ~ x1\nlevel")


def read_case(name: str) -> dict[str, Any]:
    return json.loads((ORACLES / "levels" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def fits() -> dict[str, Fit]:
    return {name: fit(case["spec"], DATA / case["data"], **case["options"]) for name, case in read_all().items()}


def read_all() -> dict[str, dict[str, Any]]:
    return {name: read_case(name) for name in CASES}


def place(row: dict[str, Any]) -> tuple[Any, ...]:
    return (*row_key(row), row.get("level") or 0)


def stop_with_lavaan(found: Fit, case: dict[str, Any]) -> Any:
    """The solution at the estimates that lavaan reports."""
    theirs = {place(row): row["est"] for row in case["parameters"]}
    x = [
        theirs[place({"lhs": row.lhs, "op": row.op, "rhs": row.rhs, "level": row.level})]
        for row in found.solution.model.parameters
    ]
    return replace(found.solution, x=np.array(x))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return pd.read_csv(DATA / "twolevel.csv")


@pytest.mark.parametrize("name", CASES)
def test_estimates_are_where_lavaan_went(fits, name):
    found, case = fits[name], read_case(name)
    assert found.certificate.verdict == "converged"
    mine = {place(row): row["est"] for row in found.parameters.to_dict("records")}
    for row in case["parameters"]:
        assert near(mine[place(row)], row["est"], 1e-4, max(6e-4, 2e-3 * (row["se"] or 0.0))), place(row)


@pytest.mark.parametrize("name", CASES)
def test_the_optimum_is_not_above_that_of_lavaan(fits, name):
    case, measures = read_case(name), fits[name].fit_measures
    assert measures["logl"] >= case["fit_measures"]["logl"] - 1e-9
    assert measures["unrestricted.logl"] >= case["fit_measures"]["unrestricted.logl"] - 1e-5


@pytest.mark.parametrize("name", sorted(set(CASES) - EARLY))
def test_fit_measures(fits, name):
    found, case = fits[name], read_case(name)
    robust = name == "ml2_sem_mlr"  # see test_scores_add_up_to_zero
    scale = 10.0 if "missing" in case["options"] else 1.0
    for measure, value in case["fit_measures"].items():
        loose = measure.endswith((".scaled", ".robust", ".factor")) or "rmsea" in measure
        if measure not in {"fmin"}:
            relative = (2e-4 if robust else 1e-4) if loose or robust else 1e-5
            assert near(found.fit_measures.get(measure), value, relative * scale, 1e-5 * scale), measure
    assert set(found.fit_measures) <= set(case["fit_measures"])


@pytest.mark.parametrize("name", ["ml2_cfa", "ml2_equal_loadings", "ml2_icc_null"])
def test_the_minimum_counts_from_the_saturated_model(fits, name):
    """That of lavaan is −logl/n without its constant, which is not 0 where the fit is perfect: no discrepancy."""
    found, measures = read_case(name)["fit_measures"], fits[name].fit_measures
    variables = len(fits[name].sample.variables)
    assert measures["fmin"] == pytest.approx(measures["chisq"] / (2.0 * measures["ntotal"]), abs=1e-12)
    constant = 0.5 * variables * math.log(2.0 * math.pi) + measures["unrestricted.logl"] / measures["ntotal"]
    assert found["fmin"] == pytest.approx(measures["fmin"] - constant, rel=1e-6)


@pytest.mark.parametrize("name", sorted(set(CASES) - {"ml2_sem_mlr"}))
def test_errors_and_standardised_values_where_lavaan_stopped(fits, name):
    found, case = fits[name], read_case(name)
    there = stop_with_lavaan(found, case)
    loose = 100.0 if name in EARLY or "missing" in case["options"] else 1.0  # its Hessian is one of differences
    tables = {"parameters": build_parameter_estimates, "standardized": build_standardized_solution}
    columns = {"parameters": ("se", "std_lv", "std_all"), "standardized": ("est_std", "se")}
    for block, build in tables.items():
        frame = build(there, options=found.options.inference)
        frame.columns = [column.replace(".", "_") for column in frame.columns]
        mine = {place(row): row for row in frame.to_dict("records")}
        for row in case[block]:
            for column in columns[block]:
                assert near(mine[place(row)][column], row[column], 1e-6 * loose, 1e-6 * loose), (block, place(row))


@pytest.mark.parametrize("name", sorted(set(CASES) - {"ml2_icc_null"}))
def test_modification_indices_where_lavaan_stopped(fits, name):
    found, case = fits[name], read_case(name)
    frame = build_modification_indices(stop_with_lavaan(found, case))
    mine = {place(row): row for row in frame.to_dict("records")}
    missing = [place(row) for row in case["modification_indices"] if row["mi"] > 1e-6 and row.get("level")]
    assert set(missing) <= set(mine)
    for row in case["modification_indices"]:
        if row.get("level") and row["mi"] > 1e-6:
            assert near(mine[place(row)]["mi"], row["mi"], 1e-3, 1e-4), place(row)
            assert near(mine[place(row)]["epc"], row["epc"], 1e-3, 1e-4), place(row)
            assert near(mine[place(row)]["sepc.all"], row["sepc_all"], 1e-3, 1e-4), place(row)


@pytest.mark.parametrize("name", sorted(set(CASES) - EARLY - {"ml2_icc_null"}))
def test_residuals_where_lavaan_stopped(fits, name):
    found, case = fits[name], read_case(name)
    tolerance = 2e-4 if "missing" in case["options"] else 1e-5
    there = compute_residuals(stop_with_lavaan(found, case), options=found.options.inference)
    for mine, theirs in zip(there, case["residuals_cor"], strict=True):
        assert list(mine.variables) == theirs["cov"]["names"]
        values, z = (np.array(theirs[key]["matrix"], dtype=float) for key in ("cov", "cov.z"))
        np.testing.assert_allclose(mine.cov, values, atol=tolerance)
        large = np.abs(values) > 2e-3  # smaller ones are what lavaan's early stop leaves
        np.testing.assert_allclose(mine.cov_z[large], z[large], rtol=0.05 if "missing" in case["options"] else 1e-3)


@pytest.mark.parametrize("name", CASES)
def test_intraclass_correlations(fits, name):
    found, case = fits[name], read_case(name)
    assert found.icc[""] == pytest.approx(case["icc"], rel=1e-3, abs=1e-5)


def test_scores_add_up_to_zero(fits):
    """lavaan leaves out of them what effects of covariates do to means, so that its MLR is off by how far these are
    from 0: a hundredth of a per cent here, and as much as one likes with covariates that are not centred.
    """
    from sem_toolkit.inference import evaluate_solution
    from sem_toolkit.inference.weights.levels import compute_level_scores

    evaluation = evaluate_solution(fits["ml2_sem_mlr"].solution)
    scores = compute_level_scores(evaluation, 0)
    assert np.abs(scores.sum(axis=0)).max() < 1e-8 * np.abs(scores).sum()
    case = read_case("ml2_sem_mlr")
    mine = {place(row): row["se"] for row in fits["ml2_sem_mlr"].parameters.to_dict("records")}
    for row in case["parameters"]:
        assert near(mine[place(row)], row["se"], 3e-4, 1e-6), place(row)


def test_robust_errors_do_not_depend_on_where_covariates_have_their_zero(rows):
    plain = fit(SEM, rows, cluster="cluster", estimator="MLR").parameters
    moved = fit(SEM, rows.assign(x1=rows["x1"] + 30.0), cluster="cluster", estimator="MLR").parameters
    effect = (plain["op"] == "~") & (plain["rhs"] == "x1")
    np.testing.assert_allclose(moved["se"][effect], plain["se"][effect], rtol=1e-5)


def test_first_order_errors_are_from_cross_products_of_the_scores_of_clusters(fits):
    """lavaan gives those of ML under this name (docs/differences.md)."""
    from sem_toolkit.inference import evaluate_solution
    from sem_toolkit.inference.weights.levels import compute_level_scores

    case = read_case("ml2_cfa")
    found = fit(case["spec"], DATA / case["data"], **(case["options"] | {"estimator": "MLF"}))
    scores = compute_level_scores(evaluate_solution(found.solution), 0)
    expected = np.sqrt(np.diag(np.linalg.inv(scores.T @ scores)))
    free = found.parameters["se"][found.parameters["se"] > 0]
    np.testing.assert_allclose(free, expected, rtol=1e-8)
    plain = fits["ml2_cfa"].parameters["se"]
    assert np.abs(free / plain[plain > 0] - 1.0).max() > 0.05


def test_units_do_not_matter(rows):
    """χ² stays, and effects are measured in the new units."""
    plain = fit(SEM, rows, cluster="cluster")
    scaled = fit(SEM, rows.assign(x1=1000.0 * rows["x1"], w1=rows["w1"] / 500.0), cluster="cluster")
    assert scaled.fit_measures["chisq"] == pytest.approx(plain.fit_measures["chisq"], rel=1e-7)
    own = plain.parameters.set_index(["lhs", "op", "rhs"])["est"].to_dict()
    other = scaled.parameters.set_index(["lhs", "op", "rhs"])["est"].to_dict()
    assert 1000.0 * other["fw", "~", "x1"] == pytest.approx(own["fw", "~", "x1"], rel=1e-6)
    assert other["fb", "~", "w1"] / 500.0 == pytest.approx(own["fb", "~", "w1"], rel=1e-6)


def test_order_of_rows_and_names_of_clusters_do_not_matter(rows):
    shuffled = rows.sample(frac=1.0, random_state=1).reset_index(drop=True)
    shuffled["cluster"] = "school " + shuffled["cluster"].astype(str)
    first, second = fit(SEM, rows, cluster="cluster"), fit(SEM, shuffled, cluster="cluster")
    np.testing.assert_allclose(first.solution.x, second.solution.x, atol=1e-8)


def test_complete_rows_are_the_same_by_full_information(rows):
    first, second = (fit(SEM, rows, cluster="cluster", missing=missing) for missing in ("listwise", "ml"))
    np.testing.assert_allclose(first.solution.x, second.solution.x, atol=1e-8)
    assert second.fit_measures["chisq"] == pytest.approx(first.fit_measures["chisq"], rel=1e-8)
    np.testing.assert_allclose(first.parameters["se"], second.parameters["se"], atol=1e-8)


def test_groups_are_the_sum_of_fits_of_each(rows):
    """Without equalities across groups χ² and log-likelihoods add up, and estimates are those of each group."""
    rows = rows.assign(half=np.where(rows["cluster"] % 2 == 0, "even", "odd"))
    spec = "".join(f"group: {label}\n{SEM}\n" for label in dict.fromkeys(rows["half"]))
    both = fit(spec, rows, cluster="cluster", group="half")
    single = {label: fit(SEM, part, cluster="cluster") for label, part in rows.groupby("half")}
    total = sum(own.fit_measures["chisq"] for own in single.values())
    assert both.fit_measures["chisq"] == pytest.approx(total, rel=1e-8)
    assert both.fit_measures["logl"] == pytest.approx(sum(own.fit_measures["logl"] for own in single.values()))
    assert both.fit_measures["df"] == sum(own.fit_measures["df"] for own in single.values())
    for number, label in enumerate(dict.fromkeys(rows["half"]), start=1):
        own = both.parameters[both.parameters["group"] == number]
        assert list(own["level"].unique()) == [1, 2]
        np.testing.assert_allclose(own["est"], single[label].parameters["est"], atol=1e-6)
    assert set(both.icc) == {"odd", "even"}


def test_robust_errors_of_groups_are_those_of_each(rows):
    """Groups of clusters that differ in size: what one group shows says nothing of the other."""
    rows = rows[(rows["cluster"] % 2 == 0) | (rows.groupby("cluster").cumcount() < 6)]
    rows = rows.assign(half=np.where(rows["cluster"] % 2 == 0, "even", "odd"))
    spec = "".join(f"group: {label}\n{SEM}\n" for label in dict.fromkeys(rows["half"]))
    both = fit(spec, rows, cluster="cluster", group="half", estimator="MLR")
    for number, label in enumerate(dict.fromkeys(rows["half"]), start=1):
        own = fit(SEM, rows[rows["half"] == label], cluster="cluster", estimator="MLR")
        se = both.parameters.loc[both.parameters["group"] == number, "se"]
        np.testing.assert_allclose(se, own.parameters["se"], rtol=1e-5, atol=1e-9)


def test_variables_that_do_not_vary_between_clusters_are_named(rows):
    """The saturated model of rows that are centred in their clusters ends at the edge, and says so."""
    noise = np.random.default_rng(1).normal(size=(len(rows), 2))
    flat = rows.assign(y1=noise[:, 0], y2=0.5 * noise[:, 0] + noise[:, 1])
    flat[["y1", "y2"]] -= flat.groupby("cluster")[["y1", "y2"]].transform("mean")
    found = fit("level: 1\ny1 ~~ y2\nlevel: 2\ny1 ~~ y1\ny2 ~~ y2", flat, cluster="cluster", engine="native")
    entry = next(entry for entry in found.sample.messages if entry.code == "saturated-at-edge")
    assert "y1, y2 hardly vary between them" in entry.message
    levels = found.sample.groups[0].levels
    assert levels is not None
    assert levels.converged
    assert not levels.definite
    assert np.linalg.eigvalsh(levels.moments.between).min() > -1e-12


def test_covariates_at_both_levels_are_taken_from_the_data(rows):
    """Log-likelihood and degrees of freedom as in lavaan 0.7-2, which has 8 (the means of y4 are not told apart)."""
    spec = SEM.replace("fw ~ x1", "fw ~ x1 + y4").replace("fb ~ w1", "fb ~ w1 + y4")
    measures = fit(spec, rows, cluster="cluster").fit_measures
    assert (measures["df"], measures["baseline.df"], measures["npar"]) == (8, 18, 19)
    assert measures["chisq"] == pytest.approx(5.033029, abs=1e-4)
    assert measures["logl"] == pytest.approx(-16217.23, abs=5e-3)
    assert measures["baseline.chisq"] == pytest.approx(1977.815, abs=1e-3)


def test_equality_across_levels_is_a_constraint(fits):
    case, found = read_case("ml2_equal_loadings"), fits["ml2_equal_loadings"]
    assert found.npar == case["fit_measures"]["npar"]
    tied = found.parameters[found.parameters["label"] == "a"]["est"]
    assert tied.iloc[0] == pytest.approx(tied.iloc[1], abs=1e-12)


def test_json_has_levels(fits):
    record = fits["ml2_sem"].to_dict(everything=True)
    assert record["n"] == 2500
    assert record["n_clusters"] == 200
    assert {row["level"] for row in record["parameters"]} == {1, 2}
    assert [entry["level"] for entry in record["implied_cov"]] == ["within", "between"]
    assert record["implied_cov"][1]["cov"]["names"] == ["y1", "y2", "y3", "w1", "w2"]
    assert set(record["r2"]) == {"within", "between"}


def test_summary_names_the_levels(fits):
    text = fits["ml2_sem"].summary()
    assert "2500 in 200 clusters" in text
    assert "Regressions, within" in text
    assert "Regressions, between" in text


@pytest.mark.parametrize("missing", ["listwise", "ml"])
def test_variables_at_the_wrong_level_are_named(rows, missing):
    with pytest.raises(
        DataError, match="'x1' is at the level between clusters, but its values differ within cluster 1"
    ):
        fit(f"{CFA}\nfb ~ x1", rows, cluster="cluster", missing=missing)
    with pytest.raises(DataError, match=r"differ within cluster \d+(?![.\d])"):
        fit(f"{CFA}\nfb ~ x1", rows.astype({"cluster": float}), cluster="cluster", missing=missing)
    with pytest.raises(DataError, match="'w1' is at the level within clusters, but does not vary"):
        fit(CFA.replace("\nlevel: 2", "\nfw ~ w1\nlevel: 2"), rows, cluster="cluster", missing=missing)


def test_clusters_that_are_none_are_named(rows):
    with pytest.raises(OptionError, match="nothing says which rows belong together"):
        fit(CFA, rows)
    with pytest.raises(DataError, match="every cluster of 'own' has one row only"):
        fit(CFA, rows.assign(own=np.arange(len(rows))), cluster="own")
    with pytest.raises(DataError, match="all rows are of one cluster 'one'"):
        fit(CFA, rows.assign(one=1), cluster="one")
    holes = rows.assign(cluster=rows["cluster"].astype(float))
    holes.loc[7, "cluster"] = np.nan
    with pytest.raises(DataError, match="a row used has no value of 'cluster': row 8"):
        fit(CFA, holes, cluster="cluster")
    with pytest.raises(DataError, match="has no column 'school'"):
        fit(CFA, rows, cluster="school")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"estimator": "GLS"}, "GLS"),
        ({"estimator": "MLM"}, "estimator MLM"),
        ({"likelihood": "wishart"}, "Wishart"),
        ({"missing": "two.stage"}, "two.stage"),
        ({"sampling_weights": "w1"}, "sampling_weights"),
        ({"se": "robust.sem"}, "robust.sem"),
        ({"test": "satorra.bentler"}, "satorra.bentler"),
        ({"ordered": ["y1"]}, "ordered"),
    ],
)
def test_what_does_not_go_with_levels_is_refused(rows, options, words):
    with pytest.raises(SemError, match=words):
        fit(CFA, rows, cluster="cluster", **options)


def test_groups_need_headers_of_their_own(rows):
    with pytest.raises(SpecError, match="says nothing of group"):
        fit(CFA, rows.assign(half=rows["cluster"] % 2), cluster="cluster", group="half")


def test_identification_counts_both_levels():
    found = check_model(parse_spec(f"{CFA}"), meanstructure=True)
    assert found.identification is not None
    assert (found.identification.df, found.identification.identified) == (0, True)
    loose = check_model(parse_spec(CFA.replace("fw =~ y1 + y2 + y3", "fw =~ y1 + y2")), meanstructure=True)
    assert loose.identification is not None
    assert not loose.identification.identified
    assert any("within" in entry.message for entry in loose.diagnostics)


def test_means_at_both_levels_cannot_be_told_apart():
    found = check_model(parse_spec(CFA.replace("\nlevel: 2", "\ny1 ~ NA*1\nlevel: 2")), meanstructure=True)
    assert found.table is not None


def test_fit_of_each_level_by_itself(rows):
    """lavaan 0.7-2: fitMeasures(fit, level = "within"), and "between"."""
    spec = SEM.replace("fw ~ x1", "fw ~ x1 + x2 + x3").replace("fb ~ w1", "fb ~ w1 + w2")
    found = fit(spec, rows, cluster="cluster").level_measures
    names = ("npar", "chisq", "df", "baseline.chisq", "baseline.df", "cfi", "tli", "rmsea", "logl")
    within = (24, 1.351510, 6, 1900.411900, 12, 1.0, 1.004923, 0.0, -12073.195724)
    between = (26, 6.656376, 4, 313.611782, 9, 0.991279, 0.980379, 0.016298, -12075.848157)
    for name, first, second in zip(names, within, between, strict=True):
        assert found["within"][name] == pytest.approx(first, rel=2e-6, abs=2e-5), name
        assert found["between"][name] == pytest.approx(second, rel=2e-6, abs=2e-5), name


@pytest.mark.slow
def test_fit_of_each_level_with_robust_tests(rows):
    """One factor between clusters for two: lavaan 0.7-2 stops well below these optima, at -23967.53 and -24162.26."""
    spec = "level: 1\nfw =~ y1 + y2 + y3\ngw =~ y4 + y5 + y6\nlevel: 2\nfb =~ y1 + y2 + y3 + y4 + y5 + y6"
    whole = fit(spec, rows, cluster="cluster", estimator="MLR")
    found = whole.level_measures
    assert [found[level]["df"] for level in ("within", "between")] == [8, 9]
    assert found["within"]["logl"] > -23967.53
    assert found["between"]["logl"] > -24096.2
    assert found["within"]["pvalue.scaled"] > 0.2
    assert found["between"]["pvalue.scaled"] < 1e-9
    for level in ("within", "between"):  # what is left is no more than the whole model's misfit
        assert found[level]["chisq"] <= whole.fit_measures["chisq"]
        assert found[level]["srmr"] == pytest.approx(whole.fit_measures[f"srmr_{level}"], abs=0.05)


def test_tied_levels_have_no_fit_of_their_own(fits):
    with pytest.raises(SemError, match="both levels are tied"):
        _ = fits["ml2_equal_loadings"].level_measures


def test_additions_are_made_where_their_variables_occur(fits):
    found = fits["ml2_sem"].test_additions("y1 ~~ y2; w1 ~~ w2")
    assert list(zip(found["lhs"], found["level"], strict=True)) == [("y1", 1), ("y1", 2), ("w1", 2), ("all", 0)]
    indices = fits["ml2_sem"].modification_indices.set_index(["lhs", "op", "rhs", "level"])["mi"]
    assert found["X2"].iloc[0] == pytest.approx(indices["y1", "~~", "y2", 1], rel=1e-8)
    with pytest.raises(SemError, match="do not occur at the same level"):
        fits["ml2_sem"].test_additions("x1 ~~ w1")


def test_nested_models_are_told_at_both_levels(rows):
    """The difference is that of the log-likelihoods, and NET knows which models reproduce which."""
    from sem_toolkit.comparison import compare

    general = SEM.replace("fb ~ w1", "fb ~ w1 + w2").replace("fw ~ x1", "fw ~ x1 + x2")
    restricted = general.replace("+ w2", "+ 0*w2")
    other = general.replace("+ x2", "+ 0*x2")
    specs = {"general": general, "restricted": restricted, "other": other}
    found = compare({name: parse_spec(text) for name, text in specs.items()}, rows, cluster="cluster").tests
    relations = {frozenset((row.restricted, row.general)): row for row in found.itertuples()}
    assert relations[frozenset(("general", "restricted"))].relation == "nested"
    assert relations[frozenset(("general", "other"))].relation == "nested"
    assert relations[frozenset(("restricted", "other"))].relation != "nested"


def test_tables_have_a_column_for_the_level(fits):
    from sem_toolkit.report.tables import build_table_of

    found = fits["ml2_sem"]
    for name in ("r2", "residuals", "reliability"):
        frame = build_table_of(found, name)
        assert set(frame["level"]) == {"within", "between"}, name
        assert "group" not in frame, name
    for name in ("parameters", "standardized", "effects", "modification_indices"):
        assert set(build_table_of(found, name)["level"]) <= {0, 1, 2}, name
