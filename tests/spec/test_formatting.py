"""The canonical layout: what it looks like, that it is stable, and that it changes no meaning."""

import json
from pathlib import Path

import pytest

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.spec import parse_spec
from sem_toolkit.spec.formatting import format_spec
from tests.spec.generate import build_meaning

ORACLES = Path(__file__).parent.parent / "oracles" / "partables"
TEXTS = {
    path.stem: json.loads(path.read_text("utf-8"))["spec"] for path in ORACLES.glob("*.json") if path.stem != "invalid"
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f=~x1+x2   +\tx3", "f =~ x1 + x2 + x3\n"),
        ("visual=~x1\ntextual  =~x2\n", "visual  =~ x1\ntextual =~ x2\n"),
        ("f =~ x1; y~f", "f =~ x1\ny ~ f\n"),
        ("\n\n\ny ~ x\n\n\n\nz ~ x\n\n", "y ~ x\n\nz ~ x\n"),
        ("y~x# why", "y ~ x  # why\n"),
        ("  # own\n  y ~ x", "# own\ny ~ x\n"),
        ("y ~ x +\n     # because\n z", "y ~ x +\n    # because\n    z\n"),
        ("y ~ x + # because\n z", "y ~ x +  # because\n    z\n"),
        ("y ~ # first\n x", "y ~  # first\n    x\n"),
        ("ab ~ x\ny ~ a* # why\n# not\nz\n", "ab ~ x\ny  ~ a*z  # why # not\n"),
        ("y ~ a*x\nd := a + # one\n2 # two", "y ~ a*x\nd := a + 2  # one # two\n"),
        ("f =~ c( 1,2 ) * x1+start( .5 )*x2", "f =~ c(1, 2)*x1 + start(.5)*x2\n"),
        ("y ~ a*x\nd:=a*-2+exp( a )^2-1", "y ~ a*x\nd := a*-2 + exp(a)^2 - 1\n"),
        ("y ~ a*x\na>-1", "y ~ a*x\na > -1\n"),
        ("f = ~ x1", "f =~ x1\n"),
        ("y ~ x +", "y ~ x\n"),
        ("y ~ x\r\nz ~ x\r\n", "y ~ x\nz ~ x\n"),
        ("Group :1\ny~x\ngroup: 2\ny~x", "group: 1\ny ~ x\n\ngroup: 2\ny ~ x\n"),
        ("#' title: a\n#' data: b\ny ~ x", "#' title: a\n#' data: b\ny ~ x\n"),
    ],
)
def test_layout(text: str, expected: str) -> None:
    assert format_spec(parse_spec(text)) == expected


def test_long_statements_are_broken_behind_a_plus() -> None:
    lines = format_spec(parse_spec("f =~ " + " + ".join(f"indicator_{i}" for i in range(40)))).splitlines()
    assert len(lines) > 1
    assert all(len(line) <= 100 for line in lines)
    assert all(line.endswith(" +") for line in lines[:-1])
    assert all(line.startswith("     indicator_") for line in lines[1:])


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_the_layout_is_stable_and_means_the_same(name: str) -> None:
    spec = parse_spec(TEXTS[name])
    laid_out = format_spec(spec)
    again = parse_spec(laid_out)
    assert format_spec(again) == laid_out
    assert build_meaning(again) == build_meaning(spec)
    assert [t.text for t in again.tokens if t.kind == "comment"] == [
        t.text.rstrip() for t in spec.tokens if t.kind == "comment"
    ]


def test_a_faulty_spec_is_not_laid_out() -> None:
    with pytest.raises(SpecError):
        format_spec(parse_spec("y ~ x +* z"))
