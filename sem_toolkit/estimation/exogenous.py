"""Moments that the table takes from the sample: of exogenous variables (fixed.x) and within composites."""

import numpy as np

from sem_toolkit.estimation.options import EstimationOptions
from sem_toolkit.sample import Sample
from sem_toolkit.spec.table import Parameter, ParameterTable


def fill_exogenous_moments(
    table: ParameterTable, sample: Sample, options: EstimationOptions | None = None
) -> ParameterTable:
    """A copy of the table in which every moment of the data that it does not estimate has its value.

    These are rows with exo = 1, and the (co)variances of a composite's indicators. Their divisor is the estimator's;
    `estimate` fills the table again with its own, so that a table filled by other options cannot lead astray.
    """
    if not table.given and "<~" not in table.operators:
        return table
    place = {name: position for position, name in enumerate(sample.variables)}
    blocks = {(row.group, row.rhs): row.lhs for row in table.parameters if row.op == "<~"}
    joint = options is not None and options.categorical and not table.conditional_x
    stays = sample.form == "two.stage" or joint
    unbiased = options is not None and options.kind.unbiased and not stays
    values: dict[int, float] = {}
    for position, row in enumerate(table.rows):
        if row.free > 0 or not _is_taken(row, blocks) or row.lhs not in place:
            continue
        group = sample.groups[row.group - 1]
        if row.op == "~1":
            if group.mean is not None:
                values[position] = float(group.mean[place[row.lhs]])
        elif row.rhs in place:
            as_is = not unbiased or (table.conditional_x and group.design.weights is not None)
            factor = 1.0 if as_is else group.size / (group.size - 1.0)
            values[position] = float(factor * group.covariance[place[row.lhs], place[row.rhs]])
    changed = {position: value for position, value in values.items() if table.rows[position].ustart != value}
    return table.with_values(changed) if changed else table


def _is_taken(row: Parameter, blocks: dict[tuple[int, str], str]) -> bool:
    if row.op not in ("~~", "~1"):
        return False
    if row.exo > 0:
        return True
    owner = blocks.get((row.group, row.lhs))
    return row.op == "~~" and owner is not None and blocks.get((row.group, row.rhs)) == owner


def is_positive_definite(matrix: np.ndarray) -> bool:
    """Whether every matrix of a stack (... × p × p) has a Cholesky factor."""
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return True
