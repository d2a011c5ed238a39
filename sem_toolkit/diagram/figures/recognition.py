"""Which figure of the field a model is, if any: the first recogniser that knows it says so."""

from collections.abc import Callable

from sem_toolkit.diagram.content.figure import Figure
from sem_toolkit.diagram.content.structure import Structure
from sem_toolkit.diagram.figures.change import recognise_change
from sem_toolkit.diagram.figures.fans import recognise_components, recognise_growth
from sem_toolkit.diagram.figures.mediation import recognise_mediation
from sem_toolkit.diagram.figures.outcomes import recognise_outcomes
from sem_toolkit.diagram.figures.panels import recognise_panel, recognise_random_intercepts
from sem_toolkit.diagram.figures.pathways import recognise_pathways
from sem_toolkit.diagram.figures.traits import recognise_traits
from sem_toolkit.diagram.figures.waves import recognise_waves

RECOGNISERS: tuple[Callable[[Structure], Figure | None], ...] = (
    recognise_random_intercepts,
    recognise_change,
    recognise_growth,
    recognise_pathways,
    recognise_components,
    recognise_mediation,
    recognise_outcomes,
    recognise_panel,
    recognise_traits,
    recognise_waves,
)


def recognise_figure(structure: Structure) -> Figure | None:
    """The figure of a model; None for one that has no picture of its own in the textbooks."""
    return next((figure for recogniser in RECOGNISERS if (figure := recogniser(structure)) is not None), None)
