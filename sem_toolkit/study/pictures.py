"""Pictures of the audit, the recovery and the reconstructions; each returns a matplotlib Figure."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.libraries import pd
from sem_toolkit.study.audit import Audit
from sem_toolkit.study.intervals import build_interval
from sem_toolkit.study.names import Names, is_numbered
from sem_toolkit.study.polygons import Polygon, build_rectangle
from sem_toolkit.study.printed_study import PrintedStudy
from sem_toolkit.study.recovery import Recovery
from sem_toolkit.study.sums_search import search_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito (2008): colours that colour-blind readers tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_INK, _PALE = "#222222", "#BBBBBB"
_WIDTH = 5.4
"""Inches: words of ten points can be read on a phone, which shows it at two thirds of its size."""


def draw_plots(study: PrintedStudy, names: Names) -> dict[str, Figure]:
    """Every plot of the report by the name of its file."""
    return {
        "compatible-n": draw_compatible_n(study.audit, names),
        "moment-region": draw_moment_region(study.recovery),
        "joint-regressions": draw_joint_regressions(study.joint_regressions, names),
    }


def draw_compatible_n(audit: Audit, names: Names) -> Figure:
    """The sample sizes that agree with each table, on a logarithmic axis, beside the stated one."""
    figure, (axes,) = _build_figure(_WIDTH, 0.45 * len(audit.compatible_n) + 1.5)
    checks = {(check.table, check.check): check for check in audit.checks}
    for position, (table, sizes) in enumerate(audit.compatible_n.items()):
        wide = checks.get((table, "n from R² and adjusted R²"))
        span = None if wide is None else _parse_sizes(wide.implied)
        if span is not None:
            axes.plot(span, (position, position), color=_PALE, lw=7, solid_capstyle="round", zorder=1)
        if sizes:
            axes.plot(sizes, [position] * len(sizes), "o", color=_COLOURS[0], ms=6, zorder=3)
            right = max(sizes[-1], span[1] if span else 0)
            axes.annotate(_format_span(sizes), (right, position), (9, 0), textcoords="offset points", va="center")
        stated = audit.stated_n[table]
        if stated is not None:
            axes.plot([stated], [position], "o", mfc="white", mec=_COLOURS[1], ms=7, mew=1.6, zorder=3)
            axes.annotate(str(stated), (stated, position), (-9, 0), textcoords="offset points", va="center", ha="right")
    axes.set_yticks(range(len(audit.compatible_n)), [names.name_table(name) for name in audit.compatible_n])
    axes.invert_yaxis()
    axes.set_xscale("log")
    _label_sizes(axes, audit)
    axes.plot([], [], "o", color=_COLOURS[0], label="all figures agree")
    axes.plot([], [], color=_PALE, lw=7, solid_capstyle="round", label="R² and adjusted R² agree")
    axes.plot([], [], "o", mfc="white", mec=_COLOURS[1], mew=1.6, label="stated")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def draw_moment_region(recovery: Recovery) -> Figure:
    """The outcome's mean and SD that each one-predictor table leaves, and where the tables meet.

    Above: the centre of the thin region that each set of sums of a table leaves; below: the regions around the
    solution.
    """
    figure, (whole, near) = _build_figure(_WIDTH, 7.0, rows=2)
    root = float(np.sqrt(recovery.n - 1))
    mean, sd = recovery.mean, recovery.sd
    tables = [found.table for found in recovery.candidates.values() if len(found.table.predictors) == 1]
    for colour, table in zip(_COLOURS, tables, strict=False):
        wide = build_interval(1e-9, np.sqrt(recovery.n) * 2.0)
        found = search_table(table, recovery.n, wide, build_interval(1.0, 5.0))
        if isinstance(found, str):
            continue
        frame = build_rectangle(wide, build_interval(1.0, 5.0))
        regions = [frame.cut(found.bounds.list_half_planes(row)) for row in range(len(found))]
        for region in regions:
            _fill(near, region, root, colour, alpha=0.45)
        centres = np.array([region.centre for region in regions if not region.is_empty])
        visible = np.abs(centres[:, 0] / root / float(sd.middle) - 1.0) < 0.5
        whole.plot(centres[visible, 0] / root, centres[visible, 1], ".", color=colour, ms=3.5)
        whole.plot([], [], color=colour, lw=5, alpha=0.6, label=_format_table(table.name))
    for solution in recovery.solutions:
        corners = np.vstack([solution.region.vertices, solution.region.vertices[:1]])
        near.plot(corners[:, 0] / root, corners[:, 1], color=_INK, lw=1.6)
    near.plot([], [], color=_INK, lw=1.6, label="all tables")
    centre_sd, centre_mean = float(sd.middle), float(mean.middle)
    reach_sd, reach_mean = 1.5 * float(sd.width) + 1e-4, 1.5 * float(mean.width) + 5e-4
    near.set(
        xlim=(centre_sd - reach_sd, centre_sd + reach_sd), ylim=(centre_mean - reach_mean, centre_mean + reach_mean)
    )
    whole.set_title("each dot: sums that one table allows", fontsize="medium", loc="left")
    near.set_title("within the square", fontsize="medium", loc="left")
    for axes in (whole, near):
        axes.set_xlabel(f"SD of {recovery.outcome}")
        axes.set_ylabel(f"mean of {recovery.outcome}")
        axes.ticklabel_format(useOffset=False)
    near.locator_params(nbins=5)
    whole.plot([centre_sd], [centre_mean], "s", mfc="none", mec=_INK, ms=12)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def draw_joint_regressions(comparison: pd.DataFrame, names: Names) -> Figure:
    """Each predictor's printed B, and its range beside all others: rows of `compare_joint_regressions`."""
    figure, (axes,) = _build_figure(_WIDTH, 0.46 * len(comparison) + 1.3)
    position = np.arange(len(comparison))
    axes.hlines(position, comparison["lowest"], comparison["highest"], color=_COLOURS[0], lw=5, alpha=0.6)
    axes.plot(comparison["printed"], position, "o", color=_COLOURS[1], ms=6)
    axes.axvline(0.0, color=_PALE, lw=1, zorder=0)
    labels = [fill(names.name_item(row.term), 22) for row in comparison.itertuples()]
    axes.set_yticks(position, labels, fontsize="small")
    axes.invert_yaxis()
    axes.set_xlabel("coefficient B")
    axes.plot([], [], "o", color=_COLOURS[1], label="printed, each table by itself")
    axes.plot([], [], color=_COLOURS[0], lw=5, alpha=0.6, label="all predictors at once: range over the data sets")
    figure.legend(loc="outside lower center", ncols=1, frameon=False)
    return figure


def _build_figure(width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = list(figure.subplots(rows, 1, squeeze=False)[:, 0])
    for one in axes:
        one.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _fill(axes: Axes, region: Polygon, root: float, colour: str, alpha: float) -> None:
    if not region.is_empty:
        axes.fill(region.vertices[:, 0] / root, region.vertices[:, 1], color=colour, alpha=alpha, lw=0.8)


def _parse_sizes(text: str) -> tuple[int, int] | None:
    """First and last of "77", "74 to 81" or "70 … 95 (9 sizes)"."""
    numbers = [int(word) for word in text.replace("…", "to").partition("(")[0].split() if word.isdigit()]
    return (numbers[0], numbers[-1]) if numbers else None


def _format_span(sizes: tuple[int, ...]) -> str:
    return f"n = {sizes[0]}" if len(sizes) == 1 else f"n = {sizes[0]}–{sizes[-1]}"


def _format_table(name: str) -> str:
    return f"Table {name}" if is_numbered(name) else name


def _label_sizes(axes: Axes, audit: Audit) -> None:
    sizes = [size for sizes in audit.compatible_n.values() for size in (sizes[:1] + sizes[-1:])]
    sizes += [size for size in audit.stated_n.values() if size is not None]
    low, high = min(sizes, default=10), max(sizes, default=1000)
    axes.set_xlim(low * 0.75, high * 1.35)
    ticks = [tick for tick in (10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if low * 0.75 <= tick <= high * 1.35]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("sample size")
