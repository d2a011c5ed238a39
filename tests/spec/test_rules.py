"""Rules of the table that no reference case shows, worked out by hand from lavaan's definitions."""

import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.spec import (
    Parameter,
    TableOptions,
    build_parameter_table,
    build_table_options,
    check_spec,
    parse_spec,
)


def find(text: str, **options: object) -> dict[str, Parameter]:
    """The rows of a table by `lhs op rhs`, constraints by their left side."""
    table = build_parameter_table(parse_spec(text), TableOptions(**options))  # type: ignore[arg-type]
    return {f"{row.lhs} {row.op} {row.rhs}".strip(): row for row in table.rows}


def test_integer_coding_puts_thresholds_between_categories() -> None:
    rows = find(
        "f =~ u1 + u2",
        thresholds={"u1": 3, "u2": 1},
        effect_coding=("loadings", "intercepts"),
        auto_fix_first=False,
        meanstructure=True,
    )
    # u1 has 4 categories, the most; its outer thresholds lie at 1.5 and 3.5. Those of u2 are as far apart as 4/2.
    assert [rows[f"u1 | t{i}"].ustart for i in (1, 2, 3)] == [1.5, None, 3.5]
    assert [bool(rows[f"u1 | t{i}"].free) for i in (1, 2, 3)] == [False, True, False]
    assert rows["u2 | t1"].ustart == 2.5
    assert rows["u1 ~1"].free
    assert not rows["u2 ~1"].free
    assert rows["u1 ~*~ u1"].free
    assert rows["f ~1"].free
    assert rows[".p1. == 2-.p2."].origin.rule == "effect coding"


def test_integer_coding_of_binary_variables_fixes_the_factor() -> None:
    rows = find("f =~ u1 + u2", thresholds={"u1": 1, "u2": 1}, effect_coding=("loadings",), auto_fix_first=False)
    assert rows["u1 | t1"].ustart == 1.5
    assert (rows["f ~~ f"].free, rows["f ~~ f"].ustart) == (0, 1.0)


def test_covariances_of_latent_and_observed_exogenous_variables() -> None:
    text = "f =~ x1 + x2 + x3\ny ~ f + z"
    assert "f ~~ z" not in find(text)
    assert find(text, auto_cov_x=True)["f ~~ z"].free
    assert find(text, auto_cov_x=True, orthogonal_x=True)["f ~~ z"].ustart == 0.0


def test_orthogonal_outcomes() -> None:
    text = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nf ~ z\ng ~ z"
    assert find(text)["f ~~ g"].free
    assert find(text, orthogonal_y=True)["f ~~ g"].ustart == 0.0


def test_a_product_with_an_outcome_is_no_exogenous_variable() -> None:
    rows = find("y ~ x + m:x\nm ~ x")
    assert rows["x ~~ x"].exo == 1
    assert rows["m:x ~~ m:x"].exo == 0
    assert rows["m:x ~~ m:x"].free


def test_a_product_with_a_factor_is_latent() -> None:
    rows = find("f =~ x1 + x2 + x3\ny ~ f + z + f:z", meanstructure=True)
    assert rows["f:z ~1"].free
    assert rows["f:z ~~ f:z"].free


def test_conditioning_on_exogenous_variables_marks_their_effects() -> None:
    rows = find("y ~ x + f\nf =~ u1 + u2 + u3", conditional_x=True)
    assert rows["y ~ x"].exo == 1
    assert rows["y ~ x"].free
    assert rows["y ~ f"].exo == 0
    assert (rows["x ~~ x"].exo, rows["x ~~ x"].free) == (1, 0)


def test_the_first_of_two_bounds_on_a_label_holds() -> None:
    row = find("y ~ a*x\na > 0\na > 1\na < 5")["y ~ x"]
    assert (row.lower, row.upper) == (0.0, 5.0)


def test_equal_parameters_share_the_wider_bounds() -> None:
    rows = find("y ~ lower(0)*a*x + lower(-1)*a*z")
    assert rows["y ~ x"].lower == rows["y ~ z"].lower == -1.0


def test_a_label_shared_with_a_fixed_parameter_fixes_all() -> None:
    rows = find("f =~ a*x1 + a*x2 + x3")
    assert (rows["f =~ x2"].free, rows["f =~ x2"].ustart) == (0, 1.0)


@pytest.mark.parametrize(
    ("markers", "fixed"), [({}, "f =~ x1"), ({"f": "x3"}, "f =~ x3"), ({"f": "x9"}, "f =~ x1")], ids=str
)
def test_another_marker_may_be_chosen(markers: dict[str, str], fixed: str) -> None:
    rows = find("f =~ x1 + x2 + x3", markers=markers)
    assert [name for name, row in rows.items() if row.op == "=~" and not row.free] == [fixed]


def test_partial_equality_frees_the_marker_of_other_groups() -> None:
    table = build_parameter_table(
        parse_spec("f =~ x1 + x2 + x3"),
        TableOptions(ngroups=2, meanstructure=True, group_equal=("loadings",), group_partial=("f=~x1",)),
    )
    loadings = [row for row in table.rows if row.op == "=~" and row.rhs == "x1"]
    assert [bool(row.free) for row in loadings] == [False, True]


def test_scales_are_free_where_thresholds_are_equal() -> None:
    options = {"ngroups": 2, "meanstructure": True, "thresholds": {"u1": 3, "u2": 3, "u3": 1}}
    for parameterization, op in (("delta", "~*~"), ("theta", "~~")):
        table = build_parameter_table(
            parse_spec("f =~ u1 + u2 + u3"),
            TableOptions(**options, group_equal=("thresholds",), parameterization=parameterization),  # type: ignore[arg-type]
        )
        free = {row.lhs for row in table.rows if row.op == op and row.lhs == row.rhs and row.group == 2 and row.free}
        assert free - {"f"} == {"u1", "u2"}  # a binary variable has no scale of its own


def test_definitions_of_unknown_sums_are_taken_for_factors() -> None:
    (diagnostic,) = parse_spec("f := x1 + x2 + x3\ny ~ x").diagnostics
    assert diagnostic.message == 'no parameters have the labels "x1", "x2", "x3"'
    assert diagnostic.hint == 'a factor and its indicators are written "=~"'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ngroups", 1_000_000_000),
        ("ngroups", 0),
        ("ngroups", 2.0),
        ("thresholds", {"u": 1_000_000_000}),
        ("thresholds", {"u": -1}),
        ("thresholds", {"u": True}),
        ("thresholds", {"u": "3"}),
        ("thresholds", 3),
        ("markers", {"f": 1}),
        ("call", ["sem"]),
        ("group_equal", "x" * 100_000),
    ],
)
def test_options_of_no_sense_are_refused(name: str, value: object) -> None:
    with pytest.raises(OptionError) as caught:
        build_table_options({name: value})
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "option-value"
    assert len(diagnostic.message) < 400


def list_sum(prefix: str, count: int) -> str:
    return " + ".join(f"{prefix}{number}" for number in range(count))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "options"),
    [
        (f"y ~ {list_sum('x', 3_000)}", {}),
        (f"{list_sum('y', 1_000)} ~ {list_sum('x', 1_000)}", {}),
        ("f =~ x1 + x2 + x3", {"ngroups": 100_000}),
        (" \n".join(f"f{i} =~ x{i}" for i in range(2_000)), {}),
        (f"f =~ {list_sum('u', 500)}", {"thresholds": {f"u{i}": 1_000 for i in range(500)}}),
        (f"C <~ {list_sum('x', 3_000)}", {}),
    ],
    ids=["exogenous", "product", "groups", "factors", "thresholds", "composite"],
)
def test_tables_beyond_all_use_are_refused(text: str, options: dict[str, object]) -> None:
    """They grow with the square of what is typed; without a limit they take all memory."""
    chosen, _ = build_table_options(options)
    (error,) = check_spec(parse_spec(text), chosen).errors
    assert error.code == "model-too-large"


@pytest.mark.parametrize(
    ("bounds", "bounded"),
    [
        ("none", {"y1 ~~ y1": -0.5}),
        ("pos.var", {"y1 ~~ y1": -0.5, "y2 ~~ y2": 0, "y3 ~~ y3": 0, "f ~~ f": 0, "z ~~ z": 0}),
        ("pos.ov.var", {"y1 ~~ y1": -0.5, "y2 ~~ y2": 0, "y3 ~~ y3": 0, "z ~~ z": 0}),
        ("pos.lv.var", {"y1 ~~ y1": -0.5, "f ~~ f": 0}),
    ],
)
def test_bounds_name_the_variances_that_may_not_be_negative(bounds: str, bounded: dict[str, float]) -> None:
    """What the spec says of one wins; fixed variances and covariances have no bound."""
    rows = find("f =~ y1 + y2 + y3\nf + z ~ x\ny1 ~~ lower(-0.5)*y1\ny1 ~~ y2", bounds=bounds)
    found = {name: row.lower for name, row in rows.items() if row.free and row.lower > -float("inf")}
    assert found == bounded
