"""Reports of a fit and of a comparison: methods in words, tables, and what JARS-SEM asks for and where it stands.

Source of the list: Appelbaum et al. (2018), American Psychologist 73, 3-25, Table 7.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from sem_toolkit.comparison import Comparison
from sem_toolkit.diagnostics import Diagnostic, UnavailableError
from sem_toolkit.fit import Fit
from sem_toolkit.fit.receipts import format_mark
from sem_toolkit.libraries import pd
from sem_toolkit.report.asked import AskedTable, describe_table
from sem_toolkit.report.compared import spread_paths, spread_r2
from sem_toolkit.report.document import Document, Section
from sem_toolkit.report.export import Printed, build_note, build_printed
from sem_toolkit.report.journal import build_estimate_tables
from sem_toolkit.report.labels import HEADINGS, LABELS
from sem_toolkit.report.loadings import describe_rotation
from sem_toolkit.report.numbers import (
    find_shown_indices,
    format_cell,
    format_df,
    format_estimate,
    format_fit_line,
    format_p_value,
    format_printed_cell,
    format_share,
)
from sem_toolkit.report.printed_loadings import build_printed_loadings
from sem_toolkit.report.tables import build_table_of
from sem_toolkit.report.text_tables import build_transposed_frame

_MEASUREMENT = "Reliability and validity"
_MOST_FACTORS = 12
"""Factors whose correlations go on a page."""
_MOST_ROWS = 200
"""Rows of a table that a report has; more are for a file of their own."""
_AUTHOR = "to be written by the authors"


def build_fit_report(fit: Fit, asked: Sequence[AskedTable] = ()) -> Document:
    """Methods, fit, estimates, explained variance, reliability and validity of factors, messages, and the checklist.

    asked  more tables, each in a section of its own unless it is there anyway

    Without a certified optimum the report says so in place of estimates.
    """
    sections = [Section("Method", (describe_method(fit), build_facts(fit)))]
    if fit.converged:
        if fit.rotation is not None:
            words = (f"Rotation: {describe_rotation(fit.rotation)}.",)
            sections.append(Section("Rotated loadings", (*words, *build_printed_loadings(fit))))
        sections.append(Section("Estimates", _build_estimates(fit)))
        if fit.r2:
            sections.append(Section("Explained variance", (_build_r2(fit),)))
        measured = _list_measurement(fit)
        if measured:
            sections.append(Section(_MEASUREMENT, tuple(map(_print_table, measured))))
        shown = {"parameters", "r2", *(table.name for table in measured)}
        sections += [_build_asked(table) for table in asked if table.name not in shown]
    said = list_messages(fit.messages)
    if said:
        sections.append(Section("Messages", said))
    measures = any(section.heading == _MEASUREMENT for section in sections)
    sections.append(_build_checklist([fit], "Estimates", compared=False, measured=measures))
    return Document(fit.title, (*sections, Section("Origin", (format_mark(fit),))))


def _build_estimates(fit: Fit) -> tuple[Printed, ...]:
    """A table a kind of parameter, the note below the last."""
    tables = list(build_estimate_tables(fit))
    notes = [""] * (len(tables) - 1) + [build_note(fit)]
    return tuple(
        Printed(frame, title, note, frozenset(frame.columns[1:]))
        for (title, frame), note in zip(tables, notes, strict=True)
    )


def _list_measurement(fit: Fit) -> list[AskedTable]:
    """Reliability of the factors and, of several, their discriminant validity; empty where there are none."""
    found = []
    names = ("reliability", "fornell_larcker", "htmt")
    for name in names[:1] if fit.sample.has_levels else names:
        try:
            table = describe_table(fit, name, build_table_of(fit, name))
        except UnavailableError:
            continue
        if name == "reliability" or 1 < table.frame["factor"].nunique() <= _MOST_FACTORS:  # type: ignore[index]
            found.append(table)
    return found


def _build_asked(table: AskedTable) -> Section:
    """A table in a section of its own; a long one is cut, and says so."""
    if table.frame is None:
        return Section(table.title, table.remarks)
    if not len(table.frame):
        return Section(table.title, ("There is none.",))
    cut = replace(table, frame=table.frame.head(_MOST_ROWS), title="")
    words = (
        f"The first {_MOST_ROWS} of {len(table.frame)} rows; `sem-toolkit fit --table {table.name} -o FILE` has all."
    )
    return Section(table.title, (*((words,) if len(table.frame) > _MOST_ROWS else ()), _print_table(cut)))


def _print_table(table: AskedTable) -> Printed:
    """The table for print, what must be said about it below, in the words of its headings."""
    assert table.frame is not None  # noqa: S101
    note = " ".join(remark.rstrip(".") + "." for remark in table.remarks)
    for name in table.frame.columns:
        note = note.replace(f"{name}: ", f"{HEADINGS.get(str(name), name)}: ")
    return build_printed(_condense(table.frame), table.title, note)


def _condense(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Fewer columns for a page: a parameter or an effect in one, no group where there is but one."""
    if "group" in frame and frame["group"].nunique() < 2:
        frame = frame.drop(columns="group")
    if {"lhs", "op", "rhs"} <= {*frame.columns}:
        paths = [" ".join(filter(None, parts)) for parts in zip(frame["lhs"], frame["op"], frame["rhs"], strict=True)]
        frame = frame.drop(columns=["lhs", "op", "rhs"])
        frame.insert(0, "path", paths)
    if {"cause", "outcome", "kind", "path"} <= {*frame.columns}:
        effects = [f"{cause} → {outcome}" for cause, outcome in zip(frame["cause"], frame["outcome"], strict=True)]
        along = [str(path).replace("->", "→") for path in frame["path"]]
        named = [
            path if kind == "specific" else effect
            for kind, path, effect in zip(frame["kind"], along, effects, strict=True)
        ]
        frame = frame.drop(columns=["cause", "outcome", "path"])
        frame.insert(0, "effect", named)
    return frame


def _build_r2(fit: Fit) -> Printed:
    """One row a variable, one column a group."""
    frame = pd.DataFrame({label or "R²": pd.Series(own).map(format_share) for label, own in fit.r2.items()})
    frame = frame.fillna("–").rename_axis("Variable").reset_index()
    return Printed(frame, "", "", frozenset(frame.columns[1:]))


def build_comparison_report(found: Comparison) -> Document:
    """Methods of each model, the table of fit, tests of pairs, paths and R² from model to model, and the checklist."""
    methods = tuple(f"{name}: {describe_method(fit)}" for name, fit in found.fits.items())
    faults = tuple(f"{model.name}: {model.fault}" for model in found.models if model.fault is not None)
    table = _build_models(found.table)
    sections = [Section("Method", (*methods, *faults)), Section("Models", (table,))]
    for heading, frame in (
        ("Pairs of models, by what each implies", found.tests),
        ("Pairs that are not nested, by Vuong's tests", found.vuong),
        ("Paths from model to model: estimate [interval]", spread_paths(found.paths)),
        ("R² from model to model", spread_r2(found.r2, format_share)),
    ):
        if len(frame):
            sections.append(Section(heading, (build_pairs(frame),)))
    own = (message for fit in found.fits.values() for message in fit.messages)
    said = list_messages((*found.messages, *own))
    if said:
        sections.append(Section("Messages", said))
    sections.append(_build_checklist(list(found.fits.values()), "Paths from model to model", compared=True))
    title = f"Comparison of {', '.join(model.name for model in found.models)}"
    return Document(title, (*sections, Section("Origin", tuple(format_mark(fit) for fit in found.fits.values()))))


def build_pairs(frame: "pd.DataFrame") -> Printed:
    """A table for print, with headings for people and true minus signs in its texts."""
    printed = build_printed(frame)
    return replace(printed, frame=printed.frame.replace(r"-(?=\d)", "−", regex=True))


def _build_models(table: "pd.DataFrame") -> Printed:
    """Models side by side, one column each."""
    facts = build_transposed_frame(table.drop(columns="reason"), "model", format_printed_cell)
    names = [HEADINGS.get(name, name) for name in facts[""]]
    facts = facts.replace(r"^-(?=\d)", "−", regex=True).assign(**{"": names}).rename(columns={"": "Measure"})
    return Printed(facts, "", "", frozenset(facts.columns[1:]))


def list_messages(messages: Iterable[Diagnostic]) -> tuple[str, ...]:
    """Each message once, as a sentence of its kind."""
    return tuple(dict.fromkeys(f"{entry.severity.capitalize()}: {entry.message}." for entry in messages))


_MISSING = {
    "listwise": "rows with missing values left out",
    "ml": "incomplete rows used by full information maximum likelihood",
    "ml.x": "incomplete rows used by full information maximum likelihood, exogenous variables among what is modelled",
    "two.stage": "incomplete rows used in two stages",
    "robust.two.stage": "incomplete rows used in two stages, with robust errors",
    "pairwise": "correlations from the pairs of answers that are there",
    "available.cases": "moments from the answers that are there",
}
"""What was done about empty cells, in words of a methods section."""


def describe_method(fit: Fit) -> str:
    """How a model was fitted and how well, in sentences; every number is one of `build_facts`."""
    options, certificate = fit.options, fit.certificate
    facts = _list_facts(fit)
    groups = fit.sample.groups
    rows = f"n = {facts['rows used']}"
    if len(groups) > 1:
        rows += f" ({', '.join(f'{group.label}: {group.n}' for group in groups)})"
    first = f"The model was fitted to {rows} by {options.estimation.estimator}"
    first += f", {_MISSING.get(options.missing, options.missing)}." if options.missing else "."
    first += _describe_missing(facts)
    standing = f", {certificate.standing}" if certificate.standing else ""
    second = f"The search (engine {certificate.engine}) ended: {certificate.verdict}{standing}."
    if not fit.converged:
        return f"{first} {second} There are no estimates."
    freedom = f"{facts['free parameters']} free parameters"
    if "degrees of freedom" in facts:
        freedom += f" leave {facts['degrees of freedom']} degrees of freedom"
    return f"{first} {second} {freedom}. {format_fit_line(fit)}"


def build_facts(fit: Fit) -> Printed:
    """The numbers of the method, one a row."""
    facts = _list_facts(fit)
    frame = pd.DataFrame({"fact": list(facts), "value": list(facts.values())})
    return Printed(frame, "", "", frozenset({"value"}))


def _list_facts(fit: Fit) -> dict[str, str]:
    measures = fit.fit_measures
    facts = {"rows used": str(fit.sample.n)}
    if len(fit.sample.groups) > 1:
        facts |= {f"rows of {group.label}": str(group.n) for group in fit.sample.groups}
    facts |= _count_missing(fit) | {
        "estimator": str(fit.options.estimation.estimator),
        "verdict": fit.certificate.verdict,
    }
    facts["free parameters"] = str(fit.npar)
    if "df" in measures:
        facts["degrees of freedom"] = format_cell("df", measures["df"])
    if "chisq" in measures:
        facts["χ²"] = format_estimate(measures["chisq"], 2)
    facts |= {"p": format_cell("pvalue", measures["pvalue"])} if "pvalue" in measures else {}
    indices = ("cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr")
    facts |= {LABELS[name]: format_share(measures[name]) for name in indices if name in measures}
    facts |= _list_scaled_facts(measures, indices[:-1])
    starts = fit.certificate.standing
    return facts | ({"standing of the optimum": starts} if starts else {})


def _list_scaled_facts(measures: Mapping[str, float], indices: Sequence[str]) -> dict[str, str]:
    """The scaled test and the indices that stand for the plain ones, where there are such."""
    kind, found = find_shown_indices(measures), {}
    if "chisq.scaled" in measures:
        cells = format_estimate(measures["chisq.scaled"], 2), format_df(measures["df.scaled"])
        found = {f"{LABELS[name]}, scaled": cell for name, cell in zip(("chisq", "df"), cells, strict=True)}
        found["p, scaled"] = format_p_value(measures["pvalue.scaled"])
    shown = [name for name in indices if kind and f"{name}.{kind}" in measures]
    return found | {f"{LABELS[name]}, {kind}": format_share(measures[f"{name}.{kind}"]) for name in shown}


def _count_missing(fit: Fit) -> dict[str, str]:
    """How much is missing, as far as the sample knows: rows left out, and empty cells of those used."""
    sample, found = fit.sample, {}
    if sample.n_read > sample.n:
        found = {"rows read": str(sample.n_read), "rows left out": str(sample.n_read - sample.n)}
    rows = [group.data for group in sample.groups if group.data is not None and not group.is_between]
    empty = [np.isnan(own) for own in rows]
    cells = sum(own.size for own in empty)
    if cells:
        found["incomplete rows among those used"] = str(sum(int(own.any(axis=1).sum()) for own in empty))
        share = 100.0 * sum(int(own.sum()) for own in empty) / cells
        found["empty cells among those used, %"] = format_estimate(share, 1)
    return found


def _describe_missing(facts: Mapping[str, str]) -> str:
    said = ""
    if "rows left out" in facts:
        said += f" Of {facts['rows read']} rows, {facts['rows left out']} were left out."
    if "incomplete rows among those used" in facts:
        share = facts["empty cells among those used, %"]
        rows = facts["incomplete rows among those used"]
        complete = " No answer is missing in the rows used."
        said += (
            f" Of the rows used, {rows} are incomplete: {share} % of all cells are empty." if int(rows) else complete
        )
    return said


def _build_checklist(fits: Sequence[Fit], estimates: str, *, compared: bool, measured: bool = False) -> Section:
    """What JARS-SEM asks for, and where it stands: here, behind a command, or with the authors."""
    counted = all("incomplete rows among those used" in _list_facts(fit) for fit in fits)
    rows = [
        ("theory behind the model, and why its paths have these directions", _AUTHOR),
        ("sample, its size and how it was planned", f"size: Method; the rest {_AUTHOR}"),
        (
            "missing data: how much, and what was done",
            "Method" if counted else f"what was done: Method; how much {_AUTHOR}",
        ),
        ("distributions and outliers", "sem-toolkit data, with --html as a page"),
        ("whether raw data or moments were analysed, and where they are", "Origin (hashes), a receipt (--receipt)"),
        ("the model, so that it can be fitted again", "the spec itself; its picture: sem-toolkit diagram"),
        ("free parameters and degrees of freedom", "Models" if compared else "Method"),
        ("identification", "sem-toolkit check"),
        ("software and version, estimator, options", "Method and Origin"),
        ("whether the solution converged and is admissible", "Models (verdict)" if compared else "Method"),
        ("global fit, with intervals", "Models" if compared else "Method"),
        ("local fit: residuals", "sem-toolkit fit --residuals"),
        ("criteria by which models were chosen", "Pairs of models; " + _AUTHOR if compared else _AUTHOR),
        ("respecification: what was changed, and why", f"{_AUTHOR}; what chance can do: sem-toolkit improve"),
        *([("reliability of the measures, and their validity", _MEASUREMENT)] if measured else []),
        ("estimates with standard errors or intervals, standardised too", estimates),
        ("explained variance", "R² from model to model" if compared else "Explained variance"),
        ("equivalent models", "sem-toolkit equivalents; why these are less likely " + _AUTHOR),
        ("rival models", "Models" if compared else "sem-toolkit atlas, sem-toolkit compare"),
    ]
    frame = pd.DataFrame(rows, columns=["JARS-SEM asks for", "where it stands"])
    return Section("What to report, and where it stands", (Printed(frame),))
