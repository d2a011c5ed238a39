"""Interval arithmetic encloses: any exact result of numbers inside lies inside."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.study.intervals import Interval, as_interval, build_interval

numbers = st.floats(-1e6, 1e6, allow_nan=False)


def spans(draw_lo: float, draw_hi: float) -> Interval:
    return build_interval(min(draw_lo, draw_hi), max(draw_lo, draw_hi))


@given(numbers, numbers, numbers, numbers, st.floats(0, 1), st.floats(0, 1))
def test_sum_difference_product_and_quotient_enclose_exact_arithmetic(a, b, c, d, first_share, second_share):
    first, second = spans(a, b), spans(c, d)
    x = min(max(a + first_share * (b - a), float(first.lo)), float(first.hi))
    y = min(max(c + second_share * (d - c), float(second.lo)), float(second.hi))
    exact = {"+": Fraction(x) + Fraction(y), "-": Fraction(x) - Fraction(y), "*": Fraction(x) * Fraction(y)}
    found = {"+": first + second, "-": first - second, "*": first * second}
    for operation, value in exact.items():
        assert Fraction(float(found[operation].lo)) <= value <= Fraction(float(found[operation].hi))
    quotient = first / second
    if y != 0 and np.isfinite([quotient.lo, quotient.hi]).all():
        assert Fraction(float(quotient.lo)) <= Fraction(x) / Fraction(y) <= Fraction(float(quotient.hi))


@given(numbers, numbers)
def test_square_and_root_enclose(a, b):
    interval = spans(a, b)
    square = interval.square()
    for x in (a, b):
        assert Fraction(float(square.lo)) <= Fraction(x) ** 2 <= Fraction(float(square.hi))
    root = square.sqrt()
    assert float(root.lo) <= max(abs(a), abs(b)) <= float(root.hi)


def test_division_by_an_interval_with_zero_leaves_everything():
    quotient = as_interval(1.0) / build_interval(-1.0, 2.0)
    assert (float(quotient.lo), float(quotient.hi)) == (-np.inf, np.inf)


def test_an_empty_intersection_is_empty():
    assert (build_interval(0, 1) & build_interval(2, 3)).is_empty
    assert not build_interval(0, 1).overlaps(build_interval(1.5, 3))
    assert build_interval(0, 1).overlaps(build_interval(1, 3))


@pytest.mark.parametrize(("lo", "hi", "text"), [(0.52189, 0.52211, "[0.52189, 0.52211]"), (2, 1, "empty")])
def test_text_of_an_interval(lo, hi, text):
    assert build_interval(lo, hi).format() == text
