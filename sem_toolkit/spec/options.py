"""Options that decide which rows a parameter table has: lavaan's, by their snake_case names."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from reprlib import Repr
from types import MappingProxyType
from typing import Any, Literal, get_args

from sem_toolkit.diagnostics import Diagnostic, OptionError

Call = Literal["sem", "cfa", "growth", "lavaan"]
Parameterization = Literal["delta", "theta"]
Bounds = Literal["none", "pos.var", "pos.ov.var", "pos.lv.var"]
EFFECT_CODING = ("loadings", "intercepts")

GROUP_EQUAL: tuple[str, ...] = (
    "loadings",
    "composite.loadings",
    "composite.weights",
    "intercepts",
    "thresholds",
    "means",
    "regressions",
    "residuals",
    "residual.covariances",
    "lv.variances",
    "lv.covariances",
)

_AUTOMATIC: Mapping[str, bool] = MappingProxyType(
    {
        "meanstructure": False,
        "int_ov_free": True,
        "int_lv_free": False,
        "auto_fix_first": True,
        "auto_fix_single": True,
        "auto_var": True,
        "auto_cov_lv_x": True,
        "auto_cov_y": True,
        "auto_th": True,
        "auto_delta": True,
        "auto_efa": True,
        "fixed_x": True,
    }
)
_DEFAULTS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "sem": _AUTOMATIC,
        "cfa": _AUTOMATIC,
        "growth": {**_AUTOMATIC, "meanstructure": True, "int_ov_free": False, "int_lv_free": True},
        "lavaan": dict.fromkeys(_AUTOMATIC, False),
    }
)


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """lavaan's options for the parameter table. None means the default of the call.

    call             whose defaults hold: "sem", "cfa", "growth", or "lavaan" (nothing automatic)
    ngroups          number of groups where `build_parameter_table` is not given their labels
    ordered          names of ordered variables
    thresholds       number of thresholds of each ordered variable, as the data have it
    markers          factor to the indicator that sets its scale, where that is not the first
    group_equal      what is equal across groups: loadings, intercepts, thresholds, means, regressions, residuals,
                     residual.covariances, lv.variances, lv.covariances, composite.weights
    group_partial    parameters exempt from group_equal, written `f=~x2`, `x3~1`
    effect_coding    "loadings", "intercepts"
    marker_int_zero  with means: fix the intercepts of markers at 0 and free the means of their latent variables
    bounds           which variances may not be negative: "pos.var" all, "pos.ov.var" those of observed variables,
                     "pos.lv.var" those of latent ones
    conditional_x    condition on exogenous variables rather than model them
    composites       composites as lavaan 0.7 has them; without, `C <~ x` is the formative variable of old
    phantom_composites  write a formative variable as a phantom: `C ~ x`, `C =~ 1*C`, `C ~~ 0*C`
    """

    call: Call = "sem"
    ngroups: int = 1
    std_lv: bool = False
    orthogonal: bool = False
    orthogonal_x: bool = False
    orthogonal_y: bool = False
    orthogonal_efa: bool = False
    fixed_x: bool | None = None
    conditional_x: bool = False
    meanstructure: bool | None = None
    int_ov_free: bool | None = None
    int_lv_free: bool | None = None
    auto_fix_first: bool | None = None
    auto_fix_single: bool | None = None
    auto_var: bool | None = None
    auto_cov_lv_x: bool | None = None
    auto_cov_x: bool = False
    auto_cov_y: bool | None = None
    auto_th: bool | None = None
    auto_delta: bool | None = None
    auto_efa: bool | None = None
    composites: bool = True
    phantom_composites: bool = False
    ordered: tuple[str, ...] = ()
    thresholds: Mapping[str, int] = field(default_factory=dict)
    markers: Mapping[str, str] = field(default_factory=dict)
    parameterization: Parameterization = "delta"
    group_equal: tuple[str, ...] = ()
    group_partial: tuple[str, ...] = ()
    effect_coding: tuple[str, ...] = ()
    marker_int_zero: bool = False
    bounds: Bounds = "none"

    def resolved(self) -> "TableOptions":
        """The same with every None replaced by the default of the call."""
        defaults = _DEFAULTS[self.call]
        values = {name: default for name, default in defaults.items() if getattr(self, name) is None}
        if self.std_lv and "auto_fix_first" in values:
            values["auto_fix_first"] = False
        return replace(self, **values)  # type: ignore[arg-type]

    def for_fit(self, ngroups: int = 1) -> "TableOptions":
        """The options as lavaan's fitting functions complete them, where a bare table (`lavaanify`) does not.

        Several groups or an option about means bring a mean structure; effect coding takes the place of the marker;
        `lavaan()` too fixes exogenous variables.
        """
        changes: dict[str, Any] = {}
        if "loadings" in self.effect_coding and self.auto_fix_first is None:
            changes["auto_fix_first"] = False
        means = ngroups > 1 or bool({"intercepts", "means"} & {*self.group_equal})
        if self.meanstructure is None and (means or self.ordered or self.thresholds):
            changes["meanstructure"] = True
        if self.fixed_x is None:
            changes["fixed_x"] = True
        if not self.composites:
            changes["phantom_composites"] = True
        return replace(self, **changes)


_NAMES = frozenset(item.name for item in fields(TableOptions))
_MOST_GROUPS = 100_000
_MOST_THRESHOLDS = 1_000
_SHORT = Repr()  # values of any size and depth in messages
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 60
_TUPLES = frozenset({"ordered", "group_equal", "group_partial", "effect_coding"})
_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"call": get_args(Call), "parameterization": get_args(Parameterization), "bounds": get_args(Bounds)}
)


def build_table_options(options: Mapping[str, object]) -> tuple[TableOptions, dict[str, object]]:
    """Options by name (a text or a list of texts where several are meant) and those that are not about the table.

    Raises OptionError where a value is of the wrong kind.
    """
    rest = {name: value for name, value in options.items() if name not in _NAMES}
    chosen = {
        name: _read_option(name, value) for name, value in options.items() if name in _NAMES and value is not None
    }
    return TableOptions(**chosen), rest


def _read_option(name: str, value: object) -> Any:
    if name in _TUPLES:
        return _read_texts(name, value)
    if name == "thresholds":
        return _read_thresholds(value)
    if name == "markers":
        if isinstance(value, Mapping) and all(isinstance(item, str) for pair in value.items() for item in pair):
            return dict(value)
        raise _option_fault(name, value, "a mapping of factors to their indicators")
    if name in _CHOICES:
        if isinstance(value, str) and value in _CHOICES[name]:
            return value
        raise _option_fault(name, value, f"one of {', '.join(_CHOICES[name])}")
    if name == "ngroups":
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST_GROUPS:
            return value
        raise _option_fault(name, value, f"a number from 1 to {_MOST_GROUPS}")
    if value == "default":
        return None
    if not isinstance(value, bool):
        raise _option_fault(name, value, "true or false")
    return value


def _read_thresholds(value: object) -> Mapping[str, int]:
    """Counts of thresholds by variable; a variable has as many categories, less one, and no data have millions."""
    expected = f"a mapping of variables to numbers from 0 to {_MOST_THRESHOLDS}"
    if not isinstance(value, Mapping):
        raise _option_fault("thresholds", value, expected)
    for name, count in value.items():
        whole = isinstance(count, int) and not isinstance(count, bool)
        if not isinstance(name, str) or not whole or not 0 <= count <= _MOST_THRESHOLDS:
            raise _option_fault("thresholds", {name: count}, expected)
    return dict(value)


def _read_texts(name: str, value: object) -> tuple[str, ...]:
    if name == "effect_coding" and isinstance(value, bool):
        return EFFECT_CODING if value else ()
    if name == "ordered" and isinstance(value, bool):
        return ()  # which variables that means is known only with the data
    texts = (value,) if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not all(isinstance(text, str) for text in texts):
        raise _option_fault(name, value, "a text or a list of texts")
    found = tuple(str(text) for text in texts if text)
    if name == "group_equal":
        if found == ("none",):
            return ()
        for text in found:
            if text not in GROUP_EQUAL:
                raise _option_fault(name, text, f"any of {', '.join(GROUP_EQUAL)}, or none")
    return found


def _option_fault(name: str, value: object, expected: str) -> OptionError:
    message = f'option "{name}" cannot be {_SHORT.repr(value)}: it takes {expected}'
    return OptionError(Diagnostic("error", "option-value", message))
