"""Item parameters by group or wave as a picture: a panel a kind, a row an item, a mark with its interval a place."""

from pathlib import Path
from typing import TYPE_CHECKING

from sem_toolkit.libraries import pd
from sem_toolkit.report.coefficient_plot import COLOURS, MARKS, SPREAD
from sem_toolkit.report.plots import draw_intervals, write_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_item_parameters(items: "pd.DataFrame") -> "Figure":
    """Estimates with their intervals from the table of `comparison.invariance.build_item_parameters`."""
    from matplotlib.figure import Figure

    kinds = list(dict.fromkeys(items["kind"]))
    places = list(dict.fromkeys(items["place"]))
    names = list(dict.fromkeys(items["item"]))
    height = 1.3 + len(names) * (0.16 + 0.1 * len(places))
    figure = Figure(figsize=(3.1 * max(len(kinds), 1) + 0.9, height), layout="constrained")
    panels = figure.subplots(1, max(len(kinds), 1), sharey=True, squeeze=False)[0]
    for axes, kind in zip(panels, kinds, strict=False):
        of_kind = items[items["kind"] == kind]
        for number, place in enumerate(places):
            rows = of_kind[of_kind["place"] == place]
            shift = SPREAD * ((number + 0.5) / len(places) - 0.5)
            heights = [names.index(name) + shift for name in rows["item"]]
            series = COLOURS[number % len(COLOURS)], MARKS[number % len(MARKS)]
            draw_intervals(axes, rows, heights, place, series)
        axes.set_title(f"{kind[0].upper()}{kind[1:]} ({of_kind['step'].iloc[0]} step)", fontsize="medium")
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.grid(axis="y", color="#eeeeee", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=min(len(labels), 4) or 1, frameon=False)
    figure.supxlabel("Estimate with its confidence interval", fontsize="medium")
    return figure


def write_item_parameters(items: "pd.DataFrame", path: Path) -> None:
    """Write the plot; the same table always gives the same file. Raises OptionError for an unknown format."""
    write_plot(lambda: draw_item_parameters(items), path, "items")
