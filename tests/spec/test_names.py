"""Names by role in lavaan's order, and options by name."""

import pytest

from sem_toolkit.diagnostics import OptionError
from sem_toolkit.spec import TableOptions, build_parameter_table, build_table_options, names, parse_spec

SPEC = """
dem =~ y1 + y2 + y3
ind =~ x1 + x2
G =~ dem + ind
dem ~ age
w ~ age + dem + z:age
w ~~ u
v ~ 1
C <~ c1 + c2
G ~ C
"""


@pytest.fixture(scope="module")
def table() -> object:
    return build_parameter_table(parse_spec(SPEC))


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (names.observed_variables, "y1 y2 y3 x1 x2 c1 c2 w age z:age u v"),
        (names.latent_variables, "dem ind G C"),
        (names.exogenous_observed_variables, "age z:age"),
        (names.ordered_variables, ""),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_names_by_role(table: object, function: object, expected: str) -> None:
    assert function(table) == tuple(expected.split())  # type: ignore[operator]


def test_indicators_of_a_factor(table: object) -> None:
    assert names.indicators_of(table, "dem") == ("y1", "y2", "y3")  # type: ignore[arg-type]
    assert names.indicators_of(table, "C") == ("c1", "c2")  # type: ignore[arg-type]


def test_every_row_names_its_origin() -> None:
    text = "f =~ x1 + x2 + x3\ny ~ f + z"
    table = build_parameter_table(parse_spec(text))
    origins = {f"{row.lhs}{row.op}{row.rhs}": row.origin for row in table.rows}
    assert origins["f=~x1"].rule == "marker"
    assert origins["f=~x2"].rule == "typed"
    assert origins["y~~y"].rule == "residual variance of an endogenous variable"
    assert origins["f~~f"].rule == "variance of a latent variable"
    assert origins["z~~z"].rule == "moment of exogenous observed variables"
    span = origins["y~z"].span
    assert span is not None
    assert text[span.start : span.end] == "z"


def test_calls_have_their_defaults() -> None:
    growth = TableOptions(call="growth").resolved()
    assert (growth.meanstructure, growth.int_ov_free, growth.int_lv_free) == (True, False, True)
    bare = TableOptions(call="lavaan").resolved()
    assert (bare.auto_var, bare.fixed_x, bare.auto_fix_first) == (False, False, False)
    assert TableOptions(std_lv=True).resolved().auto_fix_first is False
    assert TableOptions(std_lv=True, auto_fix_first=True).resolved().auto_fix_first is True


def test_a_fit_completes_options() -> None:
    assert TableOptions().for_fit(2).meanstructure is True
    assert TableOptions().for_fit(1).meanstructure is None
    assert TableOptions(effect_coding=("loadings",)).for_fit().auto_fix_first is False
    assert TableOptions(call="lavaan").for_fit().fixed_x is True
    assert TableOptions(meanstructure=False).for_fit(2).meanstructure is False


def test_options_by_name() -> None:
    options, rest = build_table_options(
        {"call": "cfa", "std_lv": True, "group_equal": "loadings", "effect_coding": True, "estimator": "ML"}
    )
    assert options == TableOptions(
        call="cfa", std_lv=True, group_equal=("loadings",), effect_coding=("loadings", "intercepts")
    )
    assert rest == {"estimator": "ML"}
    assert build_table_options({"fixed_x": None, "meanstructure": "default"})[0] == TableOptions()


@pytest.mark.parametrize(
    "options",
    [
        {"call": "cfaa"},
        {"std_lv": "yes"},
        {"group_equal": ["loadings", "loading"]},
        {"group_equal": 3},
        {"ngroups": 0},
        {"ngroups": True},
        {"thresholds": 3},
        {"parameterization": "gamma"},
    ],
    ids=str,
)
def test_wrong_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(OptionError) as caught:
        build_table_options(options)
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["option-value"]
