"""What is asked for in a picture: a path drawn, removed, fixed, freed or labelled, a name changed; read from JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from sem_toolkit.diagnostics import Diagnostic, SpecError

Kind = Literal["add_path", "add_covariance", "remove", "fix", "free", "label", "rename", "add_node"]
Row = tuple[str, str, str]


@dataclass(frozen=True)
class Action:
    """One action; of the fields those count that its kind has.

    a, b           add_path: cause and effect; add_covariance: the two; rename: the old and the new name; add_node: a
    lhs, op, rhs   the parameter that is removed, fixed, freed or labelled; add_path: op may say which path it is
    value, label   what it is fixed to, and the new label ("" takes the old one away)
    latent, indicators  of a new variable
    block          number in the table of the block that it is about; 0 where the text has none. A rename reaches all
    """

    kind: Kind
    a: str = ""
    b: str = ""
    lhs: str = ""
    op: str = ""
    rhs: str = ""
    value: float = 0.0
    label: str = ""
    latent: bool = False
    indicators: tuple[str, ...] = ()
    block: int = 0

    @property
    def row(self) -> Row:
        """The parameter that it is about."""
        return self.lhs, self.op, self.rhs


def parse_action(record: Mapping[str, Any]) -> Action:
    """An action as a page sends it, whose values may be anything. Raises SpecError for what is none."""
    kind: Any = record.get("kind")
    if not isinstance(kind, str) or kind not in get_args(Kind):
        raise refuse_action(f'there is no action "{kind}"', f"one of {', '.join(get_args(Kind))}")
    names = {"add_path": ("from", "to"), "rename": ("name", "new"), "add_node": ("name", "")}
    first, second = names.get(kind, ("a", "b"))
    texts = {"a": first, "b": second, "lhs": "lhs", "op": "op", "rhs": "rhs", "label": "label"}
    given = {own: record.get(theirs, "") for own, theirs in texts.items()}
    value, indicators = record.get("value", 0.0), record.get("indicators") or []
    faulty = [name for name, text in given.items() if not isinstance(text, str)]
    if faulty or isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise refuse_action("an action has names as texts and a value as a number", None)
    block = record.get("block") or 0
    if isinstance(block, bool) or not isinstance(block, int) or block < 0:
        raise refuse_action("a block is a number", None)
    if not isinstance(indicators, list) or not all(isinstance(name, str) for name in indicators):
        raise refuse_action("indicators are a list of names", None)
    return Action(
        cast("Kind", kind),
        **given,
        value=float(value),
        latent=record.get("latent") is True,
        indicators=tuple(indicators),
        block=block,
    )


def refuse_action(message: str, hint: str | None) -> SpecError:
    """The fault of an action that cannot be done."""
    return SpecError(Diagnostic("error", "impossible-action", message, None, hint))
