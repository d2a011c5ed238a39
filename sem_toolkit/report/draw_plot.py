"""Bootstrap draws as histograms: a panel a quantity, with the estimate and the limits."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.report.coefficient_plot import COLOURS
from sem_toolkit.report.plots import write_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from sem_toolkit.resampling.bootstrap import Bootstrap

MOST = 24
"""Panels of one figure: definitions first, then the parameters in their order."""
_COLUMNS = 4


def plot_draws(found: "Bootstrap") -> "Figure":
    """The draws that count, of at most MOST quantities."""
    from matplotlib.figure import Figure

    table = found.table
    order = sorted(range(len(table)), key=lambda k: (table["op"].iloc[k] != ":=", k))
    varying = [k for k in order if np.nanstd(found.read(k)) > 0][:MOST]
    rows = max(1, -(-len(varying) // _COLUMNS))
    figure = Figure(figsize=(9.6, 0.4 + 1.7 * rows), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, k in zip(panels, varying, strict=False):
        own, row = found.read(k), table.iloc[k]
        own = own[np.isfinite(own)]
        low, high = np.quantile(own, [0.001, 0.999])
        axes.hist(own[(own >= low) & (own <= high)], bins=40, color=COLOURS[0], alpha=0.55)
        axes.axvline(row["est"], color="#222222", linewidth=1.2)
        for limit in (row["ci.lower"], row["ci.upper"]):
            axes.axvline(limit, color=COLOURS[1], linewidth=1.0, linestyle="--")
        scale = "" if row["scale"] == "est" else " (standardised)"
        axes.set_title(f"{row['lhs']} {row['op']} {row['rhs']}".strip() + scale, fontsize="small")
        axes.set_yticks([])
        axes.tick_params(labelsize="x-small")
        axes.spines[["top", "right", "left"]].set_visible(False)
    for axes in panels[len(varying) :]:
        axes.set_visible(False)
    return figure


def write_draws(found: "Bootstrap", path: Path) -> None:
    """Write the plot; the same draws always give the same file. Raises OptionError for an unknown format."""
    write_plot(lambda: plot_draws(found), path, "draws")
