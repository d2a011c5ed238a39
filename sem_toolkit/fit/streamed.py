"""Whether a fit can do with the moments of a file that is too long for memory."""

from pathlib import Path

from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit.options import FitOptions
from sem_toolkit.sample.tabular import TabularFile, open_tabular
from sem_toolkit.spec import Spec, build_parameter_table
from sem_toolkit.spec.names import observed_variables

SMALLEST = 250_000_000
"""Bytes of numbers (of a text: of its characters) from which a file counts as long."""
_ESTIMATORS = frozenset({"ML", "MLR", "GLS", "ULS"})
_ERRORS = frozenset({"standard", "none", "robust.sem.nt", "robust.huber.white"})
_TESTS = frozenset({"standard", "none", "yuan.bentler.mplus", "browne.residual.nt", "browne.residual.nt.model"})


def find_stream(spec: Spec, source: object, options: FitOptions) -> TabularFile | None:
    """The file to be streamed: long, of columns with the names of the model, by a fit that takes moments only.

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
    file = open_tabular(path)
    if file is None or file.size < SMALLEST:
        return None
    try:
        variables = observed_variables(build_parameter_table(spec, options.table))
    except SemError:
        return None  # the usual way says what is wrong
    wanted = {*variables, *([options.group] if options.group else [])}
    return file if wanted <= set(file.columns) else None


def _takes_moments(options: FitOptions) -> bool:
    inference = options.inference
    rows_only = (
        options.aux, options.cluster, options.weighting, options.reverse, options.parcel, options.missing_codes,
        options.sheet, options.group_label, options.all_ordered, options.table.ordered, options.table.conditional_x,
    )  # fmt: skip
    return (
        not any(rows_only)
        and options.missing in (None, "listwise")
        and options.estimation.estimator in _ESTIMATORS
        and inference.se in _ERRORS
        and {inference.test, *inference.more_tests} <= _TESTS
        and inference.information != "first.order"
    )
