"""Data of every kind into a `Sample`: checked numbers, means and covariances in the order of the model."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.sample.choices import AnswerScale, Door, MissingCode
    from sem_toolkit.sample.covariance import build_sample_from_moments, read_covariance, read_means
    from sem_toolkit.sample.doors import open_table
    from sem_toolkit.sample.frame import build_sample, list_group_labels, require_any_column
    from sem_toolkit.sample.names import list_known_names, rename_columns
    from sem_toolkit.sample.printed import PrintedMoments, read_moments
    from sem_toolkit.sample.products import add_products
    from sem_toolkit.sample.sample import Sample, SampleGroup
    from sem_toolkit.sample.tables import read_table

__all__ = [
    "AnswerScale",
    "Door",
    "MissingCode",
    "PrintedMoments",
    "Sample",
    "SampleGroup",
    "add_products",
    "build_sample",
    "build_sample_from_moments",
    "list_group_labels",
    "list_known_names",
    "open_table",
    "read_covariance",
    "read_means",
    "read_moments",
    "read_table",
    "rename_columns",
    "require_any_column",
]

offer_lazily(__name__)
