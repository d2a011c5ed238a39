"""Weights of the moments, information made of them, and rows' contributions to it."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.inference.weights.incomplete import IncompleteData
    from sem_toolkit.inference.weights.levels import TwoLevelData
    from sem_toolkit.inference.weights.ordered import OrderedData
    from sem_toolkit.inference.weights.two_stage import TwoStageData

__all__ = ["IncompleteData", "OrderedData", "TwoLevelData", "TwoStageData"]

offer_lazily(__name__)
