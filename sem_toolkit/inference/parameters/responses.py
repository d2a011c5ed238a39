"""Moments of ordered variables as readers know them: correlations of responses, thresholds, given covariates slopes."""

from typing import Any

import numpy as np

from sem_toolkit.inference.at_estimate import SolutionLike, evaluate_solution
from sem_toolkit.model.categorical_layout import CategoricalLayout
from sem_toolkit.sample.moments import FloatArray

Record = dict[str, Any]


def build_response_records(solution: SolutionLike) -> tuple[list[Record], list[Record]]:
    """Implied and sample moments of each group by lavaan's names: cov, mean and th, or, given exogenous variables,
    res.cov, res.int, res.th, res.slopes, cov.x and mean.x (as in the table, so with divisor n − 1). Responses have
    variance 1 and mean 0.
    """
    evaluation = evaluate_solution(solution)
    model, layout, moments = evaluation.model, evaluation.model.layout, evaluation.moments
    assert isinstance(layout, CategoricalLayout)  # noqa: S101
    assert model.responses is not None  # noqa: S101
    implied: list[Record] = []
    sample: list[Record] = []
    stacked = layout.stack(moments)
    for g, (own, statistics) in enumerate(zip(evaluation.sample.groups, evaluation.statistics, strict=True)):
        rows, columns = layout.pairs
        for found, values in ((implied, stacked[g]), (sample, statistics.values)):
            first, slopes, variances, covariances = (values[part] for part in layout.parts)
            p = len(layout.variables)
            covariance = np.eye(p)
            covariance[layout.numeric, layout.numeric] = variances
            covariance[rows, columns] = covariance[columns, rows] = covariances
            variable, threshold = layout.first
            mean = np.zeros(p)
            mean[variable[threshold < 0]] = first[threshold < 0]
            names = [model.observed[at] for at in layout.variables]
            record: Record = {
                "group": own.label or None,
                "cov": {"names": names, "matrix": covariance},
                "mean": {"names": names, "values": mean},
                "th": {
                    "names": [model.responses.names[t] for t in threshold if t >= 0],
                    "values": first[threshold >= 0],
                },
            }
            if len(layout.covariates):
                mean_x = None if moments.mean is None else moments.mean[g]
                record = _name_conditional(record, model.observed, layout, slopes, moments.covariance[g], mean_x)
            found.append(record)
    return implied, sample


def _name_conditional(
    record: Record,
    observed: tuple[str, ...],
    layout: CategoricalLayout,
    slopes: FloatArray,
    covariance: FloatArray,
    mean: FloatArray | None,
) -> Record:
    covariates = [observed[at] for at in layout.covariates]
    block = np.ix_(layout.covariates, layout.covariates)
    return {
        "group": record["group"],
        "res.cov": record["cov"],
        "res.int": record["mean"],
        "res.th": record["th"],
        "res.slopes": {
            "rows": record["cov"]["names"],
            "cols": covariates,
            "matrix": slopes.reshape(len(covariates), -1).T,
        },
        "cov.x": {"names": covariates, "matrix": covariance[block]},
        "mean.x": {"names": covariates, "values": None if mean is None else mean[layout.covariates]},
    }
