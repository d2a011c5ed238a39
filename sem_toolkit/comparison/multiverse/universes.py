"""All combinations of marked choices, each with the spec, the options and the rows that it stands for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from sem_toolkit.diagnostics import DataError, Diagnostic, OptionError, SpecError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.fit.declared import OPTIONS
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.origins import hash_text
from sem_toolkit.libraries import pd
from sem_toolkit.sample.selection import select_rows
from sem_toolkit.spec import Spec
from sem_toolkit.spec.choices import Alternative, Choice, apply_alternative, parse_choices
from sem_toolkit.spec.drafts import Draft
from sem_toolkit.spec.header_values import HeaderError, read_plain

MOST = 100_000
_READING = frozenset({"sheet", "missing_codes", "answers", "sample_cov", "sample_mean", "sample_nobs"})
_TYPED_PLAINLY = frozenset({"switch", "number", "fraction", "count"})


@dataclass(frozen=True)
class Universe:
    """One combination: for each choice, by its name, the alternative that is taken."""

    chosen: tuple[tuple[str, Alternative], ...]

    @property
    def labels(self) -> dict[str, str]:
        """What is taken, by the name of the choice."""
        return {name: alternative.label for name, alternative in self.chosen}

    @property
    def options(self) -> dict[str, object]:
        """Options of the fit that the alternatives set; None where one is taken back (group = none)."""
        given = dict(option for _, alternative in self.chosen for option in alternative.options)
        return {name: _read_value(name, value) for name, value in given.items()}

    @property
    def conditions(self) -> list[Alternative]:
        """Alternatives with a condition on rows."""
        return [alternative for _, alternative in self.chosen if alternative.condition is not None]

    def write(self, spec: Spec) -> Spec:
        """The spec as this combination has it; the header without the choices, as they are made.

        What several alternatives do is done once and in one order, so that combinations that do the same have the same
        text.
        """
        chosen = [alternative for _, alternative in self.chosen]
        together = Alternative(
            "",
            drop=tuple(sorted({name for alternative in chosen for name in alternative.drop})),
            add=tuple(sorted({term for alternative in chosen for term in alternative.add})),
            remove=tuple(sorted({term for alternative in chosen for term in alternative.remove})),
        )
        return apply_alternative(Draft(spec), together).describe(["choices", "include"]).spec

    def build_key(self, spec: Spec, options: Mapping[str, object]) -> str:
        """What tells its result from all others: model, options and rows, whatever the choices are called."""
        kept = [line for line in spec.text.splitlines() if line.strip() and not line.startswith("#")]
        conditions = sorted({str(alternative.condition) for alternative in self.conditions})
        said = {
            name: str(value).lower() if OPTIONS[name].kind == "word" and OPTIONS[name].choices else str(value)
            for name, value in sorted({**options, **self.options}.items())
        }
        return hash_text(json.dumps([kept, said, conditions]))[:24]


def list_universes(spec: Spec) -> tuple[tuple[Choice, ...], list[Universe]]:
    """The choices of a spec, and every combination of their alternatives, the first of each first.

    Raises SpecError for choices that cannot be read or contradict each other, and OptionError where there are none or
    too many.
    """
    spec.require_valid()
    choices = parse_choices(spec, OPTIONS)
    if not choices:
        message = "the spec marks no choices"
        hint = "mark them in its header: #' choices: {estimator: ML | MLR, items: as it is | drop x3}"
        raise OptionError(Diagnostic("error", "no-choices", message, hint=hint))
    count = 1
    for choice in choices:
        count *= len(choice.alternatives)
    if count > MOST:
        message = f"the choices make {count} combinations, more than {MOST}"
        raise OptionError(Diagnostic("error", "too-many-universes", message, hint="mark fewer choices at once"))
    _require_variables(spec, choices)
    pairs = [[(choice.name, alternative) for alternative in choice.alternatives] for choice in choices]
    return choices, [Universe(tuple(chosen)) for chosen in product(*pairs)]


def drop_repeated(
    choices: Sequence[Choice], universes: Sequence[Universe], keys: Sequence[str]
) -> tuple[tuple[Choice, ...], list[int], tuple[Diagnostic, ...]]:
    """Combinations that do what an earlier one does count once, or their answers would weigh twice.

    keys  of the universes
    Returns the choices with the alternatives that are left, the places of the universes that are left, and what is
    said of the others.
    """
    first: dict[str, int] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
    kept = sorted(first.values())
    if len(kept) == len(keys):
        return tuple(choices), kept, ()
    place = next(place for place, key in enumerate(keys) if first[key] != place)
    names = [
        ", ".join(f"{name}: {label}" for name, label in universes[at].labels.items())
        for at in (place, first[keys[place]])
    ]
    message = f"{len(keys) - len(kept)} of {len(keys)} combinations do what an earlier one does and are left out: "
    message += f'"{names[0]}" is "{names[1]}" again'
    hint = "mark each alternative once, and what belongs together in one choice"
    used = {(name, id(alternative)) for at in kept for name, alternative in universes[at].chosen}
    left = tuple(
        Choice(choice.name, tuple(entry for entry in choice.alternatives if (choice.name, id(entry)) in used))
        for choice in choices
    )
    return left, kept, (Diagnostic("warning", "repeated-choice", message, hint=hint),)


def require_conditions(frame: "pd.DataFrame", choices: Sequence[Choice]) -> None:
    """Raise DataError for a condition on an unknown column, of another kind, or that no row meets."""
    for choice in choices:
        for alternative in choice.alternatives:
            if alternative.condition is None:
                continue
            try:
                select_rows(frame, alternative.condition, alternative.condition_text)
            except DataError as fault:
                where = f'choice "{choice.name}", "{alternative.label}"'
                raise DataError(
                    [replace(entry, message=f"{where}: {entry.message}") for entry in fault.diagnostics]
                ) from None


def _require_variables(spec: Spec, choices: Sequence[Choice]) -> None:
    """Every alternative by itself can be taken, and what it drops is there to be dropped."""
    draft = Draft(spec)
    known = {name for lhs, _, rhs in draft.list_terms() for name in (lhs, rhs)}
    span = spec.header.spans.get("choices")
    for choice in choices:
        for alternative in choice.alternatives:
            for name in alternative.drop:
                if name not in known:
                    message = f'choice "{choice.name}" drops {name}, which the model does not have'
                    hint = format_suggestion(name, sorted(known))
                    raise SpecError(Diagnostic("error", "invalid-choice", message, span, hint), spec.source)
            _require_options(spec, choice, alternative)
            try:
                apply_alternative(draft, alternative).spec.require_valid()
            except SpecError as fault:
                message = f'choice "{choice.name}", "{alternative.label}": {fault.diagnostics[0].message}'
                raise SpecError(Diagnostic("error", "invalid-choice", message, span), spec.source) from None


def _require_options(spec: Spec, choice: Choice, alternative: Alternative) -> None:
    """Its options are some that can be chosen, with values that they can have."""
    span = spec.header.spans.get("choices")
    try:
        options = Universe(((choice.name, alternative),)).options
    except HeaderError as problem:
        message = f'choice "{choice.name}", "{alternative.label}": {problem.message}'
        raise SpecError(Diagnostic("error", "invalid-choice", message, span), spec.source) from None
    for name in options.keys() & _READING:
        message = f'choice "{choice.name}": {name} says how the data are read, which is done once for all'
        raise SpecError(Diagnostic("error", "invalid-choice", message, span), spec.source)
    try:
        parse_fit_options(options)
    except OptionError as fault:
        entry = fault.diagnostics[0]
        message = f'choice "{choice.name}", "{alternative.label}": {entry.message}'
        raise SpecError(Diagnostic("error", "invalid-choice", message, span, entry.hint), spec.source) from None


def _read_value(name: str, value: str) -> object:
    if name == "group" and value.lower() == "none":
        return None
    return read_plain(value) if OPTIONS[name].kind in _TYPED_PLAINLY else value
