"""What is said about a table, about columns, and the explanation of rows."""

import pytest

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.spec import (
    TableOptions,
    build_parameter_table,
    build_table_records,
    check_columns,
    check_spec,
    format_explanation,
    parse_spec,
    require_estimable,
)


def codes(text: str, **options: object) -> set[str]:
    return {d.code for d in check_spec(parse_spec(text), TableOptions(**options)).diagnostics}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "f =~ x1 + x2 + x3",
        "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6",
        "f =~ x1 + x2 + x3\ny ~ f + z",
        "f =~ x1\nx1 ~~ 0.2*x1\ny ~ f",
        "i =~ 1*t1 + 1*t2 + 1*t3\ns =~ 0*t1 + 1*t2 + 2*t3",
        "y ~ a*x\nz ~ a*x",
        "f =~ u\nu | t1 + t2\ny ~ f",
        'level: 1\nf =~ x1 + x2 + x3\nf ~ rv("s")*z\nlevel: 2\ng =~ x1 + x2 + x3\ng + s ~ w',
    ],
)
def test_ordinary_specs_raise_no_eyebrow(text: str) -> None:
    assert codes(text) == set()


def test_orthogonal_factors_are_meant_to_be_alone() -> None:
    text = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6"
    assert codes(text, orthogonal=True) == set()
    assert codes(text, call="lavaan") == {"isolated-factor"}
    assert "isolated-factor" in codes("ph =~ 0\nf =~ x1 + x2 + x3")
    assert codes("r =~ 0\nr ~~ rho*r\nx1 ~~ a*x1\nx2 ~~ b*x2\nx1 ~~ c*x2\nc == sqrt(a*b)*rho") == set()


def test_columns_are_compared_by_name() -> None:
    spec = parse_spec("maturity =~ x1 + x2 + x3\ny ~ maturity + age + x9 + x1:x2")
    table = build_parameter_table(spec)
    found = {d.code: d for d in check_columns(spec, table, ["x1", "x2", "x3", "y", "Age", "maturity"])}
    assert set(found) == {"different-case", "unknown-variable", "factor-is-column"}
    assert found["different-case"].fixes[0].replacement == "Age"
    assert found["unknown-variable"].span is not None
    assert found["unknown-variable"].span.line == 2


def test_all_faults_come_at_once() -> None:
    checked = check_spec(parse_spec("f =~ x1 + c(1, 2)*x2 + c(3, 4)*x3\ny ~ c(a, b)*f"))
    assert [d.code for d in checked.errors] == ["wrong-value-count"] * 3
    assert "--group COLUMN" in (checked.errors[0].hint or "")
    assert checked.table is None


def test_what_is_not_estimated_is_refused() -> None:
    require_estimable(parse_spec("y ~ x"))
    with pytest.raises(SpecError, match="not estimated yet"):
        require_estimable(parse_spec("y :~ x"))
    require_estimable(parse_spec('level: 1\ny ~ rv("slope")*x\nlevel: 2\ny ~~ slope'))
    require_estimable(parse_spec("level: 1\ny ~ x\nlevel: 2\ny ~ w"))
    with pytest.raises(SpecError):
        require_estimable(parse_spec("y ~"))


def test_records_hold_the_origin_of_every_row() -> None:
    spec = parse_spec("f =~ x1 + x2 + x3\nf ~~ start(2)*f\nd := 1 + 1")
    records = build_table_records(build_parameter_table(spec), spec)
    assert [record["id"] for record in records] == list(range(1, len(records) + 1))
    assert records[0]["origin"] == {
        "rule": "marker",
        "line": 1,
        "column": 6,
        "end_line": 1,
        "end_column": 8,
        "text": "x1",
    }
    assert records[3]["ustart"] == 2.0
    assert records[4]["origin"]["line"] is None
    assert records[4]["origin"]["rule"] == "residual variance of an indicator"
    assert (records[-1]["lhs"], records[-1]["op"], records[-1]["rhs"], records[-1]["group"]) == ("d", ":=", "1+1", 0)


def test_groups_are_named_where_there_are_no_data() -> None:
    spec = parse_spec("group: school_A\ny ~ x\ngroup: school_B\ny ~ x + z")
    table = build_parameter_table(spec)
    assert table.groups == ("school_A", "school_B")
    assert {record["group"] for record in build_table_records(table, spec, group_labels=True)} == {
        "school_A",
        "school_B",
    }
    assert {record["group"] for record in build_table_records(table, spec)} == {1, 2}


def test_headers_find_their_group_by_name() -> None:
    spec = parse_spec("group: B\ny ~ x\ngroup: A\ny ~ x + z")
    table = build_parameter_table(spec, groups=("A", "B"))
    assert [(row.block, row.group) for row in table.rows if row.rhs == "z" and row.op == "~"] == [(2, 1)]
    with pytest.raises(SpecError, match="2 groups, the data have 3"):
        build_parameter_table(spec, groups=("A", "B", "C"))


def test_the_explanation_stands_beside_the_source() -> None:
    spec = parse_spec("# one\nf =~ x1 + a*x2 + x3\na > 0\n")
    lines = format_explanation(spec, build_parameter_table(spec)).splitlines()
    assert [line.split("  (")[0].split() for line in lines[:5]] == [
        ["1", "|", "#", "one"],
        ["2", "|", "f", "=~", "x1", "+", "a*x2", "+", "x3"],
        ["|", "f", "=~", "x1", "fixed", "1"],
        ["|", "f", "=~", "x2", "free", "1,", "label", '"a",', "above", "0"],
        ["|", "f", "=~", "x3", "free", "2"],
    ]
    assert "added by rules" in lines


ACE = """A1 =~ c(a, a)*t1
A2 =~ c(a, a)*t2
A1 ~~ 1*A1
A2 ~~ 1*A2
A1 ~~ c(1, 0.5)*A2
t1 ~~ c(e, e)*t1
t2 ~~ c(e, e)*t2
"""


def list_warnings(text: str, groups: tuple[str, ...] = ("",)) -> list[str]:
    return [d.message for d in check_spec(parse_spec(text), TableOptions(), groups).diagnostics]


def test_a_label_that_makes_groups_equal_is_used() -> None:
    text = "f =~ x1 + a*x2 + b*x3"
    assert codes(text) == {"unused-label"}
    assert {d.code for d in check_spec(parse_spec(text), TableOptions(), ("1", "2")).diagnostics} == {
        "label-across-groups"
    }
    text = "f =~ x1 + a*x2 + c(b1, b2)*x3"
    assert not any('"a"' in message and "nowhere" in message for message in list_warnings(text, ("1", "2")))
    assert any('"b1", "b2" are used nowhere' in message for message in list_warnings(text, ("1", "2")))


def test_a_label_of_a_marker_is_a_number_in_formulas() -> None:
    """`h2 := a^2 / …` where lavaan fixes the only loading to 1: a is no parameter, and h2 not what was meant."""
    spelled = 'so "a" is the number 1 wherever it is used'
    assert list_warnings(ACE, ("MZ", "DZ")) == []  # c(a, a) says itself that the groups are equal
    assert any(spelled in message for message in list_warnings(ACE + "h2 := a^2", ("MZ", "DZ")))
    assert any(spelled in message for message in list_warnings("f =~ a*x1 + b*x2 + x3\na == b"))
    assert not any("marker" in message for message in list_warnings("f =~ NA*x1 + a*x1 + x2\nf ~~ 1*f\nd := a"))
    assert any("are fixed" in message for message in list_warnings("f =~ a*x1 + a*x2 + a*x3"))


def test_a_column_with_a_blank_is_offered_as_it_can_be_written():
    spec = parse_spec("i =~ T1_score + x2 + x3")
    (fault,) = check_columns(spec, build_parameter_table(spec), ["T1 score", "x2", "x3"])
    assert fault.hint == 'did you mean "T1 score"? Here it is T1.score, as R calls it'
    assert fault.fixes[0].replacement == "T1.score"
