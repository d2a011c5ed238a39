"""Named options, as lavaan users know them, into one checked `FitOptions`."""

import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, OptionError, SemError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.estimation import BASE_ESTIMATORS, EstimationOptions
from sem_toolkit.fit.moments import Moments
from sem_toolkit.inference import InferenceOptions, resolve_inference_options
from sem_toolkit.inference.options import OBSERVED_INFORMATION
from sem_toolkit.sample.sample import FULL_INFORMATION, TWO_STAGE
from sem_toolkit.spec import TableOptions, build_table_options

Result = TypeVar("Result")


@dataclass(frozen=True)
class FitOptions:
    """Every option of a fit, by the layer that reads it.

    table        which rows the parameter table has (call, std_lv, fixed_x, group_equal, ...)
    estimation   what is minimised, and by what (estimator, likelihood, engine, ...)
    inference    which standard errors and tests belong to it (se, test, information)
    missing      what to do with rows that have empty cells; None: listwise deletion, for want of a choice
    aux          auxiliary variables: they are not in the model, but help with what is missing
    group        name of the grouping column
    sample_cov   covariance matrices by group label ("" for one group), with sample_nobs and perhaps sample_mean
    level        of confidence intervals
    given        the options as they were given, by name, in the order in which they were read
    """

    table: TableOptions = field(default_factory=TableOptions)
    estimation: EstimationOptions = field(default_factory=EstimationOptions)
    inference: InferenceOptions = field(default_factory=InferenceOptions)
    missing: str | None = None
    aux: tuple[str, ...] = ()
    group: str | None = None
    sample_cov: Mapping[str, Moments] | None = None
    sample_mean: Mapping[str, Moments] | None = None
    sample_nobs: tuple[int, ...] = ()
    level: float = 0.95
    given: Mapping[str, object] = field(default_factory=dict)


def parse_fit_options(*layers: Mapping[str, object]) -> FitOptions:
    """Merge option sets, later ones winning, and check every name and value.

    Names may be written with dots as in R; None counts as not given. Raises OptionError with every fault
    found.
    """
    given = {name.replace(".", "_"): value for layer in layers for name, value in layer.items() if value is not None}
    faults = [_build_unknown_option(name) for name in given if name not in KNOWN]
    read: dict[str, Any] = {}
    for name, parse in _PARSERS.items():
        if name in given:
            try:
                read[name] = parse(given[name])
            except ValueError as problem:
                faults.append(_build_bad_value(name, given[name], str(problem)))
    rows = {name: value for name, value in given.items() if name in _TABLE}
    if not str(read.get("estimator", "ML")).startswith("ML"):
        rows.setdefault("fixed_x", False)  # lavaan's default for all but maximum likelihood
    if read.get("missing", "listwise") != "listwise":
        rows.setdefault("meanstructure", True)
    table = _attempt(faults, TableOptions(), _build_table_options, rows)
    inference = _attempt(faults, InferenceOptions(), _build_inference_options, read)
    faults += _check_missing(read, table, inference)
    faults += _check_ordered(given.get("ordered"), str(read.get("estimator")))
    if faults:
        raise OptionError(faults)
    estimation = EstimationOptions(**{name: value for name, value in read.items() if name in _ESTIMATION})
    own = {name: value for name, value in read.items() if name in _OWN}
    return FitOptions(table=table, estimation=estimation, inference=inference, given=given, **own)


def _attempt(
    faults: list[Diagnostic], otherwise: Result, build: Callable[[dict[str, Any]], Result], values: dict[str, Any]
) -> Result:
    try:
        return build(values)
    except SemError as fault:
        faults += fault.diagnostics
        return otherwise


def _build_table_options(values: dict[str, Any]) -> TableOptions:
    return build_table_options({name: _split(value) if name in _LISTS else value for name, value in values.items()})[0]


def _build_inference_options(values: dict[str, Any]) -> InferenceOptions:
    return resolve_inference_options(
        values.get("estimator", "ML"),
        values.get("se"),
        values.get("test"),
        values.get("information"),
        values.get("missing"),
        values.get("observed_information"),
    )


def _check_missing(read: Mapping[str, Any], table: TableOptions, inference: InferenceOptions) -> list[Diagnostic]:
    """What full information from incomplete rows cannot be combined with."""
    missing, estimator = str(read.get("missing")), str(read.get("estimator", "ML"))
    if "aux" in read and missing not in FULL_INFORMATION | TWO_STAGE:
        message = f'aux needs missing = "ml" or "two.stage", and missing is "{read.get("missing", "listwise")}"'
        return [Diagnostic("error", "aux-without-missing", message)]
    if "aux" in read and missing in FULL_INFORMATION:
        message = f'aux with missing = "{missing}" is not supported yet'
        return [Diagnostic("error", "not-supported-yet", message, hint='missing = "robust.two.stage" takes them')]
    if missing in TWO_STAGE:
        return _check_two_stage(missing, estimator, read, table, inference)
    if inference.se in TWO_STAGE:
        message = f'se = "{inference.se}" belongs to missing = "{inference.se}"'
        return [Diagnostic("error", "missing-estimator", message)]
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
    elif inference.se not in ("standard", "robust.huber.white", "none"):
        message = f'se = "{inference.se}" is not there with missing = "{missing}"'
        hint = "robust standard errors of incomplete rows: estimator = MLR"
        faults.append(Diagnostic("error", "missing-estimator", message, hint=hint))
    tests = [name for name in (inference.test, *inference.more_tests) if name not in _FULL_INFORMATION_TESTS]
    if tests and estimator in _FULL_INFORMATION_ESTIMATORS:
        message = f'test = "{tests[0]}" is not there with missing = "{missing}"'
        faults.append(
            Diagnostic("error", "missing-test", message, hint=f"one of: {', '.join(_FULL_INFORMATION_TESTS)}")
        )
    if table.meanstructure is False:
        message = f'missing = "{missing}" needs means, and meanstructure is false'
        faults.append(Diagnostic("error", "no-means", message, hint="leave meanstructure out"))
    if "sample_cov" in read:
        message = f'missing = "{missing}" needs the rows of the data, and only moments are given'
        faults.append(Diagnostic("error", "raw-data-needed", message))
    return faults


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
    if table.meanstructure is False:
        message = f'missing = "{missing}" needs means, and meanstructure is false'
        faults.append(Diagnostic("error", "no-means", message, hint="leave meanstructure out"))
    if "sample_cov" in read:
        message = f'missing = "{missing}" needs the rows of the data, and only moments are given'
        faults.append(Diagnostic("error", "raw-data-needed", message))
    return faults


def _check_ordered(ordered: object, estimator: str) -> list[Diagnostic]:
    """Ordered variables are not supported yet; their estimators are refused where continuous data are not meant."""
    if ordered not in (None, False, ()) and ordered != []:
        return [Diagnostic("error", "not-supported-yet", "ordered variables are not supported yet")]
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
    hint = format_suggestion(name, sorted(KNOWN)) or "see `sem-toolkit fit --help` for the options"
    return Diagnostic("error", "unknown-option", f'there is no option "{name}"', hint=hint)


def _build_bad_value(name: str, value: object, problem: str) -> Diagnostic:
    if name in _NOT_YET and str(value).lower() in _NOT_YET[name]:
        return Diagnostic("error", "not-supported-yet", f'{name} = "{value}" is not supported yet')
    hint = f"one of: {', '.join(_CHOICES[name])}" if name in _CHOICES else None
    return Diagnostic("error", "option-value", f'option "{name}" cannot be {_show(value)}: {problem}', hint=hint)


def _parse_choice(name: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        by_lower_case = {choice.lower(): choice for choice in _CHOICES[name]}
        word = str(value).lower()
        word = _ALIASES.get(name, {}).get(word, word)
        if word not in by_lower_case:
            raise ValueError(format_suggestion(word, by_lower_case.values()) or "it is not among the choices")
        return by_lower_case[word]

    return parse


def _split(value: object) -> object:
    """Names with commas between them, as typed on a command line, into a list."""
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _parse_word(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a word is expected")
    return value


def _parse_words(value: object) -> tuple[str, ...]:
    words = _split(value)
    if not isinstance(words, (list, tuple)) or not words:
        raise ValueError("a word, or a list of words, is expected")
    return tuple(_parse_word(word) for word in words)


def _parse_fraction(value: object) -> float:
    number = _parse_number(value)
    if not 0 < number < 1:
        raise ValueError("a number between 0 and 1 is expected")
    return number


def _parse_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number is expected")
    return float(value)


def _parse_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of 1 or more is expected")
    return value


def _parse_count_or_none(value: object) -> int:
    return 0 if value == 0 and not isinstance(value, bool) else _parse_count(value)


def _parse_counts(value: object) -> tuple[int, ...]:
    return tuple(_parse_count(item) for item in (value if isinstance(value, (list, tuple)) else [value]))


def _parse_moments(value: object) -> Mapping[str, Moments]:
    """Read `{names, matrix}` or `{names, values}`, or a mapping from group labels to these."""
    if isinstance(value, Moments):
        return {"": value}
    if not isinstance(value, Mapping):
        raise ValueError("names with a matrix, or a mapping from group labels to these, is expected")
    if "names" in value:
        value = {"": value}
    return {str(label): _parse_group_moments(moments) for label, moments in value.items()}


def _parse_group_moments(value: object) -> Moments:
    if isinstance(value, Moments):
        return value
    if not isinstance(value, Mapping) or "names" not in value or not {"matrix", "values"} & set(value):
        raise ValueError('an entry needs "names" and "matrix" (or "values")')
    numbers = value["matrix"] if "matrix" in value else value["values"]
    names: Iterable[object] = value["names"]
    try:
        return Moments(tuple(str(name) for name in names), np.array(numbers, dtype=np.float64))
    except (TypeError, ValueError):
        raise ValueError("its rows are not all numbers, or not of one length") from None


_CHOICES: Mapping[str, tuple[str, ...]] = {
    "estimator": tuple(BASE_ESTIMATORS),
    "engine": ("auto", "semopy", "native"),
    "likelihood": ("normal", "wishart"),
    "missing": ("listwise", "ml", "ml.x", "two.stage", "robust.two.stage"),
    "observed_information": OBSERVED_INFORMATION,
}
_ALIASES: Mapping[str, Mapping[str, str]] = {
    "missing": {
        "fiml": "ml",
        "direct": "ml",
        "fiml.x": "ml.x",
        "direct.x": "ml.x",
        "fiml_x": "ml.x",
        "ml_x": "ml.x",
        "lw": "listwise",
        "twostage": "two.stage",
        "two.step": "two.stage",
        "robust.twostage": "robust.two.stage",
        "robust.two.step": "robust.two.stage",
    },
}
_NOT_YET: Mapping[str, frozenset[str]] = {
    "missing": frozenset({"pairwise", "available.cases"}),
}
_FULL_INFORMATION_ESTIMATORS = ("ML", "MLR", "MLF")
_TWO_STAGE_TESTS = ("standard", "satorra.bentler", "mean.var.adjusted", "scaled.shifted", "none")
_FULL_INFORMATION_TESTS = ("standard", "yuan.bentler.mplus", "none")
_TABLE = frozenset(entry.name for entry in fields(TableOptions))
_LISTS = frozenset({"ordered", "group_equal", "group_partial", "effect_coding"})
_ESTIMATION = frozenset(entry.name for entry in fields(EstimationOptions))
_OWN = frozenset(entry.name for entry in fields(FitOptions)) - {"table", "estimation", "inference", "given"}
_PARSERS: Mapping[str, Callable[[object], object]] = (
    {name: _parse_choice(name) for name in _CHOICES}
    | dict.fromkeys(("group", "se", "information"), _parse_word)
    | dict.fromkeys(("test", "aux"), _parse_words)
    | dict.fromkeys(("sample_cov", "sample_mean"), _parse_moments)
    | dict.fromkeys(("restarts", "seed"), _parse_count_or_none)
    | {
        "max_iterations": _parse_count,
        "bad_marker_crit": _parse_number,
        "level": _parse_fraction,
        "sample_nobs": _parse_counts,
    }
)
KNOWN = _TABLE | frozenset(_PARSERS)
"""Names of all options."""
