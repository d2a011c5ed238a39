"""What a spec's header says about its picture: title, caption, stages, names for variables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.diagnostics.suggestions import format_suggestion


@dataclass(frozen=True)
class DiagramHints:
    """Words and groupings that the model itself does not hold.

    title    above the picture; also the title of SVG and PDF files
    caption  below the picture, wrapped to its width
    stages   band title → variables in it, from left to right; stage-independent variables are in none
    labels   variable → text drawn instead of its name
    legend   further lines of the legend
    order    variables that stand in this order in their column or row, such as factors from top to bottom
    covariates  variables that `hide_covariates` of the style leaves out; none for all observed causes
    """

    title: str = ""
    caption: str = ""
    stages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    legend: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()


def build_hints(mapping: Mapping[str, Any], title: str = "", caption: str = "") -> DiagramHints:
    """Hints from the `diagram` entry of a spec's header; raises DataError for keys and values it cannot hold."""
    known = [entry.name for entry in fields(DiagramHints)]
    faults = [_build_unknown_hint(str(key), known) for key in mapping if key not in known]
    faults += [_build_wrong_hint(key, "a mapping") for key in ("stages", "labels") if not _is_mapping(mapping, key)]
    if faults:
        raise DataError(faults)
    legend = mapping.get("legend") or ()
    stages = {str(key): _read_names(value) for key, value in (mapping.get("stages") or {}).items()}
    labels = {str(key): str(value) for key, value in (mapping.get("labels") or {}).items()}
    return DiagramHints(
        title=str(mapping.get("title") or title),
        caption=str(mapping.get("caption") or caption),
        stages=stages,
        labels=labels,
        order=_read_names(mapping.get("order") or ()),
        covariates=_read_names(mapping.get("covariates") or ()),
        legend=(legend,) if isinstance(legend, str) else tuple(str(line) for line in legend),
    )


def check_hints(hints: DiagramHints, variables: Iterable[str]) -> tuple[Diagnostic, ...]:
    """A fault for every name in the stages that is no variable of the model; labels may name others, too."""
    known = list(variables)
    faults = []
    for title, names in hints.stages.items():
        for name in names:
            if name not in known:
                message = f'the stage "{title}" names "{name}", which is not in the model'
                hint = format_suggestion(name, known)
                faults.append(Diagnostic("error", "unknown-variable", message, hint=hint))
    for key, names in (("order", hints.order), ("covariates", hints.covariates)):
        for name in names:
            if name not in known:
                message = f'"{name}" in the {key} of the diagram is not in the model'
                hint = format_suggestion(name, known)
                faults.append(Diagnostic("error", "unknown-variable", message, hint=hint))
    return tuple(faults)


def _read_names(value: Any) -> tuple[str, ...]:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else tuple(str(name) for name in value)


def _is_mapping(mapping: Mapping[str, Any], key: str) -> bool:
    return isinstance(mapping.get(key) or {}, Mapping)


def _build_unknown_hint(key: str, known: list[str]) -> Diagnostic:
    hint = format_suggestion(key, known) or f"the keys are {', '.join(known)}"
    return Diagnostic("error", "unknown-diagram-hint", f'"{key}" is no diagram hint', hint=hint)


def _build_wrong_hint(key: str, wanted: str) -> Diagnostic:
    return Diagnostic("error", "bad-diagram-hint", f'the diagram hint "{key}" must be {wanted}')
