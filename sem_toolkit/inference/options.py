"""Which standard errors and tests belong to an estimator, by lavaan's names and defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.discrepancy import Kind
from sem_toolkit.estimation import Estimator, get_estimator
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.sample import FULL_INFORMATION, TWO_STAGE

CLUSTER_ERRORS = ("robust.cluster", "robust.cluster.sem")
"""What can be asked for where rows are in clusters, and only there."""
STANDARD_ERRORS = ("standard", "robust.sem", "robust.huber.white", "robust.sem.nt", "bootstrap", "none")
"""What can be asked for; those of two stages belong to `missing`."""
BOLLEN_STINE = "bollen.stine"
TESTS = (
    "standard",
    "satorra.bentler",
    "yuan.bentler",
    "yuan.bentler.mplus",
    "mean.var.adjusted",
    "scaled.shifted",
    "browne.residual.adf",
    "browne.residual.adf.model",
    "browne.residual.nt",
    "browne.residual.nt.model",
    BOLLEN_STINE,
    "none",
)
STEP_ERRORS = ("twostep", "twostep.robust", "local", "naive", "standard", "none")
"""Standard errors of estimates in steps: the first is the default."""
FREE_STEP_ERRORS = ("twostep.robust", "local")
"""Those by what the sample moments vary by, which exogenous variables share in."""
INFORMATION = ("expected", "observed", "first.order")
OBSERVED_INFORMATION = ("hessian", "h1")

_ALIASES = {
    "boot": "bootstrap",
    "robust": "robust.sem",
    "robust.mlm": "robust.sem",
    "robust.mlr": "robust.huber.white",
    "sandwich": "robust.huber.white",
    "huber.white": "robust.huber.white",
    "sb": "satorra.bentler",
    "yb": "yuan.bentler",
    "yb.mplus": "yuan.bentler.mplus",
    "chisq": "standard",
    "mvs": "mean.var.adjusted",
    "satterthwaite": "mean.var.adjusted",
    "mean_var_adjusted": "mean.var.adjusted",
    "first_order": "first.order",
}
_BOOTSTRAPPED_TEST = frozenset({"boot", "bootstrap", "bollen-stine", "bollen_stine"})
_BY_MOMENTS = frozenset({"robust.sem", "robust.cluster.sem"})
_BY_GAMMA = frozenset({"satorra.bentler", "mean.var.adjusted", "scaled.shifted"})


Row = tuple[str, str, str, int]
LIMITS = ("norm", "basic", "perc", "bca.simple", "bca")
"""Limits of bootstrapped estimates, by lavaan's names."""


@dataclass(frozen=True, eq=False)
class Resampled:
    """Standard errors, limits and the p-value of the model by bootstrap samples.

    covariance  of x over the draws (q × q), their number as divisor; None where only the test was bootstrapped
    rows        standard error, lower and upper limit of a parameter or definition, by lhs, op, rhs and group; a
                definition has no rhs and group 0
    pvalue      share of Bollen-Stine samples with a larger statistic; NaN where these were not asked for
    draws       samples, and counts: how they ended
    interval    the kind of the limits, one of LIMITS; seed: of the draws
    messages    about draws that do not count
    """

    covariance: FloatArray | None
    rows: Mapping[Row, tuple[float, float, float]]
    pvalue: float
    draws: int
    interval: str
    seed: int
    counts: Mapping[str, int] = field(default_factory=dict)
    messages: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class InferenceOptions:
    """How standard errors and the scaled test are computed.

    se           "standard" (inverse information), "robust.sem" (Satorra-Bentler sandwich), "robust.huber.white",
                 "robust.sem.nt" (sandwich by normal theory, for least squares), "robust.cluster" and
                 "robust.cluster.sem" (robust.huber.white and robust.sem by clusters), "two.stage" and
                 "robust.two.stage" (sandwiches with what the saturated estimates of incomplete rows vary by), those of
                 estimates in steps (STEP_ERRORS), "bootstrap" (by samples of the rows), "none"
    test         the test beside the standard one, which scaled fit measures are made of, or "standard"; "none" for no
                 test and no fit measures that need one
    information  "expected", "observed" or "first.order": what standard errors are made of
    more_tests   further tests, which are only reported
    observed     what observed information is made of: "hessian", the whole second derivative, or "h1", without the
                 curvature of the moments
    tested_by    information that scaled tests take, where it is not that of the standard errors
    resampled    what bootstrap samples said, once they have been drawn
    """

    se: str = "standard"
    test: str = "standard"
    information: str = "expected"
    more_tests: tuple[str, ...] = ()
    observed: str = "hessian"
    tested_by: str | None = None
    resampled: Resampled | None = None

    @property
    def information_of_tests(self) -> str:
        """What scaled tests take."""
        return self.tested_by or self.information

    @property
    def is_resampled(self) -> bool:
        """Whether bootstrap samples are asked for."""
        return self.se == "bootstrap" or BOLLEN_STINE in self.more_tests

    @property
    def needs_gamma(self) -> bool:
        """Whether standard errors or tests use the distribution-free covariance matrix of the moments."""
        return self.se in _BY_MOMENTS or not _BY_GAMMA.isdisjoint({self.test, *self.more_tests})

    def takes_normal_gamma(self, kind: Kind) -> bool:
        """Whether scaled tests of ULS and DWLS take Γ by normal theory, as their standard errors do by default."""
        return self.se == "robust.sem.nt" and not kind.has_distribution


SCALED = frozenset(
    {"satorra.bentler", "yuan.bentler", "yuan.bentler.mplus", "yuan.chan", "mean.var.adjusted", "scaled.shifted"}
)
ROBUST = SCALED - {"mean.var.adjusted"}
"""The scaled tests that robust fit measures exist for."""


def resolve_inference_options(
    estimator: str | Estimator,
    se: str | None = None,
    test: str | Sequence[str] | None = None,
    information: str | None = None,
    missing: str | None = None,
    observed: str | None = None,
    clustered: bool = False,
    weighted: bool = False,
    categorical: bool = False,
    steps: str | None = None,
) -> InferenceOptions:
    """The defaults of an estimator, with what is asked for by hand in their place.

    A scaled test that belongs to the estimator stays the one that fit measures are made of. Raises OptionError for
    names that lavaan does not know either.

    missing  full information from incomplete rows takes observed information by default; two stages have standard
             errors of their own, and the Satorra-Bentler test
    categorical  there are ordered variables, whose statistics carry clusters and weights themselves
    steps   "local", "global" or "fsr", where the measurement part is estimated before the structural part
    clustered, weighted  rows are in clusters: scores are summed within them; rows have sampling weights
    """
    if steps is not None:
        return _resolve_steps(steps, se, test, missing, clustered, categorical)
    record, in_clusters = get_estimator(estimator), clustered
    default = InferenceOptions(record.se, record.test, record.information)
    if categorical:
        default = InferenceOptions(record.ordered_se or record.se, record.ordered_test or record.test)
        if clustered and record.ordered_se == "robust.sem":
            default = replace(default, test="satorra.bentler")  # plain ULS and DWLS, as in lavaan
        clustered = weighted = False
    if weighted:
        default = _heed_weights(record, default)
    if clustered:
        default = _heed_clusters(record, default, weighted)
        aliases = {"robust": "robust.cluster", "robust.sem": "robust.cluster.sem"}
        se = aliases.get(se.lower(), se) if se is not None else None
    incomplete = missing in FULL_INFORMATION
    if missing in TWO_STAGE and record.search == "instruments":
        default = replace(default, test="browne.residual.adf")  # by what the saturated moments vary by
    elif missing in TWO_STAGE:
        own = str(missing) if record.kind.is_likelihood else "robust.sem"
        default = InferenceOptions(own, "satorra.bentler", observed="h1")
    if se is not None and _ALIASES.get(se.lower(), se.lower()) == "first.order":
        se, information = "standard", "first.order"
    chosen_se = _choose("se", se, default.se, (*STANDARD_ERRORS, *CLUSTER_ERRORS) if clustered else STANDARD_ERRORS)
    if default.test == "browne.residual.nt" and chosen_se == "robust.sem":
        default = replace(default, test="browne.residual.adf")
    usual = "first.order" if default.information == "first.order" else "expected"
    observes = chosen_se == "robust.huber.white" or chosen_se in TWO_STAGE or (incomplete and usual == "expected")
    observes |= chosen_se == "robust.cluster" and default.information == "observed"
    fallback = "observed" if observes else usual
    first, *more = _choose_tests(test, default.test, default.test if missing in TWO_STAGE else record.test)
    if test is None and first != "none":
        plain_rows = missing in (None, "listwise") and not in_clusters
        more += _list_tests_beside(
            record, first, weighted and plain_rows and not categorical, categorical and in_clusters
        )
    chosen = _choose("information", information, fallback, INFORMATION)
    differs = clustered and information is None and chosen_se == "robust.cluster" and not _is_plain(record)
    tested_by = "observed" if differs and chosen != "observed" else None
    made_of = _choose("observed_information", observed, default.observed, OBSERVED_INFORMATION)
    return InferenceOptions(chosen_se, first, chosen, tuple(more), made_of, tested_by)


def _list_tests_beside(record: Estimator, main: str, by_weights: bool, by_clusters: bool) -> list[str]:
    """Tests that lavaan shows beside the main one: Browne's where rows have weights and what is minimised has a
    distribution for rows that have none; the mean-scaled one where clustered answers have a test adjusted further.
    """
    if by_clusters:
        return ["satorra.bentler"] if main in ("scaled.shifted", "mean.var.adjusted") else []
    by_normal_theory = record.kind.is_normal_theory and record.test == "standard"
    return ["browne.residual.adf"] if by_weights and by_normal_theory else []


def _resolve_steps(
    steps: str,
    se: str | None,
    test: str | Sequence[str] | None,
    missing: str | None,
    clustered: bool = False,
    categorical: bool = False,
) -> InferenceOptions:
    """The same of estimates in steps; their test is of the structural part by itself, or, globally, of the whole."""
    words = {"two-step": "twostep", "two.step": "twostep", "robust": "twostep.robust", "robust.sem": "twostep.robust"}
    asked = None if se is None else words.get(se.lower(), se)
    if categorical and asked == "twostep":  # least squares of thresholds and correlations have no other
        asked = "twostep.robust"
    errors: tuple[str, ...] = STEP_ERRORS
    if clustered or categorical:
        errors = (*FREE_STEP_ERRORS, "none") if clustered else (*FREE_STEP_ERRORS, "naive", "standard", "none")
    chosen = _choose("se", asked, errors[0], errors)
    own = "yuan.chan" if steps == "global" else "satorra.bentler"
    default = "standard" if chosen in ("standard", "none") and steps != "global" else own
    names = [test] if isinstance(test, str) else list(test or [])
    named = [_choose("test", name, default, (own, "standard", "none")) for name in names]
    information = "observed" if missing in FULL_INFORMATION else "expected"
    return InferenceOptions(chosen, named[0] if named else default, information)


def _heed_weights(record: Estimator, default: InferenceOptions) -> InferenceOptions:
    """Defaults that do not take weighted rows for independent draws that count alike."""
    if _is_plain(record):
        return InferenceOptions("robust.huber.white", "yuan.bentler.mplus", "observed")
    plain = default.se in ("standard", "robust.sem.nt") and not record.kind.is_distribution_free
    return default if record.kind.is_likelihood or not plain else replace(default, se="robust.sem")


def _is_plain(record: Estimator) -> bool:
    """Whether it is maximum likelihood for normal data and nothing else."""
    return record.kind.is_likelihood and (record.se, record.information) == ("standard", "expected")


def _heed_clusters(record: Estimator, default: InferenceOptions, weighted: bool) -> InferenceOptions:
    """The same of rows in clusters; tests that the name of the estimator stands for remain.

    lavaan takes expected information for ML (not MLR) with weights and clusters.
    """
    if default.se == "robust.sem":
        se = "robust.cluster.sem" if default.test == "satorra.bentler" else "robust.cluster"
        return replace(default, se=se)
    expected = record.information == "first.order" or (weighted and _is_plain(record))
    information = "expected" if expected else "observed"
    return InferenceOptions("robust.cluster", "yuan.bentler.mplus", information)


def _choose_tests(given: str | Sequence[str] | None, default: str, own: str) -> list[str]:
    """The main test, then the others: scaled ones first, those of the estimator's name before those asked for."""
    asked = [given] if isinstance(given, str) else list(given or [])
    asked = [BOLLEN_STINE if name.lower() in _BOOTSTRAPPED_TEST else name for name in asked]
    names = [_choose("test", name, default, TESTS) for name in asked]
    if "none" in names:
        return ["none"]
    names = list(dict.fromkeys([default, *names] if own in SCALED or not names else names))
    chosen = sorted(names, key=lambda name: name not in SCALED)
    chosen = [name for name in chosen if name != "standard"] or ["standard"]
    return chosen if chosen[0] != BOLLEN_STINE else ["standard", *chosen]


def _choose(option: str, value: str | None, default: str, known: tuple[str, ...]) -> str:
    if value is None or value == "default":
        return default
    name = _ALIASES.get(value.lower(), value.lower())
    if name not in known:
        message = f'option "{option}" cannot be {value!r}'
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"one of: {', '.join(known)}"))
    return name
