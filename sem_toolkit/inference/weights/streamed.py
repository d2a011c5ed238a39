"""Cross-products of the scores of rows that are streamed from a file: what a batch needs stays in the cache.

Scores are made cell by cell along the rows: a cell changes Σ by w(lrᵀ + rlᵀ) and μ by s·l, so that with y = CᵀΣ⁻¹d of a
row d less the implied mean its score is y_l(w y_r + s) less its mean under the model, w lᵀΣ⁻¹r.
"""

import numpy as np

from sem_toolkit.discrepancy import MomentPair, iterate_columns
from sem_toolkit.discrepancy.weights import spread_cells
from sem_toolkit.model.kernels import mean_slopes
from sem_toolkit.sample.moments import FloatArray


def cross_streamed_scores(evaluation: MomentPair, group: int) -> FloatArray:
    """Sum of the cross-products of the scores of a group's rows by x (q × q)."""
    run = next(run for run in evaluation.model.runs if run.span.start <= group < run.span.stop)
    cells, left, right = run.cells, run.places.left, run.places.right
    C = evaluation.moments.used_columns[group]
    solved = evaluation.implied_inverse[group] @ C
    expected = cells.weight * (C[:, left] * solved[:, right]).sum(axis=0)
    slopes = np.zeros(cells.size)
    if evaluation.has_means and evaluation.moments.all_mean is not None:
        slopes = mean_slopes(cells, evaluation.moments.all_mean[group])
    cross, total, count = np.zeros((cells.size, cells.size)), np.zeros(cells.size), 0
    for columns in iterate_columns(evaluation, group, at_model=True):
        projected = solved.T @ columns
        values = projected.take(right, axis=0)
        values *= cells.weight[:, None]
        values += slopes[:, None]
        values *= projected.take(left, axis=0)
        cross += values @ values.T
        total += values.sum(axis=1)
        count += columns.shape[1]
    mixed = np.outer(total, expected)
    cross += count * np.outer(expected, expected) - mixed - mixed.T
    return spread_cells(evaluation, group, spread_cells(evaluation, group, cross).T)
