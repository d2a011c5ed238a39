"""Loadings of exploratory blocks as journals print them, with the correlations of the factors."""

from sem_toolkit.fit.loadings import Loadings
from sem_toolkit.fit.result import Fit
from sem_toolkit.libraries import pd
from sem_toolkit.report.export import Printed, build_printed
from sem_toolkit.report.loadings import order_items
from sem_toolkit.report.numbers import format_share
from sem_toolkit.report.tables import build_table_of


def build_printed_loadings(fit: Fit) -> tuple[Printed, ...]:
    """All loadings, communalities, and the correlations of the factors, by group."""
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
