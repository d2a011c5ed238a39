"""`explore_factors(data, ...)`: how many factors are behind items, and what each number of them says."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.comparison.exploration.explore import Exploration, explore_factors, parse_numbers, write_solutions
    from sem_toolkit.comparison.exploration.numbers import (
        ParallelAnalysis,
        PartialCorrelations,
        analyse_in_parallel,
        average_partial_correlations,
    )

__all__ = [
    "Exploration",
    "ParallelAnalysis",
    "PartialCorrelations",
    "analyse_in_parallel",
    "average_partial_correlations",
    "explore_factors",
    "parse_numbers",
    "write_solutions",
]

offer_lazily(__name__)
