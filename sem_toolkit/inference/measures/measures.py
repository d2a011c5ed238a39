"""All fit measures of a solution, by lavaan's names, from the tests and the pieces that each of them is made of."""

import math
from typing import Protocol

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.inference import measures as kinds
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.distributions import compute_chisq_pvalue
from sem_toolkit.inference.exact_fit.likelihood import compute_logl
from sem_toolkit.inference.exact_fit.reference import ReferenceTests, compute_reference_tests
from sem_toolkit.inference.exact_fit.statistics import TestStatistic
from sem_toolkit.inference.measures.incremental import Comparison, compute_incremental_measures
from sem_toolkit.inference.measures.indices import compute_likelihood_measures
from sem_toolkit.inference.measures.noncentrality import Misfit, compute_gfi_measures, compute_rmsea_measures
from sem_toolkit.inference.measures.numeric import NumericVariables
from sem_toolkit.inference.measures.robust import RobustVariants
from sem_toolkit.inference.options import InferenceOptions
from sem_toolkit.inference.weights.by_kind import ByKind

Measures = dict[str, float]


class VariableKind(Protocol):
    """What differs by the kind of variables."""

    def compute_residual_measures(self, evaluation: AtEstimate) -> Measures:
        """RMR, SRMR and CRMR, groups averaged by their shares of the sample."""
        ...

    def build_robust(self, evaluation: AtEstimate, tests: ReferenceTests) -> RobustVariants:
        """What robust measures are made of."""
        ...

    def count(self, evaluation: AtEstimate) -> int:
        """Variables that the model explains, which the GFI counts."""
        ...

    def compute_indices(self, evaluation: AtEstimate, test: TestStatistic) -> Measures:
        """LISREL's indices, the critical N and the others that are made of one statistic of all moments."""
        ...


VARIABLES: ByKind[VariableKind] = ByKind(
    complete=NumericVariables,
    incomplete=NumericVariables,
    ordered=lambda: kinds.CategoricalVariables(),
    levels=lambda: kinds.LevelVariables(),
    given=lambda: kinds.GivenVariables(),
    given_incomplete=lambda: kinds.GivenIncompleteVariables(),
)


def compute_all_measures(evaluation: AtEstimate, options: InferenceOptions) -> Measures:
    """Every measure that exists for the estimator; a measure that does not exist here is absent or NaN.

    Without a test (test = none) only those remain that need none.
    """
    npar, total = evaluation.npar, evaluation.total
    variables = VARIABLES.choose(evaluation)
    measures: Measures = {"npar": npar}
    if evaluation.kind.is_likelihood:
        measures |= compute_likelihood_measures(*compute_logl(evaluation), npar, float(evaluation.rows.sum()))
    if not evaluation.kind.has_saturated:
        del measures["unrestricted.logl"]
        return measures
    measures |= variables.compute_residual_measures(evaluation)
    if options.test == "none":
        return measures
    tests = compute_reference_tests(evaluation, options)
    test, baseline = tests.model, tests.baseline
    robust = variables.build_robust(evaluation, tests)
    plain, scaled = Comparison(test.stat, test.df, baseline.chisq, baseline.df), None
    by_scaled = _build_scaled_misfit(tests)
    if tests.scaled is not None:
        own, null = tests.scaled
        scaled = Comparison(own.stat, own.df, null.stat, null.df)
    measures |= _list_tests(tests, evaluation)
    measures |= compute_incremental_measures(plain, scaled, robust.comparison)
    by_test, by_residual = (Misfit(stat, test.df, tail=stat) for stat in (test.stat, tests.residual))
    measures |= compute_rmsea_measures(total, evaluation.n_populations, by_test, by_scaled, robust.misfit)
    measures |= compute_gfi_measures(total, variables.count(evaluation), by_residual, robust.residual)
    return measures | variables.compute_indices(evaluation, test)


def compute_measures_of_level(evaluation: AtEstimate, options: InferenceOptions, level: int) -> Measures:
    """The same of one level of rows in clusters (0 within them, 1 between), beside a saturated other one.

    Raises ModelError where there are no levels, or neither can be judged by itself.
    """
    if evaluation.data.levels == 1:
        raise ModelError(Diagnostic("error", "no-levels", "the model has no levels", hint="write level: blocks"))
    evaluation.require_saturated("fit measures of a level")
    from sem_toolkit.inference.exact_fit.level_fit import build_level_evaluation

    measures = compute_all_measures(build_level_evaluation(evaluation, level), options)
    own = measures["srmr_between" if level else "srmr_within"]
    return {name: value for name, value in measures.items() if not name.startswith("srmr")} | {"srmr": own}


def _list_tests(tests: ReferenceTests, evaluation: AtEstimate) -> Measures:
    """The tests themselves, and fmin, the minimum of lavaan's objective: half the discrepancy, with (n − 1)/n for
    least squares.
    """
    test, baseline = tests.model, tests.baseline
    unknown = test.test == "standard" and not evaluation.kind.has_distribution
    measures = {
        "fmin": tests.standard.stat / (2.0 * evaluation.multiplier),
        "chisq": test.stat,
        "df": test.df,
        "pvalue": test.pvalue,
        "baseline.chisq": baseline.chisq,
        "baseline.df": baseline.df,
        "baseline.pvalue": math.nan if unknown else compute_chisq_pvalue(baseline.chisq, baseline.df),
    }
    if tests.scaled is None:
        return measures
    own, null = tests.scaled
    if own.test.startswith("yuan.bentler"):
        measures |= {"scaling.factor.h1": own.scaling_factor_h1, "scaling.factor.h0": own.scaling_factor_h0}
    return measures | _list_scaled(own, "") | _list_scaled(null, "baseline.")


def _list_scaled(test: TestStatistic, prefix: str) -> Measures:
    return {
        f"{prefix}chisq.scaled": test.stat,
        f"{prefix}df.scaled": test.df,
        f"{prefix}pvalue.scaled": test.pvalue,
        f"{prefix}chisq.scaling.factor": test.scaling_factor,
    }


def _build_scaled_misfit(tests: ReferenceTests) -> Misfit | None:
    """The scaled statistic with the model's df, or, the same, the unscaled one with tr(UΓ) for df, as in lavaan."""
    if tests.scaled is None:
        return None
    test, scaled = tests.model, tests.scaled[0]
    shifted = scaled.test == "scaled.shifted"
    chisq, df = (scaled.stat, test.df) if shifted else (test.stat, scaled.trace_ugamma)
    return None if math.isnan(df) else Misfit(chisq, df, tail=chisq)
