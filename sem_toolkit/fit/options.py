"""Named options, as lavaan users know them, into one checked `FitOptions`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import numpy as np

from sem_toolkit.diagnostics import Diagnostic, OptionError, SemError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.estimation import ESTIMATORS, EstimationOptions
from sem_toolkit.fit.moments import Moments
from sem_toolkit.inference import InferenceOptions, resolve_inference_options
from sem_toolkit.spec import TableOptions, build_table_options

Result = TypeVar("Result")


@dataclass(frozen=True)
class FitOptions:
    """Every option of a fit, by the layer that reads it.

    table        which rows the parameter table has (call, std_lv, fixed_x, group_equal, ...)
    estimation   what is minimised, and by what (estimator, likelihood, engine, ...)
    inference    which standard errors and tests belong to it (se, test, information)
    missing      what to do with rows that have empty cells
    group        name of the grouping column
    sample_cov   covariance matrices by group label ("" for one group), with sample_nobs and perhaps sample_mean
    level        of confidence intervals
    given        the options as they were given, by name, in the order in which they were read
    """

    table: TableOptions = field(default_factory=TableOptions)
    estimation: EstimationOptions = field(default_factory=EstimationOptions)
    inference: InferenceOptions = field(default_factory=InferenceOptions)
    missing: str = "listwise"
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
    table = _attempt(faults, TableOptions(), _build_table_options, rows)
    inference = _attempt(faults, InferenceOptions(), _build_inference_options, read)
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
        values.get("estimator", "ML"), values.get("se"), values.get("test"), values.get("information")
    )


def _check_ordered(ordered: object, estimator: str) -> list[Diagnostic]:
    """Ordered variables are not supported yet; their estimators are refused where continuous data are not meant."""
    if ordered not in (None, False, ()) and ordered != []:
        return [Diagnostic("error", "not-supported-yet", "ordered variables are not supported yet")]
    if ordered is None and estimator in {"WLSM", "WLSMV", "DWLS"}:
        message = f"{estimator} is made for ordered variables, and none are named"
        hint = "for continuous variables say so: ordered = false, on the command line --ordered none"
        return [Diagnostic("error", "estimator-for-ordered", message, hint=hint)]
    return []


def _build_unknown_option(name: str) -> Diagnostic:
    hint = format_suggestion(name, sorted(KNOWN)) or "see `sem-toolkit fit --help` for the options"
    return Diagnostic("error", "unknown-option", f'there is no option "{name}"', hint=hint)


def _build_bad_value(name: str, value: object, problem: str) -> Diagnostic:
    if name in _NOT_YET and str(value).lower() in _NOT_YET[name]:
        return Diagnostic("error", "not-supported-yet", f'{name} = "{value}" is not supported yet')
    hint = f"one of: {', '.join(_CHOICES[name])}" if name in _CHOICES else None
    return Diagnostic("error", "option-value", f'option "{name}" cannot be {value!r}: {problem}', hint=hint)


def _parse_choice(name: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        by_lower_case = {choice.lower(): choice for choice in _CHOICES[name]}
        word = str(value).lower()
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
    "estimator": tuple(ESTIMATORS),
    "engine": ("auto", "semopy", "native"),
    "likelihood": ("normal", "wishart"),
    "missing": ("listwise",),
}
_NOT_YET: Mapping[str, frozenset[str]] = {
    "missing": frozenset({"ml", "ml.x", "fiml", "fiml.x", "direct", "pairwise", "two.stage", "robust.two.stage"}),
}
_TABLE = frozenset(entry.name for entry in fields(TableOptions))
_LISTS = frozenset({"ordered", "group_equal", "group_partial", "effect_coding"})
_ESTIMATION = frozenset(entry.name for entry in fields(EstimationOptions))
_OWN = frozenset(entry.name for entry in fields(FitOptions)) - {"table", "estimation", "inference", "given"}
_PARSERS: Mapping[str, Callable[[object], object]] = (
    {name: _parse_choice(name) for name in _CHOICES}
    | dict.fromkeys(("group", "se", "information"), _parse_word)
    | {"test": _parse_words}
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
