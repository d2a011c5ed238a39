"""A fit in words and tables for people: the verdict first, then fit, estimates by section, explained variances."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sem_toolkit.diagnostics import UnavailableError
from sem_toolkit.estimation.solution import Certificate
from sem_toolkit.fit.result import Fit
from sem_toolkit.inference.options import BOLLEN_STINE, SCALED
from sem_toolkit.report.asked import list_extras
from sem_toolkit.report.numbers import format_df, format_number, format_p_relation, format_p_value
from sem_toolkit.report.reasons import list_reasons
from sem_toolkit.report.sections import build_estimate_sections
from sem_toolkit.report.tables import TABLES, TableSettings, build_table_of
from sem_toolkit.report.text_tables import build_frame_table, build_table, protect_numbers
from sem_toolkit.resampling.bootstrap.intervals import INTERVALS

INFORMATION = {
    "logl": "log-likelihood",
    "unrestricted.logl": "unrestricted",
    "aic": "AIC",
    "bic": "BIC",
    "bic2": "SABIC",
}
SHOWN = frozenset(
    f"{name}{suffix}"
    for name in ("chisq", "pvalue", "cfi", "tli", "rmsea", "rmsea.pvalue", "srmr")
    for suffix in ("", ".scaled", ".robust")
)
"""Measures of a summary that may not exist."""
_ENGINES = {"semopy": "the package semopy", "native": "the native solver"}
HEADLINED = frozenset({"reverse-coded", "parcels"})
"""Codes of messages that stand at the head of a summary."""


def build_summary(
    fit: Fit, width: int = 120, extras: Collection[str] = (), settings: TableSettings | None = None
) -> list[RenderableType]:
    """The parts of a summary in their order, for a terminal of `width` columns.

    extras    any of "standardized", "modification", "residuals", "effects", "reliability"
    settings  what these can be asked to differ in
    """
    parts: list[RenderableType] = [_format_headline(fit)]
    if fit.fit_measures:
        parts += [_build_measures_table(fit.fit_measures), *_explain(fit, "fit_measures")]
    if fit.rotation is not None:
        from sem_toolkit.report.loadings import build_loading_tables

        parts += build_loading_tables(fit)
    parts += [*build_estimate_sections(fit, width), *_explain(fit, "parameters")]
    if fit.r2:
        parts += [_build_r2_table(fit), *_explain(fit, "r2")]
    if fit.certificate.way == "closed form":
        parts += _build_surplus(fit)
    return parts + (_build_extras(fit, extras, settings) if fit.converged else [])


def _build_surplus(fit: Fit) -> list[RenderableType]:
    """What tests the equations one by one, where estimates come from equations."""
    try:
        frame = fit.sargan
    except UnavailableError:
        return []
    title = TABLES["sargan"].title
    return [build_frame_table(title, frame) if len(frame) else Text(f"{title}: none", style="bold")]


def format_summary(fit: Fit, width: int = 120, extras: Collection[str] = ()) -> str:
    """The summary as plain text."""
    console = Console(width=width, highlight=False, markup=False, emoji=False, no_color=True, force_terminal=False)
    with console.capture() as captured:
        for part in build_summary(fit, width, extras):
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _build_extras(fit: Fit, asked: Collection[str], settings: TableSettings | None) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for table in list_extras(fit, asked, settings):
        if table.frame is not None:
            empty = Text(f"{table.title}: none", style="bold")
            parts.append(build_frame_table(table.title, table.frame) if len(table.frame) else empty)
        parts += map(_format_reason, table.remarks)
    return parts


def _explain(fit: Fit, name: str) -> list[RenderableType]:
    """Why numbers of a table are missing; what is fixed is left blank in a summary, and needs no words."""
    frame = build_table_of(fit, name)
    if name == "parameters":
        frame = frame[frame["se"] != 0]
    if name == "fit_measures":
        frame = frame[frame["measure"].isin(SHOWN)]
    return [_format_reason(reason) for reason in list_reasons(fit, name, frame) if len(frame)]


def _format_reason(reason: str) -> Text:
    return Text(f"{reason}\n", style="italic")


def _format_headline(fit: Fit) -> Text:
    certificate = fit.certificate
    sample = fit.sample
    dropped = sample.n_read - sample.n
    rows = f"n = {sample.n}" + (f" ({dropped} of {sample.n_read} rows dropped)" if dropped else "")
    if sample.has_levels:
        rows += f" in {sum(group.n for group in sample.groups if group.is_between)} clusters"
    text = Text(f"{fit.title}\n", style="bold")
    style = "green" if fit.certified else "bold red"
    text.append(f"{certificate.verdict}", style=style)
    text.append(f", {fit.options.estimation.estimator}, {rows}, {fit.npar} free parameters", style="not bold")
    text.append(f"\n{_format_search(certificate)}", style="not bold")
    inference = fit.options.inference
    information = f", {inference.information} information" if certificate.way != "closed form" else ""
    if inference.resampled is not None:
        drawn = inference.resampled
        limits = f", {INTERVALS[drawn.interval]} limits" if inference.se == "bootstrap" else ""
        information = f" ({drawn.draws} samples of the rows, seed {drawn.seed}{limits})"
    text.append(f"\nstandard errors: {inference.se}{information}", style="not bold")
    if inference.resampled is not None and np.isfinite(inference.resampled.pvalue):
        text.append(f"; Bollen-Stine p {format_p_value(inference.resampled.pvalue)}", style="not bold")
    if inference.test in SCALED or inference.test == "none":
        text.append(f"; test: {inference.test}", style="not bold")
    for line in _list_further_tests(fit):
        text.append(f"\n{line}", style="not bold")
    if fit.rotation is not None:
        from sem_toolkit.report.loadings import format_rotation

        text.append(f"\n{format_rotation(fit.rotation)}", style="not bold")
    for entry in sample.messages:
        if entry.code in HEADLINED:
            text.append(f"\n{entry.message}", style="not bold")
    if not certificate.converged:
        text.append("\nNo certified optimum: the figures below are where the search ended, not estimates.", style=style)
    return text


def _list_further_tests(fit: Fit) -> list[str]:
    """The tests asked for that have no column of their own beside the standard one."""
    inference = fit.options.inference
    asked = {inference.test, *inference.more_tests} - {BOLLEN_STINE, "none"}
    if inference.test in SCALED:
        asked.discard(inference.test)
    return [
        f"{test.test}: χ² {format_number(test.stat)}, df {format_df(test.df)}, p {format_p_relation(test.pvalue)}"
        for test in (fit.tests[1:] if asked else ())
        if test.test in asked
    ]


def _format_search(certificate: Certificate) -> str:
    """What is known about the point, of how many starts it is the lowest, and what found it."""
    what = "optimum" if certificate.converged else "end of the search"
    rest = "left over of the equations" if certificate.way == "closed form" else "largest gradient"
    standing = f", {certificate.standing}" if certificate.standing else ""
    engine = _ENGINES.get(certificate.engine, certificate.engine)
    return f"{what}: {rest} {certificate.gradient_max:.1e}{standing}, found by {engine}"


def _build_measures_table(measures: Mapping[str, float]) -> Table:
    """Fit measures, those of the scaled test beside the standard ones where there is one."""
    scaled = "chisq.scaled" in measures
    columns = ("standard", "scaled") if scaled else ("value",)
    table = build_table("Fit", ("measure",), columns, right=columns)
    for name, standard, robust in _list_measures(measures):
        # incomplete rows have robust indices without a scaled test
        cells = (standard, robust) if scaled else (standard or robust,)
        table.add_row(name, *cells)
    return protect_numbers(table)


def _list_measures(m: Mapping[str, float]) -> Iterable[tuple[str, str, str]]:
    if "chisq" in m:
        yield from _list_tests(m)
    yield "SRMR", format_number(m.get("srmr")), ""
    if "srmr_within" in m:
        yield "SRMR within, between", f"{format_number(m['srmr_within'])}, {format_number(m['srmr_between'])}", ""
    if "baseline.chisq" in m:
        yield "baseline χ² (df)", _format_baseline(m, ""), _format_baseline(m, ".scaled")
    for name, label in INFORMATION.items():
        if name in m:
            yield label, format_number(m[name]), ""


def _list_tests(m: Mapping[str, float]) -> Iterable[tuple[str, str, str]]:
    """What there is with a test only."""
    yield "χ²", format_number(m["chisq"]), format_number(m.get("chisq.scaled"))
    yield "df", format_number(m["df"], 0), format_df(m.get("df.scaled"))
    yield "p", format_p_value(m.get("pvalue")), format_p_value(m.get("pvalue.scaled"))
    if "chisq.scaling.factor" in m:
        yield "scaling factor", "", format_number(m["chisq.scaling.factor"])
    for name in ("cfi", "tli"):
        yield name.upper(), format_number(m.get(name)), format_number(m.get(f"{name}.scaled"))
    if "cfi.robust" in m:
        yield "CFI, TLI robust", "", f"{format_number(m['cfi.robust'])}, {format_number(m.get('tli.robust'))}"
    yield "RMSEA [90 %]", _format_rmsea(m, ""), _format_rmsea(m, ".scaled")
    if "rmsea.robust" in m:
        yield "RMSEA robust [90 %]", "", _format_rmsea(m, ".robust")
    yield "p (RMSEA ≤ .05)", format_p_value(m.get("rmsea.pvalue")), format_p_value(m.get("rmsea.pvalue.scaled"))


def _format_baseline(m: Mapping[str, float], suffix: str) -> str:
    return f"{format_number(m.get(f'baseline.chisq{suffix}'))} ({format_df(m.get(f'baseline.df{suffix}'))})"


def _format_rmsea(m: Mapping[str, float], suffix: str) -> str:
    lower, upper = (format_number(m.get(f"rmsea.ci.{end}{suffix}")) for end in ("lower", "upper"))
    return f"{format_number(m.get(f'rmsea{suffix}'))} [{lower}, {upper}]"


def _build_r2_table(fit: Fit) -> Table:
    labels = [label or "R²" for label in fit.r2]
    table = build_table("R²", ("variable",), labels, right=labels)
    names = dict.fromkeys(name for values in fit.r2.values() for name in values)
    for name in names:
        table.add_row(name, *(format_number(values.get(name)) for values in fit.r2.values()))
    return protect_numbers(table)
