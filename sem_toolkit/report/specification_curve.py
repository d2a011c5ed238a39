"""One path over all universes, sorted by its size, and below which choice was taken in each: a specification curve.

Source: Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4, 1208-1214.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.comparison.multiverse import Multiverse
from sem_toolkit.report.plots import write_plot

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_CERTAIN, _OPEN = "#0072b2", "#999999"
_LEVEL = 0.05


def draw_curve(found: Multiverse, path: str, note: str = "") -> "Figure":
    """The standardised path with its interval, and the choices behind each.

    path  as in found.paths
    note  stands below the title, such as that the data are simulated
    """
    from matplotlib.figure import Figure

    own = found.paths[found.paths["path"] == path].sort_values(["std.all", "universe"], kind="stable")
    own = own.reset_index(drop=True).merge(found.table[["universe", *found.names]], on="universe", how="left")
    rows = sum(len(choice.alternatives) + 1 for choice in found.choices)
    figure = Figure(figsize=(8.0, 2.8 + 0.17 * rows), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[2.4, 0.17 * rows])
    _draw_values(upper, own, path)
    _draw_choices(lower, own, found)
    count = own["universe"].nunique()
    share = f"{int((own['pvalue'] < _LEVEL).sum())} of {len(own)} with p < .05"
    title = f"{path} in {count} of {len(found.records)} specifications: {share}"
    figure.suptitle("\n".join(filter(None, (title, note))), fontsize="medium")
    return figure


def _draw_values(axes: "Axes", own: "pd.DataFrame", path: str) -> None:
    places = np.arange(len(own))
    certain = (own["pvalue"] < _LEVEL).to_numpy()
    values, low, high = (own[name].to_numpy(dtype=float) for name in ("std.all", "std.lower", "std.upper"))
    for chosen, colour, label in ((certain, _CERTAIN, "p < .05"), (~certain, _OPEN, "p ≥ .05")):
        if chosen.any():
            axes.vlines(places[chosen], low[chosen], high[chosen], color=colour, alpha=0.35, linewidth=0.8)
            axes.plot(places[chosen], values[chosen], ".", color=colour, markersize=3.5, label=label)
    axes.axhline(0.0, color="#444444", linewidth=0.8)
    axes.set_ylabel(f"{path}, standardised\nwith its interval", fontsize="small")
    axes.legend(frameon=False, fontsize="small", loc="lower right", ncols=2)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_choices(axes: "Axes", own: "pd.DataFrame", found: Multiverse) -> None:
    height, labels = 0.0, []
    certain = (own["pvalue"] < _LEVEL).to_numpy()
    for choice in found.choices:
        labels.append((height, choice.name, True))
        height += 1
        for alternative in choice.alternatives:
            taken = (own[choice.name] == alternative.label).to_numpy()
            for chosen, colour in ((taken & certain, _CERTAIN), (taken & ~certain, _OPEN)):
                axes.plot(np.flatnonzero(chosen), np.full(int(chosen.sum()), height), "|", color=colour, markersize=4.5)
            labels.append((height, alternative.label, False))
            height += 1
    axes.set_yticks([place for place, _, _ in labels], [text for _, text, _ in labels], fontsize="x-small")
    for tick, (_, _, is_name) in zip(axes.get_yticklabels(), labels, strict=True):
        tick.set_fontweight("bold" if is_name else "normal")
    axes.set_ylim(height - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Specifications, sorted by the path")
    axes.spines[["top", "right", "left"]].set_visible(False)


def write_curve(found: Multiverse, path: str, place: Path, note: str = "") -> None:
    """Write the curve; the same results always give the same file. Raises OptionError for an unknown format."""
    write_plot(lambda: draw_curve(found, path, note), place, "curve")
