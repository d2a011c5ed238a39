"""Statements into the places of their labels and definitions; definitions of a name that is taken are reported."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.tree import Definition, Formula, Modifier, Statement

_AUTOMATIC = re.compile(r"\.p[0-9]+\.\Z")


@dataclass(slots=True)
class Labels:
    """Where labels are given, definitions made, and variables named."""

    given: dict[str, list[Modifier]] = field(default_factory=dict)
    defined: dict[str, Definition] = field(default_factory=dict)
    variables: dict[str, None] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        return name in self.given or name in self.defined or _AUTOMATIC.match(name) is not None


def collect_labels(statements: Sequence[Statement], reporter: Reporter) -> Labels:
    """Where labels are given, definitions made, and variables named."""
    labels = Labels()
    for statement in statements:
        if isinstance(statement, Formula):
            for term in (*statement.left, *statement.right):
                if term.variable:
                    labels.variables.setdefault(term.variable)
            for term in statement.right:
                for modifier in term.modifiers:
                    if modifier.kind == "label":
                        for value in dict.fromkeys(filter(None, modifier.values)):
                            labels.given.setdefault(str(value), []).extend([modifier] * len(statement.left))
    for statement in statements:
        if isinstance(statement, Definition):
            _add_definition(statement, labels, reporter)
    return labels


def _add_definition(definition: Definition, labels: Labels, reporter: Reporter) -> None:
    name, place = definition.name, (definition.name_start, definition.name_end)
    if name in labels.given:
        first = labels.given[name][0]
        reporter.error(
            "definition-of-label",
            f'"{name}" is the label of a parameter and cannot be defined',
            *place,
            "take another name",
            related=((first.start, first.end, "a parameter has this label"),),
        )
    elif name in labels.defined:
        earlier = labels.defined[name]
        reporter.error(
            "repeated-definition",
            f'"{name}" is defined twice',
            *place,
            "take another name, or take one definition out",
            related=((earlier.name_start, earlier.name_end, "first defined here"),),
        )
    else:
        labels.defined[name] = definition
