"""A spec with values, as a population has them, into the spec that estimates these values.

- the number before a parameter goes, and so does a starting value
- 0 stays, and so do whole numbers before loadings: they are how a model is built (a path that is not there, the scale
  of a factor, the basis of a growth curve) and not what it estimates; a threshold of 0 is a value like any other
- a variance that has a number goes altogether, so that the usual rules about it hold again
"""

from collections.abc import Iterator

from sem_toolkit.spec.drafts import Draft
from sem_toolkit.spec.edits import find_end_of_mark
from sem_toolkit.spec.specs import Spec, parse_spec
from sem_toolkit.spec.text_edits import Edit, apply_edits
from sem_toolkit.spec.tree import Formula, Modifier, Term


def release_values(spec: Spec) -> Spec:
    """The same spec with free parameters in the place of values."""
    draft = Draft(spec)
    for lhs, op, rhs in draft.list_terms():
        if op == "~~" and lhs == rhs and _is_given(draft.spec, lhs):
            draft = draft.remove(lhs, op, rhs)
    edits = [
        Edit(modifier.start, find_end_of_mark(draft.spec, modifier, term), "")
        for formula, term, modifier in _list_values(draft.spec)
        if not _is_structure(formula, modifier)
    ]
    return parse_spec(apply_edits(draft.text, edits), spec.source.name)


def list_structure(spec: Spec) -> list[str]:
    """What `release_values` leaves fixed at a number other than 0, as it is typed: "s =~ 2*t3"."""
    return [
        f"{formula.left[0].variable} {formula.operator} {spec.source.text[term.start : term.end]}"
        for formula, term, modifier in _list_values(spec)
        if _is_structure(formula, modifier) and any(modifier.values)
    ]


def _is_given(spec: Spec, name: str) -> bool:
    """Whether the variance of a variable is typed with a number other than 0."""
    return any(
        any(value != 0.0 for value in modifier.values)
        for formula in spec.statements
        if isinstance(formula, Formula) and formula.operator == "~~"
        for left in formula.left
        for term in formula.right
        if left.variable == term.variable == name
        for modifier in term.modifiers
        if modifier.kind in ("fixed", "start") and _is_numeric(modifier)
    )


def _list_values(spec: Spec) -> Iterator[tuple[Formula, Term, Modifier]]:
    """Formulas and terms with the numbers before these; the 0 of `y ~ 0` is no number before a term."""
    for formula in spec.statements:
        if isinstance(formula, Formula):
            for term in formula.right:
                for modifier in term.modifiers:
                    before = modifier.start < term.name_start
                    if modifier.kind in ("fixed", "start") and before and _is_numeric(modifier):
                        yield formula, term, modifier


def _is_numeric(modifier: Modifier) -> bool:
    return all(isinstance(value, (int, float)) for value in modifier.values)


def _is_structure(formula: Formula, modifier: Modifier) -> bool:
    if modifier.kind == "start" or formula.operator == "|":
        return False
    whole = all(isinstance(value, (int, float)) and float(value).is_integer() for value in modifier.values)
    return not any(modifier.values) or (formula.operator == "=~" and whole)
