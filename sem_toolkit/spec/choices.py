"""Marked choices: what of a model could as well have been decided otherwise, from `choices` in the spec's header.

    #' choices:
    #'   items: as it is | drop x3 | drop x3, drop x5
    #'   residuals: as it is | add x1 ~~ x2
    #'   estimator: ML | MLR
    #'   missing: listwise | ml
    #'   rows: all | age >= 30 | kind == "enterprise"

Each line is a choice: its name, and alternatives with `|` between them. An alternative is one action or several with
commas between them:

    as it is        nothing changes (also: all, none)
    drop ITEM       the variable goes from all formulas
    add TERM        such as x1 ~~ x2, f =~ x9, y ~ x
    remove TERM     the same the other way round
    rows CONDITION  only these rows (spec/conditions.py)
    OPTION = VALUE  any option of a fit

In a choice that is called `rows` the alternatives are conditions, and in one with the name of an option its values.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.spec.conditions import Condition, ConditionError, parse_condition
from sem_toolkit.spec.drafts import Draft
from sem_toolkit.spec.specs import Spec

_NOTHING = frozenset({"as it is", "all", "none", ""})
_TERM = re.compile(r"(?P<lhs>[\w.:]+)\s*(?P<op>=~|~~|~)\s*(?P<rhs>[\w.:]+)")
_OPTION = re.compile(r"(?P<name>[a-z][\w.]*)\s*=(?!=)\s*(?P<value>.+)")
_HINT = 'an alternative is "as it is", "drop ITEM", "add TERM", "remove TERM", "rows CONDITION" or "OPTION = VALUE"'


@dataclass(frozen=True)
class Alternative:
    """One way to decide.

    label      as typed
    drop       variables that go
    add, remove  terms as (left side, operator, right side)
    options    of the fit
    condition  on rows, and its text
    """

    label: str
    drop: tuple[str, ...] = ()
    add: tuple[tuple[str, str, str], ...] = ()
    remove: tuple[tuple[str, str, str], ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    condition: Condition | None = None
    condition_text: str = ""


@dataclass(frozen=True)
class Choice:
    """Something that could be decided in several ways."""

    name: str
    alternatives: tuple[Alternative, ...]


def parse_choices(spec: Spec, options: Collection[str]) -> tuple[Choice, ...]:
    """The choices in a spec's header.

    options  names that options of a fit have
    Raises SpecError for what cannot be read, and for alternatives of different choices that contradict each other.
    """
    faults: list[Diagnostic] = []
    found = []
    span = spec.header.spans.get("choices")
    for name, value in spec.header.choices.items():
        texts = value if isinstance(value, list) else re.split(r"\s*\|\s*", str(value))
        alternatives = []
        for text in (str(entry).strip() for entry in texts):
            try:
                alternatives.append(_parse_alternative(str(name), text, options))
            except ValueError as problem:
                message = f'choice "{name}", "{text}": {problem}'
                faults.append(Diagnostic("error", "invalid-choice", message, span, hint=_HINT))
        found.append(Choice(str(name), tuple(alternatives)))
    faults += _check_contradictions(found, spec)
    if faults:
        raise SpecError(faults, spec.source)
    return tuple(found)


def apply_alternative(draft: Draft, alternative: Alternative) -> Draft:
    """The spec as an alternative has it. Raises SpecError for terms that are not there or cannot be added."""
    for term in alternative.remove:
        draft = draft.remove(*term)
    for term in alternative.add:
        if not draft.has(*term):
            draft = draft.add(*term)
    for variable in alternative.drop:
        draft = drop_variable(draft, variable)
    return draft.settle()


def drop_variable(draft: Draft, variable: str) -> Draft:
    """A variable taken out of all formulas."""
    return draft.remove_where(lambda lhs, op, rhs: variable in (lhs, rhs))


def _parse_alternative(name: str, text: str, options: Collection[str]) -> Alternative:
    if text.lower() in _NOTHING and not (name in options and text):
        return Alternative(text or "as it is")
    if name == "rows":
        return Alternative(text, condition=_read_condition(text), condition_text=text)
    if name in options:
        return Alternative(text, options=((name, text),))
    parts: dict[str, list[tuple[str, str, str]]] = {"add": [], "remove": []}
    drop, given, condition, condition_text = [], [], None, ""
    for action in re.split(r"\s*,\s*(?![^()]*\))", text):
        word, _, rest = action.partition(" ")
        match = _OPTION.fullmatch(action)
        if word.lower() == "drop" and re.fullmatch(r"[\w.]+", rest.strip()):
            drop.append(rest.strip())
        elif word.lower() in parts:
            term = _TERM.fullmatch(rest.strip())
            if term is None:
                raise ValueError(f'"{rest}" is no term such as x1 ~~ x2')
            parts[word.lower()].append((term["lhs"], term["op"], term["rhs"]))
        elif word.lower() == "rows":
            condition, condition_text = _read_condition(rest), rest.strip()
        elif match is not None:
            if match["name"].replace(".", "_") not in options:
                suggestion = format_suggestion(match["name"], sorted(options))
                raise ValueError(f'there is no option "{match["name"]}"' + (f" ({suggestion})" if suggestion else ""))
            given.append((match["name"].replace(".", "_"), match["value"].strip()))
        elif action.lower() not in _NOTHING:
            raise ValueError(f'"{action}" is not understood')
    return Alternative(
        text, tuple(drop), tuple(parts["add"]), tuple(parts["remove"]), tuple(given), condition, condition_text
    )


def _read_condition(text: str) -> Condition:
    try:
        return parse_condition(text)
    except ConditionError as problem:
        raise ValueError(str(problem)) from None


def _check_contradictions(choices: Collection[Choice], spec: Spec) -> list[Diagnostic]:
    """Alternatives of two choices that cannot both be taken."""
    found = []
    ordered = list(choices)
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            for first, second in product(one.alternatives, other.alternatives):
                reason = _contradict(first, second) or _contradict(second, first)
                if reason:
                    message = f'"{one.name}: {first.label}" and "{other.name}: {second.label}" contradict: {reason}'
                    hint = "make one choice of both, each alternative of which says all that belongs together"
                    span = spec.header.spans.get("choices")
                    found.append(Diagnostic("error", "contradicting-choices", message, span, hint))
    return found


def _contradict(one: Alternative, other: Alternative) -> str:
    for variable in one.drop:
        for lhs, op, rhs in (*other.add, *other.remove):
            if variable in (lhs, rhs):
                return f"{lhs} {op} {rhs} needs {variable}, which is dropped"
    for term in one.add:
        if term in other.remove:
            return f"{' '.join(term)} is added and removed"
    given: Mapping[str, str] = dict(one.options)
    for name, value in other.options:
        if name in given and given[name] != value:
            return f"{name} is {given[name]} and {value}"
    return ""
