"""The atlas of a model: its rivals fitted, certified and set beside it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.atlas.anatomy import Anatomy, dissect
from sem_toolkit.comparison.atlas.answers import describe_answer, list_answers
from sem_toolkit.comparison.atlas.argued import LEAST_INDEX, list_argued_rivals
from sem_toolkit.comparison.atlas.measurement import list_measurement_rivals
from sem_toolkit.comparison.atlas.rival import GIVEN, Rival, write_rivals
from sem_toolkit.comparison.atlas.structural import list_missing_paths, list_structural_rivals
from sem_toolkit.comparison.side_by_side import describe_fit, list_scaled, test_pair
from sem_toolkit.comparison.workers import choose_workers, measure, run_all
from sem_toolkit.diagnostics import Diagnostic, ModelError, SemError
from sem_toolkit.fit import Fit, Prepared, estimate, prepare
from sem_toolkit.fit.receipts import Failure, build_receipt
from sem_toolkit.fit.reversed import list_reversed_items
from sem_toolkit.presented import Presented
from sem_toolkit.spec import Spec
from sem_toolkit.spec.difference import compare_tables
from sem_toolkit.spec.drafts import Draft
from sem_toolkit.spec.naming import name_model

if TYPE_CHECKING:
    import pandas as pd

MEASURES = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "bic")
TEST = ("chisq.diff", "df.diff", "pvalue.diff")
FAMILIES = ("measurement", "structure")
Watch = Callable[[int, int], object]
"""Hears how many of how many steps are done."""


@dataclass(frozen=True, eq=False)
class AtlasEntry:
    """A rival, what was to be fitted, and its fit or the fault for which it has none."""

    rival: Rival
    prepared: Prepared
    fit: Fit | None = None
    fault: SemError | None = None

    @property
    def spec(self) -> Spec:
        """Its text."""
        return self.prepared.spec

    @property
    def verdict(self) -> str:
        """How it ended, in a few words."""
        if self.fit is not None:
            return self.fit.certificate.verdict
        return "not fitted" if self.fault is None else self.fault.diagnostics[0].code.replace("-", " ")


@dataclass(frozen=True, eq=False, repr=False)
class Atlas(Presented):
    """A model and its rivals.

    given      the fit of the user's own model
    entries    the rivals in the order in which they were derived
    relations  by name of a rival, how it relates to its parent and the difference test where one is nested
    notes      what there are no rivals of, and why
    """

    given: Fit
    entries: tuple[AtlasEntry, ...]
    relations: Mapping[str, Mapping[str, Any]]
    notes: tuple[Diagnostic, ...] = ()

    @property
    def certified(self) -> bool:
        """Whether the given model has a certified optimum; rivals that fail are rows that say so."""
        return self.given.certified

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a model, the given one first.

        model, family, change, parent, relation (to the parent, by NET), verdict, n, npar, fit measures (scaled ones
        beside them where the given model's test is scaled), delta.bic (less the given model's; of the same variables
        only), the difference test against the parent, answer (what becomes of the given model's paths) and reason (why
        there is no test or no fit).
        """
        import pandas as pd

        start = {"model": GIVEN, "family": "", "change": name_model(self.given.spec), "parent": "", "relation": ""}
        rows = [{**start, **self._describe(self.given), "reason": ""}]
        answers = list_answers(self.given) if self.given.converged else {}
        for entry in self.entries:
            rival, test = entry.rival, self.relations.get(entry.rival.name, {})
            row = {
                "model": rival.name, "family": rival.family, "change": rival.change, "parent": rival.parent,
                "relation": test.get("relation", ""), **self._describe(entry.fit),
                **{name: test.get(name, math.nan) for name in TEST},
                "answer": describe_answer(answers, entry.fit) if entry.fit else "",
                "reason": str(entry.fault) if entry.fault else test.get("reason", ""),
            }  # fmt: skip
            rows.append(row | {"verdict": entry.verdict})
        columns = [*rows[0]]
        columns = [*columns[:-1], *TEST, "answer", "reason"]
        return pd.DataFrame(rows, columns=columns).replace({None: math.nan}).infer_objects()

    def _describe(self, fit: Fit | None) -> dict[str, object]:
        row = describe_fit(fit, (*MEASURES, *list_scaled([self.given.fit_measures])))
        own, other = self.given.fit_measures.get("bic"), row["bic"]
        same = fit is not None and {*fit.sample.variables} == {*self.given.sample.variables}
        comparable = same and fit is not None and fit.sample.n == self.given.sample.n
        delta = other - own if comparable and isinstance(other, float) and own is not None else math.nan
        return row | {"delta.bic": delta}

    @property
    def receipt(self) -> dict[str, Any]:
        """What the fits were made from and what came out, for `sem-toolkit verify`."""
        results: dict[str, Fit | Failure] = {GIVEN: self.given}
        for entry in self.entries:
            if entry.fit is not None:
                results[entry.rival.name] = entry.fit
            elif entry.fault is not None:
                results[entry.rival.name] = Failure(entry.spec, entry.fault, entry.prepared)
        return build_receipt(results)

    def to_dict(self) -> dict[str, Any]:
        """The atlas as `sem-toolkit atlas --json` prints it."""
        from sem_toolkit.diagnostics.records import build_diagnostic_record
        from sem_toolkit.fit.records import build_frame_records

        records = build_frame_records(self.table)
        for record, entry in zip(records[1:], self.entries, strict=True):
            record |= {"claim": entry.rival.claim, "spec": entry.spec.text}
        return {
            "models": records,
            "messages": [build_diagnostic_record(note) for note in self.notes],
            "receipt": self.receipt,
        }


def build_atlas(
    spec: Spec,
    data: object = None,
    *,
    families: Sequence[str] = FAMILIES,
    most: int = 5,
    least_index: float = LEAST_INDEX,
    workers: int | None = 1,
    watch: Watch = lambda done, total: None,
    **options: object,
) -> Atlas:
    """Derive the usual rivals of a model from its text, fit them all and test each against its parent.

    families     "measurement", "structure"
    most         cross-loadings, and residual covariances, that modification indices of `least_index` or more argue for
    workers      processes; None: as many as there are cores where that pays
    options      as for `fit`; the engine is the native one unless another is named

    Raises what `fit` raises for the given model, and ModelError for one of which there are no rivals.
    """
    prepared = prepare(spec, data, **({"engine": "native"} | options))
    given, seconds = measure(lambda: estimate(prepared))
    anatomy = dissect(prepared.table, spec)
    rivals = [rival for rival in derive_rivals(prepared, given, anatomy, most, least_index) if rival.family in families]
    if not rivals:
        raise _build_no_rivals(anatomy, families)
    specs = [rival.write(spec) for rival in rivals]
    jobs = [replace(prepared, spec=written) for written in specs]
    total = 2 * len(jobs)
    processes = choose_workers(workers, seconds * len(jobs) * 5)
    entries: dict[int, AtlasEntry] = {}
    for place, result in run_all(fit_rival, specs, processes, prepared):
        found = {"fit": result} if isinstance(result, Fit) else {"fault": result}
        entries[place] = AtlasEntry(rivals[place], jobs[place], **found)
        watch(len(entries), total)
    ordered = [entries[place] for place in range(len(jobs))]
    fits = {GIVEN: given} | {entry.rival.name: entry.fit for entry in ordered if entry.fit is not None}
    pairs = [(entry.rival.name, entry.rival.parent) for entry in ordered if entry.fit and entry.rival.parent in fits]
    tests: dict[str, Mapping[str, Any]] = {}
    work = [(fits[parent], fits[name]) for name, parent in pairs]
    for place, row in run_all(relate, work, processes, None):
        tests[pairs[place][0]] = row
        watch(len(jobs) + len(tests), total)
    watch(total, total)
    return Atlas(given, tuple(ordered), tests, _note_missing(anatomy, rivals, families))


def derive_rivals(prepared: Prepared, given: Fit, anatomy: Anatomy, most: int, least_index: float) -> list[Rival]:
    """The rivals of a prepared model, none twice and none that means the same as the model itself."""
    draft = Draft(prepared.spec)
    found = [*list_measurement_rivals(draft, anatomy, _find_reversed(given))]
    found += list_argued_rivals(draft, anatomy, given, most, least_index)
    found += list_structural_rivals(prepared, draft, anatomy)
    kept: dict[str, Rival] = {}
    for rival in found:
        text = rival.draft.settle().text
        if text not in kept and not _means_the_same(prepared, rival):
            kept[text] = rival
    return list(kept.values())


def fit_rival(given: Prepared, spec: Spec) -> Fit | SemError:
    """The fit of a rival of the given model, or the fault for which there is none."""
    try:
        return estimate(replace(given, spec=spec))
    except SemError as fault:
        return fault


def relate(_: None, pair: tuple[Fit, Fit]) -> dict[str, Any]:
    """How a rival relates to its parent (relation, reason), and the difference test where one is nested."""
    parent, rival = pair
    row = test_pair(("parent", parent), ("rival", rival))
    relation = row["relation"]
    if relation == "nested":
        relation = "nested in it" if row["restricted"] == "rival" else "contains it"
    return {
        "relation": relation,
        **{f"{name}.diff" if name == "pvalue" else name: row[name] for name in ("chisq.diff", "df.diff", "pvalue")},
        "reason": row["reason"],
    }


def write_atlas(atlas: Atlas, folder: Path, data: object = None) -> tuple[Path, ...]:
    """Write every rival as NAME.lav into the folder, as `write_rivals` does."""
    return write_rivals({entry.rival.name: entry.spec for entry in atlas.entries}, folder, atlas.given.spec, data)


def _find_reversed(given: Fit) -> tuple[str, ...]:
    """Items that the spec turns, or that point the other way than the rest of their factor."""
    return tuple(dict.fromkeys((*(item.name for item in given.options.reverse), *list_reversed_items(given.solution))))


def _means_the_same(prepared: Prepared, rival: Rival) -> bool:
    try:
        return compare_tables(prepared.table, replace(prepared, spec=rival.draft.settle().spec).table).is_empty
    except SemError:
        return False  # its row says what is wrong


def _note_missing(anatomy: Anatomy, rivals: Sequence[Rival], families: Sequence[str]) -> tuple[Diagnostic, ...]:
    found = []
    single = [name for name, items in anatomy.factors.items() if len(items) == 1]
    if single and "measurement" in families:
        message = f"{', '.join(single)} with a single indicator: no factor of its own in the bifactor models"
        found.append(Diagnostic("note", "single-indicators", message))
    if "structure" in families and anatomy.structure.paths and not list_missing_paths(anatomy):
        message = "the structural part is saturated: it leaves nothing out, so that the fit says nothing about it"
        found.append(Diagnostic("note", "saturated-structure", message))
    if "measurement" in families and len(anatomy.factors) == 2:
        message = "no second-order model: a factor of two factors is not identified"
        found.append(Diagnostic("note", "two-factors", message))
    return tuple(found)


def _build_no_rivals(anatomy: Anatomy, families: Sequence[str]) -> ModelError:
    single = [f"{name} ({', '.join(items)})" for name, items in anatomy.factors.items() if len(items) == 1]
    if single and len(single) == len(anatomy.factors) and "measurement" in families:
        message = f"there are no rivals of a measurement with one indicator a factor: {'; '.join(single)}"
        hint = "give each factor three indicators or more, or a structural part (y ~ x) that rivals can be made of"
    else:
        message = f"there are no rivals of this model ({' and '.join(families)})"
        hint = "rivals are made of two factors or more, of paths (y ~ x), and of what modification indices argue for"
    return ModelError(Diagnostic("error", "no-rivals", message, hint=hint))
