"""What a spec's header says about its picture: title, caption, stages, names for variables."""

from collections.abc import Callable, Iterable, Mapping
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
    faults += [_build_wrong_hint(key, wanted) for key, (holds, wanted) in _KINDS.items() if not holds(mapping.get(key))]
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
        legend=tuple(str(line) for line in legend) if isinstance(legend, list | tuple) else (str(legend),),
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


def _is_text(value: object) -> bool:
    """Whether a value of a header is a word or words; numbers and dates are read as such, and written as they are."""
    return not isinstance(value, Mapping | list | tuple)


def _are_texts(value: object) -> bool:
    return all(map(_is_text, value)) if isinstance(value, list | tuple) else _is_text(value)


def _are_names(value: object) -> bool:
    return value is None or isinstance(value, str) or (isinstance(value, list | tuple) and _are_texts(value))


def _are_stages(value: object) -> bool:
    return value is None or (isinstance(value, Mapping) and all(map(_are_names, value.values())))


def _are_labels(value: object) -> bool:
    return value is None or (isinstance(value, Mapping) and all(map(_is_text, value.values())))


_KINDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "title": (_is_text, "a text"),
    "caption": (_is_text, "a text"),
    "stages": (_are_stages, "a mapping, from titles to names of variables"),
    "labels": (_are_labels, "a mapping, from names of variables to texts"),
    "legend": (_are_texts, "a text or a list of texts"),
    "order": (_are_names, "a list of names"),
    "covariates": (_are_names, "a list of names"),
}
"""Hint → whether a value is one, and what it must be; a value of None is none."""


def _build_unknown_hint(key: str, known: list[str]) -> Diagnostic:
    hint = format_suggestion(key, known) or f"the keys are {', '.join(known)}"
    return Diagnostic("error", "unknown-diagram-hint", f'"{key}" is no diagram hint', hint=hint)


def _build_wrong_hint(key: str, wanted: str) -> Diagnostic:
    return Diagnostic("error", "bad-diagram-hint", f'the diagram hint "{key}" must be {wanted}')
