"""Expressions: values against Python's arithmetic, derivatives against finite differences, faults with a place."""

import math
import operator
from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sem_toolkit.diagnostics import SpecError
from sem_toolkit.spec.expression_parsing import parse_expression
from sem_toolkit.spec.functions import FUNCTIONS
from sem_toolkit.spec.linear import build_linear_form

POINT = {"a": 0.7, "b": -1.3, "c": 2.1}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2*3", 7.0),
        ("-2^2", -4.0),
        ("2^-1", 0.5),
        ("2^3^2", 512.0),
        ("(2^3)^2", 64.0),
        ("1 - 2 - 3", -4.0),
        ("8/4/2", 1.0),
        ("--3", 3.0),
        ("-a*b", 0.91),
        ("2*-3", -6.0),
        ("a*b + c", 0.7 * -1.3 + 2.1),
        ("sqrt((a^2)/(c^2 + 1e-3))", math.sqrt(0.49 / (4.41 + 1e-3))),
        ("log(exp(a*(b + (c - 1))))", 0.7 * (-1.3 + 1.1)),
        ("log(8, 2)", 3.0),
        ("max(a, b, c) - min(a, b)", 3.4),
        ("sum(a, b, c)", 1.5),
        ("pnorm(qnorm(.3))", 0.3),
        ("plogis(qlogis(.3))", 0.3),
        ("abs(b)", 1.3),
        ("pi", math.pi),
        (".5e1", 5.0),
    ],
)
def test_values(text: str, value: float) -> None:
    assert parse_expression(text).value(POINT) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1/0", math.inf), ("-1/0", -math.inf), ("0^-1", math.inf), ("log(0)", -math.inf), ("exp(1000)", math.inf)],
)
def test_infinite_values_as_in_r(text: str, value: float) -> None:
    assert parse_expression(text).value({}) == value


@pytest.mark.parametrize("text", ["log(-1)", "sqrt(-1)", "0/0", "(-8)^(1/3)", "asin(2)", "qnorm(2)"])
def test_what_has_no_value_is_nan(text: str) -> None:
    assert math.isnan(parse_expression(text).value({}))


def test_names_come_in_order_of_appearance() -> None:
    assert parse_expression("b + a*exp(b) + .p3. + pi").names == ("b", "a", ".p3.")


@pytest.mark.parametrize(
    ("text", "code", "start", "end"),
    [
        ("", "missing-expression", 0, 0),
        ("a +", "incomplete-expression", 2, 3),
        ("(a", "unclosed-parenthesis", 0, 1),
        ("a)", "unopened-parenthesis", 1, 2),
        ("foo(a)", "unknown-function", 0, 3),
        ("a b", "unexpected-token", 2, 3),
        ("sin(a, b)", "wrong-argument-count", 0, 9),
        ("a, b", "unexpected-token", 1, 2),
        ("()", "unexpected-token", 1, 2),
        ("* a", "unexpected-token", 0, 1),
        ("a == b", "unexpected-token", 2, 4),
        ("sin((a, b))", "unexpected-token", 6, 7),
        ('"a"', "unexpected-token", 0, 3),
    ],
)
def test_faults_have_a_place(text: str, code: str, start: int, end: int) -> None:
    with pytest.raises(SpecError) as caught:
        parse_expression(text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.span is not None
    assert (diagnostic.code, diagnostic.span.start, diagnostic.span.end) == (code, start, end)


def differentiate(text: str, name: str, point: dict[str, float]) -> float:
    """Central difference with one step of Richardson's extrapolation: error of order h^4."""
    expression = parse_expression(text)

    def slope(step: float) -> float:
        upper = expression.value({**point, name: point[name] + step})
        return (upper - expression.value({**point, name: point[name] - step})) / (2 * step)

    return (4 * slope(5e-4) - slope(1e-3)) / 3


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_derivative_of_every_function(name: str) -> None:
    point = {"a": 1.4 if name == "acosh" else 0.37}
    text = f"{name}(a)" if FUNCTIONS[name].least == FUNCTIONS[name].most == 1 or name == "log" else f"{name}(a, a^2, 2)"
    gradient = parse_expression(text).gradient(point)
    assert gradient["a"] == pytest.approx(differentiate(text, "a", point), rel=1e-8, abs=1e-10)


def test_derivatives_of_a_logarithm_by_value_and_base() -> None:
    point = {"a": 3.0, "b": 2.5}
    gradient = parse_expression("log(a, b)").gradient(point)
    for name in point:
        assert gradient[name] == pytest.approx(differentiate("log(a, b)", name, point), rel=1e-8)


Pair = tuple[str, Callable[[], float]]
"""An expression, and its value worked out by Python."""

NUMBERS: list[Pair] = [(text, lambda text=text: float(text)) for text in ("0.5", "2", "3")]  # type: ignore[misc]
NAMES: list[Pair] = [(name, lambda name=name: POINT[name]) for name in POINT]  # type: ignore[misc]
BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
CALLED = {"exp": math.exp, "sin": math.sin, "atan": math.atan, "tanh": math.tanh, "-": operator.neg}


def combine(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    def join(left: Pair, sign: str, right: Pair) -> Pair:
        return f"({left[0]} {sign} {right[0]})", lambda: BINARY[sign](left[1](), right[1]())

    def raise_to(base: Pair, exponent: int) -> Pair:
        return f"({base[0]})^{exponent}", lambda: base[1]() ** exponent

    def call(name: str, argument: Pair) -> Pair:
        return f"{name}({argument[0]})", lambda: CALLED[name](argument[1]())

    return st.one_of(
        st.builds(join, inner, st.sampled_from(sorted(BINARY)), inner),
        st.builds(raise_to, inner, st.sampled_from([2, 3, -1])),
        st.builds(call, st.sampled_from(sorted(CALLED)), inner),
    )


expressions = st.recursive(st.sampled_from(NUMBERS + NAMES), combine, max_leaves=8)


@given(expressions)
@settings(max_examples=150, deadline=None)
def test_derivatives_equal_finite_differences(pair: Pair) -> None:
    text = pair[0]
    expression = parse_expression(text)
    gradient = expression.gradient(POINT)
    for name in expression.names:
        numeric = differentiate(text, name, POINT)
        values = [expression.value({**POINT, name: POINT[name] + step}) for step in (-1e-3, 0.0, 1e-3)]
        # Near a pole differences say nothing about the derivative.
        assume(all(map(math.isfinite, [numeric, *values])) and max(map(abs, values)) < 1e3)
        assume(abs(values[2] - 2 * values[1] + values[0]) < 1e-2 * max(1.0, abs(values[2] - values[0])))
        assert gradient[name] == pytest.approx(numeric, rel=1e-4, abs=1e-6)


@given(expressions)
@settings(max_examples=150, deadline=None)
def test_values_equal_those_of_python(pair: Pair) -> None:
    text, compute = pair
    try:
        expected = compute()
    except (OverflowError, ZeroDivisionError):
        return
    assert parse_expression(text).value(POINT) == pytest.approx(expected, rel=1e-9, nan_ok=True)


@given(st.text(alphabet='ab.12eE+-*/^(), \n#"~:=<>expsinlog', max_size=30))
@settings(max_examples=250, deadline=None)
def test_any_text_is_an_expression_or_a_spec_error(text: str) -> None:
    try:
        expression = parse_expression(text)
    except SpecError:
        return
    point = dict.fromkeys(expression.names, 0.5)
    assert isinstance(expression.value(point), float)
    assert set(expression.gradient(point)) == set(expression.names)


@pytest.mark.slow
def test_depth_and_length_do_not_matter() -> None:
    deep = parse_expression("(" * 100_000 + "a" + ")" * 100_000)
    assert deep.value({"a": 2.0}) == 2.0
    long = parse_expression(" + ".join(["a"] * 100_000))
    assert long.value({"a": 1.0}) == 100_000
    assert long.gradient({"a": 1.0}) == {"a": 100_000.0}
    assert parse_expression("-" * 100_001 + "a").value({"a": 1.0}) == -1.0


@pytest.mark.parametrize(
    ("text", "coefficients", "constant"),
    [
        ("2*a - b/4 + 3", {"a": 2.0, "b": -0.25}, 3.0),
        ("-(a - 2*(b - 1))", {"a": -1.0, "b": 2.0}, -2.0),
        ("a - a", {}, 0.0),
        ("sqrt(4)*a", {"a": 2.0}, 0.0),
        ("sum(a, b, 1)", {"a": 1.0, "b": 1.0}, 1.0),
    ],
)
def test_linear_forms(text: str, coefficients: dict[str, float], constant: float) -> None:
    form = build_linear_form(parse_expression(text))
    assert form is not None
    assert form.coefficients == pytest.approx(coefficients)
    assert form.constant == pytest.approx(constant)


@pytest.mark.parametrize("text", ["a*b", "a^2", "1/a", "exp(a)", "a/0"])
def test_what_is_not_linear(text: str) -> None:
    assert build_linear_form(parse_expression(text)) is None


@pytest.mark.parametrize(
    ("text", "value", "slope"),
    [
        ("ifelse(a > 0, a, -a)", 2.0, -1.0),
        ("ifelse(a < 0, a^2, 7)", 4.0, -4.0),
        ("(a > 0)*a", 0.0, 0.0),
        ("(a < 0)*a + (a == -2)", -1.0, 1.0),
        ("ifelse(a + 1 > 2*a, ifelse(a == 3, 1, a), 0)", -2.0, 1.0),
        ("(a < -1 + 2)*3", 3.0, 0.0),
    ],
)
def test_comparisons_are_one_where_they_hold(text: str, value: float, slope: float) -> None:
    expression = parse_expression(text)
    assert expression.value({"a": -2.0}) == value
    assert expression.gradient({"a": -2.0}) == {"a": slope}


@pytest.mark.parametrize("text", ["a > 0", "(a < 1 < 2)", "(a > )", "(> a)", "ifelse(a > 0, a)", "(a >= 0)*a"])
def test_comparisons_elsewhere_are_faults(text: str) -> None:
    with pytest.raises(SpecError):
        parse_expression(text)
