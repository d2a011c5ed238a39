"""A sequence of nested models, tested step by step."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.comparison.differences import (
    DifferenceTest,
    Method,
    Reference,
    compute_factor_at_smaller,
    compute_plain_difference,
    compute_satorra_2000,
    compute_satorra_bentler_2001,
    compute_satorra_bentler_2010,
)
from sem_toolkit.comparison.nesting import check_nesting
from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.fit import Fit
from sem_toolkit.inference.exact_fit.residual_tests import compute_reference_test
from sem_toolkit.inference.exact_fit.scaled import build_scaled_test, compute_scaled_test
from sem_toolkit.inference.options import SCALED

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_METHODS: Mapping[str, Method] = {
    "satorra.bentler": "satorra.bentler.2001",
    "yuan.bentler": "satorra.bentler.2001",
    "yuan.bentler.mplus": "satorra.bentler.2001",
    "scaled.shifted": "satorra.2000",
    "mean.var.adjusted": "satorra.2000",
}
"""The difference test that belongs to a scaled test, as in lavaan."""


def build_nested_table(
    fits: Mapping[str, Fit],
    method: str | None = None,
    reference: Reference = "delta",
    shifted: bool = True,
    check: bool = True,
) -> "pd.DataFrame":
    """One row a model, from the least to the most restricted: Df AIC BIC Chisq Chisq.diff RMSEA Df.diff Pr(>Chisq).

    fits       name → fit, of the same data; Chisq is the unscaled statistic, as in lavaan's lavTestLRT
    method     "standard", "satorra.bentler.2001", "satorra.bentler.2010" or "satorra.2000"; by default what belongs to
               the test of the first model
    reference, shifted   of "satorra.2000"
    check      refuse models that are not nested (by fitting each to the moments of the next)

    RMSEA is that of the difference. Raises ModelError for models that cannot be compared, with the reason.
    """
    import pandas as pd

    _require_comparable(fits)
    ordered = sorted(fits.items(), key=lambda item: item[1].evaluated.evaluation.df)
    rows = [_describe_model(name, fit) for name, fit in ordered]
    for row, (_, larger), (_, smaller) in zip(rows[1:], ordered, ordered[1:], strict=False):
        if check:
            _require_nested(larger, smaller)
        test = compute_difference(larger, smaller, method, reference, shifted)
        row |= {
            "Chisq.diff": test.stat,
            "RMSEA": compute_difference_rmsea(test, larger),
            "Df.diff": test.df,
            "Pr(>Chisq)": test.pvalue,
        }
    return pd.DataFrame(rows).set_index("model")


def compute_difference(
    larger: Fit, smaller: Fit, method: str | None = None, reference: Reference = "delta", shifted: bool = True
) -> DifferenceTest:
    """The difference test of two nested models; NaN where they have the same degrees of freedom.

    Raises ModelError where nothing was minimised, so that no statistic grows with what is constrained.
    """
    first, second = larger.evaluated.evaluation, smaller.evaluated.evaluation
    if not (first.kind.is_minimised and second.kind.is_minimised):
        message = "the difference of two statistics is no χ² where the estimates minimise nothing"
        raise ModelError(Diagnostic("error", "not-comparable", message, hint="test the constraints by Wald tests"))
    name = larger.options.inference.test
    chosen = _choose_method(method, name)
    scaled = name in SCALED
    free = name == "browne.residual.adf"
    tests = compute_reference_test(first, scaled, free), compute_reference_test(second, scaled, free)
    plain = compute_plain_difference(*tests)
    if plain.df == 0:
        return DifferenceTest(chosen, math.nan, 0, math.nan, plain.unscaled)
    if chosen == "standard":
        return plain
    if chosen == "satorra.2000":
        return compute_satorra_2000(first, second, larger.options.inference, reference, shifted)
    name = name if name in {"satorra.bentler", "yuan.bentler", "yuan.bentler.mplus"} else "satorra.bentler"
    asked = build_scaled_test(first, larger.options.inference, name)
    factor0 = compute_scaled_test(second, tests[1], asked).scaling_factor
    if chosen == "satorra.bentler.2010":
        return compute_satorra_bentler_2010(*tests, compute_factor_at_smaller(first, second, asked), factor0)
    return compute_satorra_bentler_2001(*tests, compute_scaled_test(first, tests[0], asked).scaling_factor, factor0)


def compute_difference_rmsea(test: DifferenceTest, fit: Fit) -> float:
    """RMSEA of a difference: sqrt(max(T₀ − T₁ − c·m, 0)·G/(n·m)).

    Source: Savalei, Brace & Fouladi (2023), Psychological Methods 28, 962-983.
    """
    evaluation = fit.evaluated.evaluation
    factor = 1.0 if math.isnan(test.scaling_factor) else test.scaling_factor
    if not test.df > 0:
        return math.nan
    excess = max(test.unscaled - factor * test.df, 0.0)
    return math.sqrt(excess * evaluation.model.n_groups / (evaluation.rows.sum() * test.df))


def _describe_model(name: str, fit: Fit) -> dict[str, object]:
    measures = fit.fit_measures
    nothing = dict.fromkeys(("Chisq.diff", "RMSEA", "Df.diff", "Pr(>Chisq)"), math.nan)
    return {
        "model": name,
        "Df": int(measures["df"]),
        "AIC": measures.get("aic", math.nan),
        "BIC": measures.get("bic", math.nan),
        "Chisq": measures["chisq"],
        **nothing,
    }


def _choose_method(method: str | None, test: str) -> str:
    known = ("standard", "satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")
    if method in (None, "default"):
        return DEFAULT_METHODS.get(test, "standard")
    if method not in known:
        message = f'there is no difference test "{method}"'
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"one of: {', '.join(known)}"))
    if method != "standard" and test not in SCALED:
        message = f'the difference test "{method}" needs models with a scaled test'
        raise OptionError(Diagnostic("error", "option-value", message, hint='fit with estimator "MLM" or "MLR"'))
    return method


def _require_comparable(fits: Mapping[str, Fit]) -> None:
    """Raise ModelError unless all models converged and are about the same rows of the same variables."""
    names = list(fits)
    for name, fit in fits.items():
        if not fit.converged:
            message = f"{name!r} has no certified optimum, so that its χ² cannot be compared"
            raise ModelError(Diagnostic("error", "not-converged", message))
    for name, fit in fits.items():
        if fit.options.inference.test == "none":
            message = f"{name!r} was fitted without a test of fit (test = none)"
            raise ModelError(Diagnostic("error", "not-comparable", message))
    first = fits[names[0]]
    for name in names[1:]:
        other = fits[name]
        if first.solution.options.kind.name != other.solution.options.kind.name:
            raise _incomparable(names[0], name, "they are estimated by different discrepancies")
        if [g.n for g in first.sample.groups] != [g.n for g in other.sample.groups]:
            raise _incomparable(names[0], name, f"they use {first.sample.n} and {other.sample.n} rows of data")
        if set(first.sample.variables) != set(other.sample.variables):
            only = sorted(set(first.sample.variables) ^ set(other.sample.variables))
            raise _incomparable(names[0], name, f"only one of them has {', '.join(only)}")
        if first.sample.missing != other.sample.missing:
            how = f'missing is "{first.sample.missing}" in one and "{other.sample.missing}" in the other'
            raise _incomparable(names[0], name, how)
        if not _same_moments(first, other):
            raise _incomparable(names[0], name, "their data differ")


def _same_moments(first: Fit, other: Fit) -> bool:
    order = [other.sample.variables.index(name) for name in first.sample.variables]
    pairs = zip(first.sample.groups, other.sample.groups, strict=True)
    return all(np.allclose(a.covariance, b.covariance[np.ix_(order, order)], rtol=1e-8) for a, b in pairs)


def _require_nested(larger: Fit, smaller: Fit) -> None:
    nesting = check_nesting(larger.solution, smaller.solution)
    if not nesting.nested:
        message = f"{smaller.title!r} is not nested in {larger.title!r}: {nesting.reason}"
        hint = "compare AIC and BIC instead"
        raise ModelError(Diagnostic("error", "not-nested", message, hint=hint))


def _incomparable(first: str, second: str, reason: str) -> ModelError:
    return ModelError(Diagnostic("error", "not-comparable", f"{first!r} and {second!r} cannot be compared: {reason}"))
