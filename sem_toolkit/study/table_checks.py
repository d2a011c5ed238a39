"""Checks within one printed regression table: row by row, then the model's figures, then the sample size."""

from collections.abc import Iterator

import numpy as np

from sem_toolkit.study.checks import Check, build_overlap_check
from sem_toolkit.study.correlations import compute_predictor_correlations
from sem_toolkit.study.intervals import Interval, build_interval
from sem_toolkit.study.published import Coefficient, Figure, PrintedTable
from sem_toolkit.study.relations import (
    compute_p_of_f,
    compute_p_of_t,
    compute_r2,
    compute_r2_from_adjusted,
    compute_r2_from_f,
    compute_t,
    compute_vif,
    find_compatible_n,
    list_sample_sizes,
)


def check_table(table: PrintedTable, compatible_n: tuple[int, ...]) -> Iterator[Check]:
    """All checks of one table; `compatible_n` from `find_compatible_n`."""
    n = _choose_n(table, compatible_n)
    df = _build_df(table, n)
    for row in table.coefficients:
        yield from _check_row(table, row, df)
    yield from _check_r2(table)
    yield from _check_sample_size(table, compatible_n)
    yield from _check_significance(table, df)
    if len(table.predictors) == 1:
        yield from _check_single_predictor(table)
    elif len(n) == 1:
        yield from _check_predictor_correlations(table, n[0])
    yield from _check_text(table)


def _choose_n(table: PrintedTable, compatible_n: tuple[int, ...]) -> tuple[int, ...]:
    """The sample sizes to check the other figures with: the stated one where it agrees, or where none does."""
    stated = () if table.n_stated is None else (table.n_stated,)
    return stated if not compatible_n or set(stated) & set(compatible_n) else compatible_n


def _build_df(table: PrintedTable, n: tuple[int, ...]) -> Interval | None:
    """Range of residual degrees of freedom over the sample sizes in question."""
    if not n:
        return None
    k = len(table.predictors)
    return build_interval(max(min(n) - k - 1, 1), max(max(n) - k - 1, 1))


def _check_row(table: PrintedTable, row: Coefficient, df: Interval | None) -> Iterator[Check]:
    figures = row.figures
    if {"b", "se", "t"} <= figures.keys():
        quotient = figures["b"].interval / figures["se"].interval
        reason = f"B/SE = {figures['b'].text}/{figures['se'].text}"
        yield build_overlap_check(table.name, "t = B/SE", row.term, figures["t"], quotient, reason)
    if "sig" in figures and ("t" in figures or {"b", "se"} <= figures.keys()):
        yield _check_p(table.name, row.term, figures["sig"], None if df is None else compute_p_of_t(compute_t(row), df))
    if {"b", "beta"} <= figures.keys():
        yield _check_sd_ratio(table.name, row)


def _check_p(table: str, subject: str, printed: Figure, implied: Interval | None) -> Check:
    if implied is None:
        reason = "the sample size is neither printed nor implied"
        return Check(table, "p", subject, "not decidable", printed.text, "", reason)
    if printed.is_zero:
        reason = f"rounded, not zero: p lies within {implied.format(3)}"
    else:
        reason = "p from the statistic and its degrees of freedom"
    return build_overlap_check(table, "p", subject, printed, implied, reason)


def _check_sd_ratio(table: str, row: Coefficient) -> Check:
    """Beta/B is the ratio of two standard deviations and so above zero."""
    b, beta = row.figures["b"], row.figures["beta"]
    ratio = beta.interval / b.interval
    possible = bool(ratio.hi > 0)
    reason = "SD(x)/SD(y) = Beta/B" if possible else "B and Beta differ in sign, but SD(x)/SD(y) = Beta/B is above zero"
    return Check(
        table,
        "SD ratio",
        row.term,
        "consistent" if possible else "inconsistent",
        f"B {b.text}, Beta {beta.text}",
        ratio.format(4),
        reason,
    )


def _check_r2(table: PrintedTable) -> Iterator[Check]:
    r2 = table.find("r2")
    if r2 is not None:
        yield build_overlap_check(
            table.name, "R² within 0 and 1", "R²", r2, build_interval(0.0, 1.0), "a share of variance"
        )


def _check_sample_size(table: PrintedTable, compatible_n: tuple[int, ...]) -> Iterator[Check]:
    r2, adjusted, f = table.find("r2"), table.find("adj_r2"), table.find("f")
    k = len(table.predictors)
    every_n = list_sample_sizes(table)
    if r2 is not None and f is not None:
        fits = compute_r2_from_f(f.interval, k, every_n - k - 1).overlaps(r2.interval)
        yield _build_n_check(table, "n from R² and F", f"R² {r2.text}, F {f.text}", _list(every_n, fits))
    if r2 is not None and adjusted is not None:
        fits = compute_r2_from_adjusted(adjusted.interval, every_n, k).overlaps(r2.interval)
        subject = f"R² {r2.text}, adjusted R² {adjusted.text}"
        yield _build_n_check(table, "n from R² and adjusted R²", subject, _list(every_n, fits))
    if sum(figure is not None for figure in (r2, adjusted, f)) >= 2:
        yield _build_n_check(table, "n from all figures", "all model figures", compatible_n)


def _list(
    every_n: np.ndarray[tuple[int], np.dtype[np.int64]], fits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> tuple[int, ...]:
    return tuple(int(n) for n in every_n[fits])


def _build_n_check(table: PrintedTable, check: str, subject: str, fitting: tuple[int, ...]) -> Check:
    stated = table.n_stated
    printed = "" if stated is None else str(stated)
    if not fitting:
        reason = f"no sample size up to {list_sample_sizes(table)[-1]} makes these figures agree"
        return Check(table.name, check, subject, "inconsistent", printed, "none", reason)
    implied = format_sizes(fitting)
    if stated is None:
        return Check(table.name, check, subject, "consistent", printed, implied, f"these figures need n = {implied}")
    if stated in fitting:
        reason = f"the stated n = {stated} agrees"
        return Check(table.name, check, subject, "consistent", printed, implied, reason)
    reason = f"these figures need n = {implied}, the text says {stated}{_format_f_at(table, stated)}"
    return Check(table.name, check, subject, "inconsistent", printed, implied, reason)


def _format_f_at(table: PrintedTable, n: int) -> str:
    """What F would be with the stated sample size."""
    r2, k = table.find("r2"), len(table.predictors)
    if r2 is None or table.find("f") is None or not 0 <= r2.value < 1 or n <= k + 1:
        return ""
    return f"; with n = {n}, F would be about {r2.value / k / ((1 - r2.value) / (n - k - 1)):.0f}"


def format_sizes(sizes: tuple[int, ...]) -> str:
    """ "77", "76 to 79", "70 … 95 (9 sizes)": a set of sample sizes."""
    if len(sizes) == 1:
        return str(sizes[0])
    if sizes[-1] - sizes[0] + 1 == len(sizes):
        return f"{sizes[0]} to {sizes[-1]}"
    return f"{sizes[0]} … {sizes[-1]} ({len(sizes)} sizes)"


def _check_significance(table: PrintedTable, df: Interval | None) -> Iterator[Check]:
    f, sig = table.find("f"), table.find("sig_f")
    if f is not None and sig is not None:
        implied = None if df is None else compute_p_of_f(f.interval, len(table.predictors), df)
        yield _check_p(table.name, "F", sig, implied)


def _check_single_predictor(table: PrintedTable) -> Iterator[Check]:
    row = table.predictors[0]
    r2, f = table.find("r2"), table.find("f")
    if r2 is not None and "beta" in row.figures:
        implied = row.figures["beta"].interval.square()
        yield build_overlap_check(table.name, "Beta² = R²", row.term, r2, implied, f"Beta = {row.figures['beta'].text}")
    if f is not None and "t" in row.figures:
        implied = row.figures["t"].interval.square()
        yield build_overlap_check(table.name, "t² = F", row.term, f, implied, f"t = {row.figures['t'].text}")


def _check_predictor_correlations(table: PrintedTable, n: int) -> Iterator[Check]:
    r2 = compute_r2(table, n)
    if r2.is_empty:
        return
    for row in table.predictors:
        if {"beta", "t"} <= row.figures.keys():
            vif = compute_vif(row, r2, n - len(table.predictors) - 1)
            possible = bool(vif.hi >= 1.0)
            reason = "VIF = (Beta/t)² df/(1 − R²)" + ("" if possible else " is below 1, which no correlations allow")
            verdict: Check = Check(
                table.name,
                "VIF at least 1",
                row.term,
                "consistent" if possible else "inconsistent",
                f"Beta {row.figures['beta'].text}, t {row.figures['t'].text}",
                vif.format(4),
                reason,
            )
            yield verdict
    enclosure = compute_predictor_correlations(table, n)
    if enclosure is None:
        return
    hull = enclosure.hull
    for column, (i, j) in enumerate(enclosure.pairs):
        subject = f"{table.predictors[i].term} with {table.predictors[j].term}"
        found = hull[column]
        if bool(found.is_empty):
            reason = "no correlation matrix of the predictors reproduces Beta, t and R²"
            yield Check(table.name, "predictor correlation", subject, "inconsistent", "", "none", reason)
        else:
            reason = "implied by Beta, t and R²; a positive definite correlation matrix exists"
            yield Check(table.name, "predictor correlation", subject, "consistent", "", found.format(3), reason)


_NAMES = {"r2": "R²", "adj_r2": "adjusted R²", "f": "F", "sig_f": "Sig. F"}


def _check_text(table: PrintedTable) -> Iterator[Check]:
    """The text's figures against the table's."""
    differing = False
    for quantity, name in _NAMES.items():
        in_table, in_text = table.find(quantity, "table"), table.find(quantity, "text")
        if in_table is None or in_text is None:
            continue
        same = bool(in_table.interval.overlaps(in_text.interval))
        differing |= not same
        reason = "text and table agree" if same else f"the text says {in_text.text}, the table {in_table.text}"
        verdict = Check(
            table.name,
            "text against table",
            name,
            "consistent" if same else "inconsistent",
            in_table.text,
            in_text.text,
            reason,
        )
        yield verdict
    if differing:
        yield from _check_n_of_text(table)


def _check_n_of_text(table: PrintedTable) -> Iterator[Check]:
    """What sample size the text's own R² and F would need."""
    r2, f, k = table.find("r2", "text"), table.find("f", "text"), len(table.predictors)
    if r2 is None or f is None:
        return
    every_n = list_sample_sizes(table)
    fitting = _list(every_n, compute_r2_from_f(f.interval, k, every_n - k - 1).overlaps(r2.interval))
    of_table = find_compatible_n(table, source="table")
    same = bool(set(fitting) & set(of_table))
    needs = format_sizes(fitting) if fitting else "none"
    reason = f"the text's R² {r2.text} and F {f.text} would need n = {needs}, the table's figures n = "
    reason += format_sizes(of_table) if of_table else "none"
    yield Check(table.name, "n of the text", "R², F", "consistent" if same else "inconsistent", f.text, needs, reason)
