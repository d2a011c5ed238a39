"""Which loadings are held at 0 until a block is rotated: those that tell its factors apart best.

The first items of a block, which lavaan takes, do not tell factors apart where they measure one of them: the search is
then in a model that is nearly, or just, not identified, though the rotated one is. The moments and the rotated solution
do not depend on the choice.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.libraries import linalg
from sem_toolkit.model import Model, build_model
from sem_toolkit.rotation.blocks import Block, find_blocks, list_tied_items, number_rows
from sem_toolkit.rotation.options import RotationOptions
from sem_toolkit.sample import Sample
from sem_toolkit.spec.table import ECHELON, TIED_ECHELON, Parameter, ParameterTable

FloatArray = NDArray[np.float64]


def anchor_blocks(model: Model, sample: Sample, options: RotationOptions) -> Model:
    """The model with its blocks that are to be rotated held by other loadings; the same model where there are none."""
    blocks = find_blocks(model.table) if options.method != "none" else ()
    table = model.table
    rows = table.rows
    for block in blocks:
        anchors = _choose_anchors(block, model, sample)
        rows = tuple(_hold(row, block, anchors) for row in rows)
    return build_model(replace(table, rows=number_rows(rows))) if rows != table.rows else model


def list_anchors(table: ParameterTable) -> frozenset[tuple[str, str, int]]:
    """Factor, item and group of the loadings that are held at 0 until a rotation."""
    return frozenset(
        (row.lhs, row.rhs, row.group) for row in table.parameters if row.user == ECHELON and row.op == "=~" and row.efa
    )


def _choose_anchors(block: Block, model: Model, sample: Sample) -> tuple[str, ...]:
    """Items by how well they tell the factors apart: QR with column pivoting of principal factors of all groups.

    As many as there are factors; the first ones of the block where the correlations are not proper.
    """
    m = len(block.factors)
    items, _ = list_tied_items(model.table, block)
    places = [model.observed.index(name) for name in items]
    shares = np.array([group.n for group in sample.groups], dtype=np.float64)
    pooled = np.einsum("g,gij->ij", shares / shares.sum(), np.array([group.covariance for group in sample.groups]))
    covariance = pooled[np.ix_(places, places)]
    spread = np.sqrt(np.diagonal(covariance))
    correlations = covariance / np.outer(spread, spread)
    if not np.isfinite(correlations).all() or np.linalg.cond(correlations) > 1e10:
        return items[:m]
    reduced = correlations - np.diag(1.0 / np.diagonal(np.linalg.inv(correlations)))
    values, vectors = np.linalg.eigh(reduced)
    loadings = vectors[:, -m:] * np.sqrt(np.maximum(values[-m:], 1e-6))
    order = linalg.qr(loadings.T, mode="r", pivoting=True)[1]
    return tuple(items[place] for place in order[:m])


def _hold(row: Parameter, block: Block, anchors: tuple[str, ...]) -> Parameter:
    """A loading of the block held at 0, or freed, as the anchors say; any other row as it is."""
    if row.op != "=~" or row.efa != block.name or row.group not in block.groups:
        return row
    mark = ECHELON if row.group == block.groups[0] else TIED_ECHELON
    if row.rhs in anchors[: block.factors.index(row.lhs)]:
        return row._replace(user=mark, free=0, ustart=0.0)
    return row._replace(user=1, free=1, ustart=None) if row.user in (ECHELON, TIED_ECHELON) else row
