"""Which names R, and therefore lavaan, takes for a variable."""

import re

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


def make_r_name(name: str) -> str:
    """The name that R's make.names makes of any text: what is no letter, digit, dot or underscore becomes a dot."""
    shown = "".join(letter if letter.isalnum() or letter in "._" else "." for letter in name)
    if not shown or not (shown[0].isalpha() or shown[0] == ".") or (shown[0] == "." and shown[1:2].isdigit()):
        shown = f"X{shown}"
    return f"{shown}." if is_reserved(shown) else shown
