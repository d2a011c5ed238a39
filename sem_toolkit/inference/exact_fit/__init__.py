"""Tests of exact fit, and the baseline and saturated models they stand between."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.inference.exact_fit.categorical_baseline import CategoricalBaseline
    from sem_toolkit.inference.exact_fit.given_baseline import GivenBaseline
    from sem_toolkit.inference.exact_fit.level_baseline import LevelBaseline

__all__ = ["CategoricalBaseline", "GivenBaseline", "LevelBaseline"]

offer_lazily(__name__)
