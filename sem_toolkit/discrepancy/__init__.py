"""Discrepancy functions: how far the implied moments are from those of the sample; one file a discrepancy.

Each file ends in its `Kind`: how the discrepancy is built and what inference may take from it. A new one is a new file.
"""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.discrepancy.base import Discrepancy, Evaluation, invert_symmetric
    from sem_toolkit.discrepancy.categorical import (
        CATEGORICAL_DWLS,
        CATEGORICAL_INSTRUMENTS,
        CATEGORICAL_ULS,
        CATEGORICAL_WLS,
    )
    from sem_toolkit.discrepancy.full_information import FullInformation
    from sem_toolkit.discrepancy.gls import GLS, GeneralisedLeastSquares
    from sem_toolkit.discrepancy.kind import Kind, Weight
    from sem_toolkit.discrepancy.least_squares import DWLS, SAMPLE_DWLS, ULS, WLS, LeastSquares
    from sem_toolkit.discrepancy.many_likelihoods import evaluate_likelihoods, hold_likelihoods
    from sem_toolkit.discrepancy.memory import once
    from sem_toolkit.discrepancy.ml import GIVEN, ML, WISHART, MaximumLikelihood
    from sem_toolkit.discrepancy.pair import MomentPair
    from sem_toolkit.discrepancy.random_slopes import RANDOM_SLOPES
    from sem_toolkit.discrepancy.rows import centre_rows, iterate_columns, iterate_rows
    from sem_toolkit.discrepancy.stack import Evaluations, StackedDiscrepancy, Status, factor_stack
    from sem_toolkit.discrepancy.targets import Targets, build_targets
    from sem_toolkit.discrepancy.two_level import TWO_LEVELS, TwoLevelEvaluation, TwoLevelLikelihood
    from sem_toolkit.discrepancy.unminimised import INSTRUMENTS, STEPS
    from sem_toolkit.discrepancy.weights import DenseWeight, NormalWeight, compute_delta
    from sem_toolkit.model.interleaved import is_laid_out

__all__ = [
    "CATEGORICAL_DWLS",
    "CATEGORICAL_INSTRUMENTS",
    "CATEGORICAL_ULS",
    "CATEGORICAL_WLS",
    "DWLS",
    "GIVEN",
    "GLS",
    "INSTRUMENTS",
    "ML",
    "RANDOM_SLOPES",
    "SAMPLE_DWLS",
    "STEPS",
    "TWO_LEVELS",
    "ULS",
    "WISHART",
    "WLS",
    "DenseWeight",
    "Discrepancy",
    "Evaluation",
    "Evaluations",
    "FullInformation",
    "GeneralisedLeastSquares",
    "Kind",
    "LeastSquares",
    "MaximumLikelihood",
    "MomentPair",
    "NormalWeight",
    "StackedDiscrepancy",
    "Status",
    "Targets",
    "TwoLevelEvaluation",
    "TwoLevelLikelihood",
    "Weight",
    "build_targets",
    "centre_rows",
    "compute_delta",
    "evaluate_likelihoods",
    "factor_stack",
    "hold_likelihoods",
    "invert_symmetric",
    "is_laid_out",
    "iterate_columns",
    "iterate_rows",
    "once",
]

offer_lazily(__name__)
