"""What people see of each kind of result: its title, its parts one after the other, and its tables by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_p_relation
from sem_toolkit.report.text_tables import build_frame_table, build_transposed_table
from sem_toolkit.spec.naming import name_model

if TYPE_CHECKING:
    from sem_toolkit.comparison import Comparison
    from sem_toolkit.comparison.atlas import Atlas
    from sem_toolkit.comparison.equivalents import Equivalents
    from sem_toolkit.comparison.exploration import Exploration
    from sem_toolkit.comparison.improve import Improvement
    from sem_toolkit.comparison.invariance import Invariance
    from sem_toolkit.comparison.multiverse.multiverse import Multiverse
    from sem_toolkit.diagram import Diagram
    from sem_toolkit.fit import Check, Fit
    from sem_toolkit.report.export import Printed
    from sem_toolkit.resampling.bootstrap import Bootstrap
    from sem_toolkit.resampling.cutoffs.result import Cutoffs
    from sem_toolkit.resampling.power.analysis import PowerAnalysis
    from sem_toolkit.resampling.simulation.study import Study
    from sem_toolkit.resampling.simulation.summaries import Summary

Tables = Mapping[str, "Callable[[], pd.DataFrame]"]


@dataclass(frozen=True)
class View:
    """How a result is shown.

    build_parts  texts and tables in the order in which they are read
    tables       what makes each table, by name; the main one first
    printed      tables that are printed otherwise than by rounding their numbers
    other_names  finds the name in `tables` of what else a table is called; raises OptionError
    """

    title: str
    build_parts: Callable[[], Iterable[RenderableType]]
    tables: Tables
    printed: Mapping[str, "Callable[[], Printed]"] = field(default_factory=dict)
    build_note: Callable[[], str] = str
    other_names: Callable[[str], str | None] | None = None

    def find_name(self, table: str) -> str | None:
        """The name in `tables` of what somebody called a table; None where there is none."""
        if table in self.tables or self.other_names is None:
            return table if table in self.tables else None
        return self.other_names(table)


def build_view(result: object) -> View:
    """The view of a result by the name of its class. Raises KeyError for what has none."""
    return VIEWS[type(result).__name__](result)


def _view_fit(fit: "Fit") -> View:
    from sem_toolkit.report.export import Printed, build_note
    from sem_toolkit.report.journal import build_estimate_table
    from sem_toolkit.report.printed_loadings import print_loadings
    from sem_toolkit.report.summary import build_summary
    from sem_toolkit.report.tables import TABLES, build_table_of, find_name

    def make(name: str) -> "Callable[[], pd.DataFrame]":
        return lambda: build_table_of(fit, name)

    def print_estimates() -> Printed:
        frame = build_estimate_table(fit)
        return Printed(frame, fit.title, build_note(fit), frozenset(frame.columns[1:]))

    return View(
        fit.title,
        lambda: build_summary(fit),
        {name: make(name) for name in TABLES},
        {"parameters": print_estimates, "loadings": lambda: replace(print_loadings(fit), note=build_note(fit))},
        lambda: build_note(fit, estimates=False),
        find_name,
    )


def _view_comparison(found: "Comparison") -> View:
    tables: Tables = {
        "models": lambda: found.table, "tests": lambda: found.tests, "vuong": lambda: found.vuong,
        "paths": lambda: found.paths, "r2": lambda: found.r2,
    }  # fmt: skip
    title = ", ".join(model.name for model in found.models)
    return View(title, lambda: build_comparison(found), tables)


def build_comparison(found: "Comparison") -> Iterable[RenderableType]:
    """The models side by side, how each pair relates, and paths and R² from model to model."""
    from sem_toolkit.report.compared import spread_paths, spread_r2

    models = found.table.drop(columns="reason")
    yield build_transposed_table("Models", models.loc[:, models.notna().any()], "model")
    for title, table in (
        ("Pairs of models, by what each implies", found.tests),
        ("Pairs that are not nested, by Vuong's tests", found.vuong.drop(columns="reason")),
        ("Paths from model to model: estimate [interval]", spread_paths(found.paths)),
        ("R² from model to model", spread_r2(found.r2)),
    ):
        if len(table):
            yield build_frame_table(title, table)


def _view_bootstrap(found: "Bootstrap") -> View:
    return View(found.fit.title, lambda: build_bootstrap(found), {"quantities": lambda: found.table})


def build_bootstrap(found: "Bootstrap") -> Iterable[RenderableType]:
    """What was drawn, the quantities with their limits, and Bollen and Stine's test where it was made."""
    from sem_toolkit.resampling.bootstrap import INTERVALS, RESAMPLINGS

    yield f"{found.fit.title}: {len(found.verdicts)} draws, {RESAMPLINGS[found.resample]}, seed {found.seed}"
    title = f"Estimates with {100 * found.level:g} % limits ({INTERVALS[found.interval]})"
    table = found.table
    empty = [name for name in ("label", "group") if table[name].astype(str).isin(["", "1", "0"]).all()]
    if (table["scale"] == "est").all():
        empty.append("scale")
    yield build_frame_table(title, table.drop(columns=[*empty, "draws"]))
    if found.pvalue == found.pvalue:
        yield (
            f"Bollen-Stine: the statistic {found.statistic:.3f} is exceeded in {100 * found.pvalue:.1f} % of samples "
            f"that the model holds in (p {format_p_relation(found.pvalue)})"
        )


def _view_invariance(found: "Invariance") -> View:
    from sem_toolkit.report.invariance import build_invariance

    title = f"invariance of {next(iter(found.fits.values())).title}"
    return View(title, lambda: build_invariance(found), {"steps": lambda: found.table})


def _view_atlas(found: "Atlas") -> View:
    from sem_toolkit.report.atlas import build_atlas_tables

    return View(f"rivals of {found.given.title}", lambda: build_atlas_tables(found), {"models": lambda: found.table})


def _view_equivalents(found: "Equivalents") -> View:
    from sem_toolkit.report.equivalents import build_equivalents

    tables = {"equivalents": lambda: found.table}
    if (fitted := found.comparison) is not None:
        tables |= {"models": lambda: fitted.table, "paths": lambda: fitted.paths}
    return View(f"models equivalent to {found.title}", lambda: build_equivalents(found), tables)


def _view_multiverse(found: "Multiverse") -> View:
    tables: Tables = {
        "summary": lambda: found.path_summary, "specifications": lambda: found.table, "paths": lambda: found.paths,
    }  # fmt: skip
    return View(f"multiverse of {found.given.title}", lambda: build_multiverse(found), tables)


def build_multiverse(found: "Multiverse") -> Iterable[RenderableType]:
    """How many specifications there are, and each path over all of them."""
    failed = sum(not record["certified"] for record in found.records)
    kept = len(found.records) - found.fitted
    before = f"; {kept} were kept from before" if kept else ""
    yield f"{len(found.records)} specifications, {failed} without a certified answer{before}"
    yield build_frame_table("Paths over all specifications (standardised)", found.path_summary)


def _view_simulation(found: "Study") -> View:
    tables: Tables = {
        "parameters": lambda: _stack(found, lambda summary: summary.build_parameters()),
        "fit_measures": lambda: _stack(found, lambda summary: summary.build_measures()),
        "verdicts": lambda: _stack(found, lambda summary: summary.build_verdicts()),
    }
    return View("simulation", lambda: build_simulation(found), tables)


def _stack(found: "Study", build: "Callable[[Summary], pd.DataFrame]") -> "pd.DataFrame":
    """The tables of every size and model under each other, those without an optimum left out."""
    parts = []
    for summary in found.summaries:
        if summary.converged:
            own = build(summary)
            own.insert(0, "n", summary.n)
            own.insert(0, "model", summary.analysis.name)
            parts.append(own)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def build_simulation(found: "Study") -> Iterable[RenderableType]:
    """How the fits ended, what became of the parameters, and the fit measures, for every size and model."""
    for summary in found.summaries:
        title = f"{summary.analysis.name}, n = {summary.n}, {summary.replications} samples"
        yield build_frame_table(f"{title}: how the fits ended", summary.build_verdicts())
        if not summary.converged:
            continue
        yield build_frame_table("Parameters", summary.build_parameters())
        if summary.analysis.df > 0:
            rate, error = summary.compute_rejection()
            yield build_frame_table("Fit measures over samples", summary.build_measures())
            yield f"The χ² test rejects the model in {rate:.3f} of the samples (error {error:.3f})."


def _view_improvement(found: "Improvement") -> View:
    from sem_toolkit.report.improvement import build_improvement

    title = f"changes of {found.given.title}"
    return View(title, lambda: build_improvement(found), {"steps": lambda: found.table})


def _view_exploration(found: "Exploration") -> View:
    from sem_toolkit.report.exploration import build_exploration
    from sem_toolkit.report.printed_loadings import print_loadings, stack_correlations
    from sem_toolkit.report.tables import build_table_of

    suggested = found.fits[found.suggested]
    title = f"factors of {len(found.items)} items"
    tables: Tables = {
        "numbers": lambda: found.table,
        "loadings": lambda: build_table_of(suggested, "loadings"),
        "correlations": lambda: stack_correlations(suggested),
    }
    printed = {"loadings": lambda: print_loadings(suggested)}
    return View(title, lambda: build_exploration(found, found.suggested), tables, printed)


def _view_power(found: "PowerAnalysis") -> View:
    tables: Tables = {
        "power": lambda: found.table,
        "sensitivity": lambda: found.sensitivity,
        "curve": lambda: found.curve,
    }
    return View("power", lambda: [build_frame_table("Power", found.table)], tables)


def _view_cutoffs(found: "Cutoffs") -> View:
    title = f"cut-offs for n = {found.n}"
    tables: Tables = {"cutoffs": found.build_table, "percentiles": found.build_percentiles}
    return View(title, lambda: [build_frame_table(title.capitalize(), found.build_table())], tables)


def _view_check(found: "Check") -> View:
    from sem_toolkit.report.checked import build_check, build_messages_frame, build_rows_frame

    tables: Tables = {"parameters": lambda: build_rows_frame(found), "messages": lambda: build_messages_frame(found)}
    return View(name_model(found.spec), lambda: build_check(found), tables)


def _view_diagram(found: "Diagram") -> View:
    from sem_toolkit.report.pictured import build_paths, build_picture, build_problems, build_variables

    tables: Tables = {
        "paths": lambda: build_paths(found),
        "variables": lambda: build_variables(found),
        "problems": lambda: build_problems(found),
    }
    return View(f"{len(found.graph)} variables", lambda: build_picture(found), tables)


VIEWS: Mapping[str, Callable[[Any], View]] = {
    "Fit": _view_fit, "Comparison": _view_comparison, "Bootstrap": _view_bootstrap, "Invariance": _view_invariance,
    "Atlas": _view_atlas, "Equivalents": _view_equivalents, "Improvement": _view_improvement,
    "Exploration": _view_exploration,
    "Multiverse": _view_multiverse, "Study": _view_simulation,
    "PowerAnalysis": _view_power, "Cutoffs": _view_cutoffs, "Check": _view_check, "Diagram": _view_diagram,
}  # fmt: skip
"""Views by the name of a result's class."""
