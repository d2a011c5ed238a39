"""The header in `#'` lines."""

from itertools import pairwise

import pytest

from sem_toolkit.spec import parse_spec

TEXT = """#' title: Research model
#' claim: innovation promotes success
#' data: ../data/survey.csv
#' estimator: MLR
#' options: {std_lv: true, group_equal: [loadings]}
#' diagram:
#'   stages: [preclinical, clinical]
# a plain comment: {not yaml
y ~ x
"""


def test_a_header_is_read() -> None:
    spec = parse_spec(TEXT)
    assert not spec.diagnostics
    header = spec.header
    assert (header.title, header.claim) == ("Research model", "innovation promotes success")
    assert (header.data, header.estimator) == ("../data/survey.csv", "MLR")
    assert header.options == {"std_lv": True, "group_equal": ["loadings"]}
    assert header.diagram == {"stages": ["preclinical", "clinical"]}
    assert header.spans["estimator"].line == 4


def test_without_a_header_all_is_empty() -> None:
    header = parse_spec("y ~ x").header
    assert (header.title, dict(header.options)) == ("", {})


@pytest.mark.parametrize(
    ("lines", "code", "line"),
    [
        ("#' title: [open", "invalid-header", 1),
        ("#' title: a\n#' options: 3", "invalid-header", 2),
        ("#' just a sentence", "invalid-header", 1),
        ("#' title: a\n#' titel: b", "unknown-header-key", 2),
        ("#' title: !!python/object/apply:os.system [true]", "invalid-header", 1),
        ("#' data: [a, b]", "invalid-header", 1),
        ("#' options: &a {b: *a}", "invalid-header", 1),
        ("#' title: Study 1: the model", "invalid-header", 1),
        ("#' title: a\n#' title: b", "invalid-header", 2),
        ("#' title: !!bool foo", "invalid-header", 1),
        ("#' title: !!int ''", "invalid-header", 1),
        ("#' title: !!timestamp foo", "invalid-header", 1),
        ('#\' title: "\\UFFFFFFFF"', "invalid-header", 1),
        ('#\' title: "a\\x0bb"', "invalid-header", 1),
        ('#\' title: "\\uD800"', "invalid-header", 1),
        ("#' options: {level: 1e999}", "invalid-header", 1),
        ("#' options: {level: .inf}", "invalid-header", 1),
        (f"#' options: {{level: {'9' * 5000}}}", "invalid-header", 1),
        ("#' options: {level: 99999999999999999}", "invalid-header", 1),
        ("#' ? [a]\n#' : b", "invalid-header", 1),
        ("#' options: {{a: 1}: 2}", "invalid-header", 1),
        ("#' title: a\n#' ---\n#' title: b", "invalid-header", 2),
    ],
)
def test_faults_have_a_place(lines: str, code: str, line: int) -> None:
    (diagnostic,) = parse_spec(f"{lines}\ny ~ x").diagnostics
    assert diagnostic.code == code
    assert diagnostic.span is not None
    assert diagnostic.span.line == line


def test_texts_are_taken_as_typed() -> None:
    """YAML would make true of yes, a number of 1:59 and a date of 2020-01-01; a title is a text."""
    for typed in ("yes", "1:59:59", "2020-01-01", "0x1f", "1_000", "12", "<<", "é"):
        assert parse_spec(f"#' title: {typed}\ny ~ x").header.title == typed
    assert parse_spec("#' title: ~\ny ~ x").header.title == ""


def test_values_of_options_are_plain() -> None:
    header = parse_spec("#' options: {a: 1e-6, b: -2, c: no, d: '3', e: [on, .5, 2.], f: 0x10}\ny ~ x").header
    assert header.options == {"a": 1e-6, "b": -2, "c": False, "d": "3", "e": [True, 0.5, 2.0], "f": "0x10"}


def test_a_title_with_a_colon_is_shown_in_quotes() -> None:
    (diagnostic,) = parse_spec("#' title: Study 1: the model\ny ~ x").diagnostics
    assert diagnostic.hint is not None
    assert diagnostic.hint.endswith('title: "Study 1: the model"')


def test_a_merge_bomb_and_many_keys_end_at_once() -> None:
    letters = "abcdefghi"
    bomb = "#' a: &a {k: 1}\n" + "".join(
        f"#' {name}: &{name} {{<<: [{','.join(['*' + above] * 10)}]}}\n" for above, name in pairwise(letters)
    )
    assert [d.code for d in parse_spec(bomb + "y ~ x").errors] == ["invalid-header"]
    many = "".join(f"#' key{i}: v\n" for i in range(5_000)) + "y ~ x"
    found = parse_spec(many).diagnostics
    assert len(found) == 21
    assert "4980 more" in found[-1].message
    assert parse_spec("".join(f"#' key{i}: v\n" for i in range(20_000)) + "y ~ x").errors
