"""Conditions on rows: the grammar, and what people type instead of it."""

import pytest

from sem_toolkit.spec.conditions import Comparison, ConditionError, Junction, list_columns, parse_condition


def test_and_binds_stronger_than_or():
    found = parse_condition('a == 1 or b > 2.5 and not c in ("x", "y")')
    inner = Junction("not", (Comparison("c", "in", ("x", "y")),))
    assert found == Junction(
        "or", (Comparison("a", "==", (1.0,)), Junction("and", (Comparison("b", ">", (2.5,)), inner)))
    )
    assert list_columns(found) == ("a", "b", "c")


def test_missing_and_names_in_quotes():
    assert parse_condition("`my col` is not missing") == Junction("not", (Comparison("my col", "missing"),))
    assert parse_condition("a not in (1, -2)") == Junction("not", (Comparison("a", "in", (1.0, -2.0)),))
    assert parse_condition("((a <= 1e3))") == Comparison("a", "<=", (1000.0,))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a = 3", 'write "=="'),
        ("a && b", 'write "and"'),
        ("a == old", 'a text stands in quotes: "old"'),
        ("a >", "the condition ends"),
        ("a in 3", "values in parentheses"),
        ("(a == 1", r'a "\)" is missing'),
        ("a == 1 b", '"b" is one too many'),
        ("3 > a", "begins with the name of a column"),
        ("a is empty", '"missing"'),
        ("(" * 100 + "a == 1", "nested too deeply"),
        ("not " * 100 + "a == 1", "nested too deeply"),
        ("", "the condition ends"),
    ],
)
def test_what_is_wrong_is_said(text, reason):
    with pytest.raises(ConditionError, match=reason):
        parse_condition(text)
