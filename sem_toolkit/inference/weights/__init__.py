"""Weights of the moments, information made of them, and rows' contributions to it."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.inference.weights.clusters import compute_cluster_trace, list_cluster_covariances
    from sem_toolkit.inference.weights.incomplete import IncompleteData
    from sem_toolkit.inference.weights.levels import TwoLevelData
    from sem_toolkit.inference.weights.ordered import OrderedData
    from sem_toolkit.inference.weights.two_stage import TwoStageData
    from sem_toolkit.inference.weights.unbiased import compute_unbiased_gamma

__all__ = [
    "IncompleteData",
    "OrderedData",
    "TwoLevelData",
    "TwoStageData",
    "compute_cluster_trace",
    "compute_unbiased_gamma",
    "list_cluster_covariances",
]

offer_lazily(__name__)
