"""Numbers as they are printed: rounded only here, a dash where there is none."""

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sem_toolkit.fit import Fit


_SHARE = re.compile(
    r"(?:[cnri]fi|tli|nnfi|rni|pnfi|a?gfi|pgfi|mfi|rmsea|[sc]rmr|r2|alpha|omega|omega_model|composite|ave|ave_model"
    r"|communality|uniqueness|coverage|rejection|power|share|aic\.weight|bic\.weight)"
    r"(?:[._](?:ci\.lower|ci\.upper|robust|scaled|within|between|change|bentler|nomean|mplus|error)){0,3}"
)


def format_number(value: Any, digits: int = 3) -> str:
    """Fixed decimals, zero without a sign; a dash where there is no number."""
    return "–" if _is_missing(value) else f"{value:z.{digits}f}"


def format_estimate(value: Any, digits: int = 3) -> str:
    """The same with a true minus sign, for print."""
    return format_number(value, digits).replace("-", "−")


def format_share(value: Any, digits: int = 3) -> str:
    """The same for what cannot exceed 1 in size: without its leading zero.

    Source: American Psychological Association (2020), Publication manual, 6.36.
    """
    return format_estimate(value, digits).replace("0.", ".", 1) if _is_small(value) else format_estimate(value, digits)


def is_share(name: str) -> bool:
    """Whether a quantity of this name is printed without a leading zero: by definition, or as is usual, at most 1."""
    return _SHARE.fullmatch(name) is not None


def format_p_value(value: Any) -> str:
    """A p-value without its leading zero, and never a rounded zero."""
    if _is_missing(value):
        return "–"
    return "< .001" if value < 0.0005 else f"{value:.3f}".removeprefix("0")


def format_p_relation(value: Any) -> str:
    """How p stands to its value, for what follows "p" in a sentence: "= .012", "< .001"."""
    p = format_p_value(value)
    return p if p.startswith("<") else f"= {p}"


def format_cell(name: str, value: Any) -> str:
    """A cell of any table by the name of its column, or of the measure that it is: p-values, counts, texts."""
    if value is None:
        return "–"
    if not isinstance(value, float):
        return str(value)
    if "pvalue" in name:
        return format_p_value(value)
    return format_number(value, 0 if _is_count(name) and value.is_integer() else 3)


def format_printed_cell(name: str, value: Any) -> str:
    """The same for print: no leading zero where a quantity cannot exceed 1."""
    return format_share(value) if isinstance(value, float) and is_share(name) else format_cell(name, value)


def _is_small(value: Any) -> bool:
    return not _is_missing(value) and abs(value) < 1.0


def _is_count(name: str) -> bool:
    return name.startswith("df") or ".df" in name or name in {"npar", "ntotal"}


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def format_fit_line(fit: "Fit") -> str:
    """Fit in one line: χ²(df) = …, p …, CFI, TLI, RMSEA with its interval, SRMR.

    Where a test is scaled it stands for the plain one, and robust indices, or else scaled ones, for the plain ones.
    """
    m = fit.fit_measures
    srmr = f"SRMR = {format_share(m.get('srmr'))}"
    if "chisq" not in m:
        return f"{srmr}; no test."
    test, index = ("scaled" if "chisq.scaled" in m else ""), find_shown_indices(m)
    chisq, df, p = (m.get(_join(name, test)) for name in ("chisq", "df", "pvalue"))
    cfi, tli, rmsea, lower, upper = (
        format_share(m.get(_join(name, index))) for name in ("cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper")
    )
    return (
        f"{'Scaled ' if test else ''}χ²({format_df(df)}) = {format_estimate(chisq, 2)}, p {format_p_relation(p)}, "
        f"{f'{index} ' if index else ''}CFI = {cfi}, TLI = {tli}, RMSEA = {rmsea} [{lower}, {upper}]"
        f"{'; ' if index else ', '}{srmr}."
    )


def find_shown_indices(measures: Mapping[str, float]) -> str:
    """Which CFI, TLI and RMSEA stand where one is shown: "robust", or "scaled", or "" for the plain ones."""
    kinds = ("robust", "scaled")
    return next((kind for kind in kinds if not _is_missing(measures.get(_join("cfi", kind)))), "")


def format_df(value: Any) -> str:
    """Degrees of freedom: whole where they are, as some scaled tests have fractional ones."""
    return format_number(value, 0 if value is None or float(value).is_integer() else 3)


def _join(name: str, kind: str) -> str:
    return f"{name}.{kind}" if kind else name
