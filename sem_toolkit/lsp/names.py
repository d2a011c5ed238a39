"""Where names stand in a spec: variables, labels and definitions, with the places that bring them in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sem_toolkit.spec import Spec, parse_spec
from sem_toolkit.spec.tokens import Token, split_tokens
from sem_toolkit.spec.tree import Constraint, Definition, Formula, Modifier, Term

Kind = Literal["variable", "label"]


@dataclass(frozen=True)
class Occurrence:
    """A name at a place. `brings_in`: it is defined here (a factor left of `=~`, a definition, a typed label)."""

    name: str
    kind: Kind
    start: int
    end: int
    brings_in: bool = False


def list_occurrences(spec: Spec) -> list[Occurrence]:
    """All names of a spec in the order of the text; parameters and defined ones are both labels."""
    found: list[Occurrence] = []
    for statement in spec.statements:
        if isinstance(statement, Formula):
            for term in statement.left:
                found += _list_of_term(spec, term, statement.operator in {"=~", "<~"})
            for term in statement.right:
                found += _list_of_term(spec, term, False)
        elif isinstance(statement, Definition):
            found.append(Occurrence(statement.name, "label", statement.name_start, statement.name_end, True))
            found += _list_of_expression(spec, statement.expression_start, statement.end)
        elif isinstance(statement, Constraint):
            found += _list_of_expression(spec, statement.start, statement.end)
    return sorted(found, key=lambda occurrence: occurrence.start)


def find_occurrence(spec: Spec, offset: int) -> Occurrence | None:
    """The name at an offset, or the one that ends there."""
    near = [entry for entry in list_occurrences(spec) if entry.start <= offset <= entry.end]
    return near[-1] if near else None


def list_same(spec: Spec, occurrence: Occurrence) -> list[Occurrence]:
    """Every place of the same name in the same sense."""
    return [o for o in list_occurrences(spec) if (o.name, o.kind) == (occurrence.name, occurrence.kind)]


def _list_of_term(spec: Spec, term: Term, brings_in: bool) -> Iterator[Occurrence]:
    for modifier in term.modifiers:
        yield from _list_of_modifier(spec, modifier)
    if term.variable:
        for token in _tokens(spec, term.name_start, term.name_end):
            if token.kind == "name":
                yield Occurrence(token.text, "variable", token.start, token.end, brings_in)


def _list_of_modifier(spec: Spec, modifier: Modifier) -> Iterator[Occurrence]:
    tokens = _tokens(spec, modifier.start, modifier.end)
    if modifier.is_equal:
        for token in tokens:
            if token.kind == "string":
                inner = split_tokens(token.text[1:-1])
                for part in inner:
                    if part.kind == "name":
                        start = token.start + 1 + part.start
                        yield Occurrence(part.text, "variable", start, start + len(part.text))
    elif modifier.kind == "label":
        for token in tokens:
            if token.text in modifier.values and token.kind == "name":
                yield Occurrence(token.text, "label", token.start, token.end, True)
            elif token.kind == "string" and token.text[1:-1] in modifier.values:
                yield Occurrence(token.text[1:-1], "label", token.start + 1, token.end - 1, True)


def _list_of_expression(spec: Spec, start: int, end: int) -> Iterator[Occurrence]:
    tokens = [token for token in _tokens(spec, start, end) if token.kind not in {"space", "comment"}]
    for position, token in enumerate(tokens):
        is_call = position + 1 < len(tokens) and tokens[position + 1].text == "("
        if token.kind == "name" and not is_call:
            yield Occurrence(token.text, "label", token.start, token.end)


def _tokens(spec: Spec, start: int, end: int) -> list[Token]:
    return [token._replace(start=start + token.start) for token in split_tokens(spec.source.text[start:end])]


def find_rename_fault(spec: Spec, found: list[Occurrence], name: str) -> str:
    """Why a name cannot take the place of the ones that were found; empty where it can."""
    if not found:
        return "there is no name here that could be changed"
    kind = found[0].kind
    tokens = split_tokens(name)
    if len(tokens) != 1 or tokens[0].kind != "name":
        return f'"{name}" is not a name'
    probe = parse_spec(f"{name} ~ probe" if kind == "variable" else f"y ~ {name}*x\n{name} > 0")
    if probe.errors:
        return f'"{name}" cannot be a name: {probe.errors[0].message}'
    taken = {entry.name for entry in list_occurrences(spec) if entry.kind == kind} - {found[0].name}
    return f'there is a "{name}" already' if name in taken else ""
