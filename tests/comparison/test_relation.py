"""How two models relate before any data."""

import pytest

from sem_toolkit.comparison import compute_relation
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec

CFA = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n"


def table(text, **options):
    return build_parameter_table(parse_spec(text), TableOptions(**options).for_fit())


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (CFA + "f ~~ 0*g\n", CFA, "A is nested in B"),
        (CFA, CFA + "f ~~ 0*g\n", "B is nested in A"),
        (CFA, "h =~ x1 + x2 + x3 + x4 + x5 + x6\n", "B is nested in A"),
        (CFA, CFA + "g ~ f\n", "equivalent"),
        ("f =~ x1 + a*x2 + a*x3 + x4\n", "f =~ x1 + x2 + x3 + x4\n", "A is nested in B"),
        ("y ~ m\nm ~ x\n", "m ~ y\nx ~ m\n", "equivalent"),
        ("y ~ m + x\n", "y ~ m\nm ~ x\n", "B is nested in A"),
        (CFA + "x1 ~~ x4\n", CFA + "x2 ~~ x5\n", "not nested"),
        (CFA, "f =~ x1 + x2 + x3 + x7\n", "about different variables"),
    ],
)
def test_relation(first, second, expected):
    assert compute_relation(table(first), table(second)) == expected


def test_scaling_does_not_matter():
    assert compute_relation(table(CFA), table(CFA, std_lv=True)) == "equivalent"
