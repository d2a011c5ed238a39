"""A ladder of invariance as tables and lines of text."""

from collections.abc import Iterable

from rich.console import RenderableType

from sem_toolkit.comparison.invariance import RULES, Invariance, list_markers
from sem_toolkit.report.text_tables import build_frame_table, build_transposed_table

_MOST_RELEASES = 5
_TEXTS = ["method", "partial", "verdict", "release_next"]


def build_invariance(found: Invariance) -> Iterable[RenderableType]:
    """The steps side by side, what the rules say of each, and the equalities to release where one is broken."""
    table = found.table
    first = next(iter(found.fits.values()))
    shown = table.drop(
        columns=[name for name in _TEXTS if name != "method" or not table[name].str.contains("\\.").any()]
    )
    yield build_transposed_table(_build_title(found), shown, "step")
    yield "\n".join(_list_verdicts(found))
    for name, step in found.steps.items():
        if step.failed and step.test is not None and len(step.releases):
            more = (
                f" (the first {_MOST_RELEASES} of {len(step.releases)})" if len(step.releases) > _MOST_RELEASES else ""
            )
            yield build_frame_table(f"{name}: what to release next{more}", step.releases.head(_MOST_RELEASES))
    yield "\n".join(_list_notes(found, first.options.inference.test))


def _build_title(found: Invariance) -> str:
    fit = next(iter(found.fits.values()))
    if found.ladder.across == "groups":
        labels = ", ".join(f"{group.label} (n = {group.n})" for group in fit.sample.groups)
        return f"Invariance across the groups of {fit.options.group or 'the moments'}: {labels}"
    return f"Invariance over time, n = {fit.sample.n}"


def _list_verdicts(found: Invariance) -> Iterable[str]:
    for name, step in found.steps.items():
        free = f" (free: {', '.join(step.partial)})" if step.partial else ""
        if step.before is None:
            yield f"{name}: the step that the others are tested against"
            continue
        yield f"{name}{free}: {step.verdict}"
        if step.release_next:
            yield f"  release next: {step.release_next}"


def _list_notes(found: Invariance, test: str) -> Iterable[str]:
    yield "Rules: " + "; ".join(f"{name}: {rule}" for name, rule in RULES.items())
    if any(step.is_scaled for step in found.steps.values()):
        yield f"Changes are of the scaled indices ({test}); the difference test is scaled. Score tests are not."
    if found.ladder.identification:
        where = "group" if found.ladder.across == "groups" else "wave"
        yield (
            f"Ordered items, identified as by {found.ladder.identification}: in the first {where} the responses have "
            "intercept 0 and residual variance (delta: scale) 1. The cutoffs were found for continuous items; with "
            "ordered ones ΔCFI and ΔRMSEA depend on the model's size and misfit as well (Sass, Schmitt & Marsh, 2014)"
        )
    markers = list_markers(found)
    if markers:
        verb = "is" if len(markers) == 1 else "are"
        yield (
            f"The loading{'s' if len(markers) > 1 else ''} of {', '.join(markers)} {verb} fixed at 1 as the scale of "
            "the factors: taken for equal, not tested (--std-lv tests all)"
        )
