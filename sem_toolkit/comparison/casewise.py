"""Log-likelihood and scores of every row at an estimate, given the exogenous variables where these are fixed."""

import math

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError
from sem_toolkit.fit import Fit
from sem_toolkit.inference import AtEstimate
from sem_toolkit.inference.weights.incomplete import list_likelihoods, list_saturated_likelihoods
from sem_toolkit.inference.weights.information import compute_casewise_scores
from sem_toolkit.sample.incomplete import compute_incomplete_likelihood
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.patterns import build_patterns


def compute_casewise_logl(fit: Fit) -> FloatArray:
    """Log-likelihood of each row (n), group by group in the order of the data; their sum is `logl`.

    Without means in the model they are saturated. Raises DataError without rows, ModelError where there is no
    likelihood of rows.
    """
    _require_likelihood(fit)
    evaluation = fit.evaluated.evaluation
    groups = range(evaluation.model.n_groups)
    compute = _compute_incomplete if evaluation.sample.is_incomplete else _compute_complete
    return np.concatenate([compute(evaluation, group) for group in groups])


def compute_row_scores(fit: Fit) -> FloatArray:
    """Gradient of each row's log-likelihood by the free parameters (n × q), in the same order."""
    _require_likelihood(fit)
    evaluation = fit.evaluated.evaluation
    return np.concatenate([compute_casewise_scores(evaluation, g) for g in range(evaluation.model.n_groups)])


def find_casewise_obstacle(fit: Fit) -> str:
    """Why there is no likelihood of every row; "" where there is one."""
    if not fit.solution.options.kind.is_likelihood:
        return "the estimator has no likelihood"
    if fit.options.estimation.likelihood != "normal":
        return 'rows have no likelihood of their own with likelihood = "wishart"'
    if fit.sample.form == "two.stage":
        return "rows have no likelihood of their own in two stages"
    if fit.solution.model.composites is not None:
        return "not there for composites yet"
    if any(group.data is None and group.saturated is None for group in fit.sample.groups):
        return "the rows of the data are not there, only their moments"
    return ""


def _require_likelihood(fit: Fit) -> None:
    reason = find_casewise_obstacle(fit)
    if reason:
        kind = DataError if reason.startswith("the rows") else ModelError
        raise kind(Diagnostic("error", "no-casewise-likelihood", f"{fit.title}: {reason}"))


def _compute_complete(evaluation: AtEstimate, group: int) -> FloatArray:
    member = evaluation.sample.groups[group]
    assert member.data is not None and member.mean is not None  # noqa: S101, PT018 (required above)
    implied = evaluation.moments.mean
    mean = member.mean if implied is None else implied[group]
    logl = _compute_normal_logl(member.data - mean, evaluation.implied_cov[group])
    block = list(evaluation.exogenous)
    if not block:
        return logl
    own = member.data[:, block] - member.mean[block]
    return logl - _compute_normal_logl(own, member.covariance[np.ix_(block, block)])


def _compute_normal_logl(rows: FloatArray, covariance: FloatArray) -> FloatArray:
    """log N(x; 0, Σ) of centred rows (n × p)."""
    root = np.linalg.cholesky(covariance)
    size = 2.0 * float(np.log(root.diagonal()).sum()) + len(covariance) * math.log(2.0 * math.pi)
    return np.asarray(-0.5 * (size + (np.linalg.solve(root, rows.T) ** 2).sum(axis=0)))


def _compute_incomplete(evaluation: AtEstimate, group: int) -> FloatArray:
    """Of the values that are there; a row without any adds nothing."""
    logl = np.nan_to_num(list_likelihoods(evaluation)[group].casewise_logl())
    block = list(evaluation.exogenous)
    if not block:
        return logl
    saturated = list_saturated_likelihoods(evaluation)[group]
    own = build_patterns(saturated.patterns.rows[:, block], saturated.patterns.weights)
    marginal = compute_incomplete_likelihood(own, saturated.mean[block], saturated.covariance[np.ix_(block, block)])
    assert marginal is not None  # noqa: S101 (a block of a positive definite matrix)
    return logl - np.nan_to_num(marginal.casewise_logl())
