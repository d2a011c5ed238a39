"""Named options, as lavaan users know them, into one checked `FitOptions`."""

import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, TypeVar

from sem_toolkit.diagnostics import Diagnostic, OptionError, SemError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.estimation import ESTIMATORS, EstimationOptions, get_estimator
from sem_toolkit.estimation.instruments.options import InstrumentOptions
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.fit.declared import OPTIONS
from sem_toolkit.fit.idle import check_idle_options
from sem_toolkit.fit.moments import Moments
from sem_toolkit.fit.readers import order_counts, read_ordered, split_words
from sem_toolkit.fit.rotation import build_rotation_options
from sem_toolkit.inference import InferenceOptions, resolve_inference_options
from sem_toolkit.inference.options import BOLLEN_STINE, CLUSTER_ERRORS, FREE_STEP_ERRORS, SCALED
from sem_toolkit.rotation import RotationOptions
from sem_toolkit.sample import Door, MissingCode
from sem_toolkit.sample.parcels import Parcel
from sem_toolkit.sample.reversing import Reversed
from sem_toolkit.sample.sample import FULL_INFORMATION, PAIRWISE, TWO_STAGE
from sem_toolkit.sample.weights import Normalization, Weighting
from sem_toolkit.spec import ParameterTable, TableOptions, build_table_options

Result = TypeVar("Result")


@dataclass(frozen=True)
class FitOptions:
    """Every option of a fit, by the layer that reads it.

    table        which rows the parameter table has (call, std_lv, fixed_x, group_equal, ...)
    estimation   what is minimised, and by what (estimator, likelihood, engine, ...)
    inference    which standard errors and tests belong to it (se, test, information)
    rotation     how exploratory blocks are rotated
    missing      what to do with rows that have empty cells; None: listwise deletion, for want of a choice
    aux          auxiliary variables: they are not in the model, but help with what is missing
    cluster      name of the column that says which rows belong together
    sampling_weights  name of the column with the weights of the rows
    sampling_weights_normalization  how they are scaled; sampling_weights_type: what they are
    group        name of the grouping column
    group_label  which of its values are the groups, in their order; none: all, as they appear
    all_ordered  whether every endogenous observed variable is ordered; else `table.ordered` names those that are
    zero_add     what is added to empty cells of 2 × 2 tables and of larger ones, where polychorics are estimated
    zero_keep_margins  whether the margins of a 2 × 2 table stay when a cell of it is filled
    reverse      items to turn about the middle of their scale
    parcel       new columns that are means or sums of items
    sheet        of a workbook with the data; None takes the first one that holds a table
    missing_codes  numbers or texts that stand for missing values in every column
    sample_cov   covariance matrices by group label ("" for one group), with sample_nobs and perhaps sample_mean
    level        of confidence intervals
    bootstrap    samples of bootstrapped standard errors and tests; iseed: of their draws; boot_ci_type: their limits
    given        the options as they were given, by name, in the order in which they were read
    """

    table: TableOptions = field(default_factory=TableOptions)
    estimation: EstimationOptions = field(default_factory=EstimationOptions)
    inference: InferenceOptions = field(default_factory=InferenceOptions)
    rotation: RotationOptions = field(default_factory=RotationOptions)
    missing: str | None = None
    aux: tuple[str, ...] = ()
    cluster: str | None = None
    sampling_weights: str | None = None
    sampling_weights_normalization: Normalization = "group"
    sampling_weights_type: str = "design"
    group: str | None = None
    group_label: tuple[str, ...] = ()
    all_ordered: bool = False
    zero_add: tuple[float, float] = (0.5, 0.0)
    zero_keep_margins: bool = True
    reverse: tuple[Reversed, ...] = ()
    parcel: tuple[Parcel, ...] = ()
    sheet: str | None = None
    missing_codes: tuple[MissingCode, ...] = ()
    sample_cov: Mapping[str, Moments] | None = None
    sample_mean: Mapping[str, Moments] | None = None
    sample_nobs: tuple[int, ...] = ()
    level: float = 0.95
    bootstrap: int = 1000
    iseed: int = 1
    boot_ci_type: str = "perc"
    given: Mapping[str, object] = field(default_factory=dict)

    @property
    def weighting(self) -> Weighting | None:
        """What is made of the sampling weights, where there are any."""
        if self.sampling_weights is None:
            return None
        frequencies = self.sampling_weights_type == "frequency"
        return Weighting(self.sampling_weights, self.sampling_weights_normalization, frequencies)

    @property
    def without_resampling(self) -> "FitOptions":
        """The same for the fit to one sample among many."""
        plain = [name for name in self.inference.more_tests if name != BOLLEN_STINE]
        se = "standard" if self.inference.se == "bootstrap" else self.inference.se
        return replace(self, inference=replace(self.inference, se=se, more_tests=tuple(plain), resampled=None))

    @property
    def ignores_design(self) -> bool:
        """Whether standard errors take rows for independent draws, whatever weights and clusters there are."""
        free = self.estimation.kind.is_distribution_free or self.inference.information == "first.order"
        return self.inference.se == "standard" and not free

    @property
    def door(self) -> Door:
        """How a table of data is to be read."""
        return Door(self.sheet, self.missing_codes)


def parse_fit_options(*layers: Mapping[str, object]) -> FitOptions:
    """Merge option sets, later ones winning, and check every name and value.

    Names may be written with dots as in R; None counts as not given. Raises OptionError with every fault
    found.
    """
    given = _flatten(layers)
    if "ordered" in given:
        given["ordered"] = read_ordered(given["ordered"])
    faults = [_build_unknown_option(name) for name in given if name not in OPTIONS]
    read: dict[str, Any] = {}
    for name, option in OPTIONS.items():
        if name in given and option.parse is not None:
            try:
                value = given[name]
                if name == "sample_nobs" and isinstance(value, Mapping):
                    value = order_counts(value, given.get("sample_cov"))
                read[name] = option.parse(value)
            except ValueError as problem:
                faults.append(_build_bad_value(name, given[name], str(problem)))
    rows = {name: value for name, value in given.items() if name in OPTIONS and OPTIONS[name].layer == "table"}
    categorical = _is_categorical(given.get("ordered"))
    by_instruments = get_estimator(read.get("estimator", "ML")).search == "instruments"
    if by_instruments:
        rows.setdefault("marker_int_zero", True)
    if categorical:
        read.setdefault("estimator", "WLSMV")
        rows.setdefault("conditional_x", not by_instruments)
        if rows["conditional_x"]:
            rows.setdefault("fixed_x", True)
        if "sam_method" in read:
            read.setdefault("m_method", "ULS")
    conditional = not categorical and _is_switched_on(rows.pop("conditional_x", False))
    if conditional:
        rows.setdefault("meanstructure", True)
    by_sample = "sam_method" in read and (str(read.get("se")).lower() in FREE_STEP_ERRORS or "cluster" in read)
    if by_sample or not str(read.get("estimator", "ML")).startswith("ML"):
        rows.setdefault("fixed_x", False)  # lavaan's default for all but maximum likelihood, and for some of sam
    if read.get("missing") in FULL_INFORMATION | TWO_STAGE or "cluster" in read:
        rows.setdefault("meanstructure", True)
    rotation, wrong_rotation = build_rotation_options(read)
    faults += wrong_rotation
    if rotation.is_orthogonal and rotation.method != "none":
        rows.setdefault("orthogonal_efa", True)
    table = _attempt(faults, TableOptions(), _build_table_options, rows)
    inference = InferenceOptions()
    wrong = _check_ordered(given.get("ordered"), str(read.get("estimator")), read, table) if categorical else []
    if not wrong:
        inference_of = partial(_build_inference_options, categorical=categorical)
        inference = _attempt(faults, InferenceOptions(), inference_of, read)
        if categorical and inference.se in _ERRORS_OF_NUMBERS:
            message = f'se = "{inference.se}" is of numeric rows, and some variables are ordered'
            faults.append(Diagnostic("error", "se-for-ordered", message, hint='se = "robust.sem"'))
        if "sam_method" in read:
            faults += _check_steps(read, categorical=categorical)
        elif not categorical:
            faults += _check_missing(read, table, inference)
            faults += _check_cluster(read, table, inference)
            faults += _check_numeric(given.get("ordered"), str(read.get("estimator")))
        if by_instruments:
            faults += _check_instruments(read, inference)
        if conditional:
            faults += _check_conditional(read, table, inference)
    faults += wrong
    informations = (inference.information, inference.information_of_tests)
    faults += check_idle_options(given, str(read.get("estimator", "ML")), informations)
    if faults:
        raise OptionError(faults)
    chosen = {name: value for name, value in read.items() if name in _ESTIMATION}
    instruments = InstrumentOptions(**{name: value for name, value in read.items() if name in _INSTRUMENTS})
    steps = StepOptions(**{name: value for name, value in read.items() if name in _STEPS})
    estimation = EstimationOptions(**chosen, categorical=categorical, instruments=instruments, steps=steps)
    estimation = replace(estimation, conditional_x=conditional)
    if not categorical and inference.se not in ("robust.sem.nt", "none") and not estimation.kind.has_distribution:
        estimation = replace(estimation, normal_weights=False)
    own = {name: value for name, value in read.items() if name in _OWN}
    own["all_ordered"] = given.get("ordered") is True
    return FitOptions(table=table, estimation=estimation, inference=inference, rotation=rotation, given=given, **own)


def _flatten(layers: Iterable[Mapping[str, object]]) -> dict[str, object]:
    """The options of all layers by name, those that come with an estimator (a list in lavaan) among them."""
    given: dict[str, object] = {}
    for layer in layers:
        for name, value in layer.items():
            if value is None:
                continue
            if name == "estimator" and isinstance(value, Mapping):
                given |= {str(own).replace(".", "_"): entry for own, entry in value.items() if entry is not None}
            else:
                given[name.replace(".", "_")] = value
    if given.get("call") == "sam":
        given = {**given, "call": "sem", "sam_method": given.get("sam_method", "local")}
    local = given.pop("local_options", None)
    if isinstance(local, Mapping):
        given |= {str(name).replace(".", "_").lower(): value for name, value in local.items() if value is not None}
    return given


def _attempt(
    faults: list[Diagnostic], otherwise: Result, build: Callable[[dict[str, Any]], Result], values: dict[str, Any]
) -> Result:
    try:
        return build(values)
    except SemError as fault:
        faults += fault.diagnostics
        return otherwise


def _build_table_options(values: dict[str, Any]) -> TableOptions:
    split = {name: split_words(value) if OPTIONS[name].is_list else value for name, value in values.items()}
    return build_table_options(split)[0]


def _build_inference_options(values: dict[str, Any], categorical: bool = False) -> InferenceOptions:
    return resolve_inference_options(
        values.get("estimator", "ML"),
        values.get("se"),
        values.get("test"),
        values.get("information"),
        values.get("missing"),
        values.get("observed_information"),
        "cluster" in values,
        "sampling_weights" in values,
        categorical,
        values.get("sam_method"),
    )


def _check_missing(read: Mapping[str, Any], table: TableOptions, inference: InferenceOptions) -> list[Diagnostic]:
    """What full information from incomplete rows cannot be combined with."""
    missing, estimator = str(read.get("missing")), str(read.get("estimator", "ML"))
    if "aux" in read and missing not in FULL_INFORMATION | TWO_STAGE:
        message = f'aux needs missing = "ml" or "two.stage", and missing is "{read.get("missing", "listwise")}"'
        return [Diagnostic("error", "aux-without-missing", message)]
    if missing in PAIRWISE and (inference.se not in ("standard", "none") or inference.test not in ("standard", "none")):
        message = f'robust standard errors and tests are not there with missing = "{missing}"'
        return [Diagnostic("error", "missing-estimator", message, hint='missing = "robust.two.stage" has them')]
    if missing in TWO_STAGE:
        return _check_two_stage(missing, estimator, read, table, inference)
    if missing not in FULL_INFORMATION:
        return []
    faults = []
    if estimator not in _FULL_INFORMATION_ESTIMATORS:
        message = f'missing = "{missing}" is maximum likelihood, and the estimator is {estimator}'
        hint = f"one of: {', '.join(_FULL_INFORMATION_ESTIMATORS)}"
        faults.append(Diagnostic("error", "missing-estimator", message, hint=hint))
    elif read.get("likelihood") == "wishart":
        message = f'missing = "{missing}" needs likelihood = "normal": incomplete rows have no Wishart distribution'
        faults.append(Diagnostic("error", "missing-estimator", message))
    elif inference.se not in ("standard", "robust.huber.white", "robust.cluster", "bootstrap", "none"):
        message = f'se = "{inference.se}" is not there with missing = "{missing}"'
        hint = "robust standard errors of incomplete rows: estimator = MLR"
        faults.append(Diagnostic("error", "missing-estimator", message, hint=hint))
    tests = [name for name in (inference.test, *inference.more_tests) if name not in _FULL_INFORMATION_TESTS]
    if tests and estimator in _FULL_INFORMATION_ESTIMATORS:
        message = f'test = "{tests[0]}" is not there with missing = "{missing}"'
        faults.append(
            Diagnostic("error", "missing-test", message, hint=f"one of: {', '.join(_FULL_INFORMATION_TESTS)}")
        )
    return faults + _check_rows_and_means(missing, read, table)


def _check_two_stage(
    missing: str, estimator: str, read: Mapping[str, Any], table: TableOptions, inference: InferenceOptions
) -> list[Diagnostic]:
    """What two stages cannot be combined with."""
    faults = []
    if estimator not in ("ML", "ULS", "GLS") or read.get("likelihood") == "wishart":
        message = f'missing = "{missing}" goes with ML, ULS or GLS and a normal likelihood'
        faults.append(Diagnostic("error", "missing-estimator", message))
    elif inference.se not in ((missing, "none") if estimator == "ML" else ("robust.sem", "none")):
        message = f'se = "{inference.se}" is not there with missing = "{missing}"'
        faults.append(Diagnostic("error", "missing-estimator", message, hint="leave se out"))
    elif inference.information == "first.order" or (inference.information == "observed" and inference.observed != "h1"):
        message = f'missing = "{missing}" takes expected information, or observed_information = "h1"'
        faults.append(Diagnostic("error", "missing-estimator", message))
    tests = [name for name in (inference.test, *inference.more_tests) if name not in _TWO_STAGE_TESTS]
    if tests:
        message = f'test = "{tests[0]}" is not there with missing = "{missing}"'
        faults.append(Diagnostic("error", "missing-test", message, hint=f"one of: {', '.join(_TWO_STAGE_TESTS)}"))
    return faults + _check_rows_and_means(missing, read, table)


def _check_rows_and_means(missing: str, read: Mapping[str, Any], table: TableOptions) -> list[Diagnostic]:
    """That there are rows with empty cells to speak of, and means to model."""
    faults = []
    if table.meanstructure is False:
        message = f'missing = "{missing}" needs means, and meanstructure is false'
        faults.append(Diagnostic("error", "no-means", message, hint="leave meanstructure out"))
    if "sample_cov" in read:
        message = f'missing = "{missing}" needs the rows of the data, and only moments are given'
        faults.append(Diagnostic("error", "raw-data-needed", message))
    return faults


def _check_cluster(read: Mapping[str, Any], table: TableOptions, inference: InferenceOptions) -> list[Diagnostic]:
    """What clusters and sampling weights cannot be combined with."""
    if "cluster" not in read and "sampling_weights" not in read:
        return []
    what = "cluster" if "cluster" in read else "sampling_weights"
    faults = []
    estimator, missing = str(read.get("estimator", "ML")), str(read.get("missing", "listwise"))
    if what == "cluster" and not estimator.startswith("ML"):
        message = f"cluster goes with maximum likelihood, and the estimator is {estimator}"
        hint = "one of: ML, MLR, MLM, MLMV, MLMVS, MLF"
        faults.append(Diagnostic("error", "cluster-estimator", message, hint=hint))
    elif read.get("likelihood") == "wishart":
        message = f"{what} needs a normal likelihood: covariances of such rows have no Wishart distribution"
        faults.append(Diagnostic("error", "cluster-estimator", message, hint="leave likelihood out"))
    elif missing not in FULL_INFORMATION | {"listwise"}:
        message = f'{what} does not go with missing = "{missing}"'
        faults.append(Diagnostic("error", "cluster-estimator", message, hint='one of: "listwise", "ml", "ml.x"'))
    elif what == "cluster" and inference.se not in ("standard", *CLUSTER_ERRORS, "bootstrap", "none"):
        message = f'se = "{inference.se}" takes rows for independent draws, which they are not with {what}'
        faults.append(Diagnostic("error", "cluster-estimator", message, hint="leave se out"))
    elif what == "cluster" and (unfit := {inference.test, *inference.more_tests} - _DESIGN_TESTS):
        message = f'test = "{min(unfit)}" takes rows for independent draws, which they are not with {what}'
        faults.append(Diagnostic("error", "cluster-estimator", message, hint="leave test out"))
    if what == "cluster" and table.meanstructure is False:
        message = "clusters need means, and meanstructure is false"
        faults.append(Diagnostic("error", "no-means", message, hint="leave meanstructure out"))
    if "sample_cov" in read:
        faults.append(Diagnostic("error", "raw-data-needed", f"{what} is about rows, and only moments are given"))
    return faults


def _check_steps(read: Mapping[str, Any], *, categorical: bool) -> list[Diagnostic]:
    """What estimation in steps cannot be combined with."""
    faults = []
    estimator = str(read.get("estimator", "ML"))
    if estimator != "ML" and not categorical:
        message = f"sam estimates by ML, part by part, and the estimator is {estimator}"
        faults.append(Diagnostic("error", "steps-estimator", message, hint="leave estimator out, or sam_method"))
    if estimator == "IV":
        message = "sam minimises a discrepancy for each part, and estimation by instruments (IV) minimises none"
        faults.append(Diagnostic("error", "steps-estimator", message, hint='estimator = "WLSMV", or no sam_method'))
    if read.get("likelihood") == "wishart":
        faults.append(Diagnostic("error", "steps-estimator", "sam goes with likelihood = normal", hint="leave it out"))
    for name in ("sampling_weights", "sample_cov", "aux"):
        if name in read:
            message = f"sam does not go with {name}: its standard errors take rows for independent draws"
            faults.append(Diagnostic("error", "steps-data", message, hint="fit without sam"))
    if not categorical and str(read.get("missing", "listwise")) not in FULL_INFORMATION | {"listwise"}:
        message = f'sam does not go with missing = "{read["missing"]}"'
        faults.append(Diagnostic("error", "missing-estimator", message, hint='one of: "listwise", "ml"'))
    return faults


def _is_switched_on(value: object) -> bool:
    return value is True or str(value).lower() in ("true", "t", "yes", "on")


def _check_conditional(read: Mapping[str, Any], table: TableOptions, inference: InferenceOptions) -> list[Diagnostic]:
    """What moments given exogenous variables cannot be combined with, where all variables are numeric."""
    estimator, faults = str(read.get("estimator", "ML")), []

    def refuse(what: str, hint: str) -> None:
        message = f"conditional_x of numeric variables does not go with {what}"
        faults.append(Diagnostic("error", "conditional-x", message, hint=hint))

    if estimator not in _FULL_INFORMATION_ESTIMATORS or "sam_method" in read:
        refuse(f"{'sam' if 'sam_method' in read else estimator}", f"one of: {', '.join(_FULL_INFORMATION_ESTIMATORS)}")
    if table.fixed_x is False:
        refuse("fixed_x = false", "leave one of them out")
    if table.meanstructure is False:
        refuse("meanstructure = false", "leave it out: intercepts are among the moments")
    if read.get("missing") not in (None, "listwise", "ml"):
        refuse(f'missing = "{read["missing"]}"', 'missing = "ml" keeps rows that have their exogenous variables')
    for name in ("cluster", "sampling_weights", "sample_cov", "likelihood"):
        if name in read:
            refuse(name, "fixed_x = true gives the same estimates")
    if inference.test not in ("standard", "yuan.bentler.mplus", "none") or inference.more_tests:
        refuse(f'test = "{inference.test}"', "one of: standard, yuan.bentler.mplus, none")
    return faults


def _check_instruments(read: Mapping[str, Any], inference: InferenceOptions) -> list[Diagnostic]:
    """What estimation by instruments cannot be combined with: it minimises nothing, and has its own standard errors."""
    faults = []
    if inference.se not in ("standard", "robust.sem", "none"):
        message = f'se = "{inference.se}" is not there for estimation by instruments'
        hint = "one of: standard, robust.sem (the delta method free of distribution), none"
        faults.append(Diagnostic("error", "instruments-se", message, hint=hint))
    unfit = [name for name in (inference.test, *inference.more_tests) if name not in _INSTRUMENTS_TESTS]
    if unfit:
        message = f'test = "{unfit[0]}" is about what is minimised, and estimation by instruments minimises nothing'
        hint = f"one of: {', '.join(_INSTRUMENTS_TESTS)}"
        faults.append(Diagnostic("error", "instruments-test", message, hint=hint))
    if read.get("engine", "auto") == "semopy":
        message = "semopy minimises a discrepancy, and estimation by instruments minimises none"
        faults.append(Diagnostic("error", "instruments-engine", message, hint="leave engine out"))
    if "sampling_weights" in read and inference.se != "none":
        message = "there are no standard errors of estimates by instruments with sampling weights"
        faults.append(Diagnostic("error", "instruments-weights", message, hint="se = none, or estimator = ML"))
    return faults


def heed_products(options: FitOptions, table: ParameterTable) -> FitOptions:
    """The options of a fit in steps: with products of latent variables standard errors are "local" by default.

    Raises OptionError where other ones are asked for: the information of the whole model knows nothing of products.
    """
    if not any(roles.latent_interactions for roles in table.roles) or options.inference.se in ("local", "none"):
        return options
    if options.given.get("se") not in (None, "default"):
        message = f'se = "{options.inference.se}" is not there with products of latent variables'
        raise OptionError(Diagnostic("error", "products-se", message, hint='one of: "local" (the default), "none"'))
    return replace(options, inference=replace(options.inference, se="local", test="satorra.bentler"))


def _is_categorical(ordered: object) -> bool:
    """Whether variables are named, or all meant, by the option `ordered` as `read_ordered` gives it."""
    return bool(ordered)


def _check_ordered(ordered: object, estimator: str, read: Mapping[str, Any], table: TableOptions) -> list[Diagnostic]:
    """What ordered variables cannot be combined with."""
    faults = []
    missing = str(read.get("missing", "listwise"))
    if get_estimator(estimator).ordered is None:
        names = [name for name, record in ESTIMATORS.items() if record.ordered is not None]
        message = f"{estimator} is no estimator of ordered variables"
        faults.append(Diagnostic("error", "estimator-for-ordered", message, hint=f"one of: {', '.join(names)}"))
    if missing not in PAIRWISE | {"listwise"}:
        message = f'missing = "{missing}" is about numeric variables, and some are ordered'
        hint = 'missing = "pairwise" takes for each pair of variables all rows that have both'
        faults.append(Diagnostic("error", "missing-estimator", message, hint=hint))
    if "sample_cov" in read:
        message = "ordered variables need the rows of the data, and only moments are given"
        faults.append(Diagnostic("error", "raw-data-needed", message))
    if table.conditional_x and table.fixed_x is False:
        message = "fixed_x = false does not go with conditional_x, which ordered variables have by default"
        hint = "conditional_x = false models the exogenous variables too"
        faults.append(Diagnostic("error", "conditional-x", message, hint=hint))
    if table.meanstructure is False:
        message = "ordered variables need means, and meanstructure is false"
        faults.append(Diagnostic("error", "no-means", message, hint="leave meanstructure out"))
    return faults


def _check_numeric(ordered: object, estimator: str) -> list[Diagnostic]:
    """Estimators of ordered variables are refused where continuous data are not meant."""
    if ordered is None and estimator in {"WLSM", "WLSMV", "DWLS"}:
        message = f"{estimator} is made for ordered variables, and none are named"
        hint = "for continuous variables say so: ordered = false, on the command line --ordered none"
        return [Diagnostic("error", "estimator-for-ordered", message, hint=hint)]
    return []


def _show(value: object) -> str:
    """A value as Python writes it, cut short where it is long or deep."""
    brief = reprlib.Repr()
    brief.maxstring = brief.maxother = 80
    return brief.repr(value)


def _build_unknown_option(name: str) -> Diagnostic:
    hint = format_suggestion(name, sorted(OPTIONS)) or "see `sem-toolkit fit --help` for the options"
    return Diagnostic("error", "unknown-option", f'there is no option "{name}"', hint=hint)


def _build_bad_value(name: str, value: object, problem: str) -> Diagnostic:
    option = OPTIONS[name]
    if str(value).lower() in option.later:
        return Diagnostic("error", "not-supported-yet", f'{name} = "{value}" is not supported yet')
    hint = f"one of: {', '.join(option.choices)}" if option.choices else None
    return Diagnostic("error", "option-value", f'option "{name}" cannot be {_show(value)}: {problem}', hint=hint)


_FULL_INFORMATION_ESTIMATORS = ("ML", "MLR", "MLF")
_TWO_STAGE_TESTS = ("standard", "satorra.bentler", "mean.var.adjusted", "scaled.shifted", "none")
_INSTRUMENTS_TESTS = ("standard", "browne.residual.nt", "browne.residual.adf", "none")
_DESIGN_TESTS = SCALED | {"standard", "none"}
_FULL_INFORMATION_TESTS = ("standard", "yuan.bentler.mplus", "none")
_STEPS = frozenset(entry.name for entry in fields(StepOptions))
_INSTRUMENTS = frozenset(entry.name for entry in fields(InstrumentOptions))
_ESTIMATION = frozenset(entry.name for entry in fields(EstimationOptions)) - {
    "categorical",
    "has_levels",
    "random_slopes",
    "conditional_x",
    "normal_weights",
    "instruments",
    "steps",
}
_ERRORS_OF_NUMBERS = frozenset({"robust.sem.nt", "robust.huber.white"})
_OWN = frozenset(entry.name for entry in fields(FitOptions)) - {
    "table", "estimation", "inference", "rotation", "given",
}  # fmt: skip
