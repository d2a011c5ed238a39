"""What the steps of invariance hold equal, and what they are called."""

from collections.abc import Mapping, Sequence

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion

STEPS: Mapping[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
"""The usual steps, and what each holds equal in lavaan's words."""
ORDERED_STEPS: Mapping[str, tuple[str, ...]] = {
    "configural": (),
    "thresholds": ("thresholds",),
    "metric": ("thresholds", "loadings"),
    "scalar": ("thresholds", "loadings", "intercepts"),
    "strict": ("thresholds", "loadings", "intercepts", "residuals"),
}
"""The same for ordered items, whose thresholds give their responses origin and unit."""
MORE_STEPS: Mapping[str, tuple[str, ...]] = {
    "lv.variances": (*STEPS["strict"], "lv.variances"),
    "lv.covariances": (*STEPS["strict"], "lv.variances", "lv.covariances"),
    "means": (*STEPS["strict"], "lv.variances", "lv.covariances", "means"),
}
"""Steps about the factors themselves, after strict invariance."""


def choose_steps(names: Sequence[str], usual: Mapping[str, tuple[str, ...]] = STEPS) -> Mapping[str, tuple[str, ...]]:
    """The steps by name in the order of the ladder; all of the usual ones for no names.

    A step about the factors holds equal what the steps that were chosen before it do. Raises OptionError for others.
    """
    known = {**usual, **MORE_STEPS}
    for name in names:
        if name not in known:
            message = f'invariance has no step "{name}"'
            hint = format_suggestion(name, known) or f"the steps are {', '.join(known)}"
            raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
    chosen = [name for name in known if name in (names or usual)]
    if len(chosen) < 2:
        message = "invariance compares a step with the one before, and only one is asked for"
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"the steps are {', '.join(known)}"))
    added = {name: known[name][-1:] for name in known}
    result: dict[str, tuple[str, ...]] = {}
    for name in chosen:
        if name in usual:
            result[name] = usual[name]
        else:  # strict invariance may have been left out
            base = next((usual[other] for other in reversed(chosen) if other in usual), ())
            factors = [other for other in chosen if other in MORE_STEPS and chosen.index(other) <= chosen.index(name)]
            result[name] = (*base, *(word for other in factors for word in added[other]))
    return result
