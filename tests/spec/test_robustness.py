"""No text whatever does harm: no exception but SpecError, no lost character, no unstable layout, no long wait."""

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sem_toolkit.diagnostics import format_diagnostics
from sem_toolkit.spec import Spec, TableOptions, build_parameter_table, check_spec, format_explanation, parse_spec
from sem_toolkit.spec.formatting import format_spec
from tests.spec.generate import build_meaning, damage_text, generate_noise, generate_spec

INPUTS = 20_000
"""Texts of the seeded run; longer runs are noted in fuzz.py."""


def check_text(text: str) -> None:
    """All that must hold for any text."""
    spec = parse_spec(text)
    assert spec.text == text
    for diagnostic in spec.diagnostics:
        assert "\n" not in diagnostic.message
        if diagnostic.span is not None:
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
    format_diagnostics(spec.diagnostics[:3], spec.source)
    checked = check_spec(spec)
    if checked.table is not None:
        format_explanation(spec, checked.table)
    elif not checked.errors:
        pytest.fail("no table and no reason")
    if not spec.errors:
        check_layout(text)


def check_layout(text: str) -> None:
    """The layout is stable and means the same."""
    spec = parse_spec(text)
    laid_out = format_spec(spec)
    again = parse_spec(laid_out)
    assert not again.errors, laid_out
    assert format_spec(again) == laid_out
    assert build_meaning(again) == build_meaning(spec)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_generated_texts_do_no_harm(part: int) -> None:
    chance = random.Random(part)
    for _ in range(INPUTS // 4):
        draw = chance.random()
        text = generate_noise(chance) if draw < 0.35 else generate_spec(chance)
        if draw > 0.6:
            text = damage_text(chance, text)
        try:
            check_text(text)
        except Exception as problem:
            raise AssertionError(f"{problem!r} for {text!r}") from problem


@given(st.text(max_size=60))
@settings(max_examples=250, deadline=None)
def test_any_text_does_no_harm(text: str) -> None:
    check_text(text)


@given(st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_valid_specs_have_a_table(chance: random.Random) -> None:
    checked = check_spec(parse_spec(generate_spec(chance)), TableOptions(ngroups=2))
    assert {error.code for error in checked.errors} <= {"contradictory-constraint", "self-effect"}
    if checked.table is not None:
        assert [row.free for row in checked.table.rows if row.free] == list(range(1, checked.table.npar + 1))


def measure(work: Callable[[], object]) -> float:
    """Seconds of processor time, the best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def build_long_spec(factors: int) -> str:
    return "".join(
        f"factor_{i} =~ item_{i}_a + l{i}*item_{i}_b + 0.5*item_{i}_c + start(0.7)*item_{i}_d # comment\n"
        for i in range(factors)
    )


@pytest.mark.slow
def test_time_is_linear_up_to_a_megabyte() -> None:
    """Seconds would be those of the machine and of what else runs on it; benchmarks/layers.py has them."""
    short, long = build_long_spec(1_000), build_long_spec(11_000)
    assert len(long) > 1_000_000
    assert len(parse_spec(long).statements) == 11_000
    assert measure(lambda: parse_spec(long)) < 11 * 3 * measure(lambda: parse_spec(short))


def build_wide_spec(indicators: int) -> Spec:
    return parse_spec("\n".join(f"f{i} =~ " + " + ".join(f"x{i}_{j}" for j in range(indicators)) for i in range(20)))


def test_tables_grow_linearly_with_the_indicators() -> None:
    few, many = build_wide_spec(10), build_wide_spec(50)
    assert len(build_parameter_table(many).rows) == 1000 + 1000 + 20 + 190
    assert measure(lambda: build_parameter_table(many)) < 5 * 3 * measure(lambda: build_parameter_table(few))


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "y ~ a*x\nd := " + "(" * 100_000 + "a" + ")" * 100_000,
        "y ~ " + "(" * 100_000 + "1" + ")" * 100_000 + "*x",
        "f =~ " + "c(" * 100_000 + "1" + ")" * 100_000 + "*x1 + x2 + x3",
        "f =~ " + " + ".join(f"x{i}" for i in range(100_000)),
        "y ~ a*x\nd := " + "+".join(["a"] * 100_000),
        "y ~ a*x\nd1 := a\n" + "\n".join(f"d{i} := d{i - 1} + a" for i in range(2, 20_000)),
    ],
    ids=["deep definition", "deep number", "deep vector", "many terms", "long sum", "long chain"],
)
def test_deep_and_long_texts_have_a_table(text: str) -> None:
    spec = parse_spec(text)
    assert not spec.errors
    assert build_parameter_table(spec).rows


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "f =~ " + "(" * 300_000,
        "y ~ " + "a:" * 100_000 + "x",
        "y ~ " + "+" * 100_000,
        '"' * 100_001,
        "@\n" * 50_000,
        "#' a: " + "[" * 50_000 + "\ny ~ x",
        "#' a: " + "{a: " * 3_000 + "\ny ~ x",
        "\n".join(f"d{i} := d{(i + 1) % 20_000}" for i in range(20_000)),
        "y ~ "
        + " + ".join(f"la{i}*x{i}" for i in range(2_000))
        + "\n"
        + "\n".join(f"d{i} := lq{i}" for i in range(2_000)),
    ],
    ids=["open", "products", "pluses", "quotes", "strange", "brackets", "braces", "circle", "misspelt"],
)
def test_hopeless_texts_end_in_errors(text: str) -> None:
    spec = parse_spec(text)
    assert spec.errors
    assert spec.text == text


def join_numbered(pattern: str, count: int, between: str = "\n") -> str:
    return between.join(pattern.format(i=i, j=i + 1) for i in range(count))


LABELLED = "l{i}*x{i}"
GROWING: dict[str, Callable[[int], str]] = {
    "chain": lambda n: join_numbered("y{j} ~ y{i}", n),
    "labels": lambda n: "f =~ " + join_numbered(LABELLED, n, " + "),
    "definitions": lambda n: "f =~ x0 + a*x1\nd0 := a\n" + join_numbered("d{j} := d{i} + 1", n),
    "late definitions": lambda n: "f =~ x0 + a*x1\n" + join_numbered("d{i} := d{j} + 1", n),
    "equalities": lambda n: "f =~ " + join_numbered(LABELLED, n, " + ") + "\n" + join_numbered("l{i} == l{j}", n - 1),
    "inequalities": lambda n: "f =~ " + join_numbered(LABELLED, n, " + ") + "\n" + join_numbered("l{i} < l{j}", n - 1),
    "bounds": lambda n: "f =~ " + join_numbered(LABELLED, n, " + ") + "\n" + join_numbered("l{i} > 0", n),
    "near misses": lambda n: "f =~ " + join_numbered(LABELLED, n, " + ") + "\n" + join_numbered("d{i} := ll{i}", n),
    "misspelt calls": lambda n: "f =~ " + join_numbered("strt(1)*x{i}", n, " + "),
    "groups": lambda n: join_numbered("group: g{i}\nf =~ x1 + x2 + x3", n // 4),
    "misspelt groups": lambda n: join_numbered("grop: g{i}\nf =~ x1", n),
    "levels": lambda n: join_numbered("level: l{i}\ny ~ x", n // 2),
    "repeated blocks": lambda n: join_numbered("group: 1\nf =~ x{i}\ngroup: 2\nf =~ x{i}", n // 4),
    "unknown columns": lambda n: "f =~ " + join_numbered("x{i}", n, " + "),
    "header keys": lambda n: join_numbered("#' key{i}: v", n) + "\ny ~ x",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", GROWING)
def test_time_grows_no_faster_than_the_text(kind: str) -> None:
    """Ten times the statements, tokens, definitions or groups take at most thirty times as long, not a hundred."""

    def check(count: int) -> float:
        text = GROWING[kind](count)
        return measure(lambda: check_spec(parse_spec(text), columns=[f"column{i}" for i in range(count // 4)]))

    assert check(2_400) < 30 * check(240)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("y ~ x\n" * 100_000, "500000 names"),
        ("y ~ x\n" * 26_000, "25000 statements"),
        ("f =~ x1 + " * 300_000, "500000 names"),
        ("y ~ a*x\n" + "d := a;" * 60_000, "25000 statements"),
    ],
    ids=["statements", "few too many statements", "terms", "definitions"],
)
def test_what_is_no_model_is_refused_before_it_is_read(text: str, limit: str) -> None:
    spec = parse_spec(text)
    (error,) = spec.errors
    assert (error.code, limit in error.message) == ("spec-too-long", True)
    assert spec.text == text


def test_a_circle_of_many_definitions_is_named_in_short() -> None:
    spec = parse_spec("y ~ x\n" + "\n".join(f"d{i} := d{(i + 1) % 500}" for i in range(500)))
    (error,) = [entry for entry in spec.errors if entry.code == "circular-definition"]
    assert error.message == '"d0" is defined by itself: d0 → d1 → d2 → d3 → d4 → d5 → … → d0'
    assert len(error.related) == 5
