"""The identification check against models whose answer is known."""

import numpy as np
import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.model import build_model, check_identification
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.table import Parameter, ParameterTable

from .conftest import Reference, load_reference


@pytest.mark.parametrize("reference", ["nonident"], indirect=True)
def test_a_factor_without_scale_is_named(reference: Reference) -> None:
    report = check_identification(reference.model)
    assert (report.deficiency, report.df) == (1, 7)
    assert report.cure == ("visual =~ x1",)
    expected = {"visual =~ x1", "visual =~ x2", "visual =~ x3", "visual ~~ visual", "visual ~~ textual"}
    assert set(report.tradeable) == expected
    (diagnostic,) = report.diagnostics
    assert diagnostic.code == "not-identified"
    assert "visual =~ x2" in diagnostic.message


BIFACTOR = "g =~ a1 + a2 + a3 + b1 + b2 + b3 + c1 + c2 + c3\na =~ a1 + a2 + a3\nb =~ b1 + b2 + b3\nc =~ c1 + c2 + c3\n"


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        (BIFACTOR, True),  # the covariances of the general factor with the others: fixed at 0, it is identified
        ("f =~ x1 + x2 + x3\ng =~ x1 + x2 + x3\n", False),  # nor without the covariance
        (BIFACTOR + "g ~~ a + b + c\n", False),  # somebody wants them
    ],
)
def test_factors_that_share_indicators_are_told_to_be_orthogonal(text: str, shared: bool) -> None:
    report = check_identification(build_model(build_parameter_table(parse_spec(text), TableOptions())))
    assert (report.identified, report.shared) == (False, shared)
    assert ("orthogonal = true" in (report.diagnostics[0].hint or "")) is shared
    if shared:
        cured = build_parameter_table(parse_spec(text), TableOptions(orthogonal=True))
        assert check_identification(build_model(cured)).identified


@pytest.mark.parametrize("reference", ["nonident_df_negative"], indirect=True)
def test_too_few_moments_are_counted(reference: Reference) -> None:
    report = check_identification(reference.model)
    assert (report.df, report.deficiency, report.cure) == (-1, 1, ("f =~ x2",))


@pytest.mark.parametrize(
    "name", ["hs_cfa_marker", "poldem_sem", "path_med_fixedx", "con_nonlinear", "composite", "mg_scalar"]
)
def test_the_answer_needs_no_data(name: str) -> None:
    reference = load_reference(name)
    blank = ParameterTable.from_records(reference.case["partable"], reference.model.groups)
    report = check_identification(build_model(blank))
    assert report.identified
    assert report.diagnostics == ()


def test_feedback_without_instruments_is_not_identified() -> None:
    names = ["y ~ z", "z ~ y", "y ~~ y", "z ~~ z"]
    rows = tuple(Parameter(*name.split(), free=number) for number, name in enumerate(names, start=1))  # type: ignore[arg-type]
    report = check_identification(build_model(ParameterTable(rows)))
    assert (report.df, report.deficiency) == (-1, 1)
    assert set(report.tradeable) == {"y ~ z", "z ~ y", "y ~~ y", "z ~~ z"}


def test_groups_are_counted_apart() -> None:
    report = check_identification(load_reference("mg_metric").model)
    assert [(group.label, group.moments, group.free, group.df) for group in report.groups] == [
        ("Pasteur", 54, 30, 24),
        ("Grant-White", 54, 30, 24),
    ]
    assert report.df == 54


def test_empty_and_doubled_tables_are_refused() -> None:
    with pytest.raises(ModelError, match="no observed variables"):
        build_model(ParameterTable(()))
    twice = (Parameter("x", "~~", "y", free=1), Parameter("y", "~~", "x", free=2))
    with pytest.raises(ModelError, match="twice"):
        build_model(ParameterTable(twice))


@pytest.mark.parametrize("constraint", ["sqrt(a) == b", "log(a) == -b", "a^0.5 == b^0.25", "sqrt(a - b) == 0.3"])
def test_constraints_without_a_value_everywhere(constraint: str) -> None:
    table = build_parameter_table(
        parse_spec(f"f =~ x1 + a*x2 + b*x3 + x4\n{constraint}"), TableOptions(call="cfa").for_fit()
    )
    report = check_identification(build_model(table))
    assert (report.identified, report.df) == (True, 3)


def test_an_impossible_constraint_is_no_traceback() -> None:
    table = build_parameter_table(
        parse_spec("f =~ x1 + a*x2 + b*x3 + x4\nsqrt(-1 - a^2) == b"), TableOptions(call="cfa").for_fit()
    )
    assert check_identification(build_model(table)).df >= 2


def test_units_of_exogenous_variables_do_not_matter() -> None:
    """A just-identified feedback loop; the moments are those of data in units that differ by 1e8."""
    spec = parse_spec("y1 ~ y2 + z1 + w\ny2 ~ y1 + z2 + w\ny1 ~~ y2")
    table = build_parameter_table(spec, TableOptions().for_fit())
    size = {"z1": 1e4, "z2": 1e-4, "w": 1.0}
    moments = {
        position: size[row.lhs] * size[row.rhs] * (1.0 if row.lhs == row.rhs else 0.1)
        for position, row in enumerate(table.rows)
        if row.exo
    }
    report = check_identification(build_model(table.with_values(moments)))
    assert (report.identified, report.df) == (True, 0)


@pytest.mark.parametrize(
    ("text", "rank", "cure"),
    [
        ("c <~ x1 + x2 + x3", 0, ("c <~ x2", "c <~ x3")),
        ("c <~ x1 + x2\nx4 ~ 0*c", 1, ("c <~ x2",)),
        ("c <~ x1 + x2 + x3\nx4 ~ c", 4, ()),
        ("f =~ NA*x1 + x2 + x3\ng =~ NA*x4 + x5 + x6", 13, ("f =~ x1", "g =~ x4")),
    ],
)
def test_weights_that_reach_nothing_are_named_and_each_cure_once(text: str, rank: int, cure: tuple[str, ...]) -> None:
    report = check_identification(build_model(build_parameter_table(parse_spec(text), TableOptions(call="sem"))))
    assert (report.rank, report.cure) == (rank, cure)


@pytest.mark.parametrize("text", ["C <~ y1", "y1 ~~ 1*y1"])
def test_a_model_without_free_parameters_is_identified(text: str) -> None:
    report = check_identification(build_model(build_parameter_table(parse_spec(text))))
    assert (report.identified, report.free, report.rank) == (True, 0, 0)


def test_fixed_effects_of_a_loop_that_multiply_to_one_are_refused() -> None:
    def check(effect: float) -> None:
        text = f"x1 ~ 0.5*x2 + x3\nx2 ~ {effect}*x1 + x4"
        check_identification(build_model(build_parameter_table(parse_spec(text), TableOptions(call="sem"))))

    check(1.9)
    with pytest.raises(ModelError, match="multiply to 1") as found:
        check(2.0)
    assert found.value.diagnostics[0].code == "singular-loop"


@pytest.mark.parametrize("constraint", ["exp(a) == 1e300"])
def test_values_that_overflow_are_named(constraint: str) -> None:
    table = build_parameter_table(parse_spec(f"f =~ x1 + a*x2 + x3 + x4\n{constraint}"), TableOptions(call="cfa"))
    with pytest.raises(ModelError, match="f =~ x2") as found:
        check_identification(build_model(table))
    assert found.value.diagnostics[0].code == "value-out-of-range"


@pytest.mark.parametrize(
    "effects", [[], [(1, 0)], [(1, 0), (2, 1), (2, 0)], [(1, 0), (0, 1)], [(2, 0), (3, 2), (4, 3)]]
)
def test_depth_is_the_longest_directed_path(effects: list[tuple[int, int]]) -> None:
    text = "\n".join([f"y{row} ~ y{column}" for row, column in effects] + [f"y{i} ~~ y{i}" for i in range(5)])
    model = build_model(build_parameter_table(parse_spec(text), TableOptions(fixed_x=False)))
    power, longest = np.eye(5), -1
    directed = np.zeros((5, 5))
    for row, column in effects:
        directed[int(model.observed.index(f"y{row}")), int(model.observed.index(f"y{column}"))] = 1.0
    while power.any() and longest < 5:
        longest, power = longest + 1, power @ directed
    assert model.depth == (None if longest == 5 else longest)


@pytest.mark.parametrize("constraint", ["exp(1000*a) == 5", "1e9*a*b == 5e8", "exp(a)^50 == b", "a^2 + b^2 == 1"])
def test_steep_constraints_leave_a_model_identified(constraint: str) -> None:
    text = f"f =~ x1 + a*x2 + b*x3 + x4\n{constraint}"
    report = check_identification(build_model(build_parameter_table(parse_spec(text), TableOptions(call="cfa"))))
    assert (report.identified, report.df) == (True, 3)


@pytest.mark.parametrize("text", ["f =~ x1 + a*x2 + a*x3 + x4", "m ~ a*x\ny ~ b*m + c*x\na == b"])
def test_constraints_count_in_other_units_too(text: str) -> None:
    model = build_model(build_parameter_table(parse_spec(text), TableOptions(call="sem")))
    scaled = model.in_units(np.linspace(0.5, 2.0, len(model.variables)))
    assert check_identification(scaled) == check_identification(model)
