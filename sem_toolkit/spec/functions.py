"""The functions that expressions may use, each with its exact derivative.

Names are R's, so that a spec means the same in lavaan. Outside their domain they give NaN or an infinity, as R does.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_SQRT_2 = math.sqrt(2.0)
_SQRT_2PI = math.sqrt(2.0 * math.pi)
_LN_2, _LN_10 = math.log(2.0), math.log(10.0)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of one or several numbers.

    value        numbers to number
    derivatives  numbers and the value there, to the partial derivative by each of them
    least, most  number of arguments it takes
    has_kink     whether it is made of pieces, so that its slope at some points says nothing of that at others
    """

    value: Callable[[Sequence[float]], float]
    derivatives: Callable[[Sequence[float], float], Sequence[float]]
    least: int = 1
    most: int | None = 1
    has_kink: bool = False


def _of_one(value: Callable[[float], float], derivative: Callable[[float, float], float]) -> Function:
    return Function(lambda x: value(x[0]), lambda x, y: (derivative(x[0], y),))


def _ln(x: float) -> float:
    return -math.inf if x == 0 else math.log(x)


def _density(x: float) -> float:
    return math.exp(-0.5 * x * x) / _SQRT_2PI


def _cumulative(x: float) -> float:
    return 0.5 * math.erfc(-x / _SQRT_2)


def _quantile(p: float) -> float:
    if p in {0.0, 1.0}:
        return math.inf if p else -math.inf
    if not 0.0 < p < 1.0:
        return math.nan
    from statistics import NormalDist  # loads fractions and decimal numbers, for this function only

    return NormalDist().inv_cdf(p)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0 else math.exp(x) / (1.0 + math.exp(x))


def _log(x: Sequence[float]) -> float:
    return _ln(x[0]) if len(x) == 1 else _ln(x[0]) / _ln(x[1])


def _log_derivatives(x: Sequence[float], y: float) -> Sequence[float]:
    if len(x) == 1:
        return (1.0 / x[0],)
    base = _ln(x[1])
    return (1.0 / (x[0] * base), -y / (x[1] * base))


def _first_equal(x: Sequence[float], y: float) -> Sequence[float]:
    chosen = next((i for i, value in enumerate(x) if value == y), 0)
    return [float(i == chosen) for i in range(len(x))]


def _choose(x: Sequence[float]) -> float:
    """The second number where the first is not 0, otherwise the third."""
    return math.nan if math.isnan(x[0]) else x[1] if x[0] else x[2]


def _choose_derivatives(x: Sequence[float], y: float) -> Sequence[float]:
    return (0.0, float(x[0] != 0.0), float(x[0] == 0.0))


FUNCTIONS: dict[str, Function] = {
    "exp": _of_one(math.exp, lambda x, y: y),
    "expm1": _of_one(math.expm1, lambda x, y: y + 1.0),
    "log": Function(_log, _log_derivatives, 1, 2),
    "log2": _of_one(lambda x: -math.inf if x == 0 else math.log2(x), lambda x, y: 1.0 / (x * _LN_2)),
    "log10": _of_one(lambda x: -math.inf if x == 0 else math.log10(x), lambda x, y: 1.0 / (x * _LN_10)),
    "log1p": _of_one(math.log1p, lambda x, y: 1.0 / (1.0 + x)),
    "sqrt": _of_one(math.sqrt, lambda x, y: 0.5 / y),
    "abs": Function(lambda x: abs(x[0]), lambda x, y: (math.copysign(1.0, x[0]) if x[0] else 0.0,), has_kink=True),
    "sin": _of_one(math.sin, lambda x, y: math.cos(x)),
    "cos": _of_one(math.cos, lambda x, y: -math.sin(x)),
    "tan": _of_one(math.tan, lambda x, y: 1.0 + y * y),
    "asin": _of_one(math.asin, lambda x, y: 1.0 / math.sqrt(1.0 - x * x)),
    "acos": _of_one(math.acos, lambda x, y: -1.0 / math.sqrt(1.0 - x * x)),
    "atan": _of_one(math.atan, lambda x, y: 1.0 / (1.0 + x * x)),
    "sinh": _of_one(math.sinh, lambda x, y: math.cosh(x)),
    "cosh": _of_one(math.cosh, lambda x, y: math.sinh(x)),
    "tanh": _of_one(math.tanh, lambda x, y: 1.0 - y * y),
    "asinh": _of_one(math.asinh, lambda x, y: 1.0 / math.sqrt(x * x + 1.0)),
    "acosh": _of_one(math.acosh, lambda x, y: 1.0 / math.sqrt(x * x - 1.0)),
    "atanh": _of_one(math.atanh, lambda x, y: 1.0 / (1.0 - x * x)),
    "dnorm": _of_one(_density, lambda x, y: -x * y),
    "pnorm": _of_one(_cumulative, lambda x, y: _density(x)),
    "qnorm": _of_one(_quantile, lambda x, y: 1.0 / _density(y)),
    "plogis": _of_one(_logistic, lambda x, y: y * (1.0 - y)),
    "qlogis": _of_one(lambda x: _ln(x) - _ln(1.0 - x), lambda x, y: 1.0 / (x * (1.0 - x))),
    "ifelse": Function(_choose, _choose_derivatives, 3, 3, has_kink=True),
    "min": Function(min, _first_equal, 1, None, has_kink=True),
    "max": Function(max, _first_equal, 1, None, has_kink=True),
    "sum": Function(math.fsum, lambda x, y: [1.0] * len(x), 1, None),
}

CONSTANTS: dict[str, float] = {"pi": math.pi, "Inf": math.inf}
