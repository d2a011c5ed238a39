"""A spec or a fit as a path diagram, with the caption that a figure in print needs."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagram import (
    Diagram,
    DiagramStyle,
    Layout,
    Version,
    build_hints,
    draw_diagram,
    draw_side_by_side,
    find_layout_path,
    read_layout,
)
from sem_toolkit.fit import Fit
from sem_toolkit.inference.frames import separate_groups
from sem_toolkit.report.numbers import format_fit_line
from sem_toolkit.rotation.blocks import free_rotated_rows
from sem_toolkit.sample import read_table
from sem_toolkit.spec import ParameterTable, Spec
from sem_toolkit.spec.levels import separate_levels
from sem_toolkit.spec.names import observed_variables

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.diagram import DiagramHints


def draw_spec(
    spec: Spec,
    table: ParameterTable,
    style: DiagramStyle | None = None,
    group: int | None = None,
    earlier: Layout | None = None,
) -> Diagram:
    """The model without estimates; variables stay where SPEC.layout.toml beside the spec has them.

    What holds an exploratory block until it is rotated is drawn as the rest of the block.

    group    number of the group, or level of rows in clusters, to draw; None draws the first group, all its levels
             beside each other
    earlier  places of another picture, kept as long as nothing is hit for it
    """
    table = free_rotated_rows(separate_levels(table))
    hints, layout = build_spec_hints(spec, table), find_layout(spec)
    if group is None and table.separated:
        levels = [Version(name, table, group=k) for k, name in enumerate(table.groups, 1)]
        return draw_side_by_side(levels, style, hints, layout)
    return draw_diagram(table, style=style, hints=hints, group=group or 1, layout=layout, earlier=earlier)


def draw_fit(
    fit: Fit,
    style: DiagramStyle | None = None,
    group: int = 1,
    *,
    misfit: bool = False,
    remark: str = "",
    earlier: Layout | None = None,
) -> Diagram:
    """The model with its estimates; without them, and saying so, where no optimum was certified.

    group   number of the group to draw, from 1
    misfit  dotted candidates: the paths with the largest modification indices
    earlier places of another picture, kept as long as nothing is hit for it
    remark  what a reader must know before the caption, such as that the data are simulated
    """
    style = style or DiagramStyle()
    hints = build_spec_hints(fit.spec, fit.table, f"{remark} {build_caption(fit, style, group)}".strip())
    layout = find_layout(fit.spec)
    if not fit.converged:
        return draw_diagram(fit.table, style=style, hints=hints, group=group, layout=layout, earlier=earlier)
    r2 = fit.r2.get(fit.sample.groups[group - 1].label)
    candidates = separate_groups(fit.modification_indices) if misfit else None
    estimates = add_standardized_limits(fit, separate_groups(fit.parameters), style)
    return draw_diagram(fit.table, estimates, style, hints, r2, group, layout, candidates, earlier=earlier)


def add_standardized_limits(fit: Fit, estimates: "pd.DataFrame", style: DiagramStyle) -> "pd.DataFrame":
    """Estimates with the limits of the standardised values (std.ci.lower, std.ci.upper), where the style shows them."""
    if style.significance != "interval" or style.values != "standardized":
        return estimates
    limits = separate_groups(fit.standardized).rename(columns={"ci.lower": "std.ci.lower", "ci.upper": "std.ci.upper"})
    keys = [name for name in ("lhs", "op", "rhs", "group") if name in limits and name in estimates]
    return estimates.merge(limits[[*keys, "std.ci.lower", "std.ci.upper"]], how="left", on=keys)


def find_layout(spec: Spec) -> Layout | None:
    """The layout kept beside a spec's file, None where there is none."""
    path = find_layout_path(spec.source.name)
    return read_layout(path) if path.is_file() else None


def build_spec_hints(spec: Spec, table: ParameterTable, caption: str = "") -> "DiagramHints":
    """Title, stages and labels from the header; `codebook` names a CSV file with the labels of items.

    Raises DataError where the codebook cannot be read, or a hint is none.
    """
    mapping: dict[str, Any] = dict(spec.header.diagram)
    codebook = mapping.pop("codebook", None)
    if codebook is not None:
        known = read_codebook_labels(Path(spec.source.name).parent / str(codebook))
        variables = set(observed_variables(table))
        labels = {name: text for name, text in known.items() if name in variables}
        mapping["labels"] = labels | dict(mapping.get("labels") or {})
    return build_hints(mapping, title=spec.header.title, caption=caption)


def read_codebook_labels(path: Path) -> dict[str, str]:
    """Item → label from the columns `item` and `label` of a codebook; items without a label are left out."""
    frame = read_table(path)
    missing = [name for name in ("item", "label") if name not in frame]
    if missing:
        message = f'the codebook {path} has no column "{missing[0]}"'
        raise DataError(Diagnostic("error", "unknown-column", message, hint='it needs the columns "item" and "label"'))
    rows = frame[["item", "label"]].dropna()
    return dict(zip(rows["item"].astype(str), rows["label"].astype(str), strict=True))


def build_caption(fit: Fit, style: DiagramStyle | None = None, group: int | None = 1) -> str:
    """What the numbers are, where the data come from, n, and the fit in one line; that values are impossible.

    group  the one drawn, which is named with its own n; None for a picture of all, over which these stand
    """
    source = f"Data: {fit.sample.source}, n = {fit.sample.n}."
    if group is not None and len(fit.sample.groups) > 1:
        drawn = fit.sample.groups[group - 1]
        what = "Level" if fit.sample.has_levels else "Group"
        source = f"{what} {drawn.label}, n = {drawn.n}. {source}"
    if not fit.converged:
        return f"NO CERTIFIED OPTIMUM ({fit.certificate.verdict}): no estimates are shown. {source}"
    warning = "" if fit.certified else "IMPROPER SOLUTION: some estimates are impossible. "
    return f"{warning}{_format_values(fit, style or DiagramStyle())} {source} {format_fit_line(fit)}"


def _format_values(fit: Fit, style: DiagramStyle) -> str:
    shown = {"standardized": "Standardised estimates", "raw": "Estimates", "both": "Estimates, raw and standardised"}
    limits = f", {100 * fit.options.level:g} % confidence intervals" if style.significance == "interval" else ""
    words = f"{shown[style.values]} ({fit.options.estimation.estimator}){limits}" if style.values in shown else "Model"
    return f"{words}."
