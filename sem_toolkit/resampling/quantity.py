"""What is looked at in many samples: a parameter, a definition, or what is made of these."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Quantity:
    """A parameter or definition by lavaan's columns, or R² of a variable (op "r2"); scale: "est" or "std.all"."""

    lhs: str
    op: str
    rhs: str
    group: int
    label: str = ""
    scale: str = "est"

    @property
    def key(self) -> tuple[str, str, str, int]:
        """By which it is found."""
        return self.lhs, self.op, self.rhs, self.group
