"""Ordered answers to thresholds, polychoric and polyserial correlations, and their asymptotic covariance matrix."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.sample.categorical.polychoric import PolychoricCorrelations, compute_polychoric
    from sem_toolkit.sample.categorical.statistics import CategoricalStatistics, compute_categorical_statistics

__all__ = [
    "CategoricalStatistics",
    "PolychoricCorrelations",
    "compute_categorical_statistics",
    "compute_polychoric",
]

offer_lazily(__name__)
