"""A spec on its way to another one: edits one after the other, and a header that says what it is now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from sem_toolkit.spec.edits import Block, add_term, fix_parameter, free_parameter, label_parameter, remove_term
from sem_toolkit.spec.renaming import rename_variable
from sem_toolkit.spec.specs import Spec, parse_spec
from sem_toolkit.spec.text_edits import Edit, apply_edits
from sem_toolkit.spec.tokens import Token
from sem_toolkit.spec.tree import Constraint, Definition, Formula
from sem_toolkit.spec.written import write_header


@dataclass(frozen=True)
class Draft:
    """A spec, and what may be done with it; every method gives a new draft, and raises as the edit that it makes."""

    spec: Spec

    @property
    def text(self) -> str:
        """The text as it is by now."""
        return self.spec.text

    def _take(self, text: str) -> "Draft":
        return Draft(parse_spec(text, self.spec.source.name))

    def add(self, lhs: str, op: str, rhs: str, modifier: str = "", block: Block | None = None) -> "Draft":
        """Add a parameter, to a block where one is named."""
        return self._take(add_term(self.spec, lhs, op, rhs, modifier, block))

    def append(self, statement: str) -> "Draft":
        """Add a statement in a line of its own at the end."""
        return self._take(f"{self.text.rstrip()}\n{statement}\n")

    def remove(self, lhs: str, op: str, rhs: str, block: Block | None = None) -> "Draft":
        """Take a parameter out wherever it is typed, in a block where one is named."""
        return self._take(remove_term(self.spec, lhs, op, rhs, block))

    def fix(self, lhs: str, op: str, rhs: str, value: float = 0.0, block: Block | None = None) -> "Draft":
        """Fix a parameter, in a block where one is named."""
        return self._take(fix_parameter(self.spec, lhs, op, rhs, value, block))

    def free(self, lhs: str, op: str, rhs: str) -> "Draft":
        """Free a parameter."""
        return self._take(free_parameter(self.spec, lhs, op, rhs))

    def label(self, lhs: str, op: str, rhs: str, label: str) -> "Draft":
        """Give a parameter a label."""
        return self._take(label_parameter(self.spec, lhs, op, rhs, label))

    def rename(self, old: str, new: str) -> "Draft":
        """Rename a variable."""
        return self._take(rename_variable(self.spec, old, new))

    def remove_where(self, unwanted: Callable[[str, str, str], bool]) -> "Draft":
        """Take out every typed parameter (lhs, operator as typed, variable on the right) that is unwanted."""
        draft = self
        for lhs, op, rhs in self.list_terms():
            if unwanted(lhs, op, rhs):
                draft = draft.remove(lhs, op, rhs)
        return draft

    def remove_variable(self, name: str) -> "Draft":
        """Take out every typed parameter of a variable."""
        return self.remove_where(lambda lhs, op, rhs: name in (lhs, rhs))

    def list_terms(self) -> list[tuple[str, str, str]]:
        """Typed parameters without intercepts, each once, in the order of the text."""
        found = [
            (left.variable, formula.operator, right.variable)
            for formula in self.spec.statements
            if isinstance(formula, Formula)
            for left in formula.left
            for right in formula.right
            if right.variable
        ]
        return list(dict.fromkeys(found))

    def has(self, lhs: str, op: str, rhs: str) -> bool:
        """Whether a parameter is typed; a covariance either way round."""
        terms = self.list_terms()
        return (lhs, op, rhs) in terms or (op == "~~" and (rhs, op, lhs) in terms)

    def is_fixed(self, lhs: str, op: str, rhs: str) -> bool:
        """Whether a parameter is typed with a number before it."""
        return any(
            modifier.kind == "fixed" and None not in modifier.values
            for formula in self.spec.statements
            if isinstance(formula, Formula) and formula.operator == op
            for left in formula.left
            for right in formula.right
            if (left.variable, right.variable) == (lhs, rhs)
            for modifier in right.modifiers
        )

    def settle(self) -> "Draft":
        """Definitions and constraints of labels that are gone become comments."""
        while lost := self._find_lost():
            return self._take(apply_edits(self.text, [Edit(start, start, "# ") for start in lost])).settle()
        return self

    def _find_lost(self) -> list[int]:
        known = {
            value
            for formula in self.spec.statements
            if isinstance(formula, Formula)
            for term in (*formula.left, *formula.right)
            for modifier in term.modifiers
            if modifier.kind == "label"
            for value in modifier.values
        }
        known |= {statement.name for statement in self.spec.statements if isinstance(statement, Definition)}
        found = []
        for statement in self.spec.statements:
            if isinstance(statement, Definition):
                names = {*statement.expression.names}
            elif isinstance(statement, Constraint):
                names = {*statement.left.names, *statement.right.names}
            else:
                continue
            if any(name not in known and not name.startswith(".") for name in names):
                found.append(statement.start)
        return found

    def describe(self, drop: Iterable[str] = (), **values: str) -> "Draft":
        """Say in the header what the spec is now: keys get these values, those in `drop` go, the rest stays."""
        unwanted = {*drop, *values}
        kept = [token for token in self.spec.tokens if token.kind == "comment" and token.text.startswith("#'")]
        starts = [place for place, token in enumerate(kept) if _find_key(token)]
        edits = []
        for place, following in pairwise([*starts, len(kept)]):
            if _find_key(kept[place]) in unwanted:
                first, last = kept[place], kept[following - 1]
                end = last.end + (self.text[last.end : last.end + 1] == "\n")
                edits.append(Edit(first.start, end, ""))
        lines = write_header(values, {})
        rest = apply_edits(self.text, edits)
        gap = "" if rest.startswith(("#'", "\n")) or not lines else "\n"
        return self._take(lines + gap + rest)


def _find_key(comment: Token) -> str:
    """The key that begins on a line of the header; "" for a line that goes on with the one before."""
    text = comment.text[2:].removeprefix(" ")
    key, colon, _ = text.partition(":")
    return key.strip("\"'") if colon and key and not key[0].isspace() and key[0] not in "-#" else ""
