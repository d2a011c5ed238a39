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


THREE = CFA + "h =~ x7 + x8 + x9\n"
BEHIND = THREE + "k =~ NA*f + g + h\nk ~~ 1*k\n"
TESTLETS = """k =~ NA*x1 + a1*x1 + a2*x2 + a3*x3 + a4*x4 + a5*x5 + a6*x6
k ~~ 1*k
f =~ NA*x1 + a1*x1 + a2*x2 + a3*x3
g =~ NA*x4 + a4*x4 + a5*x5 + a6*x6
f ~~ f
g ~~ g
k ~~ 0*f + 0*g
f ~~ 0*g
"""
DOUBLET = "h =~ NA*x1 + b*x1 + b*x4\nh ~~ 1*h + 0*f + 0*g\n"
FACTORS_OF_TESTLETS = CFA + "k =~ 1*f + 1*g\n"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (THREE, BEHIND, "equivalent"),
        (CFA, TESTLETS, "equivalent"),
        (CFA, FACTORS_OF_TESTLETS, "equivalent"),
        pytest.param(
            CFA,
            CFA.replace("x1 + x2", "x1 + a*x2") + "h =~ NA*x1 + b*x1 + b*x4\nh ~~ 1*h + 0*f + 0*g\n",
            "A is nested in B",
            marks=pytest.mark.slow,
        ),
        (CFA + "x1 ~~ x4\n", CFA + "h =~ NA*x1 + b*x1 + b*x4\nh ~~ 1*h + 0*f + 0*g\n", "equivalent"),
    ],
)
def test_a_factor_of_variance_1_does_not_make_the_answer_hang_on_the_draw(first, second, expected):
    found = {compute_relation(table(first), table(second), seed) for seed in range(8)}
    assert found == {expected}
