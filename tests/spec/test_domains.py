"""Where expressions have values."""

import pytest

from sem_toolkit.spec.domains import list_domains
from sem_toolkit.spec.expression_parsing import parse_expression


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("sqrt(a - 10) + b", {"a": 3.0, "b": 1.0}, [(-7.0, 0.0, None)]),
        ("log(log(a))", {"a": 1.0}, [(1.0, 0.0, None), (0.0, 0.0, None)]),
        ("asin(2*b)*log1p(a)", {"a": 5.0, "b": 0.3}, [(0.6, -1.0, 1.0), (5.0, -1.0, None)]),
        ("a^0.5 + a^2 + a^b", {"a": 4.0, "b": 1.0}, [(4.0, 0.0, None), (4.0, 0.0, None)]),
        ("a^(1 + 2)", {"a": 4.0}, []),
        ("sqrt(2)*a", {"a": 4.0}, []),
        ("1/a", {"a": 4.0}, []),
    ],
)
def test_what_functions_ask_of_their_arguments(
    text: str, at: dict[str, float], expected: list[tuple[float, float | None, float | None]]
) -> None:
    found = list_domains(parse_expression(text))
    assert [(domain.argument.value(at), domain.lower, domain.upper) for domain in found] == [
        (pytest.approx(value), lower, upper) for value, lower, upper in expected
    ]


def test_an_argument_has_the_derivatives_of_its_own_names_only() -> None:
    (domain,) = list_domains(parse_expression("b*sqrt(3*a - c) + exp(d)"))
    assert domain.argument.gradient({"a": 1.0, "c": 2.0}) == {"a": 3.0, "c": -1.0}
