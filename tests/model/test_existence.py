"""Models that imply no moments, whatever their parameters."""

import tracemalloc

import pytest

from sem_toolkit.diagnostics import ModelError
from sem_toolkit.model import build_model, check_identification, require_moments
from sem_toolkit.spec import TableOptions, build_parameter_table, parse_spec


@pytest.mark.parametrize(
    ("text", "code", "names"),
    [
        ("x1 ~ 1*x2 + x3\nx2 ~ 1*x1 + x4", "singular-loop", '"x1", "x2"'),
        ("x1 ~ a*x2 + x3\nx2 ~ b*x1 + x4\na*b == 1", "singular-loop", '"x1", "x2"'),
        ("f =~ x1\ng =~ 1*x2\ng ~ 1*x2\ng ~ f", "singular-loop", '"x2", "g"'),
        ("f =~ x1 + x2 + x3\ny ~ f\nf =~ x1\ng =~ 1*x2\ng <~ f + x3", "value-out-of-range", ""),
    ],
    ids=["fixed", "constrained", "own indicator", "composite of a factor"],
)
def test_a_model_without_moments_is_an_error(text: str, code: str, names: str) -> None:
    table = build_parameter_table(parse_spec(text), TableOptions().for_fit())
    with pytest.raises(ModelError) as caught:
        require_moments(build_model(table))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert names in diagnostic.message


def test_a_loop_below_one_is_identified() -> None:
    table = build_parameter_table(parse_spec("x1 ~ b*x2 + x3\nx2 ~ b*x1 + x4"), TableOptions().for_fit())
    require_moments(build_model(table))
    assert check_identification(build_model(table)).identified


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\n".join(f"y{i + 1} ~ y{i}" for i in range(4_001)), "too-many-parameters"),
        ("f =~ x1\n" + "\n".join(f"y{i + 1} ~ 1*y{i}\ny{i} ~~ 1*y{i}" for i in range(3_001)), "too-many-variables"),
    ],
    ids=["parameters", "variables"],
)
def test_models_too_large_to_hold_are_refused_before_any_matrix_is_made(text: str, code: str) -> None:
    table = build_parameter_table(parse_spec(text), TableOptions().for_fit())
    tracemalloc.start()
    with pytest.raises(ModelError) as caught:
        build_model(table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.diagnostics[0].code == code
    assert peak < 50_000_000  # one matrix of all variables would take more
