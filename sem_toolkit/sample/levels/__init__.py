"""Rows in clusters, such as pupils in schools, as two levels: what varies within the clusters and between them."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.sample.levels.clusters import Clusters, build_clusters
    from sem_toolkit.sample.levels.likelihood import LevelLikelihood, LevelMoments, compute_level_likelihood
    from sem_toolkit.sample.levels.saturated import SaturatedLevels, compute_saturated_levels

__all__ = [
    "Clusters",
    "LevelLikelihood",
    "LevelMoments",
    "SaturatedLevels",
    "build_clusters",
    "compute_level_likelihood",
    "compute_saturated_levels",
]

offer_lazily(__name__)
