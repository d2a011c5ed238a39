"""Text → the same as TeX shows it literally."""

from sem_toolkit.diagram.content.words import GREEK, format_printable

ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    '"': r"\textquotedbl{}",
    "−": r"$-$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "≠": r"$\neq$",
    "≈": r"$\approx$",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "↔": r"$\leftrightarrow$",
    "∞": r"$\infty$",
    "√": r"$\surd$",
    "·": r"$\cdot$",
    "²": r"\textsuperscript{2}",
    "…": r"\dots{}",
    "–": "--",
    "—": "---",
    "\ufffd": "?",
    "\n": " ",
}
ESCAPES |= {symbol: f"$\\{name}$" for name, symbol in GREEK.items() if name != "omicron"}
ESCAPES |= dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧο", "ABEZHIKMNOPTXo", strict=True))
ESCAPES |= {
    GREEK[name].upper(): f"$\\{name.capitalize()}$"
    for name in ("gamma", "delta", "theta", "lambda", "xi", "pi", "sigma", "upsilon", "phi", "psi", "omega")
}
ESCAPES |= {"₀₁₂₃₄₅₆₇₈₉"[digit]: f"\\textsubscript{{{digit}}}" for digit in range(10)}


def escape_tex(text: str) -> str:
    """The text as TeX shows it literally."""
    return "".join(ESCAPES.get(character, character) for character in format_printable(text))


def protect_line(line: str) -> str:
    """A line that TeX does not read as an option of the line break before it."""
    return "{}" + line if line.startswith(("[", "*")) else line
