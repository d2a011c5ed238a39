"""Loadings of exploratory blocks for people: item by factor, small ones left out on terminals."""

from collections.abc import Sequence

from rich.table import Table

from sem_toolkit.fit.loadings import Loadings
from sem_toolkit.fit.result import Fit
from sem_toolkit.libraries import pd
from sem_toolkit.report.export import Printed, build_printed
from sem_toolkit.report.numbers import format_number, format_share
from sem_toolkit.report.tables import build_table_of
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


def build_printed_loadings(fit: Fit) -> tuple[Printed, ...]:
    """The same as journals print them: all loadings, communalities, and the correlations of the factors, by group."""
    several = len(fit.loadings) > 1
    found: list[Printed] = []
    for entry in fit.loadings:
        found.append(_print_loadings(entry, f", {entry.group}" if several else ""))
        if len(entry.factors) > 1:
            found.append(_print_correlations(entry, f", {entry.group}" if several else ""))
    return tuple(found)


def _print_loadings(loadings: Loadings, suffix: str) -> Printed:
    """Item by factor. APA's example (7.13) drops the zero of loadings, although oblique ones can exceed 1."""
    rows = [
        [
            loadings.items[place],
            *map(format_share, loadings.values[place]),
            format_share(1.0 - loadings.uniquenesses[place]),
        ]
        for place in order_items(loadings)
    ]
    frame = pd.DataFrame(rows, columns=["Item", *loadings.factors, "h²"])
    note = "Items in the order of their largest loading. h²: communality."
    return Printed(frame, f"Standardised loadings{suffix}", note, frozenset(frame.columns[1:]))


def _print_correlations(loadings: Loadings, suffix: str) -> Printed:
    names = list(loadings.factors)
    rows = [
        [
            name,
            *map(format_share, loadings.correlations[row, :row]),
            "–",
            *[""] * (len(names) - row - 1),
        ]
        for row, name in enumerate(names)
    ]
    frame = pd.DataFrame(rows, columns=["Factor", *names])
    return Printed(frame, f"Correlations of the factors{suffix}", "", frozenset(names))


def print_loadings(fit: Fit) -> Printed:
    """The loadings of all groups as one table for print."""
    return build_printed_loadings(fit)[0] if len(fit.loadings) == 1 else build_printed(build_table_of(fit, "loadings"))


def stack_correlations(fit: Fit) -> "pd.DataFrame":
    """Correlations of the factors, one row a factor; of several groups under each other."""
    parts = []
    for entry in fit.loadings:
        own = pd.DataFrame(entry.correlations, columns=list(entry.factors))
        own.insert(0, "factor", list(entry.factors))
        if len(fit.loadings) > 1:
            own.insert(0, "group", entry.group)
        parts.append(own)
    return pd.concat(parts, ignore_index=True)
