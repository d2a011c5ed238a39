"""`compare(specs, data, ...)`: several models fitted to the same data on equal terms, and all that sets them apart."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.likelihoods import explain_rows, find_criteria_obstacles, has_other_groups
from sem_toolkit.comparison.paths import build_paths_table, build_r2_table
from sem_toolkit.comparison.side_by_side import build_comparison_table, build_pairwise_tests
from sem_toolkit.comparison.vuong import build_vuong_table, find_vuong_obstacle
from sem_toolkit.comparison.workers import choose_workers, measure, run_all
from sem_toolkit.diagnostics import DataError, Diagnostic, EstimationError, ModelError, OptionError, SemError
from sem_toolkit.fit import Fit, Prepared, estimate
from sem_toolkit.fit.pipeline import prepare_together
from sem_toolkit.fit.run import parse
from sem_toolkit.presented import Presented
from sem_toolkit.spec import Spec
from sem_toolkit.spec.naming import name_models
from sem_toolkit.spec.slopes import list_hidden, list_slopes

if TYPE_CHECKING:
    import pandas as pd

AnySpec = Spec | str | Path
Watch = Callable[[int, int], object]


@dataclass(frozen=True, eq=False)
class ComparedModel:
    """One model of a comparison: its fit, or the fault for which it has none."""

    name: str
    spec: Spec
    fit: Fit | None = None
    fault: SemError | None = None
    prepared: Prepared | None = None

    @property
    def verdict(self) -> str:
        """How it ended, in a few words."""
        if self.fit is not None:
            return self.fit.certificate.verdict
        return "not fitted" if self.fault is None else self.fault.diagnostics[0].code.replace("-", " ")

    @property
    def certified(self) -> bool:
        """Whether its answer may be used as it is."""
        return self.fit is not None and self.fit.certified


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Presented):
    """Several models of the same data. Tables are DataFrames, computed when first asked for.

    models  in the order given; a model that cannot be fitted is among them, with its fault
    notes   what was done to bring them onto equal terms, and what still sets them apart
    """

    models: tuple[ComparedModel, ...]
    notes: tuple[Diagnostic, ...] = ()

    @property
    def fits(self) -> dict[str, Fit]:
        """The fits there are, by name."""
        return {model.name: model.fit for model in self.models if model.fit is not None}

    @property
    def certified(self) -> bool:
        """Whether every model has a certified optimum within its parameter space."""
        return all(model.certified for model in self.models)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a model: verdict, n, npar, fit measures, information criteria, their differences and weights."""
        table = build_comparison_table({model.name: model.fit for model in self.models})
        table["verdict"] = [model.verdict for model in self.models]
        faults = {model.name: str(model.fault) for model in self.models if model.fault is not None}
        table["reason"] = [
            faults.get(name, reason) for name, reason in zip(table["model"], table["reason"], strict=True)
        ]
        return table

    @cached_property
    def tests(self) -> "pd.DataFrame":
        """One row a pair: how the models relate, and the difference test where one is nested in the other."""
        return build_pairwise_tests(self.fits)

    @cached_property
    def vuong(self) -> "pd.DataFrame":
        """One row a pair that is neither nested nor equivalent: Vuong's tests, the difference of BIC and its interval.

        Pairs whose likelihoods are not of the same rows of the same variables are left out, and those of which one has
        all variables of the other and more: what is regressed on a fixed variable may hold the model that is not.
        """
        fits = self.fits
        rows = self.tests[["restricted", "general", "relation"]].itertuples(index=False, name=None)
        apart = {frozenset(pair) for *pair, relation in rows if relation in ("", "not nested")}
        pairs = [
            (first, second)
            for first, second in combinations(fits, 2)
            if frozenset((first, second)) in apart
            and not _has_more_variables(fits[first], fits[second])
            and not find_vuong_obstacle(fits[first], fits[second])
        ]
        return build_vuong_table(fits, pairs)

    @cached_property
    def paths(self) -> "pd.DataFrame":
        """One row a path and model: path, group, model, est, se, pvalue, ci.lower, ci.upper, std.all."""
        return build_paths_table(self.fits)

    @cached_property
    def r2(self) -> "pd.DataFrame":
        """One row an outcome and model: variable, group, model, r2."""
        return build_r2_table(self.fits)

    @cached_property
    def messages(self) -> tuple[Diagnostic, ...]:
        """What a reader of the tables must know: the notes, then why criteria are missing."""
        obstacles = find_criteria_obstacles(self.fits)
        said = [
            Diagnostic(
                "warning", "criteria-not-comparable", f"no AIC and BIC for {name}: {reason}", hint=self._suggest(reason)
            )
            for name, reason in obstacles.items()
            if reason and self.fits[name].converged
        ]
        return (*self.notes, *said)

    def _suggest(self, reason: str) -> str | None:
        """What to do where likelihoods are of other variables: free the exogenous ones, or leave none out."""
        if not reason.startswith("its likelihood is of"):
            return None
        if len({frozenset(fit.solution.model.observed) for fit in self.fits.values()}) == 1:
            return "with fixed_x = false (--free-x) every variable is random in every model"
        return "keep every variable in every model: one without effect has a row such as x ~~ x"

    @property
    def receipt(self) -> dict[str, Any]:
        """What the fits were made from and what came out, for `sem-toolkit verify`."""
        from sem_toolkit.fit.receipts import Failure, build_receipt

        results: dict[str, Fit | Failure] = dict(self.fits)
        results |= {
            model.name: Failure(model.spec, model.fault, model.prepared) for model in self.models if model.fault
        }
        return build_receipt(results)

    def to_dict(self) -> dict[str, Any]:
        """The comparison as plain mappings and lists, in the layout of `sem-toolkit compare --json`."""
        from sem_toolkit.diagnostics.records import build_diagnostic_record
        from sem_toolkit.fit.records import build_frame_records

        return {
            "models": build_frame_records(self.table),
            "tests": build_frame_records(self.tests),
            "vuong": build_frame_records(self.vuong),
            "paths": build_frame_records(self.paths),
            "r2": build_frame_records(self.r2),
            "messages": [build_diagnostic_record(message) for message in self.messages],
            "receipt": self.receipt,
        }


def compare(
    specs: Iterable[AnySpec] | Mapping[str, AnySpec],
    data: object = None,
    *,
    workers: int | None = 1,
    watch: Watch = lambda done, total: None,
    **options: object,
) -> Comparison:
    """Fit several models to the same data and set them side by side.

    specs    as for `fit`, each a path, a text or a `Spec`; a mapping names them, otherwise their titles or files do
    data     as for `fit`, for all of them
    workers  processes; None: as many as there are cores where that pays
    watch    hears how many of how many models are fitted
    options  as for `fit`, for all of them

    Where one model has a mean structure all of them get one, so that they count the same parameters. A model that
    cannot be estimated is a row with its verdict; SpecError, DataError and OptionError are raised, with the name of the
    culprit in their source or message.
    """
    named = _name_specs(specs)
    prepared, notes = _give_means(dict(zip(named, prepare_together(named.values(), data, **options), strict=True)))
    (first, *others), fitted = prepared.items(), {}
    fitted[0], seconds = measure(lambda: fit_compared(None, first))
    watch(1, len(prepared))
    for place, model in run_all(fit_compared, others, choose_workers(workers, seconds * len(others)), None):
        fitted[place + 1] = model
        watch(len(fitted), len(prepared))
    found = Comparison(tuple(fitted[place] for place in range(len(prepared))), notes)
    return replace(found, notes=(*notes, *_check_common_ground(found.fits)))


def _has_more_variables(first: Fit, second: Fit) -> bool:
    """Whether one of the models has all variables of the other, and more."""
    one, other = set(first.sample.variables), set(second.sample.variables)
    return one < other or other < one


def _name_specs(specs: Iterable[AnySpec] | Mapping[str, AnySpec]) -> dict[str, Spec]:
    if isinstance(specs, (str, Path, Spec)):
        specs = [specs]
    if isinstance(specs, Mapping):
        read = {str(name): parse(spec) for name, spec in specs.items()}
    else:
        parsed = [parse(spec) for spec in specs]
        names = name_models(parsed)
        if len(set(names)) < len(names):
            message = f"{next(name for name in names if names.count(name) > 1)} is given twice"
            raise OptionError(Diagnostic("error", "model-given-twice", message, hint="give each model once"))
        read = dict(zip(names, parsed, strict=True))
    if not read:
        raise OptionError(Diagnostic("error", "no-models", "there are no models to compare", hint="give two or more"))
    return read


def _give_means(prepared: dict[str, Prepared]) -> tuple[dict[str, Prepared], tuple[Diagnostic, ...]]:
    """Every model with a mean structure where one of them has one and all have means to fit."""
    having = {}
    for name, entry in prepared.items():
        try:
            having[name] = any(row.op == "~1" for row in entry.table.parameters)
        except ModelError:
            continue
    lacking = [name for name, has in having.items() if not has]
    reachable = all(entry.frame is not None or entry.options.sample_mean is not None for entry in prepared.values())
    if not lacking or not any(having.values()) or not reachable:
        return prepared, ()
    changed = dict(prepared)
    for name in lacking:
        options = prepared[name].options
        table = replace(options.table, meanstructure=True)
        given = {**options.given, "meanstructure": True}
        changed[name] = replace(prepared[name], options=replace(options, table=table, given=given))
    first = next(name for name, has in having.items() if has)
    message = f"{', '.join(lacking)} fitted with a mean structure, as {first} has one"
    return changed, (Diagnostic("note", "means-for-all", message),)


def fit_compared(_: None, entry: tuple[str, Prepared]) -> ComparedModel:
    """One model of a comparison, by its name; raises DataError and OptionError with the name in the message."""
    name, prepared = entry
    try:
        return ComparedModel(name, prepared.spec, estimate(prepared))
    except (ModelError, EstimationError) as fault:
        return ComparedModel(name, prepared.spec, fault=fault, prepared=prepared)
    except (DataError, OptionError) as fault:
        entries = [replace(entry, message=f"{name}: {entry.message}", span=None) for entry in fault.diagnostics]
        raise type(fault)(entries) from None


def _check_common_ground(fits: Mapping[str, Fit]) -> Iterable[Diagnostic]:
    """Models about other rows or other variables than most: no test and no measure sets them against the rest."""
    names = list(fits)
    if not names:
        return
    variables = [
        frozenset(fit.sample.variables) - {*list_hidden(list_slopes(fit.solution.model.table))} for fit in fits.values()
    ]
    usual = max(variables, key=variables.count)
    for name, own in zip(names, variables, strict=True):
        parts = [f"{word} {', '.join(sorted(found))}" for word, found in (("has", own - usual), ("lacks", usual - own))
                 if found]  # fmt: skip
        if parts:
            message = f"{name} is about other variables than {names[variables.index(usual)]}: it {' and '.join(parts)}"
            hint = "χ² and the indices made of it are not comparable; give a variable without effect a row x ~~ x"
            yield Diagnostic("warning", "different-variables", message, hint=hint)
    sizes = [fit.sample.n for fit in fits.values()]
    reference = names[sizes.index(max(sizes, key=sizes.count))]
    for name in names:
        difference = explain_rows(fits[reference], fits[name])
        if difference:
            full = any(fits[one].options.missing == "ml" for one in (name, reference))
            hint = "fit all models to the rows that are complete in every variable, or use missing = ml"
            hint = (
                "fixed_x = false (--free-x) or missing = ml.x keeps rows without an exogenous variable"
                if full
                else hint
            )
            message = f"{name} is fitted to other rows than {reference}: {difference}"
            if has_other_groups(fits[reference], fits[name]):
                message, hint = (
                    f"{name} and {reference} have other groups: {difference}",
                    "name the same group for all models",
                )
            yield Diagnostic("warning", "different-rows", message, hint=hint)
