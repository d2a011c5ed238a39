"""Numbers as they are printed: rounded only here, a dash where there is none."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sem_toolkit.fit import Fit


def format_number(value: Any, digits: int = 3) -> str:
    """Fixed decimals, zero without a sign; a dash where there is no number."""
    return "–" if _is_missing(value) else f"{value:z.{digits}f}"


def format_estimate(value: Any, digits: int = 3) -> str:
    """The same with a true minus sign, for print."""
    return format_number(value, digits).replace("-", "−")


def format_p_value(value: Any) -> str:
    """A p-value without its leading zero, and never a rounded zero."""
    if _is_missing(value):
        return "–"
    return "< .001" if value < 0.0005 else f"{value:.3f}".removeprefix("0")


def format_cell(name: str, value: Any) -> str:
    """A cell of any table by the name of its column, or of the measure that it is: p-values, counts, texts."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    if "pvalue" in name:
        return format_p_value(value)
    return format_number(value, 0 if _is_count(name) and value.is_integer() else 3)


def _is_count(name: str) -> bool:
    return name.startswith("df") or ".df" in name or name in {"npar", "ntotal"}


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def format_fit_line(fit: "Fit") -> str:
    """Fit in one line: χ²(df) = …, p …, CFI, TLI, RMSEA with its interval, SRMR."""
    m = fit.fit_measures
    if "chisq" not in m:
        return f"SRMR = {format_estimate(m.get('srmr'))}; no test."
    p = format_p_value(m.get("pvalue"))
    interval = f"[{format_estimate(m.get('rmsea.ci.lower'))}, {format_estimate(m.get('rmsea.ci.upper'))}]"
    return (
        f"χ²({m['df']:.0f}) = {format_estimate(m['chisq'], 2)}, p {p if p.startswith('<') else '= ' + p}, "
        f"CFI = {format_estimate(m.get('cfi'))}, TLI = {format_estimate(m.get('tli'))}, "
        f"RMSEA = {format_estimate(m.get('rmsea'))} {interval}, SRMR = {format_estimate(m.get('srmr'))}."
    )
