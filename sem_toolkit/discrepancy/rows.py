"""The rows of a sample about the means of a model or their own, for what is made of them one by one."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.discrepancy.pair import MomentPair

FloatArray = NDArray[np.float64]


def iterate_rows(pair: MomentPair, group: int, at_model: bool) -> Iterator[FloatArray]:
    """The same rows in batches (b × p), where they are streamed from a file; else all at once."""
    stream, mean = pair.sample.groups[group].stream, pair.sample.groups[group].mean
    if stream is None or mean is None:
        yield centre_rows(pair, group, at_model)
        return
    implied = pair.moments.mean
    centre = implied[group] if at_model and implied is not None else mean
    for rows in stream:
        yield rows - centre


def iterate_columns(pair: MomentPair, group: int, at_model: bool) -> Iterator[FloatArray]:
    """The same of rows that are streamed, as columns (p × b)."""
    stream, mean = pair.sample.groups[group].stream, pair.sample.groups[group].mean
    assert stream is not None  # noqa: S101 (who asks has looked)
    assert mean is not None  # noqa: S101
    implied = pair.moments.mean
    centre = implied[group] if at_model and implied is not None else mean
    for columns in stream.iterate_columns():
        yield columns - centre[:, None]


def centre_rows(pair: MomentPair, group: int, at_model: bool) -> FloatArray:
    """The rows of a group (n × p), less the implied mean (`at_model`, where means are modelled) or the sample mean."""
    if pair.sample.form == "ordered":
        message = "this needs numeric rows, and the fit is of ordered variables"
        raise DataError(Diagnostic("error", "complete-rows-needed", message, hint="fit with ordered = none"))
    if pair.sample.form in ("incomplete", "two.stage"):
        message = f'this needs complete rows, and the fit is by missing = "{pair.sample.missing}"'
        raise DataError(Diagnostic("error", "complete-rows-needed", message, hint='fit with missing = "listwise"'))
    data, mean = pair.sample.groups[group].data, pair.sample.groups[group].mean
    if pair.sample.groups[group].stream is not None:
        message = "this needs all rows at once, and they are too many to be kept: they were streamed from their file"
        hint = "take a sample of the rows, or estimator ML or MLR with the usual standard errors and tests"
        raise DataError(Diagnostic("error", "rows-streamed", message, hint=hint))
    if data is None or mean is None:
        message = "robust standard errors and tests need the rows of the data, not only their moments"
        raise DataError(Diagnostic("error", "raw-data-needed", message, hint='use estimator "ML", or give the data'))
    implied = pair.moments.mean
    return data - (implied[group] if at_model and implied is not None else mean)
