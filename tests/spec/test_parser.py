"""Texts to statements, and every mistake reported at its place."""

import json
from pathlib import Path

import pytest

from sem_toolkit.diagnostics import DataError, SpecError
from sem_toolkit.spec import build_table_options, check_spec, parse_spec, read_spec
from sem_toolkit.spec.edits import apply_fixes
from sem_toolkit.spec.flat import build_flat_spec
from sem_toolkit.spec.tree import BlockHeader, Constraint, Definition, Formula

INVALID = json.loads((Path(__file__).parent.parent / "oracles" / "partables" / "invalid.json").read_text("utf-8"))


def rows(text: str) -> list[str]:
    """The parameters that a text types, in order, with modifiers by kind."""
    spec = parse_spec(text)
    assert not spec.errors, spec.errors
    return [
        f"{row.lhs} {row.op} {row.rhs}".strip()
        + "".join(f" {kind}={list(modifier.values)}" for kind, modifier in sorted(row.modifiers.items()))
        for block in build_flat_spec(spec.statements).blocks
        for row in block.rows
    ]


def faults(text: str) -> list[tuple[str, str]]:
    """Code of every diagnostic with the text it points at."""
    return [(d.code, text[d.span.start : d.span.end]) for d in parse_spec(text).diagnostics if d.span]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f =~ x1 + x2", ["f =~ x1", "f =~ x2"]),
        ("y1 + y2 ~ x", ["y1 ~ x", "y2 ~ x"]),
        ("f =~ (a)*x1 + ((a))*x2", ["f =~ x1 label=['a']", "f =~ x2 label=['a']"]),
        ("f =~ as.numeric(NA)*x1 + c(as.double(NA), (1))*x2", ["f =~ x1 fixed=[None]", "f =~ x2 fixed=[None, 1.0]"]),
        ("f =~ (start(1))*x1 + (1)/(2)*x2", ["f =~ x1 start=[1.0]", "f =~ x2 fixed=[0.5]"]),
        ("y ~ 1", ["y ~1"]),
        ("y ~1", ["y ~1"]),
        ("y ~ 0", ["y ~1 fixed=[0.0]"]),
        ("y ~ x + 0", ["y ~ x", "y ~1 fixed=[0.0]"]),
        ("y ~ 0*1", ["y ~1 fixed=[0.0]"]),
        ("y ~ m*1 + x", ["y ~1 label=['m']", "y ~ x"]),
        ("f =~ 0", ["f =~ f fixed=[0.0]"]),
        ("y ~ x1:x2", ["y ~ x1:x2"]),
        ("y ~ x1 : x2", ["y ~ x1:x2"]),
        ("f =~ NA*x", ["f =~ x fixed=[None]"]),
        ("f =~ c(1, NA)*x", ["f =~ x fixed=[1.0, None]"]),
        ("f =~ c(a, a)*x", ["f =~ x label=['a', 'a']"]),
        ("f =~ start(c(.5, .6))*x", ["f =~ x start=[0.5, 0.6]"]),
        ("f =~ start(.5, .6)*x", ["f =~ x start=[0.5, 0.6]"]),
        ("f =~ 0.3?x", ["f =~ x start=[0.3]"]),
        ("f =~ label(a)*x", ["f =~ x label=['a']"]),
        ('f =~ equal("f=~y")*x + y', ["f =~ x label=['f=~y']", "f =~ y"]),
        ("f =~ lower(-1)*upper(2)*x", ["f =~ x lower=[-1.0] upper=[2.0]"]),
        ("f =~ a*x + start(2)*x", ["f =~ x label=['a'] start=[2.0]"]),
        ("f =~ fixed(2)*x", ["f =~ x fixed=[2.0]"]),
        ("f =~ (1/4)*x", ["f =~ x fixed=[0.25]"]),
        ("f =~ -2^2*x", ["f =~ x fixed=[-4.0]"]),
        ("f =~ -.5*x", ["f =~ x fixed=[-0.5]"]),
        ("f =~ c*x", ["f =~ x label=['c']"]),
        ("f =~ 'a b'*x", ["f =~ x label=['a b']"]),
        ("f =~ upper(Inf)*x", ["f =~ x upper=[inf]"]),
        ("y ~ a*x\na > 1", ["y ~ x label=['a'] lower=[1.0]"]),
        ("y ~ a*x\na < -1 + 3", ["y ~ x label=['a'] upper=[2.0]"]),
        ("x2 ~~ x1\nf =~ x1 + x2", ["x1 ~~ x2", "f =~ x1", "f =~ x2"]),
        ("f ~~ x9\nx9 ~~ f\nf =~ x1", ["f ~~ x9", "f =~ x1"]),
        ("group: 1\ny ~ x\ngroup: 2\ny ~ x\ngroup: 1\ny ~ 2*x + z", ["y ~ x", "y ~ z", "y ~ x"]),
        ("f = ~ x1", ["f =~ x1"]),
        ("y \u02dc x", ["y ~ x"]),
        ("y ~ x;z ~ x; ;", ["y ~ x", "z ~ x"]),
        ("y\n~ x\n+ z", ["y ~ x", "y ~ z"]),
        ("y ~\n\n# why\nx +\n ! and\n z", ["y ~ x", "y ~ z"]),
        ('efa("b")*f1 +\nefa("b")*f2 =~ x', ["f1 =~ x efa=['b']", "f2 =~ x efa=['b']"]),
        ("y ~ x\r\nz ~ x\r\n", ["y ~ x", "z ~ x"]),
    ],
)
def test_rows(text: str, expected: list[str]) -> None:
    assert rows(text) == expected


def test_statements_have_kinds_and_places() -> None:
    text = "group: A\nf =~ x1 + a*x2\nd := 2*a\na == 1\n"
    header, formula, definition, constraint = parse_spec(text).statements
    assert isinstance(header, BlockHeader)
    assert (header.block, header.label) == ("group", "A")
    assert isinstance(formula, Formula)
    assert formula.kind == "measurement"
    second = formula.right[1]
    assert text[second.start : second.end] == "a*x2"
    assert text[second.name_start : second.name_end] == "x2"
    assert text[second.modifiers[0].start : second.modifiers[0].end] == "a"
    assert isinstance(definition, Definition)
    assert (definition.name, definition.expression.text) == ("d", "2*a")
    assert isinstance(constraint, Constraint)
    assert (constraint.left.text, constraint.operator, constraint.right.text) == ("a", "==", "1")


@pytest.mark.parametrize("item", INVALID["invalid"], ids=lambda item: item["spec"].strip().splitlines()[:1] or "empty")
def test_what_lavaan_refuses_is_refused_with_a_place(item: dict[str, str]) -> None:
    options, _ = build_table_options({**dict(item["options"]), "call": item["call"]})
    checked = check_spec(parse_spec(item["spec"]), options)
    assert checked.table is None
    assert all(error.span is not None for error in checked.errors)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("_f =~ a1", [("invalid-name", "_f")]),
        ("f =~ x1 ++ x2 + x3", [("missing-term", "+")]),
        ("f =~ x1 + * x2", [("missing-modifier", "*")]),
        ("f =~ x1 + (x2 + x3", [("unclosed-parenthesis", "(")]),
        ("f =~ x1 + a*b*", [("trailing-operator", "*")]),
        ("f =~ x1 +\n  c(1,\n2)*x2 + x3", [("unclosed-parenthesis", "("), ("missing-operator", "2)*x2 + x3")]),
        ("just words here", [("missing-operator", "just words here")]),
        ("y ~ y", [("self-effect", "y")]),
        ("a := b\nb := a", [("circular-definition", "b")]),
        ("f =~ x1 + start(abc)*x2", [("modifier-not-numeric", "start(abc)")]),
        ("f <- x1 + x2", [("assignment-arrow", "<-")]),
        ("f := a*", [("trailing-operator", "*")]),
        ("y ~ x1 x2", [("missing-operator", "x1 x2")]),
        ("1f =~ x1 + x2", [("invalid-name", "1f")]),
        ("y ~ x1:x2:x3", [("higher-order-interaction", "x1:x2:x3")]),
        ("y ~ x1 - x2", [("minus-between-terms", "-")]),
        ("f =~ x1\n=~ x2", [("missing-left-side", "=~")]),
        ("y ~ TRUE*x", [("reserved-name", "TRUE")]),
        ("y ~ \u201ca\u201d*x", [("unexpected-character", "\u201c"), ("unexpected-character", "\u201d")]),
        ("y ~ x\u200b", [("unexpected-character", "\u200b")]),
    ],
)
def test_faults_point_at_their_place(text: str, expected: list[tuple[str, str]]) -> None:
    assert [fault for fault in faults(text) if fault[0] not in {"single-indicator", "unused-label"}] == expected


def test_five_mistakes_give_five_diagnostics() -> None:
    text = """#' title: A model with five mistakes
visual  =  x1 + x2 + x3
textual =~ x4 + a*x5 + start(b)*x6 +
speed   =~ x7 + (x8 + x9
speed ~ visual + textual textual2
twice := 2*aa
"""
    assert faults(text) == [
        ("single-equals", "="),
        ("modifier-not-numeric", "start(b)"),
        ("trailing-operator", "+"),
        ("unclosed-parenthesis", "("),
        ("missing-operator", "textual textual2"),
        ("unknown-label", "aa"),
    ]


def test_lines_without_operator_are_mended() -> None:
    spec = parse_spec("f =~ x1 + x2  # two\n  0.5*x3 + x4\ngroup 1\n")
    assert [diagnostic.code for diagnostic in spec.diagnostics] == ["missing-operator", "missing-operator"]
    assert apply_fixes(spec) == "f =~ x1 + x2 +  # two\n  0.5*x3 + x4\ngroup: 1\n"


def test_characters_of_word_processors_are_mended() -> None:
    spec = parse_spec("\ufefff \u223c x + \u22120.5*z")
    assert apply_fixes(spec) == "\ufefff ~ x + -0.5*z"
    assert not parse_spec(apply_fixes(spec)).diagnostics
    assert parse_spec("y ~ x\u200b").diagnostics[0].message == "the character U+200B has no meaning in a spec"


def test_a_line_that_wants_more_ends_where_a_statement_begins() -> None:
    spec = parse_spec("f =~ x1 + x2 +\n\n# next\ny ~ f")
    assert [(d.code, d.span.line if d.span else 0) for d in spec.diagnostics] == [("trailing-operator", 1)]
    assert len(spec.statements) == 2


def test_definitions_in_a_circle_are_named() -> None:
    spec = parse_spec("y ~ k*x\na := b + k\nb := c\nc := a\nd := d")
    circles = [d for d in spec.diagnostics if d.code == "circular-definition"]
    assert [d.message for d in circles] == [
        '"a" is defined by itself: a → b → c → a',
        '"d" is defined by itself: d → d',
    ]
    assert [related.span.line for related in circles[0].related] == [3, 4]


def test_constraints_are_seen_in_the_light_of_each_other() -> None:
    text = "y ~ a*x + b*z + c*w\na == b\nb == 2*c\na - 2*c == 0\nc == 1\na > 3\nc < 5"
    assert faults(text) == [("redundant-constraint", "a - 2*c == 0"), ("contradictory-constraint", "a > 3")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("y :~ x", "not-supported-yet"),
        ("class: 1\ny ~ x\nclass: 2\ny ~ x", "not-supported-yet"),
    ],
)
def test_what_cannot_be_estimated_is_said(text: str, code: str) -> None:
    assert code in {diagnostic.code for diagnostic in parse_spec(text).diagnostics}


def test_reading_files(tmp_path: Path) -> None:
    file = tmp_path / "größe.lav"
    file.write_text("größe =~ x1 + x2 + x3\n", encoding="utf-8-sig")
    assert read_spec(file).source.name == str(file)
    assert not read_spec(file).diagnostics
    with pytest.raises(DataError, match="there is no file"):
        read_spec(tmp_path / "missing.lav")
    for content in (b"", b" \n\t"):
        file.write_bytes(content)
        assert [diagnostic.code for diagnostic in read_spec(file).errors] == ["empty-spec"]
    file.write_bytes("größe".encode("latin-1"))
    with pytest.raises(SpecError, match="not a text in UTF-8"):
        read_spec(file)
    with pytest.raises(DataError, match="cannot be read"):
        read_spec(tmp_path)


def test_small_coefficients_are_no_zeros() -> None:
    text = "f =~ x1 + a*x2 + b*x3 + x4\n1e-300*a == 1e-300*b"
    assert not [d for d in parse_spec(text).diagnostics if d.code == "redundant-constraint"]
    again = [d.code for d in parse_spec(f"{text}\na == b").diagnostics]
    assert again == ["redundant-constraint"]
