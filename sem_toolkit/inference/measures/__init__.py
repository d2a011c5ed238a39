"""Fit measures and the plain formulas behind them."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.inference.measures.categorical import CategoricalVariables
    from sem_toolkit.inference.measures.given import GivenIncompleteVariables, GivenVariables
    from sem_toolkit.inference.measures.levels import LevelVariables

__all__ = ["CategoricalVariables", "GivenIncompleteVariables", "GivenVariables", "LevelVariables"]

offer_lazily(__name__)
