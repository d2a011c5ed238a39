"""Several fits side by side: tests of nested models, and what may not be compared."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.comparison.compare import ComparedModel, Comparison, compare
    from sem_toolkit.comparison.differences import DifferenceTest
    from sem_toolkit.comparison.equivalents import Equivalent, Equivalents, find_equivalents, write_equivalents
    from sem_toolkit.comparison.nested import build_nested_table, compute_difference
    from sem_toolkit.comparison.nesting import Nesting, PairRelation, check_nesting, compare_fits
    from sem_toolkit.comparison.relation import Relation, compute_relation
    from sem_toolkit.comparison.side_by_side import build_comparison_table, build_pairwise_tests, describe_fit
    from sem_toolkit.comparison.vuong import VuongTest, build_vuong_table, compute_vuong

__all__ = [
    "ComparedModel",
    "Comparison",
    "DifferenceTest",
    "Equivalent",
    "Equivalents",
    "Nesting",
    "PairRelation",
    "Relation",
    "VuongTest",
    "build_comparison_table",
    "build_nested_table",
    "build_pairwise_tests",
    "build_vuong_table",
    "check_nesting",
    "compare",
    "compare_fits",
    "compute_difference",
    "compute_relation",
    "compute_vuong",
    "describe_fit",
    "find_equivalents",
    "write_equivalents",
]

offer_lazily(__name__)
