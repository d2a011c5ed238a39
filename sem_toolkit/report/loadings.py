"""Loadings of exploratory blocks on terminals: item by factor, small ones left out."""

from collections.abc import Sequence

from rich.table import Table

from sem_toolkit.fit.loadings import Loadings
from sem_toolkit.fit.result import Fit
from sem_toolkit.report.numbers import format_number
from sem_toolkit.report.text_tables import build_table, protect_numbers
from sem_toolkit.rotation import Rotation

LEAST = 0.3
"""Size from which a standardised loading is shown: it explains a tenth of the item's variance."""


def describe_rotation(rotation: Rotation) -> str:
    """The criterion of a rotation, and of which kind it is."""
    options = rotation.options
    kind = "orthogonal" if options.is_orthogonal else "oblique"
    return f"{options.method}, {kind}{', Kaiser weights' if options.normalizes else ''}"


def format_rotation(rotation: Rotation) -> str:
    """One line: the criterion, its value, and of how many starts and optima it is the lowest."""
    found = []
    for entry in rotation.blocks:
        search = entry.search
        optima = f", {len(search.optima)} optima" if len(search.optima) > 1 else ""
        found.append(f"{search.value:.6g} (lowest of {search.starts} starts{optima})")
    return f"rotation: {describe_rotation(rotation)}; criterion {', '.join(found)}"


def build_loading_tables(fit: Fit, least: float = LEAST) -> list[Table]:
    """Standardised loadings and factor correlations, a table a group."""
    several = len(fit.loadings) > 1
    return [build_loading_table(entry, least, f" [{entry.group}]" if several else "") for entry in fit.loadings]


def build_loading_table(loadings: Loadings, least: float = LEAST, suffix: str = "") -> Table:
    """Items by their factor and the size of their loading; loadings below `least` in size are left blank."""
    factors = list(loadings.factors)
    title = f"Standardised loadings{suffix}" + (f", those of {least:g} or more" if least > 0 else "")
    table = build_table(title, ("",), [*factors, "uniqueness"], right=[*factors, "uniqueness"])
    for place in order_items(loadings):
        cells = [format_number(value) if abs(value) >= least else "" for value in loadings.values[place]]
        table.add_row(loadings.items[place], *cells, format_number(loadings.uniquenesses[place]))
    table.add_section()
    for number, factor in enumerate(factors):
        cells = [format_number(value) for value in loadings.correlations[number, : number + 1]]
        table.add_row(f"~~ {factor}", *cells, *[""] * (len(factors) - number))
    return protect_numbers(table)


def order_items(loadings: Loadings) -> Sequence[int]:
    """Places of the items: by the factor of their largest loading, the largest first."""
    size = abs(loadings.values)
    main = size.argmax(axis=1)
    return sorted(range(len(main)), key=lambda place: (main[place], -size[place].max()))
