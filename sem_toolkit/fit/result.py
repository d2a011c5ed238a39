"""The result of a fit: estimates, what is inferred from them, and whether they may be believed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sem_toolkit import inference
from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import ModelError, UnavailableError
from sem_toolkit.fit.auxiliary import hide_correlates
from sem_toolkit.fit.estimated import Estimated
from sem_toolkit.inference import (
    InferenceOptions,
    build_parameter_estimates,
    build_standardized_solution,
    compute_blocked_r2,
    compute_fit_measures,
    compute_r2,
    compute_test_statistics,
)
from sem_toolkit.libraries import pd
from sem_toolkit.loading import call_above
from sem_toolkit.model import ImpliedMoments
from sem_toolkit.presented import Presented
from sem_toolkit.spec.levels import BETWEEN, WITHIN

if TYPE_CHECKING:  # of what is asked for beyond the estimates
    from sem_toolkit.fit.loadings import Loadings
    from sem_toolkit.inference import (
        FactorScores,
        GroupResiduals,
        Reliability,
        ResidualType,
        ScoreMethod,
        ScoreTests,
        TestStatistic,
        WaldTest,
    )

Result = TypeVar("Result")

UNCERTAIN = ["se", "z", "pvalue", "ci.lower", "ci.upper"]
"""Columns that mean nothing without a certified optimum."""


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Estimated, Presented):
    """A fitted model. Tables are pandas DataFrames with lavaan's column names; they are computed when first asked for.

    Look at `converged` (or `certificate`) first: without a certified optimum the standard errors are NaN and the
    fit measures are empty, and `messages` says why.

    What it was made of, such as `spec`, `sample` and `solution`, are the attributes of `Estimated`.
    """

    @cached_property
    def parameters(self) -> "pd.DataFrame":
        """One row a parameter: est, se, z, pvalue, ci.lower, ci.upper, std.lv, std.all."""
        rows = build_parameter_estimates(self.evaluated, self.options.level, self.options.inference)
        if not self.converged:
            rows.loc[rows["se"] != 0, UNCERTAIN] = float("nan")
        return hide_correlates(rows, self.sample.auxiliary)

    @cached_property
    def fit_measures(self) -> dict[str, float]:
        """Fit measures by lavaan's names; empty where no optimum was certified."""
        return compute_fit_measures(self.judged, self.options.inference) if self.converged else {}

    @cached_property
    def level_measures(self) -> dict[str, dict[str, float]]:
        """Fit measures of each level by itself, "within" and "between", the other level saturated; empty as above.

        Raises ModelError without levels, and where parameters are tied across them.
        """
        if not self.converged:
            return {}
        names, options = (WITHIN, BETWEEN), self.options.inference
        return {
            name: inference.compute_level_measures(self.evaluated, level, options) for level, name in enumerate(names)
        }

    @cached_property
    def r2(self) -> dict[str, dict[str, float]]:
        """Explained variance of every endogenous variable, by group label ("" for one group); empty as above."""
        return compute_r2(self.evaluated) if self.converged else {}

    @cached_property
    def icc(self) -> dict[str, dict[str, float]]:
        """Intraclass correlations of the saturated model, by group label ("" for one group) and variable: the share of
        the variance that lies between clusters. 0 for what is modelled within clusters only; empty without levels.
        """
        from sem_toolkit.sample.levels.carried import find_plain
        from sem_toolkit.sample.levels.splitting import compute_intraclass_correlations

        found = {}
        for number, group in enumerate(self.sample.groups):
            if group.is_between or group.levels is None:
                continue
            levels, names = find_plain(group.levels, self.sample.variables)
            named = zip(names, compute_intraclass_correlations(levels).tolist(), strict=True)
            label = self.sample.groups[number].label.rpartition(", ")[0]
            found[label] = {name: value for name, value in named if value == value}
        return found

    @cached_property
    def blocked_r2(self) -> dict[str, dict[str, float]]:
        """R² for models with feedback or correlated residuals: what is left with a variable's residual held at 0."""
        return compute_blocked_r2(self.evaluated) if self.converged else {}

    @cached_property
    def implied_moments(self) -> ImpliedMoments:
        """Means (G × p, or None) and covariances (G × p × p) that the estimates imply, in the sample's order."""
        return self.evaluated.evaluation.moments

    @cached_property
    def standardized(self) -> "pd.DataFrame":
        """std.all of every parameter with delta-method standard errors and intervals."""
        rows = build_standardized_solution(self.evaluated, self.options.level, options=self.options.inference)
        return hide_correlates(rows, self.sample.auxiliary)

    @cached_property
    def loadings(self) -> "tuple[Loadings, ...]":
        """Standardised loadings of every group as matrices, item by factor."""
        from sem_toolkit.fit.loadings import build_loadings

        return build_loadings(self.evaluated, self.options.inference)

    @cached_property
    def modification_indices(self) -> "pd.DataFrame":
        """One row a parameter that could be freed: mi, epc, sepc.lv, sepc.all, sepc.nox; the largest first.

        Raises ModelError where nothing was minimised.
        """
        return hide_correlates(
            _offer(lambda: inference.build_modification_indices(self._searched)), self.sample.auxiliary
        )

    @cached_property
    def epc_equivalence(self) -> "pd.DataFrame":
        """The modification indices with the interval of each expected change and what it says of the misfit."""
        from sem_toolkit.inference.hypotheses.equivalence import classify_expected_changes

        return classify_expected_changes(self.modification_indices)

    @cached_property
    def effects(self) -> "pd.DataFrame":
        """Total, direct, indirect and every specific indirect effect, raw and standardised."""
        return self.compute_effects()

    def compute_effects(
        self, cause: str | None = None, outcome: str | None = None, draws: int = 0, seed: int = 1
    ) -> "pd.DataFrame":
        """Effects of one variable on another (None: of all that the structural part is about).

        draws   of Monte Carlo limits (mc.lower, mc.upper) beside the normal ones; none with 0. Raises ModelError for
        names that the model does not have.
        """
        level, options = self.options.level, self.options.inference
        return inference.build_effects(self.evaluated, cause, outcome, level, options, draws, seed)

    @cached_property
    def tests(self) -> "tuple[TestStatistic, ...]":
        """Tests of exact fit: the standard one first, then those of the estimator."""
        return compute_test_statistics(self.judged, self.options.inference)

    def compute_eigenvalue_tests(self, blocks: int = 4, *, reweighted: bool = False) -> dict[str, float]:
        """P-values of exact fit from the eigenvalues of UΓ: "all", "peba" (`blocks` averaged) and "pols".

        reweighted  of the reweighted least squares statistic. Raises DataError without raw data.
        """
        return inference.compute_eigenvalue_tests(self.evaluated, blocks, reweighted=reweighted)

    @cached_property
    def residuals(self) -> "tuple[GroupResiduals, ...]":
        """Residual correlations (Bollen's) of every group, with standard errors and z."""
        return self.compute_residuals()

    def compute_residuals(self, kind: "ResidualType" = "cor.bollen") -> "tuple[GroupResiduals, ...]":
        """Residual moments of every group in one of lavaan's types, with standard errors and z.

        Of estimates in local steps they are those of the latent variables.

        kind  "raw", "cor.bollen", "cor.bentler", "normalized", "standardized" or "standardized.mplus"
        """
        in_steps = self.solution.judged is not None
        options = InferenceOptions() if in_steps else self.options.inference
        return inference.compute_residuals(self._searched, kind, options)

    @cached_property
    def score_tests(self) -> "ScoreTests":
        """What releasing each equality constraint would gain. Raises ModelError where there is none."""
        return _offer(lambda: inference.compute_score(self._searched, self.options.inference))

    def test_additions(self, additions: str) -> "pd.DataFrame":
        """Score tests of adding parameters, such as "x1 ~~ x2; visual =~ x9"."""
        return inference.compute_score_of_additions(self._searched, additions, self.options.inference)

    def test_hypotheses(self, hypotheses: str) -> "WaldTest":
        """Wald test of equalities between labels and definitions, such as "a == b; c*d == 1", all at once."""
        return inference.compute_wald(self.evaluated, hypotheses, self.options.inference)

    @cached_property
    def local_tests(self) -> "pd.DataFrame":
        """Conditional independences that a path model implies, each tested. Raises ModelError for other models."""
        return _offer(lambda: inference.build_local_independence_tests(self.evaluated))

    @cached_property
    def instruments(self) -> "pd.DataFrame":
        """The equations with their instruments and how strong these are. Raises ModelError for other estimators."""
        return _offer(lambda: inference.build_instruments(self.evaluated))

    @cached_property
    def sargan(self) -> "pd.DataFrame":
        """Tests of the instruments beyond those that each equation needs. Raises ModelError likewise."""
        return _offer(lambda: inference.build_sargan_tests(self.evaluated, self.options.inference))

    @cached_property
    def steps(self) -> dict[str, Any]:
        """Of estimates in steps: method, measurement blocks with their fit, reliabilities of the latent variables by
        group, and fit of the structural part. Raises ModelError for other estimates.
        """
        return _offer(lambda: inference.describe_steps(self.evaluated, self.fit_measures))

    def factor_scores(self, method: "ScoreMethod" = "regression") -> "tuple[FactorScores, ...]":
        """Factor scores of every group by "regression", "bartlett" or "tenberge". Raises DataError without rows."""
        return inference.compute_scores_of_factors(self.evaluated, method)

    @cached_property
    def reliability(self) -> "tuple[Reliability, ...]":
        """α, ω, composite reliability, AVE, Fornell-Larcker and HTMT of every group's factors."""
        return inference.compute_reliability(self.evaluated)

    def summary(self, width: int = 120, extras: Collection[str] = ()) -> str:
        """The fit as text: verdict, fit measures, estimates by section, R².

        width   columns of text; below 100 intervals and std.lv are left out
        extras  any of "standardized", "modification", "residuals", "effects", "reliability"
        """
        return str(call_above("report.summary.format_summary", self, width, extras))

    def __repr__(self) -> str:
        """One line: what was fitted, how it ended, and of how much."""
        how = f"{self.certificate.verdict}, {self.options.estimation.estimator}"
        return f"<Fit of {self.title!r}: {how}, n = {self.sample.n}, {self.npar} free parameters>"

    def to_dict(self, *, everything: bool = False) -> dict[str, Any]:
        """The fit as plain mappings and lists, in the layout of `sem-toolkit fit --json`."""
        from sem_toolkit.fit.records import build_fit_record

        return build_fit_record(self, everything=everything)

    @property
    def receipt(self) -> dict[str, Any]:
        """What the fit was made from and what came out, for `sem-toolkit verify`: see `fit.receipts`."""
        from sem_toolkit.fit.receipts import build_receipt

        return build_receipt({self.title: self})


def _offer(compute: Callable[[], Result]) -> Result:
    """What an attribute is computed by; where the model has none, an error that is an AttributeError as well."""
    try:
        return compute()
    except ModelError as fault:
        raise UnavailableError(fault.diagnostics, fault.source) from None
