"""How a diagram looks: what is written on it, theme, sizes; and the style file of a project."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from sem_toolkit.diagnostics import DataError, Diagnostic, build_missing_file
from sem_toolkit.diagnostics.suggestions import format_suggestion

COLUMN_WIDTHS = {"single": 85.0, "double": 175.0}
"""Column widths of journals in millimetres."""

PAGE_HEIGHT = 247.0
"""Height of a page of print in millimetres: A4 with 25 mm above and below."""

SMALLEST_FONT = 7.0
POINTS_PER_MILLIMETRE = 72 / 25.4


@dataclass(frozen=True)
class Theme:
    """Colours as #rrggbb; text and lines keep a contrast of 4.5 or more on every ground, also printed in grey."""

    latent: str
    observed: str
    composite: str
    constant: str
    outline: str
    text: str
    line: str
    faint: str
    negative: str
    covariance: str
    bands: tuple[str, ...]
    band_text: str
    added: str = "#009e73"
    dropped: str = "#d55e00"
    changed: str = "#0072b2"


THEMES: Mapping[str, Theme] = {
    # Tints and lines after the palette of Okabe and Ito (2008), distinct for all common kinds of colour blindness.
    "colour": Theme(
        latent="#dcebf7",
        observed="#ffffff",
        composite="#fdf0d5",
        constant="#f2f2f2",
        outline="#1f3b57",
        text="#111111",
        line="#1f3b57",
        faint="#8d8d8d",
        negative="#a8430a",
        covariance="#5a6b7b",
        bands=("#f4f7fa", "#faf6ee", "#f1f8f5", "#f8f3f8"),
        band_text="#33485c",
    ),
    "print": Theme(
        latent="#ffffff",
        observed="#ffffff",
        composite="#ffffff",
        constant="#ffffff",
        outline="#000000",
        text="#000000",
        line="#000000",
        faint="#808080",
        negative="#000000",
        covariance="#404040",
        bands=("#f6f6f6", "#efefef"),
        band_text="#000000",
        added="#000000",
        dropped="#808080",
        changed="#000000",
    ),
    "grey": Theme(
        latent="#e3e3e3",
        observed="#f7f7f7",
        composite="#ededed",
        constant="#ffffff",
        outline="#333333",
        text="#000000",
        line="#333333",
        faint="#8a8a8a",
        negative="#333333",
        covariance="#5c5c5c",
        bands=("#f7f7f7", "#f0f0f0"),
        band_text="#222222",
        added="#000000",
        dropped="#777777",
        changed="#333333",
    ),
}


@dataclass(frozen=True)
class DiagramStyle:
    """Everything about a diagram that is a matter of taste; the defaults make a figure for two columns.

    theme          "colour" (colour-blind-safe), "print" (black and white) or "grey"
    values         which estimates are on the paths: "standardized", "raw", "both" or "none"
    significance   "stars", "p", "interval" or "none"
    standard_errors  add the standard error in parentheses (raw scale; only with "raw" or "both")
    digits         decimals of estimates
    leading_zero   False writes .52 for standardised values
    variances      "clean" leaves them out, "lisrel" draws short arrows, "ram" double-headed loops
    covariances    "arcs", "matrix" (a triangle of numbers beside the picture), "hide", or "auto" (arcs if few)
    intercepts     draw triangles for means and intercepts
    r2             of explained variables (not of indicators): "inside" the shape, "below" it, or "none"
    only           "all", "structural" (no indicators) or "measurement" (no regressions)
    grey_nonsignificant  paths with p ≥ alpha are drawn grey; fixed paths are dashed whatever this says
    hide_nonsignificant  structural paths and covariances with p ≥ alpha are left out, and the legend says so
    hide_covariates  observed causes in a model of factors (or those that the header's `covariates` names) are left out,
                   and the legend says so
    least_loading  standardised loadings of exploratory blocks below this in size are left out, but for the largest of
                   each item
    width_by_estimate    lines as wide as the standardised estimate is large
    greek          names and labels of parameters such as eta1 or lambda_2 become η₁ and λ₂
    labels         show the labels of parameters where there are no estimates
    column         "single" (85 mm), "double" (175 mm) or "free" (as wide as it comes)
    font_size      of names, in points at the stated width; numbers are one point smaller, never below 7
    direction      causes at the left ("right") or at the top ("down"), or "auto" for what fits best
    layout         "own", or "dot" for graphviz's own ranks
    dpi            of PNG files
    title, caption, legend  False leaves them out of the picture; `Diagram.caption` keeps the caption's text
    """

    theme: str = "colour"
    values: Literal["standardized", "raw", "both", "none"] = "standardized"
    significance: Literal["stars", "p", "interval", "none"] = "stars"
    standard_errors: bool = False
    digits: int = 2
    leading_zero: bool = True
    variances: Literal["clean", "lisrel", "ram"] = "clean"
    covariances: Literal["auto", "arcs", "matrix", "hide"] = "auto"
    intercepts: bool = False
    r2: Literal["none", "inside", "below"] = "inside"
    only: Literal["all", "structural", "measurement"] = "all"
    grey_nonsignificant: bool = True
    hide_nonsignificant: bool = False
    hide_covariates: bool = False
    alpha: float = 0.05
    least_loading: float = 0.3
    width_by_estimate: bool = False
    greek: bool = False
    labels: bool = True
    column: Literal["single", "double", "free"] = "double"
    font: Literal["DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono"] = "DejaVu Sans"
    font_size: float = 8.0
    direction: Literal["auto", "right", "down"] = "auto"
    layout: Literal["own", "dot"] = "own"
    dpi: int = 300
    title: bool = True
    caption: bool = True
    legend: bool = True

    def __post_init__(self) -> None:
        faults = tuple(_check_setting(name, getattr(self, name)) for name in _SETTINGS)
        found = [fault for fault in faults if fault is not None]
        if found:
            raise DataError(found)

    @property
    def colours(self) -> Theme:
        return THEMES[self.theme]

    @property
    def label_size(self) -> float:
        """Font size of the numbers on paths, in points."""
        return max(SMALLEST_FONT, self.font_size - 1)

    @property
    def column_width(self) -> float | None:
        """Width that the picture must not exceed, in points; None where it may be as wide as it comes."""
        return None if self.column == "free" else COLUMN_WIDTHS[self.column] * POINTS_PER_MILLIMETRE

    def with_settings(self, settings: Mapping[str, Any]) -> "DiagramStyle":
        """A copy with some settings changed; unknown names raise DataError with the nearest name."""
        unknown = [_build_unknown_key(key) for key in settings if key not in _SETTINGS]
        if unknown:
            raise DataError(unknown)
        return replace(self, **settings)


_SETTINGS: dict[str, Any] = get_type_hints(DiagramStyle)
assert set(_SETTINGS) == {field.name for field in fields(DiagramStyle)}  # noqa: S101 - a defect of ours, at import


def _build_unknown_key(key: str) -> Diagnostic:
    hint = format_suggestion(str(key), _SETTINGS) or f"the settings are {', '.join(_SETTINGS)}"
    return Diagnostic("error", "unknown-style-key", f'"{key}" is not a setting of a diagram style', hint=hint)


def _check_setting(name: str, value: object) -> Diagnostic | None:
    """A fault when a setting has a value that it cannot take."""
    expected = _SETTINGS[name]
    choices: tuple[object, ...] = ()
    if name == "theme":
        choices = tuple(THEMES)
    elif get_origin(expected) is Literal:
        choices = get_args(expected)
    if choices:
        if value in choices:
            return None
        wanted = ", ".join(f'"{choice}"' for choice in choices)
        hint = format_suggestion(str(value), map(str, choices)) or f"one of {wanted}"
        return Diagnostic("error", "bad-style-value", f'{name} cannot be "{value}"', hint=hint)
    if expected is bool:
        return None if isinstance(value, bool) else _build_wrong_type(name, value, "true or false")
    if isinstance(value, bool) or not isinstance(value, int if expected is int else (int, float)):
        return _build_wrong_type(name, value, "a number")
    low, high = _RANGES[name]
    if low <= float(value) <= high:
        return None
    return _build_wrong_type(name, value, f"between {low:g} and {high:g}")


_RANGES = {
    "digits": (0, 6),
    "alpha": (0, 1),
    "least_loading": (0, 1),
    "font_size": (SMALLEST_FONT, 24),
    "dpi": (50, 1200),
}


def _build_wrong_type(name: str, value: object, wanted: str) -> Diagnostic:
    return Diagnostic("error", "bad-style-value", f"{name} cannot be {value!r}", hint=f"{name} is {wanted}")


def read_style(path: str | Path, base: DiagramStyle | None = None) -> DiagramStyle:
    """A style from a TOML file with the names of `DiagramStyle` as keys (top level, or in a table [diagram]).

    Raises DataError when the file is missing, is no TOML, or names a setting or value that does not exist.
    """
    settings = read_toml(path, "style file")
    return (base or DiagramStyle()).with_settings(settings.get("diagram", settings))


def read_toml(path: str | Path, what: str) -> dict[str, Any]:
    """The content of a TOML file; raises DataError that names it."""
    import tomllib

    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(build_missing_file(path, what)) from None
    except OSError as fault:
        raise DataError(Diagnostic("error", "unreadable-file", f"the {what} {path}: {fault.strerror}")) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DataError(Diagnostic("error", "bad-toml", f"the {what} {path} is not valid TOML: {fault}")) from None
