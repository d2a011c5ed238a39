"""Named options, as lavaan users know them, into one checked `FitOptions`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from sem_toolkit.diagnostics import Diagnostic, OptionError, SemError
from sem_toolkit.estimation import EstimationOptions, get_estimator
from sem_toolkit.estimation.instruments.options import InstrumentOptions
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.fit.combinations import Combination, check_combination, check_ordered
from sem_toolkit.fit.declared import OPTIONS, build_bad_value, build_unknown_option
from sem_toolkit.fit.idle import check_idle_options
from sem_toolkit.fit.moments import Moments
from sem_toolkit.fit.readers import order_counts, read_ordered, split_words
from sem_toolkit.fit.rotation import build_rotation_options
from sem_toolkit.inference import InferenceOptions, resolve_inference_options
from sem_toolkit.inference.options import BOLLEN_STINE, FREE_STEP_ERRORS
from sem_toolkit.rotation import RotationOptions
from sem_toolkit.sample import AnswerScale, Door, MissingCode
from sem_toolkit.sample.choices import Normalization, Weighting, WeightType
from sem_toolkit.sample.sample import FULL_INFORMATION, TWO_STAGE
from sem_toolkit.spec import TableOptions, build_table_options

if TYPE_CHECKING:
    from sem_toolkit.sample.parcels import Parcel
    from sem_toolkit.sample.reversing import Reversed

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
    answers      scales of answers in words, each from the lowest to the highest
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
    sampling_weights_type: WeightType = "design"
    group: str | None = None
    group_label: tuple[str, ...] = ()
    all_ordered: bool = False
    zero_add: tuple[float, float] = (0.5, 0.0)
    zero_keep_margins: bool = True
    reverse: "tuple[Reversed, ...]" = ()
    parcel: "tuple[Parcel, ...]" = ()
    sheet: str | None = None
    missing_codes: tuple[MissingCode, ...] = ()
    answers: tuple[AnswerScale, ...] = ()
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
        return Door(self.sheet, self.missing_codes, self.answers)


def parse_fit_options(*layers: Mapping[str, object]) -> FitOptions:
    """Merge option sets, later ones winning, and check every name and value.

    Names may be written with dots as in R; None counts as not given. Raises OptionError with every fault
    found.
    """
    given = {name: value for name, value in _flatten(layers).items() if not _is_default(name, value)}
    if "ordered" in given:
        given["ordered"] = read_ordered(given["ordered"])
    categorical = bool(given.get("ordered"))
    read, faults = _read_values(given)
    rows, conditional = _fill_defaults(given, read)
    rotation, wrong_rotation = build_rotation_options(read)
    faults += wrong_rotation
    if rotation.is_orthogonal and rotation.method != "none":
        rows.setdefault("orthogonal_efa", True)
    table = _attempt(faults, TableOptions, _build_table_options, rows)
    chosen = Combination(read, table, InferenceOptions(), given.get("ordered"), conditional)
    wrong = list(check_ordered(chosen)) if categorical else []
    if not wrong:
        inference_of = partial(_build_inference_options, categorical=categorical)
        chosen = replace(chosen, inference=_attempt(faults, InferenceOptions, inference_of, read))
        faults += check_combination(chosen)
    faults += wrong
    inference = chosen.inference
    informations = (inference.information, inference.information_of_tests)
    faults += check_idle_options(given, chosen.estimator, informations)
    if faults:
        raise OptionError(faults)
    estimation = _build_estimation_options(read, inference, categorical=categorical, conditional=conditional)
    own = {name: value for name, value in read.items() if name in _OWN}
    own["all_ordered"] = given.get("ordered") is True
    return FitOptions(table=table, estimation=estimation, inference=inference, rotation=rotation, given=given, **own)


def _read_values(given: Mapping[str, object]) -> tuple[dict[str, Any], list[Diagnostic]]:
    """Values by name, but for those of the table, and faults of names and values."""
    faults = [build_unknown_option(name) for name in given if name not in OPTIONS]
    read: dict[str, Any] = {}
    for name, value in given.items():
        parse = OPTIONS[name].parse if name in OPTIONS else None
        if parse is not None:
            try:
                if name == "sample_nobs" and isinstance(value, Mapping):
                    value = order_counts(value, given.get("sample_cov"))
                read[name] = parse(value)
            except ValueError as problem:
                faults.append(build_bad_value(name, given[name], str(problem)))
    return read, faults


def _fill_defaults(given: Mapping[str, object], read: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Options of the table with the defaults that follow from others (in `read`, where these have one too), and
    whether moments of numeric variables are given exogenous ones.
    """
    rows = {name: value for name, value in given.items() if name in OPTIONS and OPTIONS[name].layer == "table"}
    by_instruments = get_estimator(read.get("estimator", "ML")).search == "instruments"
    if by_instruments:
        rows.setdefault("marker_int_zero", True)
    if given.get("ordered"):
        read.setdefault("estimator", "WLSMV")
        rows.setdefault("conditional_x", not by_instruments)
        if rows["conditional_x"]:
            rows.setdefault("fixed_x", True)
        if "sam_method" in read:
            read.setdefault("m_method", "ULS")
        if rows.get("meanstructure") is False:
            del rows["meanstructure"]  # there are thresholds all the same; the sample says so
    conditional = not given.get("ordered") and rows.get("conditional_x") is True
    if conditional:
        del rows["conditional_x"]  # the table has no other rows for it
        rows.setdefault("meanstructure", True)
    by_sample = "sam_method" in read and (str(read.get("se")).lower() in FREE_STEP_ERRORS or "cluster" in read)
    if by_sample or not str(read.get("estimator", "ML")).startswith("ML"):
        rows.setdefault("fixed_x", False)  # lavaan's default for all but maximum likelihood, and for some of sam
    if read.get("missing") in (*FULL_INFORMATION, *TWO_STAGE) or "cluster" in read:
        rows.setdefault("meanstructure", True)
    return rows, conditional


def _build_estimation_options(
    read: Mapping[str, Any], inference: InferenceOptions, *, categorical: bool, conditional: bool
) -> EstimationOptions:
    chosen = {name: value for name, value in read.items() if name in _ESTIMATION}
    instruments = InstrumentOptions(**{name: value for name, value in read.items() if name in _INSTRUMENTS})
    steps = StepOptions(**{name: value for name, value in read.items() if name in _STEPS})
    estimation = EstimationOptions(
        **chosen, categorical=categorical, conditional_x=conditional, instruments=instruments, steps=steps
    )
    by_normal = categorical or inference.se in ("robust.sem.nt", "none") or estimation.kind.has_distribution
    return estimation if by_normal else replace(estimation, normal_weights=False)


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


def _is_default(name: str, value: object) -> bool:
    """Whether an option is told, in lavaan's word, to be as if it were not given; columns may have that name."""
    if not isinstance(value, str) or value != "default" or name not in OPTIONS:
        return False
    return OPTIONS[name].kind == "switch" or bool(OPTIONS[name].choices)


def _attempt(
    faults: list[Diagnostic],
    otherwise: Callable[[], Result],
    build: Callable[[dict[str, Any]], Result],
    values: dict[str, Any],
) -> Result:
    try:
        return build(values)
    except SemError as fault:
        faults += fault.diagnostics
        return otherwise()


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
_OWN = frozenset(entry.name for entry in fields(FitOptions)) - {
    "table", "estimation", "inference", "rotation", "given",
}  # fmt: skip
