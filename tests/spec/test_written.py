"""Tables written out as specs mean the same again."""

import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.spec import ParameterTable, TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.written import is_same_model, write_table

CFA = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6"
PANEL = "f1 =~ y1 + a*y2 + b*y3\nf2 =~ y5 + a*y6 + b*y7\nf2 ~ p*f1 + q*z\ny1 ~~ y5\npq := p*q\na > 0\np + q == 1"


def _expand(text: str, groups: tuple[str, ...], **options: object) -> tuple[ParameterTable, TableOptions]:
    chosen = TableOptions(**options).for_fit(len(groups))  # type: ignore[arg-type]
    return build_parameter_table(parse_spec(text), chosen, groups), chosen


@pytest.mark.parametrize(
    ("text", "groups", "options"),
    [
        (CFA, ("",), {}),
        (CFA, ("",), {"meanstructure": True, "std_lv": True, "orthogonal": True}),
        (CFA, ("a", "b"), {"group_equal": ("loadings", "intercepts"), "group_partial": ("x3~1", "visual=~x2")}),
        (CFA, ("a", "b", "c"), {"std_lv": True, "group_equal": ("loadings", "residuals")}),
        (CFA, ("a", "b"), {"effect_coding": ("loadings", "intercepts"), "group_equal": ("loadings", "intercepts")}),
        (CFA, ("a", "b"), {"group_equal": ("loadings", "intercepts", "means", "lv.variances", "lv.covariances")}),
        (PANEL, ("",), {}),
        (PANEL, ("a", "b"), {}),
        ("y ~ c(u, v)*x + start(c(0.5, 1))*z\nx ~~ z", ("a", "b"), {}),
        ("i =~ 1*y1 + 1*y2 + 1*y3\ns =~ 0*y1 + 1*y2 + 2*y3", ("",), {"call": "growth"}),
        ('f =~ a + b + equal("f=~b")*c\ng =~ d + "one two"*e + h', ("",), {}),
        ('f =~ a + b + c\ng =~ d + equal("f=~b")*e + h', ("a", "b"), {"group_equal": ("loadings",)}),
        ("f =~ x\ny ~ f\nx ~~ 0.3*x\ny ~~ lower(0.01)*y", ("",), {}),
    ],
    ids=lambda value: None if isinstance(value, dict) else str(value)[:20],
)
def test_written_table_means_the_same(text: str, groups: tuple[str, ...], options: dict[str, object]) -> None:
    table, chosen = _expand(text, groups, **options)
    written = parse_spec(write_table(table, chosen))
    assert not written.errors
    plain = TableOptions(call=chosen.call, meanstructure=chosen.meanstructure, fixed_x=chosen.fixed_x)
    again = build_parameter_table(written, plain, groups)
    assert is_same_model(again, table)
    assert again.npar == table.npar


def test_what_is_equal_is_said_and_labelled() -> None:
    table, chosen = _expand(
        CFA, ("a", "b"), group_equal=("loadings", "intercepts"), group_partial=("x3~1",)
    )  # textual's intercepts and x3's
    text = write_table(table, chosen)
    assert "# Loadings: equal across groups\n" in text
    assert "# Intercepts: equal across groups, except x3~1\n" in text
    assert "c(visual.x2, visual.x2)*x2" in text
    assert "x3 ~ 1\n" in text
    assert "visual  ~ c(0, NA)*1" in text


def test_models_that_differ_are_not_the_same() -> None:
    metric, _ = _expand(CFA, ("a", "b"), group_equal=("loadings",))
    partial, _ = _expand(CFA, ("a", "b"), group_equal=("loadings",), group_partial=("visual=~x2",))
    configural, _ = _expand(CFA, ("a", "b"))
    assert not is_same_model(metric, partial)
    assert not is_same_model(metric, configural)


def test_what_cannot_be_written_is_refused() -> None:
    table, chosen = _expand("level: 1\n f =~ x1 + x2 + x3\nlevel: 2\n f =~ x1 + x2 + x3", ("",))
    with pytest.raises(ModelError, match="cannot be written"):
        write_table(table, chosen)
