"""One equivalent model: what it claims instead, and its text."""

from dataclasses import dataclass
from typing import Literal

from sem_toolkit.spec import Spec

Family = Literal["measurement", "structure"]
FAMILIES: tuple[Family, ...] = ("measurement", "structure")


@dataclass(frozen=True)
class Equivalent:
    """A model equivalent to the given one.

    changes  each as "m ~ x becomes x ~ m"
    spec     the given text with these changes, its comments kept
    family   which part of the model is another one
    caveat   what the estimates must be like, where one of the models has a narrower range; "" where neither has
    """

    changes: tuple[str, ...]
    spec: Spec
    family: Family
    caveat: str = ""
