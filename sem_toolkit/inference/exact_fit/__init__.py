"""Tests of exact fit, and the baseline and saturated models they stand between."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.inference.exact_fit.categorical_baseline import CategoricalBaseline
    from sem_toolkit.inference.exact_fit.corrected import compute_corrected_test
    from sem_toolkit.inference.exact_fit.given_baseline import GivenBaseline
    from sem_toolkit.inference.exact_fit.level_baseline import LevelBaseline
    from sem_toolkit.inference.exact_fit.scaled import build_scaled_test, compute_scaled_test

__all__ = [
    "CategoricalBaseline",
    "GivenBaseline",
    "LevelBaseline",
    "build_scaled_test",
    "compute_corrected_test",
    "compute_scaled_test",
]

offer_lazily(__name__)
