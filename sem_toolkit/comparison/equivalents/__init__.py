"""`find_equivalents(spec, ...)`: models that no data can tell from a given one, each proved by NET."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.comparison.equivalents.equivalent import FAMILIES, Equivalent, Family
    from sem_toolkit.comparison.equivalents.finding import find_equivalents, write_equivalents
    from sem_toolkit.comparison.equivalents.result import Equivalents, list_equivalents
    from sem_toolkit.comparison.equivalents.structural import Structure, build_structure, settle_covariances

__all__ = [
    "FAMILIES",
    "Equivalent",
    "Equivalents",
    "Family",
    "Structure",
    "build_structure",
    "find_equivalents",
    "list_equivalents",
    "settle_covariances",
    "write_equivalents",
]

offer_lazily(__name__)
