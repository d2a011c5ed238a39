"""A spec's text with another name for a variable, a label or a definition, wherever it stands."""

from collections.abc import Iterator

from sem_toolkit.spec.names_of_r import require_name
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.text_edits import Edit, apply_edits
from sem_toolkit.spec.tokens import split_tokens
from sem_toolkit.spec.tree import Constraint, Definition, Formula, Modifier


def rename_variable(spec: Spec, old: str, new: str) -> str:
    """Give a variable another name wherever it stands, also in interactions and in equal("…")."""
    require_name(new)
    edits: list[Edit] = []
    for formula in (statement for statement in spec.statements if isinstance(statement, Formula)):
        for term in (*formula.left, *formula.right):
            edits += _rename_in(spec, term.name_start, term.name_end, old, new) if term.variable else []
            for modifier in term.modifiers:
                edits += _rename_equal(spec, modifier, old, new) if modifier.is_equal else []
    return apply_edits(spec.source.text, edits)


def rename_label(spec: Spec, old: str, new: str) -> str:
    """Give a label or a definition another name, in modifiers, constraints and definitions."""
    require_name(new)
    edits: list[Edit] = []
    for statement in spec.statements:
        if isinstance(statement, Formula):
            for modifier in (mark for term in (*statement.left, *statement.right) for mark in term.modifiers):
                if modifier.kind == "label" and not modifier.is_equal and old in modifier.values:
                    edits += _rename_value(spec, modifier, old, new)
        elif isinstance(statement, Definition | Constraint):
            edits += _rename_in(spec, statement.start, statement.end, old, new)
    return apply_edits(spec.source.text, edits)


def _rename_in(spec: Spec, start: int, end: int, old: str, new: str) -> list[Edit]:
    tokens = split_tokens(spec.source.text[start:end])
    return [Edit(start + t.start, start + t.end, new) for t in tokens if t.kind == "name" and t.text == old]


def _rename_value(spec: Spec, modifier: Modifier, old: str, new: str) -> list[Edit]:
    edits: list[Edit] = []
    tokens = split_tokens(spec.source.text[modifier.start : modifier.end])
    for position, token in enumerate(tokens):
        called = any(other.text == "(" for other in tokens[position + 1 : position + 2])
        if token.kind == "name" and token.text == old and not called:
            edits.append(Edit(modifier.start + token.start, modifier.start + token.end, new))
        elif token.kind == "string" and token.text[1:-1] == old:
            edits.append(Edit(modifier.start + token.start + 1, modifier.start + token.end - 1, new))
    return edits


def _rename_equal(spec: Spec, modifier: Modifier, old: str, new: str) -> Iterator[Edit]:
    for token in split_tokens(spec.source.text[modifier.start : modifier.end]):
        if token.kind == "string":
            start = modifier.start + token.start + 1
            yield from (
                Edit(start + inner.start, start + inner.end, new)
                for inner in split_tokens(token.text[1:-1])
                if inner.kind == "name" and inner.text == old
            )
