"""Numbers as they are printed: rounded only here, a dash where there is none."""

import math
from typing import Any


def format_number(value: Any, digits: int = 3) -> str:
    """Fixed decimals; a dash where there is no number."""
    return "–" if _is_missing(value) else f"{value:.{digits}f}"


def format_estimate(value: Any, digits: int = 3) -> str:
    """The same with a true minus sign, for print."""
    return format_number(value, digits).replace("-", "−")


def format_p_value(value: Any) -> str:
    """A p-value without its leading zero, and never a rounded zero."""
    if _is_missing(value):
        return "–"
    return "< .001" if value < 0.0005 else f"{value:.3f}".removeprefix("0")


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
