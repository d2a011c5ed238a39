"""Several models, or the groups of one, in one picture: as an overlay, or side by side."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sem_toolkit.comparison.atlas import GIVEN, Atlas
from sem_toolkit.diagnostics import Diagnostic, OptionError, SemError
from sem_toolkit.diagram import (
    Diagram,
    DiagramStyle,
    Layout,
    Version,
    draw_overlay,
    draw_side_by_side,
    draw_small_multiples,
)
from sem_toolkit.fit import Fit, check_model
from sem_toolkit.inference.frames import separate_groups
from sem_toolkit.report.figures import add_standardized_limits, build_caption, build_spec_hints, draw_fit, find_layout
from sem_toolkit.rotation.blocks import free_rotated_rows
from sem_toolkit.spec import ParameterTable, Spec
from sem_toolkit.spec.naming import name_models

Arrangement = Literal["overlay", "side by side"]


MOST_GROUPS = 6
"""More groups than this are not drawn beside each other unless asked for."""


def draw_fit_or_groups(
    fit: Fit,
    style: DiagramStyle | None = None,
    group: int | None = None,
    *,
    misfit: bool = False,
    alone: bool = False,
    earlier: Layout | None = None,
) -> Diagram:
    """One fit, its groups beside each other where it has some.

    group    number of the one group to draw, from 1; None: all, up to MOST_GROUPS
    alone    one picture is needed, the first group's; so it is with `misfit` and `earlier`, as for `draw_fit`

    Where the first of several groups stands for all, a message of the picture says so. Raises OptionError for a group
    that the fit does not have.
    """
    count = len(fit.sample.groups)
    if group is not None:
        require_group(group, count)
    elif 1 < count <= MOST_GROUPS and not (misfit or alone or earlier is not None):
        return draw_compared_fits([fit], "side by side", style)
    picture = draw_fit(fit, style, group or 1, misfit=misfit, earlier=earlier)
    if group is not None or count == 1:
        return picture
    hint = "--draw-group N draws another, --side-by-side all of them"
    note = Diagnostic("note", "one-group-drawn", f"group 1 of {count} is drawn", hint=hint)
    return replace(picture, messages=(note, *picture.messages))


def require_group(number: object, groups: int, what: str = "fit") -> None:
    """Raise OptionError for what is no number of a group."""
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= groups:
        message = f"there is no group {number}: the {what} has {groups}"
        raise OptionError(Diagnostic("error", "option-value", message))


def draw_compared_fits(fits: Sequence[Fit], arrangement: Arrangement, style: DiagramStyle | None = None) -> Diagram:
    """Several fits, or the groups of a single one; the labels and the layout are those of the first.

    Raises OptionError when there are not two versions for an overlay, or not at least two side by side.
    """
    first = fits[0]
    style = style or DiagramStyle()
    found = [
        _build_version(entry, 1, name, style)
        for entry, name in zip(fits, name_models([entry.spec for entry in fits]), strict=True)
    ]
    if len(fits) == 1:
        groups = first.sample.groups
        found = [
            _build_version(first, k + 1, f"{group.label} (n = {group.n})", style) for k, group in enumerate(groups)
        ]
    caption = build_caption(first, style, group=None) if len(fits) == 1 else ""
    return _draw(found, first.spec, first.table, arrangement, style, caption)


def draw_compared_specs(
    specs: Sequence[Spec],
    options: Mapping[str, object],
    arrangement: Arrangement,
    style: DiagramStyle | None = None,
) -> Diagram:
    """Several models without estimates. Raises SemError for a model that has none of its own."""
    versions = []
    for spec, name in zip(specs, name_models(specs), strict=True):
        checked = check_model(spec, **options)
        if checked.table is None:
            raise SemError(checked.diagnostics, spec.source)
        versions.append(Version(name, checked.table))
    return _draw(versions, specs[0], versions[0].table, arrangement, style)


def draw_atlas(atlas: Atlas, style: DiagramStyle | None = None) -> Diagram:
    """The given model and, over it, each rival that was fitted, with the difference of BIC where there is one."""
    deltas = dict(zip(atlas.table["model"], atlas.table["delta.bic"], strict=True))
    rivals = []
    for entry in atlas.entries:
        if entry.fit is None:
            continue
        name, delta = entry.rival.name, deltas[entry.rival.name]
        told = "" if math.isnan(delta) else f", ΔBIC {delta:+.0f}".replace("-", "−")
        rivals.append(Version(name + told, free_rotated_rows(entry.fit.table)))
    given, spec = free_rotated_rows(atlas.given.table), atlas.given.spec
    title = f"{spec.header.title or 'The given model'}: rivals"
    hints = replace(build_spec_hints(spec, given), title=title)
    return draw_small_multiples(Version(GIVEN, given), rivals, style, hints, find_layout(spec))


def _draw(
    versions: Sequence[Version],
    spec: Spec,
    table: ParameterTable,
    arrangement: Arrangement,
    style: DiagramStyle | None,
    caption: str = "",
) -> Diagram:
    hints, layout = build_spec_hints(spec, table, caption), find_layout(spec)
    if len(versions) < 2 or (arrangement == "overlay" and len(versions) > 2):
        wanted = "two" if arrangement == "overlay" else "two or more"
        message = f"{arrangement} needs {wanted} models or groups, not {len(versions)}"
        hint = "name a second spec, or fit a model in groups (--group)"
        raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
    if arrangement == "overlay":
        return draw_overlay(versions[0], versions[1], style, hints, layout=layout)
    return draw_side_by_side(versions, style, hints, layout)


def _build_version(entry: Fit, group: int, name: str, style: DiagramStyle) -> Version:
    if not entry.converged:
        return Version(name, entry.table, group=group)
    r2 = entry.r2.get(entry.sample.groups[group - 1].label)
    estimates = add_standardized_limits(entry, separate_groups(entry.parameters), style)
    return Version(name, entry.table, estimates, r2, group)
