"""How paths and R² change from model to model, as a picture: one row a path, one mark with its interval a model."""

from pathlib import Path
from typing import TYPE_CHECKING

from sem_toolkit.libraries import pd
from sem_toolkit.report.plots import draw_intervals, write_plot

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
"""Okabe and Ito's, told apart by people who do not see all colours."""
MARKS = "osD^vPX"
SPREAD = 0.6
"""Share of a row that its marks take up."""


def draw_coefficients(paths: "pd.DataFrame", r2: "pd.DataFrame | None" = None) -> "Figure":
    """Estimates with their intervals from a table of paths (comparison.build_paths_table), and below them R².

    A path that a model fixes is a mark without interval, one that it does not have is absent.

    r2  how much of each variable a model explains (comparison.build_r2_table)
    """
    from matplotlib.figure import Figure

    models = list(dict.fromkeys(paths["model"]))
    parts = [(_find_rows(paths, "path"), "Estimate with its confidence interval")]
    if r2 is not None and len(r2):
        points = r2.rename(columns={"r2": "est"}).assign(**{"ci.lower": float("nan"), "ci.upper": float("nan")})
        parts.append((_find_rows(points[points["model"].isin(models)], "variable"), "R²"))
    sizes = [rows["row"].nunique() for rows, _ in parts]
    high = 0.22 + 0.11 * len(models)
    figure = Figure(figsize=(7.0, 0.6 + 0.6 * len(parts) + sum(sizes) * high), layout="constrained")
    panels = figure.subplots(len(parts), squeeze=False, height_ratios=[size + 0.5 for size in sizes])[:, 0]
    for axes, (rows, label) in zip(panels, parts, strict=True):
        _draw_panel(axes, rows, models)
        axes.set_xlabel(label)
    panels[0].axvline(0.0, color="#888888", linewidth=0.8, zorder=0)
    for axes in panels[1:]:
        axes.set_xlim(min(0.0, axes.get_xlim()[0]), max(1.0, axes.get_xlim()[1]))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=min(len(models), 3), frameon=False, fontsize="small")
    return figure


def _find_rows(table: "pd.DataFrame", name: str) -> "pd.DataFrame":
    """The table with the name of the row (path or variable, and group) that each of its lines belongs to."""
    names = [f"{own} ({group})" if group else own for own, group in zip(table[name], table["group"], strict=True)]
    return table.assign(row=names)


def _draw_panel(axes: "Axes", table: "pd.DataFrame", models: list[str]) -> None:
    keys = list(dict.fromkeys(table["row"]))
    for place, model in enumerate(models):
        rows = table[table["model"] == model]
        shift = SPREAD * ((place + 0.5) / len(models) - 0.5)
        series = COLOURS[place % len(COLOURS)], MARKS[place % len(MARKS)]
        draw_intervals(axes, rows, [keys.index(key) + shift for key in rows["row"]], model, series)
    axes.set_yticks(range(len(keys)), keys)
    axes.set_ylim(len(keys) - 0.4, -0.6)
    axes.spines[["top", "right"]].set_visible(False)


def write_coefficients(paths: "pd.DataFrame", path: Path, r2: "pd.DataFrame | None" = None) -> None:
    """Write the plot; the same tables always give the same file. Raises OptionError for an unknown format."""
    write_plot(lambda: draw_coefficients(paths, r2), path, "coefficients")
