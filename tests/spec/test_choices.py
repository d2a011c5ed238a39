"""Marked choices: what they mean, and which contradict each other."""

import pytest

from sem_toolkit import SpecError
from sem_toolkit.fit.declared import OPTIONS
from sem_toolkit.spec import parse_spec
from sem_toolkit.spec.choices import apply_alternative, parse_choices
from sem_toolkit.spec.drafts import Draft

MODEL = "f =~ x1 + x2 + x3\ng =~ x4 + x5\ng ~ a*f\nx1 ~~ x4\nb := 2*a\n"


def read(*lines):
    head = "".join(f"#'   {line}\n" for line in lines)
    spec = parse_spec(f"#' choices:\n{head}{MODEL}")
    assert not spec.errors, spec.errors
    return spec, parse_choices(spec, OPTIONS)


def test_alternatives():
    spec, (items, other, estimator, rows) = read(
        "items: as it is | drop x3 | drop x1, drop x5",
        "other: [as it is, add x2 ~~ x4, 'remove g ~ f, std_lv = true']",
        "estimator: ML | MLR",
        "rows: all | age in (1, 2) and kind == 'a'",
    )
    assert [len(choice.alternatives) for choice in (items, other, estimator, rows)] == [3, 3, 2, 2]
    dropped = apply_alternative(Draft(spec), items.alternatives[2]).text
    assert dropped.endswith("f =~ x2 + x3\ng =~ x4\ng ~ a*f\nb := 2*a\n")
    without = apply_alternative(Draft(spec), other.alternatives[2]).text
    assert without.endswith("g =~ x4 + x5\nx1 ~~ x4\n# b := 2*a\n")
    assert other.alternatives[2].options == (("std_lv", "true"),)
    assert estimator.alternatives[1].options == (("estimator", "MLR"),)
    assert rows.alternatives[1].condition_text == "age in (1, 2) and kind == 'a'"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["items: keep x3"], '"keep x3" is not understood'),
        (["items: add x3"], "no term such as"),
        (["items: estimater = ML"], 'no option "estimater"'),
        (["rows: age > old"], "stands in quotes"),
        (["items: drop x3", "residuals: add x3 ~~ x4"], "x3 ~~ x4 needs x3, which is dropped"),
        (["one: estimator = ML", "estimator: ML | MLR"], "estimator is ML and MLR"),
        (["one: add x2 ~~ x4", "two: remove x2 ~~ x4"], "is added and removed"),
    ],
)
def test_faults_name_the_choice(lines, reason):
    with pytest.raises(SpecError, match=reason) as caught:
        read(*lines)
    assert lines[0].split(":")[0] in str(caught.value)
    assert caught.value.diagnostics[0].hint
    assert caught.value.diagnostics[0].span.line == 1
