"""The words and numbers of a diagram: names, estimates with their significance, legends."""

import re
from collections.abc import Mapping
from typing import Any
from unicodedata import category

from sem_toolkit.diagram.content.style import DiagramStyle

STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "omicron": "ο", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
}  # fmt: skip


def format_stars(pvalue: float | None) -> str:
    """One, two or three stars for p below .05, .01 and .001."""
    if pvalue is None:
        return ""
    return next((stars for limit, stars in STARS if pvalue < limit), "")


def format_number(value: float, digits: int, leading_zero: bool = True) -> str:
    """A number with a true minus sign, never "-0.00"."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    if not leading_zero:
        text = re.sub(r"^(-?)0\.", r"\1.", text)
    return text.replace("-", "−")


def format_pvalue(pvalue: float) -> str:
    """p as in print: "p < .001" or "p = .034"."""
    return "p < .001" if pvalue < 0.001 else f"p = {pvalue:.3f}".replace("0.", ".", 1)


def format_printable(text: str) -> str:
    """The text with a visible mark (U+FFFD) for what no page, XML or TeX can hold; line breaks stay.

    Control characters, halves of surrogate pairs and the non-characters at the end of each plane.
    """
    return "".join(character if _is_printable(character) else "\ufffd" for character in text)


def _is_printable(character: str) -> bool:
    if character == "\n":
        return True
    return category(character) not in ("Cc", "Cs") and ord(character) & 0xFFFE != 0xFFFE


def format_name(name: str, style: DiagramStyle, labels: Mapping[str, str]) -> str:
    """The text of a variable: its label where it has one, otherwise its name, in Greek where asked."""
    if name in labels:
        return labels[name]
    return format_greek(name) if style.greek else name


def format_greek(name: str) -> str:
    """η₁ for eta1 or eta_1; x₁ for x_1; any other name as it is."""
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d*)", name)
    if match is None:
        return name
    letter, digits = match.groups()
    if letter.lower() in GREEK:
        symbol = GREEK[letter.lower()]
        return (symbol.upper() if letter[0].isupper() else symbol) + digits.translate(SUBSCRIPTS)
    return letter + digits.translate(SUBSCRIPTS) if digits and len(letter) == 1 else name


def is_significant(edge: Mapping[str, Any], alpha: float) -> bool:
    """False only where a p-value is known and not below alpha."""
    return edge["pvalue"] is None or edge["pvalue"] < alpha


def format_edge_text(edge: Mapping[str, Any], style: DiagramStyle) -> str:
    """What stands on a path: its estimate with significance, or without estimates its fixed value or label."""
    if "text" in edge:
        return str(edge["text"])
    if edge["est"] is None and edge["std"] is None:
        return _format_unestimated(edge, style)
    if style.values == "none":
        return ""
    if edge.get("given"):
        return f"{edge['value']:g}".replace("-", "−")
    text = _format_values(edge, style)
    free = not edge["fixed"] or (style.values == "standardized" and not edge["exogenous"])
    return text + _format_significance(edge, style) if text and free else text


def break_edge_text(text: str) -> str:
    """The text of a path in two lines: the estimate with its stars, below it its error, interval or p-value.

    The text as it is where it says only one thing.
    """
    bare = text.rstrip("*")
    if ", p " in bare:
        estimate, _, rest = bare.rpartition(", ")
    elif bare.endswith(("]", ")")):
        opening = max(bare.rfind(" ["), bare.rfind(" ("))
        estimate, rest = bare[:opening], bare[opening + 1 :]
    else:
        return text
    return f"{estimate}{text[len(bare) :]}\n{rest}"


def _format_unestimated(edge: Mapping[str, Any], style: DiagramStyle) -> str:
    if style.values == "none":
        return ""
    if edge["fixed"] and edge["value"] is not None:
        return f"{edge['value']:g}".replace("-", "−")
    label = str(edge["label"]) if style.labels else ""
    return format_greek(label) if style.greek else label


def _format_values(edge: Mapping[str, Any], style: DiagramStyle) -> str:
    standard = "" if edge["std"] is None else format_number(edge["std"], style.digits, style.leading_zero)
    if style.values == "standardized":
        return standard
    raw = "" if edge["est"] is None else format_number(edge["est"], style.digits)
    if edge["fixed"] and edge["est"] is not None and float(edge["est"]).is_integer():
        raw = f"{edge['est']:g}".replace("-", "−")
    if style.standard_errors and edge["se"]:
        raw += f" ({format_number(edge['se'], style.digits)})"
    return f"{raw} [{standard}]" if style.values == "both" and standard else raw


def _format_significance(edge: Mapping[str, Any], style: DiagramStyle) -> str:
    if edge["role"] == "variance":
        return ""
    if style.significance == "interval":
        return _format_interval(edge, style)
    if edge["pvalue"] is None:
        return ""
    if style.significance == "stars":
        return format_stars(edge["pvalue"])
    if style.significance == "p":
        return f", {format_pvalue(edge['pvalue'])}"
    return ""


def _format_interval(edge: Mapping[str, Any], style: DiagramStyle) -> str:
    """The interval of the number that is shown: of the standardised one alone, otherwise of the raw one."""
    standardized = style.values == "standardized"
    low, high = (edge.get(key) for key in (("std_lower", "std_upper") if standardized else ("lower", "upper")))
    if low is None or high is None:
        return ""
    leading_zero = style.leading_zero or not standardized
    return f" [{', '.join(format_number(limit, style.digits, leading_zero) for limit in (low, high))}]"


def format_r2(value: float, style: DiagramStyle) -> str:
    """R² in short, "R² = .43"."""
    return f"R² = {format_number(value, style.digits, style.leading_zero)}"


def format_edge_description(source: str, target: str, edge: Mapping[str, Any]) -> str:
    """One sentence for screen readers and tooltips."""
    verb = {
        "loading": f"{source} is measured by {target}",
        "weight": f"{source} is part of {target}",
        "regression": f"{source} predicts {target}",
        "covariance": f"{source} covaries with {target}",
        "variance": f"variance of {source}",
        "intercept": f"intercept of {source}",
    }[edge["role"]]
    parts = [verb]
    if edge["est"] is not None:
        parts.append(f"estimate {edge['est']:.3f}" + (" (fixed)" if edge["fixed"] else ""))
    if edge["std"] is not None:
        parts.append(f"standardised {edge['std']:.3f}")
    if edge["pvalue"] is not None:
        parts.append(format_pvalue(edge["pvalue"]))
    return ", ".join(parts)
