"""How paths change from model to model, as a picture: one row a path, one mark with its interval a model."""

from pathlib import Path
from typing import TYPE_CHECKING

from sem_toolkit.libraries import pd
from sem_toolkit.report.plots import draw_intervals, write_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Okabe and Ito's, told apart by people who do not see all colours."""
MARKS = "osD^vPX"
SPREAD = 0.6
"""Share of a row that its marks take up."""


def draw_coefficients(paths: "pd.DataFrame") -> "Figure":
    """Estimates with their intervals from a table of paths (comparison.build_paths_table).

    A path that a model fixes is a mark without interval, one that it does not have is absent.
    """
    from matplotlib.figure import Figure

    models = list(dict.fromkeys(paths["model"]))
    keys = list(dict.fromkeys(zip(paths["path"], paths["group"], strict=True)))
    names = [f"{path} ({group})" if group else path for path, group in keys]
    figure = Figure(figsize=(7.0, 1.2 + len(keys) * (0.22 + 0.11 * len(models))), layout="constrained")
    axes = figure.subplots()
    for place, model in enumerate(models):
        rows = paths[paths["model"] == model]
        shift = SPREAD * ((place + 0.5) / len(models) - 0.5)
        heights = [keys.index(key) + shift for key in zip(rows["path"], rows["group"], strict=True)]
        series = COLOURS[place % len(COLOURS)], MARKS[place % len(MARKS)]
        draw_intervals(axes, rows, heights, model, series)
    axes.axvline(0.0, color="#888888", linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(keys)), names)
    axes.set_ylim(len(keys) - 0.4, -0.6)
    axes.set_xlabel("Estimate with its confidence interval")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper left", ncols=min(len(models), 3), frameon=False, fontsize="small")
    return figure


def write_coefficients(paths: "pd.DataFrame", path: Path) -> None:
    """Write the plot; the same table always gives the same file. Raises OptionError for an unknown format."""
    write_plot(lambda: draw_coefficients(paths), path, "coefficients")
