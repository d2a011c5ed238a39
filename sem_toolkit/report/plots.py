"""Plots into files: the format by the name's ending, the same figure always the same bytes."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.files import write_bytes
from sem_toolkit.libraries import pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("svg", "pdf", "png")


def require_plot_format(path: Path) -> str:
    """The format that a file's name asks for; raises OptionError for another one."""
    name = path.suffix.lower().removeprefix(".")
    if name not in FORMATS:
        message = f"a plot cannot be written as {path.name!r}"
        raise OptionError(
            Diagnostic("error", "option-value", message, hint=f"end it in one of: .{', .'.join(FORMATS)}")
        )
    return name


def draw_intervals(
    axes: "Axes", rows: "pd.DataFrame", heights: Sequence[float], label: str, series: "tuple[str, str]"
) -> None:
    """Estimates (est) with their intervals (ci.lower, ci.upper) at heights; series: colour and mark."""
    reach = pd.concat([rows["est"] - rows["ci.lower"], rows["ci.upper"] - rows["est"]], axis=1).fillna(0.0)
    colour, mark = series
    est = rows["est"].to_numpy()
    both = reach.clip(lower=0.0).to_numpy().T
    axes.errorbar(est, heights, xerr=both, label=label, color=colour, fmt=mark, markersize=4.5, linewidth=1.3)


def write_plot(draw: Callable[[], "Figure"], path: Path, seed: str) -> None:
    """Draw and write a figure; ids in an SVG are made from the seed. Raises OptionError for an unknown format."""
    import matplotlib as mpl

    name = require_plot_format(path)
    buffer = io.BytesIO()
    still = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(name, {})
    with mpl.rc_context({"svg.hashsalt": seed}):
        draw().savefig(buffer, format=name, dpi=200, metadata=still)
    write_bytes(path, buffer.getvalue())
