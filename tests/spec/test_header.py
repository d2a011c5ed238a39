"""The header in `#'` lines."""

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
    ],
)
def test_faults_have_a_place(lines: str, code: str, line: int) -> None:
    (diagnostic,) = parse_spec(f"{lines}\ny ~ x").diagnostics
    assert diagnostic.code == code
    assert diagnostic.span is not None
    assert diagnostic.span.line == line
