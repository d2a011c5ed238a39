"""What the steps of invariance hold equal, and what they are called."""

from collections.abc import Mapping, Sequence
from typing import Literal

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion

Identification = Literal["wu", "millsap", "mplus"]
STEPS: Mapping[str, tuple[str, ...]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
}
"""The usual steps, and what each holds equal in lavaan's words."""
ORDINAL_STEPS: Mapping[str, tuple[str, ...]] = {
    "configural": (),
    "thresholds": ("thresholds",),
    "metric": ("thresholds", "loadings"),
    "scalar": ("thresholds", "loadings", "intercepts"),
    "strict": ("thresholds", "loadings", "intercepts", "residuals"),
}
"""The same for ordered items, after Wu & Estabrook (2016)."""
IDENTIFICATIONS: Mapping[Identification, str] = {
    "wu": "Wu & Estabrook (2016)",
    "millsap": "Millsap & Yun-Tein (2004)",
    "mplus": "Mplus",
}
"""Conventions that identify the responses behind ordered items, and whose they are."""
MORE_STEPS: tuple[str, ...] = ("lv.variances", "lv.covariances", "means")
"""Steps about the factors themselves, after strict invariance: each is the word for what it adds."""


def choose_steps(
    names: Sequence[str], usual: Mapping[str, tuple[str, ...]] = STEPS, default: Sequence[str] = ()
) -> Mapping[str, tuple[str, ...]]:
    """The steps by name in the order of the ladder; `default`, or all of the usual ones, for no names.

    A step about the factors holds equal what the steps that were chosen before it do. Raises OptionError for others.
    """
    known = (*usual, *MORE_STEPS)
    for name in names:
        if name not in known:
            message = f'invariance has no step "{name}"'
            hint = format_suggestion(name, known) or f"the steps are {', '.join(known)}"
            raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
    chosen = [name for name in known if name in (names or default or usual)]
    if len(chosen) < 2:
        message = "invariance compares a step with the one before, and only one is asked for"
        raise OptionError(Diagnostic("error", "option-value", message, hint=f"the steps are {', '.join(known)}"))
    result: dict[str, tuple[str, ...]] = {}
    for name in chosen:
        if name in usual:
            result[name] = usual[name]
        else:  # strict invariance may have been left out
            base = next((usual[other] for other in reversed(chosen) if other in usual), ())
            factors = [other for other in chosen if other in MORE_STEPS and chosen.index(other) <= chosen.index(name)]
            result[name] = (*base, *factors)
    return result


def choose_ordinal_steps(
    names: Sequence[str],
    answers: Mapping[str, int],
    *,
    has_continuous: bool,
    identification: Identification,
    is_delta: bool,
) -> tuple[Mapping[str, tuple[str, ...]], list[Diagnostic]]:
    """The steps of ordered items, and what must be said of items whose few answers cannot tell steps apart.

    answers  number of answers of each item; has_continuous: whether other items are not ordered
    is_delta whether scales are the parameters, so that residual variances cannot be held equal

    Equal thresholds say nothing of an item with three answers or two, and equal loadings nothing of one with two:
    its thresholds, loading and intercept can only be tested together (Wu & Estabrook, 2016). Raises OptionError.
    """
    said: list[Diagnostic] = []
    left_out: dict[str, str] = {}
    most = max(answers.values())
    if identification != "wu":
        left_out = dict.fromkeys(("thresholds", "metric"), "intercepts are 0 throughout, and thresholds stand for them")
    elif most <= 3:
        left_out["thresholds"] = "no item has more than three answers, and equal thresholds say nothing of these"
        if most == 2 and not has_continuous:
            left_out["metric"] = "all items have two answers: only the scalar step can be tested"
    if is_delta:
        left_out["strict"] = "the delta parameterization has no residual variances; theta has them"
    if is_delta and "strict" in names:
        message = "strict invariance of ordered items needs their residual variances: parameterization delta has none"
        raise OptionError(Diagnostic("error", "option-value", message, hint="use --parameterization theta"))
    default = [name for name in ORDINAL_STEPS if name not in left_out]
    chosen = choose_steps(names, ORDINAL_STEPS, default)
    if not names:
        said += [
            Diagnostic("note", "step-left-out", f"the step {name} is left out: {reason}")
            for name, reason in left_out.items()
        ]
    if identification == "wu":
        said += _describe_few_answers(answers, chosen)
    return chosen, said


def _describe_few_answers(answers: Mapping[str, int], chosen: Mapping[str, object]) -> list[Diagnostic]:
    """What a step does not test of items with two or three answers where others have more."""
    said = []
    two, three = ([name for name, count in answers.items() if count == few] for few in (2, 3))
    if three and "thresholds" in chosen and len(two) + len(three) < len(answers):
        message = (
            f"the step thresholds tests nothing of {', '.join(three)}: equal thresholds of three answers fit any data"
        )
        said.append(Diagnostic("note", "few-answers", message))
    if two and "metric" in chosen:
        message = (
            f"of {', '.join(two)}, with two answers, the step metric takes the residual variance for equal, and scalar "
            "frees it: in these items the steps are not nested"
        )
        hint = "their thresholds, loadings and intercepts can only be tested together: --steps configural,scalar,strict"
        said.append(Diagnostic("warning", "few-answers", message, hint=hint))
    return said
