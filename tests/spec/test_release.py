"""From a spec with values to the one that estimates them."""

import pytest

from sem_toolkit.spec import parse_spec
from sem_toolkit.spec.release import list_structure, release_values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f =~ .8*x1 + 0.7*x2 + .6*x3\nf ~~ 1*f\nx1 ~~ .36*x1", "f =~ x1 + x2 + x3\n"),
        ("y ~ start(.3)*a*x + c(.1, .2)*z", "y ~ a*x + z"),
        ("i =~ 1*t1 + 1*t2\ns =~ 0*t1 + 1*t2\ni ~ 2.5*1", "i =~ 1*t1 + 1*t2\ns =~ 0*t1 + 1*t2\ni ~ 1"),
        ("s =~ 0*t1 + 1*t2 + 2*t3 + 3.5*t4", "s =~ 0*t1 + 1*t2 + 2*t3 + t4"),
        ("y ~ 1*x + 0*z\nf =~ start(1)*x1", "y ~ x + 0*z\nf =~ x1"),
        ("f1 ~~ 0*f2\nx ~~ .5*y\nx ~~ 0*x", "f1 ~~ 0*f2\nx ~~ y\nx ~~ 0*x"),
        ("u | -.4*t1 + 0*t2", "u | t1 + t2"),
        ("y ~ a*x\nhalf := a/2", "y ~ a*x\nhalf := a/2"),
        ("y ~ NA*x + equal('y~x')*z", "y ~ NA*x + equal('y~x')*z"),
    ],
)
def test_values_go_and_structure_stays(text, expected):
    assert release_values(parse_spec(text)).text == expected


def test_what_stays_fixed_is_listed():
    spec = parse_spec("i =~ 1*t1 + 1*t2\ns =~ 0*t1 + 2*t2 + .5*t3\ny ~ 1*x")
    assert list_structure(spec) == ["i =~ 1*t1", "i =~ 1*t2", "s =~ 2*t2"]
