"""Reports of an atlas and of equivalent models: what each claims instead, how it fits, what becomes of the paths."""

from __future__ import annotations

from sem_toolkit.comparison.atlas import GIVEN, Atlas
from sem_toolkit.comparison.equivalents import Equivalents
from sem_toolkit.fit import Fit
from sem_toolkit.fit.receipts import format_mark
from sem_toolkit.libraries import pd
from sem_toolkit.report.atlas import explain_tests, list_measures, list_reasons
from sem_toolkit.report.compared import spread_paths
from sem_toolkit.report.compared_figures import draw_atlas
from sem_toolkit.report.document import Document, Picture, Section
from sem_toolkit.report.equivalents import build_claims, build_fits, name_fit
from sem_toolkit.report.export import Printed, build_printed
from sem_toolkit.report.numbers import format_estimate, format_p_value
from sem_toolkit.report.reported import build_facts, build_pairs, describe_method, list_messages


def build_atlas_report(found: Atlas) -> Document:
    """Method of the given model, the rivals' fit and tests, what each changes, the picture, and messages."""
    table = found.table
    sections = [
        Section("Method", (describe_method(found.given), build_facts(found.given))),
        Section("Rivals: fit, and the test against the parent", (_build_fit(table), *explain_tests(table))),
        Section("What they say instead", (_build_words(table), *list_reasons(table))),
        Section("Rivals over the given model", (_draw(found),)),
    ]
    said = list_messages((*found.given.messages, *found.notes))
    if said:
        sections.append(Section("Messages", said))
    return Document(f"Rivals of {found.given.title}", (*sections, _build_origin([found.given])))


def build_equivalents_report(found: Equivalents) -> Document:
    """What each claims instead; with data the fits and the paths from model to model."""
    more = () if found.complete else (f"The first {len(found.entries)}; there may be more.",)
    sections = [Section("What they claim instead", (build_pairs(build_claims(found)), *more))]
    if found.comparison is not None:
        fits, said = found.comparison.fits, list_messages(found.comparison.messages)
        paths = spread_paths(found.comparison.paths)
        sections += [
            Section("Method", tuple(f"{name}: {describe_method(fit)}" for name, fit in list(fits.items())[:1])),
            Section(name_fit(found), (build_printed(build_fits(found)),)),
            Section("Paths from model to model: estimate [interval]", (build_pairs(paths),)),
        ]
        sections += [Section("Messages", said)] if said else []
        sections.append(_build_origin(list(fits.values())[:1]))
    return Document(f"Models equivalent to {found.title}", tuple(sections))


def _build_fit(table: pd.DataFrame) -> Printed:
    frame = pd.DataFrame({"Model": table["model"]})
    for heading, name, digits in list_measures(table):
        frame[heading] = [
            format_p_value(value) if digits is None else format_estimate(value, digits) for value in table[name]
        ]
    return Printed(frame, "", "", frozenset(frame.columns[1:]))


def _build_words(table: pd.DataFrame) -> Printed:
    """What each changes, how it relates to its parent, and what becomes of the given model's paths."""
    parents = [
        f"{relation} ({parent})" if relation and parent != GIVEN else relation
        for relation, parent in zip(table["relation"], table["parent"], strict=True)
    ]
    columns = {
        "Model": table["model"], "Verdict": table["verdict"], "Relation": parents, "What it changes": table["change"],
        "The given model's paths": table["answer"].fillna(""),
    }  # fmt: skip
    return Printed(pd.DataFrame(columns), "", "", frozenset())


def _draw(found: Atlas) -> Picture:
    names = ", ".join(entry.rival.name for entry in found.entries if entry.fit is not None)
    described = f"Diagrams of {names}, each over the given model"
    return Picture("rivals.png", draw_atlas(found).to_bytes(".png"), described)


def _build_origin(fits: list[Fit]) -> Section:
    return Section("Origin", tuple(map(format_mark, fits)))
