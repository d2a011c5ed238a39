"""Levels in the table: their rows, and the table in which every level of a group is a group of its own."""

import pytest

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec
from sem_toolkit.spec.levels import separate_levels

TWO = "level: pupil\ny ~ x\nlevel: school\ny ~ w"
MEANS = TableOptions(meanstructure=True)


def build(text: str, groups: tuple[str, ...] = ("",)):
    return build_parameter_table(parse_spec(text), MEANS, groups)


def test_rows_have_their_level():
    table = build(TWO)
    assert table.levels == ("within", "between")
    assert {(row.lhs, row.op, row.rhs): row.level for row in table.rows if row.op == "~"} == {
        ("y", "~", "x"): 1,
        ("y", "~", "w"): 2,
    }
    assert {row.group for row in table.rows} == {1}


def test_means_stand_between_clusters():
    means = {(row.lhs, row.level): row for row in build(TWO).rows if row.op == "~1"}
    assert (means["y", 1].free, means["y", 1].ustart) == (0, 0.0)
    assert means["y", 2].free > 0
    assert means["x", 1].exo == 1


def test_every_level_becomes_a_group():
    text = "".join(f"group: {label}\n{TWO}\n" for label in ("A", "B"))
    table = separate_levels(build(text, ("A", "B")))
    assert table.groups == ("A, within", "A, between", "B, within", "B, between")
    assert [row.group for row in table.rows if row.op == "~"] == [1, 2, 3, 4]
    assert separate_levels(table) is table


def test_one_level_stays_as_it_is():
    table = build("y ~ x")
    assert table.levels == ()
    assert separate_levels(table) is table


def test_groups_of_the_data_need_headers():
    with pytest.raises(SpecError, match='says nothing of group "B" at level 1'):
        separate_levels(build(TWO, ("A", "B")))
