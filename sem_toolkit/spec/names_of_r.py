"""Which names R, and therefore lavaan, takes for a variable."""

import re

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.tokens import split_tokens

_RESERVED: frozenset[str] = frozenset(
    {"if", "else", "repeat", "while", "function", "for", "next", "break", "in", "...", "TRUE", "FALSE", "NULL"}
    | {"Inf", "NaN", "NA", "NA_integer_", "NA_real_", "NA_character_"}
)
_DOTS = re.compile(r"\.\.[0-9]+\Z")


def is_reserved(name: str) -> bool:
    """Whether R keeps this word for itself."""
    return name in _RESERVED or (name.startswith("..") and _DOTS.match(name) is not None)


def find_name_fault(name: str) -> str | None:
    """Why this name cannot be a variable, or None where it can."""
    if name.startswith("_"):
        return "a name cannot begin with an underscore"
    if is_reserved(name):
        return f'"{name}" is a reserved word of R'
    return None


def make_name(text: str) -> str:
    """The name that R gives a column of this heading: `make.names()`. `x 1` is x.1, `1BACK` is X1BACK."""
    made = re.sub(r"[^\w.]", ".", text)
    if not re.match(r"(?:[^\W\d_]|\.(?![0-9]))", made):
        made = "X" + made
    return made + "." if is_reserved(made) else made


def require_name(name: str) -> None:
    """Raise SpecError for what is no single name that a variable may have."""
    tokens = split_tokens(name)
    fault = find_name_fault(name) if len(tokens) == 1 and tokens[0].kind == "name" else f'"{name}" is not a name'
    if fault:
        raise SpecError(Diagnostic("error", "invalid-name", fault))
