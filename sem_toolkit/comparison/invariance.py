"""Measurement invariance across groups: the ladder configural, metric, scalar, strict, each step tested."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sem_toolkit.comparison.differences import DifferenceTest
from sem_toolkit.comparison.nested import compute_difference
from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError, OptionError
from sem_toolkit.fit import Fit, estimate
from sem_toolkit.fit.pipeline import Prepared, prepare
from sem_toolkit.fit.receipts import build_receipt
from sem_toolkit.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

STEPS: dict[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
LEVEL, LARGEST_CFI_LOSS, LARGEST_RMSEA_GAIN = 0.05, 0.01, 0.015
RULES = {
    "difference test": "p ≥ .05",
    "ΔCFI": "ΔCFI ≥ −.01 (Cheung & Rensvold, 2002)",
    "ΔRMSEA": "ΔRMSEA ≤ .015 (Chen, 2007)",
}


@dataclass(frozen=True, eq=False)
class Invariance:
    """The fits of the ladder, by step, and the test of each against the step before."""

    fits: dict[str, Fit]
    tests: dict[str, DifferenceTest]

    @property
    def certified(self) -> bool:
        """Whether every step has a certified optimum."""
        return all(fit.certified for fit in self.fits.values())

    @property
    def table(self) -> "pd.DataFrame":
        """One row a step: fit, change from the step before, what each rule says, and what to release next.

        chisq, cfi and rmsea are the scaled ones where the estimator has a scaled test.
        """
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for step, fit in self.fits.items():
            row: dict[str, Any] = {"step": step, **_measure(fit)}
            before = rows[-1] if rows else {}
            test = self.tests.get(step)
            row["chisq_diff"] = test.stat if test else math.nan
            row["df_diff"] = test.df if test else math.nan
            row["pvalue_diff"] = test.pvalue if test else math.nan
            for name in ("cfi", "rmsea", "srmr"):
                row[f"{name}_change"] = row[name] - before[name] if before else math.nan
            row["verdict"] = _judge(row) if test else ""
            row["release_next"] = _find_release(fit) if test else ""
            rows.append(row)
        return pd.DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """The table as records, with the rules that its verdicts rest on."""
        records = [
            {
                name: None if isinstance(value, float) and not math.isfinite(value) else value
                for name, value in row.items()
            }
            for row in self.table.to_dict("records")
        ]
        return {"steps": records, "rules": RULES, "certified": self.certified, "receipt": self.receipt}

    @property
    def receipt(self) -> dict[str, Any]:
        """What the steps were made from and what came out, for `sem-toolkit verify`."""
        return build_receipt(self.fits)


def compute_invariance(spec: Spec, data: object = None, **options: object) -> Invariance:
    """Fit the ladder of invariance for continuous data and test each step against the one before.

    Options as for `fit`, `group` among them or in the header; `group_equal` is the ladder's own. Raises OptionError
    without a group, DataError for a single one, ModelError for a model without factors or with ordered variables.
    """
    if "group_equal" in options:
        message = "group_equal is what the steps of invariance set themselves"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="leave group_equal out"))
    fits: dict[str, Fit] = {}
    tests: dict[str, DifferenceTest] = {}
    for step, equal in STEPS.items():
        prepared = prepare(spec, data, **options, group_equal=list(equal), meanstructure=True)
        _require_ladder(prepared)
        larger = next(reversed(fits.values()), None)
        fits[step] = estimate(prepared)
        if larger is not None:
            tests[step] = compute_difference(larger, fits[step])
    return Invariance(fits, tests)


def _require_ladder(prepared: Prepared) -> None:
    if prepared.options.group is None:
        hint = "name the column of the groups: --group COLUMN"
        raise OptionError(Diagnostic("error", "no-group", "invariance needs groups, and none are named", hint=hint))
    if len(prepared.groups) < 2:
        message = f"invariance compares groups, and {prepared.options.group} has only one"
        raise DataError(Diagnostic("error", "one-group", message, hint="name a column with two or more values"))
    operators = {row.op for row in prepared.table.parameters}
    if "=~" not in operators:
        message = "invariance is of the measurement of factors, and the model has none"
        raise ModelError(Diagnostic("error", "no-factors", message, hint="add a factor: f =~ x1 + x2 + x3"))
    if "|" in operators:
        message = "invariance of ordered variables is not available"
        raise ModelError(
            Diagnostic("error", "ordered-invariance", message, hint="leave `ordered` out for continuous items")
        )


def _measure(fit: Fit) -> dict[str, float]:
    measures = fit.fit_measures
    found = {name: measures.get(f"{name}.scaled", measures[name]) for name in ("chisq", "df", "cfi", "rmsea")}
    return {"npar": int(measures["npar"]), **found, "srmr": measures["srmr"]}


def _judge(row: dict[str, Any]) -> str:
    kept = {
        "difference test": row["pvalue_diff"] >= LEVEL,
        "ΔCFI": row["cfi_change"] >= -LARGEST_CFI_LOSS,
        "ΔRMSEA": row["rmsea_change"] <= LARGEST_RMSEA_GAIN,
    }
    against = [name for name, holds in kept.items() if not holds]
    if not against:
        return "holds by all rules"
    return ("fails by " if len(against) == len(kept) else "mixed: fails by ") + ", ".join(against)


def _find_release(fit: Fit) -> str:
    """The equality whose release would lower χ² most, by its univariate score test."""
    try:
        table = fit.score_tests.univariate
    except ModelError:
        return ""
    worst = table.loc[table["X2"].idxmax()]
    return f"{worst['parameters']} (p = {worst['pvalue']:.3g})"
