"""Whether a fit can do with the moments of a file that is too long for memory."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit.options import FitOptions
from sem_toolkit.sample.sample import PAIRWISE
from sem_toolkit.spec import ParameterTable, Spec, build_parameter_table
from sem_toolkit.spec.names import observed_variables

if TYPE_CHECKING:
    from sem_toolkit.sample.tabular import TabularFile

SMALLEST = 250_000_000
"""Bytes of numbers (of a text: of its characters) from which a file counts as long."""
_ESTIMATORS = frozenset({"ML", "MLR", "GLS", "ULS"})
_ERRORS = frozenset({"standard", "none", "robust.sem.nt", "robust.huber.white"})
_TESTS = frozenset({"standard", "none", "yuan.bentler.mplus", "browne.residual.nt", "browne.residual.nt.model"})


def find_stream(spec: Spec, source: object, options: FitOptions) -> "TabularFile | None":
    """The file to be streamed: long, of columns with the names of the model, by a fit that takes moments only, or
    of ordered items, beside numeric variables or not, that depend on no given covariates.

    None for everything else, which is read into memory.
    """
    if not isinstance(source, (str, Path)) or not _takes_moments(options):
        return None
    path = Path(source)
    try:
        if path.stat().st_size < SMALLEST // 20:  # no file packs its numbers tighter, but for constant columns
            return None
    except OSError:
        return None
    from sem_toolkit.sample.tabular import open_tabular

    file = open_tabular(path)
    if file is None or file.size < SMALLEST:
        return None
    try:
        table = build_parameter_table(spec, replace(options.table, ordered=()))
    except SemError:
        return None  # the usual way says what is wrong
    variables = observed_variables(table)
    wanted = {*variables, *([options.group] if options.group else [])}
    if not wanted <= set(file.columns):
        return None
    if options.estimation.categorical and not (_is_free_of_covariates(table) and file.numeric.issuperset(variables)):
        return None
    return file


def _is_free_of_covariates(table: ParameterTable) -> bool:
    """Whether no statistics are given covariates, so that tables of pairs and sums of scores say all."""
    return not (table.conditional_x and table.roles[0].exogenous_observed)


def _takes_moments(options: FitOptions) -> bool:
    inference = options.inference
    rows_only = (
        options.aux, options.cluster, options.weighting, options.reverse, options.parcel, options.missing_codes,
        options.answers, options.sheet, options.group_label,
    )  # fmt: skip
    if any(rows_only) or inference.is_resampled:
        return False
    if options.estimation.categorical:
        return options.missing in (None, "listwise", *PAIRWISE)
    return (
        not options.table.conditional_x
        and options.missing in (None, "listwise")
        and options.estimation.estimator in _ESTIMATORS
        and inference.se in _ERRORS
        and {inference.test, *inference.more_tests} <= _TESTS
        and inference.information != "first.order"
    )
