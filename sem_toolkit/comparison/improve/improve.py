"""A stepwise search for a better fit, and beside every step what rows that had no part in it say of it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.atlas.argued import describe_addition
from sem_toolkit.comparison.atlas.rival import GIVEN, Rival, write_rivals
from sem_toolkit.comparison.improve.search import KINDS, LEAST_INDEX, SearchRules, Step, count_additions, search
from sem_toolkit.comparison.improve.validation import Validated, require_optimum, search_and_validate, test_step
from sem_toolkit.comparison.workers import choose_workers, measure, run_all
from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError
from sem_toolkit.fit import Fit, Prepared, estimate, prepare
from sem_toolkit.fit.receipts import build_receipt
from sem_toolkit.presented import Presented
from sem_toolkit.sample.parts import deal_rows
from sem_toolkit.spec import Spec
from sem_toolkit.spec.difference import SpecDifference, compare_tables
from sem_toolkit.spec.difference_texts import build_difference_record
from sem_toolkit.spec.naming import name_file

if TYPE_CHECKING:
    import pandas as pd

SHARE = 0.5
"""Of the rows, for the training."""
LEVEL = 0.05
Watch = Callable[[int, int], object]


@dataclass(frozen=True, eq=False, repr=False)
class Improvement(Presented):
    """A chain of specs, each with one parameter more, and what it is worth in rows that were not searched.

    given      the fit of the spec as it is, of all rows
    chain      found on the training half, or with folds on all rows
    validated  the search on the training half, or one for each fold on all rows but the fold's
    folds      how many; 0: two parts, for training and for validation
    difference what the last spec means otherwise than the given one
    """

    given: Fit
    chain: tuple[Step, ...]
    validated: tuple[Validated, ...]
    folds: int
    seed: int
    difference: SpecDifference

    @property
    def certified(self) -> bool:
        """Whether every model of the chain has a certified optimum within its parameter space."""
        start = self.given if self.folds else self.validated[0].given
        return start.certified and all(step.fit.certified for step in self.chain)

    @property
    def sizes(self) -> tuple[int, int]:
        """Rows for training and for validation; with folds, of all of them together and of none."""
        training = self.validated[0].given.sample.n
        return (self.given.sample.n, 0) if self.folds else (training, self.given.sample.n - training)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a model, the given one first.

        step, added, mi, sepc.all, chisq (chisq.scaled too where the test is), df, npar, chisq.diff, pvalue.diff (of the
        rows that were searched), ecvi; training and cvi (discrepancies of the training and of the validation rows, both
        at the estimates of the training rows; means over the folds), gain.training and gain.validation (how much lower
        they are than a step before); then of two parts: chisq.diff.validation, pvalue.diff.validation (the step in the
        validation rows, fitted by themselves); of folds: chosen, in how many of them this parameter was added.
        """
        import pandas as pd

        start = self.given if self.folds else self.validated[0].given
        fits = [start, *(step.fit for step in self.chain)]
        training, cvi = self._average("discrepancy"), self._average("cvi")
        rows = []
        for number, fit in enumerate(fits):
            step = self.chain[number - 1] if number else None
            before = fits[number - 1] if number else None
            stat, _, p = test_step(before, fit)
            row = {
                "step": number, "added": step.name if step else "",
                "mi": step.index if step else math.nan, "sepc.all": step.change if step else math.nan,
                "chisq": fit.fit_measures.get("chisq"), "df": fit.fit_measures.get("df"), "npar": fit.npar,
                "chisq.diff": stat, "pvalue.diff": p, "ecvi": fit.fit_measures.get("ecvi", math.nan),
                "training": training[number], "cvi": cvi[number],
                **({"chisq.scaled": fit.fit_measures["chisq.scaled"]} if "chisq.scaled" in fit.fit_measures else {}),
                "gain.training": training[number - 1] - training[number] if number else math.nan,
                "gain.validation": cvi[number - 1] - cvi[number] if number else math.nan,
            }  # fmt: skip
            rows.append(row | self._describe_validation(number))
        return pd.DataFrame(rows)

    def _describe_validation(self, number: int) -> dict[str, object]:
        if self.folds:
            counts = count_additions([found.steps for found in self.validated])
            return {"chosen": counts.get(self.chain[number - 1].name, 0) if number else math.nan}
        refitted = self.validated[0].refitted
        stat, _, p = test_step(refitted[number - 1], refitted[number]) if number else (math.nan,) * 3
        return {"chisq.diff.validation": stat, "pvalue.diff.validation": p}

    def _average(self, name: str) -> NDArray[np.float64]:
        """Means over the searches by number of steps; one that ended earlier stays at its last model."""
        length = len(self.chain) + 1
        columns = [getattr(found, name) for found in self.validated]
        values = [[column[min(k, len(column) - 1)] for k in range(length)] for column in columns]
        return np.asarray(np.mean(values, axis=0))

    @property
    def won(self) -> float:
        """What the whole chain gained in the training rows."""
        return float(self.table["training"].iloc[0] - self.table["training"].iloc[-1])

    @property
    def held(self) -> float:
        """What of it is found in the validation rows; below 0 they are fitted worse than before."""
        return float(self.table["cvi"].iloc[0] - self.table["cvi"].iloc[-1])

    @property
    def best(self) -> int:
        """The step after which the validation rows are fitted best; 0: before any."""
        return int(self.table["cvi"].to_numpy().argmin())

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is to be made of it, in words."""
        if not self.chain:
            return ("No modification index is large enough: there is nothing that a search would add.",)
        where = f"the folds left out ({self.folds})" if self.folds else "the other rows"
        count = f"{len(self.chain)} step" + ("s" if len(self.chain) > 1 else "")
        first = f"{count} lowered the discrepancy (χ²/n) by {self.won:.3f} where they were searched, and "
        first += f"{'raised it ' if self.held < 0 else ''}by {abs(self.held):.3f} in {where}"
        if self.held <= 0:
            first += ": on the whole, nothing of it carries over."
        elif self.held >= self.won:
            first += ": all of it carries over."
        else:
            first += f": {1 - self.held / self.won:.0%} of it does not carry over."
        best = f"after step {self.best}" if self.best else "as the model is given, before any step"
        second = f"Rows that had no part in the search are fitted best {best} (smallest CVI)."
        return first, second, self._count_confirmed()

    def _count_confirmed(self) -> str:
        if self.folds:
            often = int((self.table["chosen"] > self.folds / 2).sum())
            return f"{often} of {len(self.chain)} parameters were chosen in more than half of the folds."
        low = int((self.table["pvalue.diff.validation"] < LEVEL).sum())
        return f"{low} of {len(self.chain)} steps are significant (p < .05) in the other rows, fitted by themselves."

    def to_dict(self) -> dict[str, Any]:
        """The chain as `sem-toolkit improve --json` prints it."""
        from sem_toolkit.fit.records import build_frame_records

        records = build_frame_records(self.table)
        for record, step in zip(records[1:], self.chain, strict=True):
            record |= {"as_good": list(step.as_good), "passed_over": list(step.passed_over), "spec": step.spec.text}
        training, validation = self.sizes
        return {
            "steps": records,
            "n_training": training,
            "n_validation": validation,
            "folds": self.folds,
            "seed": self.seed,
            "won": self.won,
            "held": self.held,
            "best_step": self.best,
            "additions": dict(count_additions([found.steps for found in self.validated])),
            "sentences": list(self.sentences),
            "difference": build_difference_record(self.difference),
            "receipt": build_receipt({"given": self.given}),
        }


def improve(
    spec: Spec,
    data: object = None,
    *,
    steps: int = 10,
    least_index: float = LEAST_INDEX,
    allowed: Sequence[str] = KINDS,
    share: float = SHARE,
    folds: int = 0,
    seed: int = 1,
    workers: int | None = 1,
    watch: Watch = lambda done, total: None,
    **options: object,
) -> Improvement:
    """Add the parameter with the largest modification index, again and again, and look what other rows say of it.

    steps        at most
    least_index  smallest index that counts, with one degree of freedom
    allowed      kinds of parameters that may be added, of KINDS
    share        of the rows that are searched; the others are only looked at
    folds        in place of the two parts: search on all rows but those of one fold, for each fold, and on all rows for
                 the chain itself
    seed         of how the rows are dealt; groups keep their shares, and clusters stay together
    workers      processes for the folds; None: as many as there are cores where that pays
    options      as for `fit`; the engine is the native one unless another is named

    The spec stays as it is: each step is a spec of its own. Raises what `fit` raises, DataError without rows.
    """
    _require_plan(steps, allowed, share, folds)
    prepared = prepare(spec, data, **({"engine": "native"} | options))
    if prepared.frame is None:
        message = "a search is judged by rows that had no part in it, and there are no rows in memory to set apart"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint="give the rows: --data FILE"))
    given, seconds = measure(lambda: estimate(prepared))
    rules = SearchRules(steps, least_index, tuple(allowed))
    shares = [1.0 / folds] * folds if folds else [1.0 - share, share]
    dealt = _deal(prepared, shares, seed)
    work = [(_keep(prepared, dealt != part), _keep(prepared, dealt == part)) for part in range(max(folds, 1))]
    total = len(work) + bool(folds)
    processes = choose_workers(workers, 5.0 * seconds * (steps + 1) * len(work))
    validated: dict[int, Validated] = {}
    for place, found in run_all(search_and_validate, work, processes, (rules, not folds)):
        validated[place] = found
        watch(len(validated), total)
    chain = validated[0].steps
    if folds:
        require_optimum(given)
        chain = tuple(search(prepared, given, rules))
        watch(total, total)
    last = chain[-1].spec if chain else spec
    difference = compare_tables(prepared.table, replace(prepared, spec=last).table)
    return Improvement(given, chain, tuple(validated[k] for k in range(len(work))), folds, seed, difference)


def write_chain(found: Improvement, folder: Path, data: object = None) -> tuple[Path, ...]:
    """Write the chain into a folder, STEM-step-1.lav and so on, each with its parent and its claim in the header.

    Raises DataError where the place cannot be written to.
    """
    given = found.given.spec
    specs, parent = {}, GIVEN
    for number, step in enumerate(found.chain, start=1):
        words, claim = describe_addition(step.lhs, step.op, step.rhs)
        change = f"step {number}: {words} (modification index {step.index:.1f})"
        name = f"{name_file(given)}-step-{number}"
        specs[name] = Rival(name, "", change, claim, parent, step.draft).write(given)
        parent = name
    return write_rivals(specs, folder, given, data)


def _deal(prepared: Prepared, shares: Sequence[float], seed: int) -> NDArray[np.intp]:
    """Number of the part of each row: groups in the same shares, whole clusters."""
    rows, options = prepared.rows, prepared.options
    assert rows is not None  # noqa: S101 (there are rows)
    group, cluster = (None if name is None else rows[name] for name in (options.group, options.cluster))
    return deal_rows(len(rows), shares, seed, group, cluster)


def _keep(prepared: Prepared, wanted: NDArray[np.bool_]) -> Prepared:
    assert prepared.frame is not None  # noqa: S101
    frame = prepared.frame[wanted].reset_index(drop=True)
    frame.attrs = dict(prepared.frame.attrs)
    return replace(prepared, frame=frame)


def _require_plan(steps: int, allowed: Sequence[str], share: float, folds: int) -> None:
    """Raise OptionError for a search that cannot be done."""
    unknown = [name for name in allowed if name not in KINDS]
    if unknown or not allowed:
        message = f'nothing called "{unknown[0]}" can be added' if unknown else "nothing may be added"
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"one or more of: {', '.join(KINDS)}"))
    if steps < 1:
        raise OptionError(Diagnostic("error", "option-value", f"{steps} steps are no search", hint="1 or more"))
    if not 0.0 < share < 1.0:
        message = f"share cannot be {share:g}: rows are needed on both sides"
        raise OptionError(Diagnostic("error", "option-value", message, hint="a number between 0 and 1, such as 0.5"))
    if folds == 1 or folds < 0:
        message = f"folds cannot be {folds}"
        raise OptionError(Diagnostic("error", "option-value", message, hint="2 or more, usually 5 or 10"))
