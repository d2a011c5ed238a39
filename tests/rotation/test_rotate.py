"""Rotated solutions beside lavaan's, and beside what defines them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import ModelError, OptionError
from sem_toolkit.inference import EvaluatedSolution, compute_scores_of_factors
from sem_toolkit.report.tables import build_table_of
from sem_toolkit.rotation import RotationOptions, match_factors, rotate_blocks
from sem_toolkit.rotation.criteria import build_criterion
from tests.support import DATA, ORACLES, near, row_key

SLOW = pytest.mark.slow
FAST = {
    "efa_hs_geomin", "efa_hs_promax", "efa_hs_target", "efa_hs_varimax", "esem_groups_equal", "esem_ordinal",
    "esem_two_blocks",
}  # fmt: skip
CASES = [
    pytest.param(path.stem, marks=() if path.stem in FAST else SLOW)
    for path in sorted((ORACLES / "rotation").glob("*.json"))
    if not path.stem.startswith("efa_table")
]
ITEMS = " + ".join(f"x{number}" for number in range(1, 10))
EFA3 = f'efa("b")*f1 + efa("b")*f2 + efa("b")*f3 =~ {ITEMS}'


def _read(name):
    return json.loads((ORACLES / "rotation" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=CASES)
def pair(request):
    case = _read(request.param)
    return case, fit(case["spec"], DATA / case["data"], multistart=0, engine="native", **case["options"])


def _index(frame):
    return {row_key(row): row for row in frame.to_dict("records")}


def test_parameters(pair):
    case, result = pair
    loose = 10.0 if case["options"].get("ordered") else 5.0
    mine = _index(result.parameters)
    for row in case["parameters"]:
        found, spread = mine[row_key(row)], abs(row["se"] or 0.0)
        assert near(found["est"], row["est"], 5e-5 * loose, max(5e-5, 2e-4 * spread) * loose), row_key(row)
        assert near(found["std.all"], row["std_all"], 1e-4 * loose, 1e-4 * loose), row_key(row)
        if row["se"]:
            assert near(found["se"], row["se"], 1e-4 * loose, 1e-5), row_key(row)


def test_standardized(pair):
    case, result = pair
    mine = _index(result.standardized)
    for row in case["standardized"]:
        if row["est_std"] is None:
            continue
        found = mine[row_key(row)]
        assert near(found["est.std"], row["est_std"], 1e-3, 1e-3), row_key(row)
        assert near(found["se"], row["se"], 2e-3, 1e-4), row_key(row)


def test_fit_measures(pair):
    case, result = pair
    for name, value in case["fit_measures"].items():
        if case["options"].get("rotation") == "promax" and name == "npar":
            continue  # docs/differences.md
        assert near(result.fit_measures[name], value, 1e-4, 1e-4), name
    assert result.table.npar == case["npar"]


def test_modification_indices(pair):
    case, result = pair
    mine = _index(result.modification_indices)
    for row in case["modification_indices"]:
        found = mine[row_key(row)]
        for name, own in (("mi", "mi"), ("epc", "epc"), ("sepc_all", "sepc.all")):
            assert near(found[own], row[name], 5e-3, 1e-4), (row_key(row), name)


def test_the_criterion_is_never_above_lavaans(pair):
    case, result = pair
    options = result.options.rotation
    if result.rotation is None or options.method == "promax" or case["options"].get("group_equal"):
        return
    for entry in result.rotation.blocks:
        group, factors, items = entry.block.groups[0], entry.block.factors, entry.block.items
        rows = {row_key(row): row for row in case["parameters"]}
        loadings = np.array([[rows[f, "=~", i, group]["est"] for f in factors] for i in items])
        phi = np.array([[rows[min(a, b), "~~", max(a, b), group]["est"] for b in factors] for a in factors])
        theta = np.array([(rows.get((i, "~~", i, group)) or {"est": np.nan})["est"] for i in items])
        common = ((loadings @ phi) * loadings).sum(axis=1)
        weighted = loadings / np.sqrt(common + theta)[:, None]
        if options.normalizes:
            weighted = loadings / np.sqrt(common)[:, None]
        target = options.get_target(entry.block.name)
        wanted = None if target is None else np.array(target, dtype=float)
        criterion = build_criterion(options, *loadings.shape, wanted)
        assert entry.search.value <= float(criterion.evaluate(weighted)[0]) + 1e-6


def test_no_moment_changes(pair):
    _, result = pair
    if result.rotation is None:
        return
    before = result.solution.unrotated
    assert np.allclose(result.implied_moments.covariance, before.moments.covariance, rtol=1e-10, atol=1e-10)
    assert result.npar == before.model.constraints.count_free(before.x)
    surface = result.solution.model.constraints.surface
    assert surface is not None
    if result.options.rotation.method == "promax":
        assert np.abs(surface.evaluate(result.solution.x)[0]).max() < 1e-9


EXACT = [
    pytest.param({"rotation": "varimax"}, EFA3, marks=SLOW),
    ({"rotation": "promax"}, EFA3),
    pytest.param({"rotation": "oblimin", "rotation_args": {"row_weights": "kaiser"}}, EFA3, marks=SLOW),
    pytest.param({"rotation": "geomin"}, EFA3, marks=SLOW),
    pytest.param({"rotation": "bigeomin", "rotation_args": {"orthogonal": True}}, EFA3, marks=SLOW),
    pytest.param({"rotation": "quartimin", "group": "school", "group_equal": "loadings"}, EFA3, marks=SLOW),
    pytest.param({"rotation": "oblimin"}, EFA3 + "\nf1 + f2 + f3 ~ ageyr", marks=SLOW),
]


@pytest.mark.parametrize(("options", "spec"), EXACT)
def test_delta_errors_are_those_of_the_whole_map(options, spec):
    """Standard errors by the equations against the differenced map from unrotated to rotated estimates."""
    result = fit(spec, DATA / "hs.csv", rotation_se="delta", multistart=0, engine="native", **options)
    before = result.solution.unrotated
    equations = result.solution.model.constraints.surface.evaluate(result.solution.x)[0]
    assert np.abs(equations).max() < 1e-9

    def move(x):
        return rotate_blocks(replace(before, x=x), replace(result.options.rotation, starts=30))[0].x

    step, basis = 1e-5, before.model.constraints.linear.basis
    columns = [(move(before.x + step * d) - move(before.x - step * d)) / (2 * step) for d in basis.T]
    jacobian = np.array(columns).T
    information = basis.T @ before.information @ basis
    n = result.sample.n
    expected = np.sqrt(np.diag(jacobian @ np.linalg.inv(information) @ jacobian.T) / n)
    mine = result.parameters
    free = [row.free for row in result.table.parameters]
    ours = np.array([mine["se"].iloc[k] for k in np.argsort(free, kind="stable") if free[k]])
    assert np.allclose(ours, expected, rtol=2e-4, atol=1e-7)


@pytest.mark.slow
def test_orthogonal_rotations_have_lavaans_errors_either_way():
    for name in ("varimax", "quartimax"):
        first = fit(EFA3, DATA / "hs.csv", rotation=name, multistart=0).parameters["se"]
        second = fit(EFA3, DATA / "hs.csv", rotation=name, multistart=0, rotation_se="delta").parameters["se"]
        assert np.allclose(first, second, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    ("spec", "culprit"),
    [
        (EFA3 + "\nageyr ~ f1", "ageyr ~ f1"),
        (EFA3 + "\nf1 ~ ageyr", "f1 ~ ageyr"),
        (EFA3.replace("x9", "0*x9"), "x9"),
        (EFA3 + "\nf2 ~ f1", "f2 ~ f1"),
        ('efa("b")*f1 =~ x1 + x2 + x3 + x4\nefa("b")*f2 =~ x1 + x2 + x3 + x5', "x4"),
        (EFA3.replace("x8", "a*x8").replace("x9", "a*x9"), "label"),
        (
            'efa("b")*f1 =~ a*x1 + x2 + x3 + x4 + x5\nefa("b")*f2 =~ b*x1 + x2 + x3 + x4 + x5\nd := a + b\nd > 0',
            "label",
        ),
        (EFA3.replace("x9", "lower(0)*x9"), "bound"),
    ],
)
def test_what_a_rotation_would_mix_is_refused_by_name(spec, culprit):
    with pytest.raises(ModelError) as fault:
        fit(spec, DATA / "hs.csv")
    assert culprit in str(fault.value)
    assert fault.value.diagnostics[0].code == "not-rotatable"


def test_partial_invariance_frees_an_item_on_all_factors():
    equal = {"group": "school", "group_equal": "loadings"}
    with pytest.raises(ModelError, match="group_partial = f1=~x1, f2=~x1, f3=~x1"):
        fit(EFA3, DATA / "hs.csv", **equal, group_partial=["f1=~x1"])
    partial = ["f1=~x1", "f2=~x1", "f3=~x1"]
    result = fit(EFA3, DATA / "hs.csv", **equal, group_partial=partial, multistart=0)
    assert result.fit_measures["df"] == 39
    rows = result.parameters[result.parameters["op"] == "=~"].pivot_table("est", ["lhs", "rhs"], "group")
    same = np.isclose(rows[1], rows[2], atol=1e-10)
    assert list(rows.index[~same]) == [("f1", "x1"), ("f2", "x1"), ("f3", "x1")]


def test_equalities_that_a_rotation_breaks_are_refused():
    with pytest.raises(ModelError, match="keep an exploratory block"):
        fit(EFA3 + "\nageyr ~ f1 + f2 + f3", DATA / "hs.csv", group="school", group_equal="regressions")


@pytest.mark.slow
def test_without_rotation_such_models_are_fitted():
    assert fit(EFA3 + "\nageyr ~ f1", DATA / "hs.csv", rotation="none").converged


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rotation": "geomine"}, "geomin"),
        ({"rotation": "infomaxx"}, "infomax"),
        ({"rotation": "target"}, "target"),
        ({"rotation": "target", "rotation_args": {"target": [[0, None], [None]]}}, "one length"),
        ({"rotation": "oblimin", "rotation_args": {"geomin_epsilon": 0.1}}, "do nothing"),
        ({"rotation_args": {"geomin_epsilon": -1}}, "above 0"),
        ({"rotation_args": {"epsilon": 0.1}}, "geomin_epsilon"),
        ({"rotation_args": {"gpa_tol": 0.1}}, "leave it out"),
        ({"rotation": "varimax", "rotation_args": {"orthogonal": False}}, "oblique"),
    ],
)
def test_bad_options(options, words):
    with pytest.raises(OptionError) as fault:
        fit(EFA3, DATA / "hs.csv", **options)
    assert words in str(fault.value)


def test_a_target_of_another_shape():
    with pytest.raises(ModelError) as fault:
        fit(EFA3, DATA / "hs.csv", rotation="target", rotation_args={"target": [[0, None]] * 9})
    assert "9 rows and 2 columns" in str(fault.value)
    assert "9 items and 3 factors" in str(fault.value)


def test_a_block_of_one_factor_cannot_be_rotated():
    with pytest.raises(OptionError) as fault:
        fit(f'efa("b")*f1 =~ {ITEMS}', DATA / "hs.csv", rotation="geomin")
    assert "one factor (f1)" in str(fault.value)
    assert fit(f'efa("b")*f1 =~ {ITEMS}', DATA / "hs.csv").rotation is None


def test_a_target_with_signs_keeps_them():
    wanted = [[-0.7, 0, 0]] * 3 + [[0, 0.8, 0]] * 3 + [[0, 0, 0.6]] * 3
    result = fit(EFA3, DATA / "hs.csv", rotation="target.strict", rotation_args={"target": wanted})
    loadings = result.parameters.query("op == '=~' and lhs == 'f1' and rhs in ['x1', 'x2', 'x3']")["est"]
    assert (loadings < -0.4).all()


def test_a_plain_target_frees_what_it_wants_other_than_zero():
    """As in lavaan, where a target without a mask counts its zeros only: f1 =~ x1 is 0.68678 there."""
    wanted = [[0.7, 0, 0]] * 3 + [[0, 0.7, 0]] * 3 + [[0, 0, 0.7]] * 3
    result = fit(EFA3, DATA / "hs.csv", rotation="target", rotation_args={"target": wanted})
    assert result.parameters["est"].iloc[0] == pytest.approx(0.686780, abs=2e-5)
    assert "rotation-target-freed" in [note.code for note in result.certificate.messages]
    free = [[None if value else 0 for value in row] for row in wanted]
    other = fit(EFA3, DATA / "hs.csv", rotation="target", rotation_args={"target": free})
    assert np.allclose(other.parameters["est"], result.parameters["est"], atol=1e-9)
    assert "rotation-target-freed" not in [note.code for note in other.certificate.messages]
    strict = fit(EFA3, DATA / "hs.csv", rotation="target.strict", rotation_args={"target": wanted})
    assert strict.parameters["est"].iloc[0] > 0.70


LAVAAN = {
    ("infomax", False): ((0.72391, 0.08935), (0.96996, 0.05801), (0.47810, 0.07446)),
    ("infomax", True): ((0.72609, 0.07815), (0.96901, 0.05675), (0.48880, 0.06861)),
    ("bentler", True): ((0.68924, 0.08274), (0.98263, 0.05703), (0.50051, 0.07189)),
    ("entropy", True): ((0.70383, 0.07954), (0.97921, 0.05745), (0.48131, 0.07200)),
    ("mccammon", True): ((0.75497, 0.08367), (0.95429, 0.05998), (0.46954, 0.06804)),
    ("tandem1", True): ((0.64904, 0.08429), (0.98637, 0.05682), (0.51716, 0.08400)),
    ("tandem2", True): ((0.74166, 0.07193), (0.93981, 0.05624), (0.54168, 0.05748)),
}
"""f1 =~ x1, f2 =~ x4 and f3 =~ x9 with their standard errors, by lavaan 0.7-2."""


@pytest.mark.parametrize("key", LAVAAN, ids=lambda key: f"{key[0]}-{'orthogonal' if key[1] else 'oblique'}")
def test_rotations_of_the_gradient_projection_literature(key):
    name, orthogonal = key
    arguments = {"rotation_args": {"orthogonal": True}} if orthogonal else {}
    rows = _index(fit(EFA3, DATA / "hs.csv", rotation=name, multistart=0, **arguments).parameters)
    for (factor, item), (est, se) in zip((("f1", "x1"), ("f2", "x4"), ("f3", "x9")), LAVAAN[key], strict=True):
        row = next(row for place, row in rows.items() if place[:3] == (factor, "=~", item))
        assert row["est"] == pytest.approx(est, abs=3e-4)
        assert row["se"] == pytest.approx(se, abs=3e-4)


def test_items_of_one_factor_in_front_do_not_hide_the_others():
    """With perfect simple structure lavaan's zeros, in the first items, leave the other factors unidentified."""
    loadings = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6]]))
    phi = np.array([[1.0, 0.5, 0.3], [0.5, 1.0, 0.4], [0.3, 0.4, 1.0]])
    covariance = loadings @ phi @ loadings.T
    covariance[np.diag_indices(9)] = 1.0
    moments = {"names": [f"x{k}" for k in range(1, 10)], "matrix": (covariance * 1000 / 999).tolist()}
    result = fit(EFA3, sample_cov=moments, sample_nobs=1000, rotation="oblimin")
    assert result.converged
    assert result.fit_measures["chisq"] == pytest.approx(0.0, abs=1e-8)
    (found,) = result.loadings
    assert np.allclose(found.values, loadings, atol=1e-6)
    assert np.allclose(found.correlations, phi, atol=1e-6)


def test_two_levels():
    """Rotated blocks at both levels: estimates and standard errors of lavaan 0.7-2."""
    items = " + ".join(f"y{k}" for k in range(1, 7))
    spec = f'level: 1\nefa("w")*f1 + efa("w")*f2 =~ {items}\nlevel: 2\nefa("b")*b1 + efa("b")*b2 =~ {items}\n'
    result = fit(spec, DATA / "twolevel.csv", cluster="cluster", rotation="oblimin")
    rows = result.parameters.set_index(["lhs", "op", "rhs"])
    expected = {
        ("f1", "=~", "y1"): (1.021, 0.046), ("f2", "=~", "y4"): (0.652, 0.165), ("b1", "=~", "y1"): (0.943, 0.065),
        ("b2", "=~", "y3"): (0.037, 0.030), ("f1", "~~", "f2"): (0.507, 0.147), ("b1", "~~", "b2"): (0.064, 0.083),
    }  # fmt: skip
    for key, (value, error) in expected.items():
        assert rows.loc[key, "est"] == pytest.approx(value, abs=6e-4)
        assert rows.loc[key, "se"] == pytest.approx(error, abs=6e-4)
    assert [entry.factors for entry in result.loadings] == [("f1", "f2"), ("b1", "b2")]


def test_steps_are_not_rotated():
    spec = 'efa("a")*f1 + efa("a")*f2 =~ x1 + x2 + x3 + x4 + x5 + x6\nspeed =~ x7 + x8 + x9\nspeed ~ f1 + f2'
    with pytest.raises(OptionError, match="sam does not go with the rotation"):
        fit(spec, DATA / "hs.csv", sam_method="local")


def test_scores_are_those_of_the_unrotated_factors_turned():
    result = fit(EFA3, DATA / "hs.csv", rotation="oblimin", multistart=0)
    (rotation,) = result.rotation.blocks
    before = compute_scores_of_factors(EvaluatedSolution(result.solution.unrotated), "regression")
    after = result.factor_scores()
    assert np.allclose(after[0].scores, before[0].scores @ rotation.rotation, atol=1e-8)


def test_factors_are_matched_to_those_of_another_solution():
    result = fit(EFA3 + "\nf1 + f2 + f3 ~ ageyr", DATA / "hs.csv", rotation="oblimin", multistart=0)
    (entry,) = result.rotation.blocks
    other = RotationOptions("oblimin", order="none", reflect=False, seed=3)
    shuffled, rotation = rotate_blocks(result.solution.unrotated, other)
    assert not np.allclose(shuffled.x, result.solution.x, atol=1e-3)
    matched = match_factors(shuffled, rotation, result.solution)
    assert np.allclose(matched.x, result.solution.x, atol=1e-7)
    assert np.allclose(matched.moments.covariance, result.implied_moments.covariance, atol=1e-10)
    assert entry.block.factors == ("f1", "f2", "f3")


def test_a_table_of_loadings():
    table = build_table_of(fit(EFA3, DATA / "hs.csv", group="school", multistart=0), "loadings")
    assert list(table.columns) == ["group", "item", "f1", "f2", "f3", "communality", "uniqueness"]
    assert len(table) == 18
    assert np.allclose(table["communality"] + table["uniqueness"], 1.0)


def test_options_of_rotations_know_their_nature():
    assert RotationOptions("varimax").is_orthogonal
    assert RotationOptions("varimax").normalizes
    assert not RotationOptions("geomin").normalizes
    assert RotationOptions("bigeomin").has_general
