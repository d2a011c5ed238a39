"""Options that do not go together: refused before anything is read or computed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.estimation import ESTIMATORS, get_estimator
from sem_toolkit.inference import InferenceOptions
from sem_toolkit.inference.options import CLUSTER_ERRORS, SCALED
from sem_toolkit.sample.sample import FULL_INFORMATION, PAIRWISE, TWO_STAGE
from sem_toolkit.spec import TableOptions

_FULL_INFORMATION_ESTIMATORS = ("ML", "MLR", "MLF")
_TWO_STAGE_TESTS = ("standard", "satorra.bentler", "mean.var.adjusted", "scaled.shifted", "none")
_INSTRUMENTS_TESTS = ("standard", "browne.residual.nt", "browne.residual.adf", "none")
_DESIGN_TESTS = SCALED | {"standard", "none"}
_FULL_INFORMATION_TESTS = ("standard", "yuan.bentler.mplus", "yuan.bentler", "none")
_ERRORS_OF_NUMBERS = frozenset({"robust.sem.nt", "robust.huber.white"})
_TESTS_OF_NUMBERS = frozenset({"browne.residual.nt", "browne.residual.nt.model", "browne.residual.adf.model"})


@dataclass(frozen=True)
class Combination:
    """The options of a fit, as far as they must go together.

    read         values by name
    table, inference   what was made of them
    ordered      which variables are ordered, as given: none where empty; None where nothing was said
    conditional  whether moments are given exogenous variables, all of them numeric
    """

    read: Mapping[str, Any]
    table: TableOptions
    inference: InferenceOptions
    ordered: object
    conditional: bool

    @property
    def estimator(self) -> str:
        return str(self.read.get("estimator", "ML"))

    @property
    def missing(self) -> str:
        return str(self.read.get("missing", "listwise"))

    @property
    def tests(self) -> tuple[str, ...]:
        return (self.inference.test, *self.inference.more_tests)


def check_combination(chosen: Combination) -> Iterator[Diagnostic]:
    """Faults of what is combined; ordered variables have been looked at before (`check_ordered`)."""
    if chosen.ordered and chosen.inference.se in _ERRORS_OF_NUMBERS:
        message = f'se = "{chosen.inference.se}" is of numeric rows, and some variables are ordered'
        yield Diagnostic("error", "se-for-ordered", message, hint='se = "robust.sem"')
    if chosen.ordered and (unfit := _TESTS_OF_NUMBERS.intersection(chosen.tests)):
        message = f'test = "{min(unfit)}" is of numeric rows, and some variables are ordered'
        yield Diagnostic("error", "test-for-ordered", message, hint='test = "browne.residual.adf"')
    if "sam_method" in chosen.read:
        yield from _check_steps(chosen)
    elif not chosen.ordered:
        yield from _check_missing(chosen)
        yield from _check_design(chosen)
        yield from _check_numeric(chosen)
    if get_estimator(chosen.estimator).search == "instruments":
        yield from _check_instruments(chosen)
    if chosen.conditional:
        yield from _check_conditional(chosen)


def _check_missing(chosen: Combination) -> Iterator[Diagnostic]:
    """What full information from incomplete rows cannot be combined with."""
    missing, estimator, inference = chosen.missing, chosen.estimator, chosen.inference
    if "aux" in chosen.read and missing not in (*FULL_INFORMATION, *TWO_STAGE):
        message = f'aux needs missing = "ml" or "two.stage", and missing is "{missing}"'
        yield Diagnostic("error", "aux-without-missing", message)
        return
    by_rows = inference.information == "first.order" or any(
        word not in ("standard", "none") for word in (inference.se, inference.test)
    )
    if missing in PAIRWISE and by_rows:
        message = f'robust standard errors and tests, and scores of rows, are not there with missing = "{missing}"'
        yield Diagnostic("error", "missing-estimator", message, hint='missing = "robust.two.stage" has them')
        return
    if missing in TWO_STAGE:
        yield from _check_two_stage(chosen)
        return
    if missing not in FULL_INFORMATION:
        return
    if estimator not in _FULL_INFORMATION_ESTIMATORS:
        message = f'missing = "{missing}" is maximum likelihood, and the estimator is {estimator}'
        hint = f"one of: {', '.join(_FULL_INFORMATION_ESTIMATORS)}"
        if get_estimator(estimator).search == "instruments":
            hint = 'missing = "two.stage" takes the moments of all rows by EM'
        yield Diagnostic("error", "missing-estimator", message, hint=hint)
    elif chosen.read.get("likelihood") == "wishart":
        message = f'missing = "{missing}" needs likelihood = "normal": incomplete rows have no Wishart distribution'
        yield Diagnostic("error", "missing-estimator", message)
    elif inference.se not in ("standard", "robust.huber.white", "robust.cluster", "bootstrap", "none"):
        message = f'se = "{inference.se}" is not there with missing = "{missing}"'
        hint = "robust standard errors of incomplete rows: estimator = MLR"
        yield Diagnostic("error", "missing-estimator", message, hint=hint)
    known: tuple[str, ...] = _FULL_INFORMATION_TESTS
    if chosen.conditional:
        known = tuple(name for name in known if name != "yuan.bentler")
    tests = [name for name in chosen.tests if name not in known]
    if tests and estimator in _FULL_INFORMATION_ESTIMATORS:
        message = f'test = "{tests[0]}" is not there with missing = "{missing}"'
        yield Diagnostic("error", "missing-test", message, hint=f"one of: {', '.join(known)}")
    yield from _check_rows_and_means(chosen)


def _check_two_stage(chosen: Combination) -> Iterator[Diagnostic]:
    """What two stages cannot be combined with."""
    missing, estimator, inference = chosen.missing, chosen.estimator, chosen.inference
    if get_estimator(estimator).search == "instruments":
        yield from _check_two_stage_instruments(chosen)
        yield from _check_rows_and_means(chosen)
        return
    if estimator not in ("ML", "ULS", "GLS") or chosen.read.get("likelihood") == "wishart":
        message = f'missing = "{missing}" goes with ML, ULS or GLS and a normal likelihood'
        hint = 'estimator = "ML" has errors and a scaled test of two stages' if estimator == "MLR" else None
        yield Diagnostic("error", "missing-estimator", message, hint=hint)
    elif inference.se not in ((missing, "none") if estimator == "ML" else ("robust.sem", "none")):
        message = f'se = "{inference.se}" is not there with missing = "{missing}"'
        yield Diagnostic("error", "missing-estimator", message, hint="leave se out")
    elif inference.information == "first.order" or (inference.information == "observed" and inference.observed != "h1"):
        message = f'missing = "{missing}" takes expected information, or observed_information = "h1"'
        yield Diagnostic("error", "missing-estimator", message)
    tests = [name for name in chosen.tests if name not in _TWO_STAGE_TESTS]
    if tests:
        message = f'test = "{tests[0]}" is not there with missing = "{missing}"'
        yield Diagnostic("error", "missing-test", message, hint=f"one of: {', '.join(_TWO_STAGE_TESTS)}")
    yield from _check_rows_and_means(chosen)


def _check_two_stage_instruments(chosen: Combination) -> Iterator[Diagnostic]:
    """What instruments cannot be combined with where moments are estimated from incomplete rows."""
    unfit = [name for name in chosen.tests if name in ("browne.residual.nt", "browne.residual.nt.model")]
    if unfit:
        message = f'test = "{unfit[0]}" takes moments for those of complete rows, and missing is "{chosen.missing}"'
        yield Diagnostic(
            "error", "missing-test", message, hint='leave test out: "browne.residual.adf" heeds empty cells'
        )


def _check_rows_and_means(chosen: Combination) -> Iterator[Diagnostic]:
    """That there are rows with empty cells to speak of, and means to model."""
    missing = chosen.missing
    if chosen.table.meanstructure is False:
        message = f'missing = "{missing}" needs means, and meanstructure is false'
        yield Diagnostic("error", "no-means", message, hint="leave meanstructure out")
    if "sample_cov" in chosen.read:
        message = f'missing = "{missing}" needs the rows of the data, and only moments are given'
        yield Diagnostic("error", "raw-data-needed", message)


def _check_design(chosen: Combination) -> Iterator[Diagnostic]:
    """What clusters and sampling weights cannot be combined with."""
    if "cluster" not in chosen.read and "sampling_weights" not in chosen.read:
        return
    what = "cluster" if "cluster" in chosen.read else "sampling_weights"
    estimator, missing, inference = chosen.estimator, chosen.missing, chosen.inference
    if what == "cluster" and not estimator.startswith("ML"):
        message = f"cluster goes with maximum likelihood, and the estimator is {estimator}"
        hint = "one of: ML, MLR, MLM, MLMV, MLMVS, MLF"
        yield Diagnostic("error", "cluster-estimator", message, hint=hint)
    elif chosen.read.get("likelihood") == "wishart":
        message = f"{what} needs a normal likelihood: covariances of such rows have no Wishart distribution"
        yield Diagnostic("error", "cluster-estimator", message, hint="leave likelihood out")
    elif missing not in ("listwise", *FULL_INFORMATION):
        message = f'{what} does not go with missing = "{missing}"'
        yield Diagnostic("error", "cluster-estimator", message, hint='one of: "listwise", "ml", "ml.x"')
    elif what == "cluster" and inference.se not in ("standard", *CLUSTER_ERRORS, "bootstrap", "none"):
        message = f'se = "{inference.se}" takes rows for independent draws, which they are not with {what}'
        yield Diagnostic("error", "cluster-estimator", message, hint="leave se out")
    elif what == "cluster" and (unfit := {*chosen.tests} - _DESIGN_TESTS):
        message = f'test = "{min(unfit)}" takes rows for independent draws, which they are not with {what}'
        yield Diagnostic("error", "cluster-estimator", message, hint="leave test out")
    if what == "cluster" and chosen.table.meanstructure is False:
        message = "clusters need means, and meanstructure is false"
        yield Diagnostic("error", "no-means", message, hint="leave meanstructure out")
    if "sample_cov" in chosen.read:
        yield Diagnostic("error", "raw-data-needed", f"{what} is about rows, and only moments are given")


def _check_steps(chosen: Combination) -> Iterator[Diagnostic]:
    """What estimation in steps cannot be combined with."""
    if chosen.estimator != "ML" and not chosen.ordered:
        message = f"sam estimates by ML, part by part, and the estimator is {chosen.estimator}"
        yield Diagnostic("error", "steps-estimator", message, hint="leave estimator out, or sam_method")
    elif get_estimator(chosen.estimator).search == "instruments":
        message = "sam minimises a discrepancy for each part, and estimation by instruments (IV) minimises none"
        yield Diagnostic("error", "steps-estimator", message, hint='estimator = "WLSMV", or no sam_method')
    if chosen.read.get("likelihood") == "wishart":
        yield Diagnostic("error", "steps-estimator", "sam goes with likelihood = normal", hint="leave it out")
    for name in ("sampling_weights", "sample_cov", "aux"):
        if name in chosen.read:
            message = f"sam does not go with {name}: its standard errors take rows for independent draws"
            yield Diagnostic("error", "steps-data", message, hint="fit without sam")
    if not chosen.ordered and chosen.missing not in ("listwise", *FULL_INFORMATION):
        message = f'sam does not go with missing = "{chosen.missing}"'
        yield Diagnostic("error", "missing-estimator", message, hint='one of: "listwise", "ml"')


def _check_conditional(chosen: Combination) -> Iterator[Diagnostic]:
    """What moments given exogenous variables cannot be combined with, where all variables are numeric."""
    estimator, inference = chosen.estimator, chosen.inference

    def refuse(what: str, hint: str) -> Diagnostic:
        message = f"conditional_x of numeric variables does not go with {what}"
        return Diagnostic("error", "conditional-x", message, hint=hint)

    if estimator not in _FULL_INFORMATION_ESTIMATORS or "sam_method" in chosen.read:
        what = "sam" if "sam_method" in chosen.read else estimator
        yield refuse(what, f"one of: {', '.join(_FULL_INFORMATION_ESTIMATORS)}")
    if chosen.table.fixed_x is False:
        yield refuse("fixed_x = false", "leave one of them out")
    if chosen.table.meanstructure is False:
        yield refuse("meanstructure = false", "leave it out: intercepts are among the moments")
    if chosen.missing not in ("listwise", "ml"):
        yield refuse(f'missing = "{chosen.missing}"', 'missing = "ml" keeps rows that have their exogenous variables')
    for name in ("sample_cov", "likelihood"):
        if name in chosen.read:
            yield refuse(name, "fixed_x = true gives the same estimates")
    if inference.test not in ("standard", "yuan.bentler.mplus", "none") or inference.more_tests:
        yield refuse(f'test = "{inference.test}"', "one of: standard, yuan.bentler.mplus, none")


def _check_instruments(chosen: Combination) -> Iterator[Diagnostic]:
    """What estimation by instruments cannot be combined with: it minimises nothing, and has its own standard errors."""
    inference = chosen.inference
    if inference.se not in ("standard", "robust.sem", "none"):
        message = f'se = "{inference.se}" is not there for estimation by instruments'
        hint = "one of: standard, robust.sem (the delta method free of distribution), none"
        yield Diagnostic("error", "instruments-se", message, hint=hint)
    unfit = [name for name in chosen.tests if name not in _INSTRUMENTS_TESTS]
    if unfit:
        message = f'test = "{unfit[0]}" is about what is minimised, and estimation by instruments minimises nothing'
        hint = f"one of: {', '.join(_INSTRUMENTS_TESTS)}"
        yield Diagnostic("error", "instruments-test", message, hint=hint)
    if chosen.read.get("engine", "auto") == "semopy":
        message = "semopy minimises a discrepancy, and estimation by instruments minimises none"
        yield Diagnostic("error", "instruments-engine", message, hint="leave engine out")
    if "sampling_weights" in chosen.read and inference.se != "none":
        message = "there are no standard errors of estimates by instruments with sampling weights"
        yield Diagnostic("error", "instruments-weights", message, hint="se = none, or estimator = ML")


def check_ordered(chosen: Combination) -> Iterator[Diagnostic]:
    """What ordered variables cannot be combined with."""
    missing, estimator = chosen.missing, chosen.estimator
    if get_estimator(estimator).ordered is None:
        names = [name for name, record in ESTIMATORS.items() if record.ordered is not None]
        message = f"{estimator} is no estimator of ordered variables"
        yield Diagnostic("error", "estimator-for-ordered", message, hint=f"one of: {', '.join(names)}")
    if missing not in ("listwise", *PAIRWISE):
        message = f'missing = "{missing}" is about numeric variables, and some are ordered'
        hint = 'missing = "pairwise" takes for each pair of variables all rows that have both'
        yield Diagnostic("error", "missing-estimator", message, hint=hint)
    if "sample_cov" in chosen.read:
        message = "ordered variables need the rows of the data, and only moments are given"
        yield Diagnostic("error", "raw-data-needed", message)
    if chosen.table.conditional_x and chosen.table.fixed_x is False:
        message = "fixed_x = false does not go with conditional_x, which ordered variables have by default"
        hint = "conditional_x = false models the exogenous variables too"
        yield Diagnostic("error", "conditional-x", message, hint=hint)


def _check_numeric(chosen: Combination) -> Iterator[Diagnostic]:
    """Estimators of ordered variables are refused where continuous data are not meant."""
    if chosen.ordered is None and chosen.estimator in {"WLSM", "WLSMV", "DWLS"}:
        message = f"{chosen.estimator} is made for ordered variables, and none are named"
        hint = "for continuous variables say so: ordered = false, on the command line --ordered none"
        yield Diagnostic("error", "estimator-for-ordered", message, hint=hint)
