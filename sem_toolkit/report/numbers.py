"""Numbers as they are printed: rounded only here, a dash where there is none."""

import math
from typing import Any


def format_estimate(value: Any, digits: int = 3) -> str:
    """Fixed decimals with a true minus sign; a dash where there is no number."""
    if _is_missing(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "−")


def format_p_value(value: Any) -> str:
    """A p-value without its leading zero, and never a rounded zero."""
    if _is_missing(value):
        return "–"
    return "< .001" if value < 0.0005 else f"{value:.3f}".removeprefix("0")


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
