"""A ladder of invariance that was climbed: its fits, the test of each step against the one before, and a verdict."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.differences import DifferenceTest
from sem_toolkit.comparison.invariance.releases import (
    Release,
    build_release_table,
    build_releases,
    describe_release,
)
from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.fit import Fit
from sem_toolkit.fit.receipts import build_receipt
from sem_toolkit.inference.frames import build_frame_of_rows
from sem_toolkit.inference.options import SCALED
from sem_toolkit.presented import Presented
from sem_toolkit.spec.table import Parameter

if TYPE_CHECKING:
    import pandas as pd

LEVEL, LARGEST_CFI_LOSS, LARGEST_RMSEA_GAIN = 0.05, 0.01, 0.015
RULES = {
    "difference test": "p ≥ .05",
    "ΔCFI": "ΔCFI ≥ −.01 (Cheung & Rensvold, 2002)",
    "ΔRMSEA": "ΔRMSEA ≤ .015 (Chen, 2007)",
}
"""What a step has to keep for its equalities to hold."""


class Ladder(Protocol):
    """What steps are fitted by: groups or waves."""

    @property
    def across(self) -> str:
        """ "groups" or "waves"."""
        ...

    @property
    def partial(self) -> tuple[str, ...]:
        """What the header or the options leave free."""
        ...

    @property
    def messages(self) -> tuple[Diagnostic, ...]:
        """What must be said of the ladder, whatever its steps show."""
        ...

    @property
    def identification(self) -> str:
        """Whose convention identifies the responses behind ordered items; empty without such items."""
        ...

    def find_ties(self, equal: Collection[str]) -> Mapping[str, str]:
        """What can be left free at a step that holds these equal: every name for it, and the name to be used."""
        ...

    def fit(self, equal: Collection[str], partial: Collection[str], start: Fit | None = None) -> Fit:
        """One step, from the estimates of another where there is one."""
        ...

    def write(self, equal: Collection[str], partial: Collection[str]) -> tuple[str, Mapping[str, object]]:
        """The step as a spec: its text without a header, and the options that it needs."""
        ...

    def open_equalities(
        self, fit: Fit, before: Fit, equal: Collection[str], partial: Collection[str]
    ) -> tuple[Fit, list[list[Parameter]]]:
        """The step with what it newly holds equal, beside the step before, as ties that can be released, and these."""
        ...

    def locate(self, item: str, group: int) -> tuple[str, str] | None:
        """An item by its name at the first wave, and the label of the group or wave; None for what is not compared."""
        ...


@dataclass(frozen=True, eq=False)
class Step:
    """One step: its fit, and how it stands beside the step before.

    equal    what is equal, in lavaan's words of group_equal
    partial  parameters left free all the same, such as "x3~1"
    test     of the difference from the step before; None for the first step and where one of the two has no optimum
    before   the fit of the step before
    ladder   what it was fitted by
    """

    name: str
    fit: Fit
    ladder: Ladder
    equal: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    test: DifferenceTest | None = None
    before: Fit | None = None

    @property
    def is_scaled(self) -> bool:
        """Whether the statistics of this step are scaled ones."""
        return self.fit.options.inference.test in SCALED

    @cached_property
    def measures(self) -> dict[str, float]:
        """npar, chisq, df, pvalue, cfi, rmsea and srmr; beside them the scaled ones where there is a scaled test."""
        found = self.fit.fit_measures
        names = ["npar", "chisq", "df", "pvalue", "cfi", "rmsea", "srmr"]
        if self.is_scaled:
            names[4:4] = ["chisq.scaled", "pvalue.scaled"]
            names[-3:-1] = ["cfi.scaled", "rmsea.scaled"]
        values = {name: found.get(name, math.nan) for name in names}
        return {
            name: int(value) if name in {"npar", "df"} and value == value else value for name, value in values.items()
        }

    def compute_changes(self) -> dict[str, float]:
        """Change of cfi, rmsea and srmr from the step before; NaN where there is none."""
        suffix = ".scaled" if self.is_scaled else ""
        before = self.before.fit_measures if self.before else {}
        now = self.fit.fit_measures
        names = {"cfi": f"cfi{suffix}", "rmsea": f"rmsea{suffix}", "srmr": "srmr"}
        return {
            f"{name}_change": now.get(entry, math.nan) - before.get(entry, math.nan) for name, entry in names.items()
        }

    @cached_property
    def failed(self) -> tuple[str, ...]:
        """The rules that the step breaks."""
        changes = self.compute_changes()
        broken = {
            "difference test": self.test is not None and self.test.pvalue < LEVEL,
            "ΔCFI": changes["cfi_change"] < -LARGEST_CFI_LOSS,
            "ΔRMSEA": changes["rmsea_change"] > LARGEST_RMSEA_GAIN,
        }
        return tuple(name for name, is_broken in broken.items() if is_broken)

    @property
    def verdict(self) -> str:
        """What the rules say; empty for the first step."""
        if self.before is None:
            return ""
        if self.test is None:
            return "not tested: no certified optimum"
        if self.test.df == 0:
            return "nothing new is equal"
        if math.isnan(self.test.pvalue):
            return "no difference test: its scaling factor is negative" + (
                f"; fails by {', '.join(self.failed)}" if self.failed else ""
            )
        if not self.failed:
            return "holds by all rules"
        told = ", ".join(self.failed)
        if "difference test" in self.failed and f"{self.test.pvalue:.3f}" == f"{LEVEL:.3f}":
            told = told.replace("difference test", f"difference test (p = {self.test.pvalue:.5f})")
        return ("fails by " if len(self.failed) == len(RULES) else "mixed: fails by ") + told

    @cached_property
    def releases(self) -> "pd.DataFrame":
        """Score tests of the equalities that this step adds, the largest first; see `build_releases`."""
        return build_release_table(self._releases)

    @cached_property
    def _releases(self) -> list[Release]:
        if self.before is None or not self.fit.converged:
            return []
        return build_releases(*self.ladder.open_equalities(self.fit, self.before, self.equal, self.partial))

    @property
    def release_next(self) -> str:
        """The equality of this step whose release would gain most, where a rule is broken; else empty."""
        return describe_release(self._releases) if self.failed and self.test is not None else ""


@dataclass(frozen=True, eq=False, repr=False)
class Invariance(Presented):
    """The steps of the ladder in their order, and what must be said of it.

    ladder  what they were fitted by, which can write them out as specs
    """

    steps: Mapping[str, Step]
    ladder: Ladder
    messages: tuple[Diagnostic, ...] = ()

    @property
    def fits(self) -> dict[str, Fit]:
        """The fits by step."""
        return {name: step.fit for name, step in self.steps.items()}

    @property
    def tests(self) -> dict[str, DifferenceTest]:
        """The tests of each step against the one before, by step."""
        return {name: step.test for name, step in self.steps.items() if step.test is not None}

    @property
    def certified(self) -> bool:
        """Whether every step has a certified optimum."""
        return all(step.fit.certified for step in self.steps.values())

    @property
    def table(self) -> "pd.DataFrame":
        """One row a step: fit, change from the step before, what each rule says, and what to release next.

        With a scaled test there are chisq.scaled, cfi.scaled and rmsea.scaled; the changes are those of the scaled
        indices, and chisq_diff is the scaled difference (`method` names it).
        """
        rows: list[dict[str, Any]] = []
        for name, step in self.steps.items():
            test = step.test
            rows.append(
                {
                    "step": name,
                    **step.measures,
                    "method": test.method if test else "",
                    "chisq_diff": test.stat if test else math.nan,
                    "df_diff": test.df if test else math.nan,
                    "pvalue_diff": test.pvalue if test else math.nan,
                    **step.compute_changes(),
                    "partial": ", ".join(step.partial),
                    "verdict": step.verdict,
                    "release_next": step.release_next,
                }
            )
        return build_frame_of_rows(rows)

    def to_dict(self) -> dict[str, Any]:
        """The table as records, with the rules that its verdicts rest on and the score tests of steps that fail."""
        return {
            "across": self.ladder.across,
            "identification": self.ladder.identification,
            "steps": _list_records(self.table),
            "rules": RULES,
            "releases": {
                name: _list_records(step.releases) for name, step in self.steps.items() if step.failed and step.test
            },
            "certified": self.certified,
            "receipt": self.receipt,
        }

    @property
    def receipt(self) -> dict[str, Any]:
        """What the steps were made from and what came out, for `sem-toolkit verify`."""
        return build_receipt(self.fits)


def _list_records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    return [
        {name: None if isinstance(value, float) and not math.isfinite(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]
