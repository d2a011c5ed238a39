"""Edits change what they must and nothing else."""

import random

import pytest

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.spec import build_parameter_table, edits, parse_spec, renaming
from tests.spec.generate import generate_spec

TEXT = """# model
visual =~ x1 + a*x2 +  # second
          x3
y1 + y2 ~ visual + b*x1; z ~ 0
x1 ~~ c("p","q")*x3   # covariance
d := a*b
g =~ z1 + equal("visual=~x2")*z2
w ~ x1:x3
"""


def changed(text: str) -> list[str]:
    """The lines of a text that are not in TEXT, and with a minus those of TEXT that are gone."""
    old, new = TEXT.splitlines(), text.splitlines()
    return [f"-{line}" for line in old if line not in new] + [line for line in new if line not in old]


@pytest.mark.parametrize(
    ("edit", "arguments", "expected"),
    [
        (edits.add_term, ("visual", "=~", "x9"), ["-          x3", "          x3 + x9"]),
        (edits.add_term, ("q", "~", "x9", "0.5"), ["q ~ 0.5*x9"]),
        (edits.add_term, ("x9", "~~", "x1"), ["x9 ~~ x1"]),
        (edits.add_term, ("x9", "~1"), ["x9 ~ 1"]),
        (edits.remove_term, ("visual", "=~", "x1"), ["-" + TEXT.splitlines()[1], "visual =~ a*x2 +  # second"]),
        (edits.remove_term, ("visual", "=~", "x2"), ["-" + TEXT.splitlines()[1], "visual =~ x1 +  # second"]),
        (
            edits.remove_term,
            ("y1", "~", "visual"),
            ["-y1 + y2 ~ visual + b*x1; z ~ 0", "y2 ~ visual + b*x1", "y1 ~ b*x1; z ~ 0"],
        ),
        (edits.remove_term, ("w", "~", "x1:x3"), ["-w ~ x1:x3"]),
        (edits.remove_term, ("x3", "~~", "x1"), ['-x1 ~~ c("p","q")*x3   # covariance', "   # covariance"]),
        (renaming.rename_label, ("a", "alpha"), ["-" + TEXT.splitlines()[1], "-d := a*b"]),
        (renaming.rename_label, ("p", "pp"), ['-x1 ~~ c("p","q")*x3   # covariance']),
        (edits.fix_parameter, ("visual", "=~", "x3", 0.7), ["-          x3", "          0.7*x3"]),
        (edits.fix_parameter, ("z", "~1", "", 2), ["-y1 + y2 ~ visual + b*x1; z ~ 0"]),
        (edits.free_parameter, ("visual", "=~", "x1"), ["-" + TEXT.splitlines()[1]]),
        (edits.label_parameter, ("g", "=~", "z1", "k"), ['-g =~ z1 + equal("visual=~x2")*z2']),
        (edits.label_parameter, ("visual", "~~", "visual", "k"), ["visual ~~ k*visual"]),
    ],
)
def test_edits_touch_little(edit: object, arguments: tuple[object, ...], expected: list[str]) -> None:
    text = edit(parse_spec(TEXT), *arguments)  # type: ignore[operator]
    lines = changed(text)
    assert lines[: len(expected)] == expected
    assert len([line for line in lines if line.startswith("-")]) <= 2
    # A label that goes with its parameter may be missed where it was used.
    assert {error.code for error in parse_spec(text).errors} <= {"unknown-label"}


def test_labels_are_replaced_and_taken_away() -> None:
    spec = parse_spec("f =~ x1 + a * x2 + x3 # c\n")
    assert edits.label_parameter(spec, "f", "=~", "x2", "b") == "f =~ x1 + b * x2 + x3 # c\n"
    assert edits.label_parameter(spec, "f", "=~", "x2") == "f =~ x1 + x2 + x3 # c\n"


def test_one_of_several_left_sides_gets_its_own_statement() -> None:
    spec = parse_spec("y1 + y2 ~ x + z # both\n")
    assert edits.fix_parameter(spec, "y2", "~", "x") == "y1 ~ x + z\ny2 ~ 0*x + z # both\n"


def test_renaming_reaches_everything() -> None:
    text = renaming.rename_variable(parse_spec(TEXT), "visual", "V")
    assert "visual" not in text
    assert 'equal("V=~x2")' in text
    assert renaming.rename_variable(parse_spec(text), "V", "visual") == TEXT
    assert "w ~ x1:item" in renaming.rename_variable(parse_spec(TEXT), "x3", "item")


@pytest.mark.parametrize(
    ("edit", "arguments"),
    [
        (edits.remove_term, ("f", "=~", "x9")),
        (edits.label_parameter, ("f", "=~", "x9")),
        (edits.add_term, ("f", "=~", "x 9")),
        (edits.add_term, ("if", "=~", "x9")),
        (renaming.rename_variable, ("f", "f; y ~ x")),
        (renaming.rename_label, ("a", "1a")),
    ],
)
def test_what_cannot_be_done_is_refused(edit: object, arguments: tuple[str, ...]) -> None:
    with pytest.raises(SpecError):
        edit(parse_spec("f =~ a*x1 + x2 + x3"), *arguments)  # type: ignore[operator]


def test_fixes_of_the_diagnostics_mend_the_text() -> None:
    spec = parse_spec("f = x1 + x2 + x3\ny ~ a*f + x1 x2\nd := aa*2\n")
    assert edits.apply_fixes(spec) == "f =~ x1 + x2 + x3\ny ~ a*f + x1 + x2\nd := a*2\n"
    assert edits.apply_fixes(spec, {"single-equals"}).startswith("f =~ x1 + x2 + x3\ny ~ a*f + x1 x2\n")


def test_freeing_makes_the_parameter_free_and_fixing_fixes_it() -> None:
    chance = random.Random(3)
    for _ in range(150):
        spec = parse_spec(generate_spec(chance))
        if spec.errors or "c(" in spec.source.text:
            continue
        row = chance.choice([row for row in build_parameter_table(spec).rows if row.op in {"=~", "~"}] or [None])
        if row is None or row.label:
            continue
        fixed = parse_spec(edits.fix_parameter(spec, row.lhs, row.op, row.rhs, value=0.25))
        freed = parse_spec(edits.free_parameter(fixed, row.lhs, row.op, row.rhs))
        for spec_then, free in ((fixed, False), (freed, True)):
            (now,) = [
                r for r in build_parameter_table(spec_then).rows if (r.lhs, r.op, r.rhs) == (row.lhs, row.op, row.rhs)
            ]
            assert bool(now.free) is free
