"""Numbers of factors for people: tables for a terminal, and a plot."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import RenderableType
from rich.text import Text

from sem_toolkit.comparison.exploration import Exploration
from sem_toolkit.report.explored import build_numbers, format_advice
from sem_toolkit.report.loadings import LEAST, build_loading_tables, format_rotation
from sem_toolkit.report.plots import write_plot
from sem_toolkit.report.text_tables import build_frame_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def build_exploration(found: Exploration, k: int, least: float = LEAST) -> list[RenderableType]:
    """How many factors, how well each number fits, and the loadings of k factors, those of `least` or more in size."""
    parts: list[RenderableType] = [
        build_frame_table("Number of factors", build_numbers(found)),
        Text(format_advice(found)),
    ]
    parts.append(build_frame_table("Fit by number of factors", found.table))
    fit = found.fits[k]
    heading = Text(f"{k} factor{'s' if k > 1 else ''}: {fit.certificate.verdict}", style="bold")
    if fit.rotation is not None:
        heading.append(f"\n{format_rotation(fit.rotation)}", style="not bold")
    return [*parts, heading, *(build_loading_tables(fit, least) if fit.converged else [])]


def draw_exploration(found: Exploration) -> "Figure":
    """Eigenvalues beside random ones, and RMSEA with its interval by number of factors."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    numbers = np.arange(1, len(found.parallel.eigenvalues) + 1)
    left.plot(numbers, found.parallel.eigenvalues, "o-", color="#1f4e79", markersize=4, linewidth=1.3, label="data")
    limit = f"random, {found.parallel.quantile:.0%} quantile"
    left.plot(numbers, found.parallel.limit, "--", color="#b0413e", linewidth=1.3, label=limit)
    left.set_xlabel("Factor")
    left.set_ylabel("Eigenvalue of the correlations")
    left.legend(frameon=False)
    table = found.table.dropna(subset=["rmsea"])
    reach = [table["rmsea"] - table["rmsea.ci.lower"], table["rmsea.ci.upper"] - table["rmsea"]]
    right.errorbar(table["factors"], table["rmsea"], yerr=reach, fmt="o-", color="#1f4e79", markersize=4, linewidth=1.3)
    right.axhline(0.05, color="#999999", linewidth=0.8)
    right.set_xlabel("Number of factors")
    right.set_ylabel("RMSEA [90 %]")
    right.set_ylim(bottom=0.0)
    for axes in (left, right):
        _tidy(axes)
    return figure


def _tidy(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)


def write_exploration(found: Exploration, path: Path) -> None:
    """Write the plot; the same results always give the same file. Raises OptionError for an unknown format."""
    write_plot(lambda: draw_exploration(found), path, "efa")
