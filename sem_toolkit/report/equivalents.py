"""Equivalent models as tables for people: what each claims instead, the equal fit and the different estimates."""

from collections.abc import Iterable

from rich.console import RenderableType

from sem_toolkit.comparison.equivalents import Equivalents
from sem_toolkit.libraries import pd
from sem_toolkit.report.compared import spread_paths
from sem_toolkit.report.text_tables import build_frame_table

FIT = ("model", "verdict", "n", "chisq", "df", "cfi", "rmsea", "srmr")
HEADINGS = {"model": "", "changes": "what it claims instead", "caveat": "the same fit"}


def build_equivalents(found: Equivalents) -> Iterable[RenderableType]:
    """The models; with data their fit and, one column a model, their paths."""
    yield build_frame_table("Equivalent models: no data can tell them from the given one", build_claims(found))
    if not found.complete:
        yield f"The first {len(found.entries)}; there may be more (--limit)."
    if found.comparison is not None:
        yield build_frame_table(name_fit(found), build_fits(found))
        yield build_frame_table("The estimates are not: estimate [interval]", spread_paths(found.comparison.paths))


def build_claims(found: Equivalents) -> "pd.DataFrame":
    """One row a model under headings for people."""
    return found.table[list(HEADINGS)].rename(columns=HEADINGS)


def build_fits(found: Equivalents) -> "pd.DataFrame":
    """The fit of each; n only where it differs."""
    if found.comparison is None:
        return pd.DataFrame()
    table = found.comparison.table[list(FIT)]
    return table.drop(columns="n") if table["n"].nunique() == 1 else table


def name_fit(found: Equivalents) -> str:
    """The heading over the fits, which says whether they are the same."""
    if found.fits_alike:
        return "The fit is the same"
    return "The fit, which differs here: the messages say why"
