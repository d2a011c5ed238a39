"""The power of tests by the number of rows, drawn."""

from pathlib import Path
from typing import TYPE_CHECKING

from sem_toolkit.report.plots import write_plot
from sem_toolkit.resampling.power.analysis import PowerAnalysis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_DASHES = ("-", "--", "-.", ":")


def draw_power_curve(found: PowerAnalysis) -> "Figure":
    """One line a test, the wanted power across, and the sizes that were asked about."""
    from matplotlib.figure import Figure

    curve = found.curve
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.subplots()
    for place, (name, own) in enumerate(curve.groupby("test", sort=False)):
        dash = _DASHES[place // len(_COLOURS) % len(_DASHES)]
        axes.plot(own["n"], own["power"], dash, color=_COLOURS[place % len(_COLOURS)], label=name, linewidth=1.6)
    axes.axhline(found.power, color="#444444", linewidth=0.8, linestyle=(0, (4, 3)))
    for n in found.sizes:
        axes.axvline(n, color="#bbbbbb", linewidth=0.8, zorder=0)
        axes.annotate(f"n = {n}", (n, 1.02), fontsize="x-small", ha="center", annotation_clip=False)
    axes.set_ylim(0.0, 1.0)
    axes.set_xlim(left=0, right=float(curve["n"].max()))
    axes.set_xlabel("Rows (n)")
    axes.set_ylabel("Power")
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False, fontsize="small")
    return figure


def write_power_curve(found: PowerAnalysis, path: Path) -> None:
    """Write the curves; the same analysis always gives the same file. Raises OptionError for an unknown format."""
    write_plot(lambda: draw_power_curve(found), path, "power")
