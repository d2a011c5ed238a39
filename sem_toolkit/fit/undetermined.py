"""Standard errors by cross-products of scores that the rows do not determine."""

import numpy as np

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.inference import EvaluatedSolution, InferenceOptions, compute_parameter_covariance

_SHOWN = 4


def check_undetermined_errors(solution: EvaluatedSolution, options: InferenceOptions) -> tuple[Diagnostic, ...]:
    """A warning where the information of first order has no inverse for some parameters, or for any."""
    if options.information != "first.order" or options.se != "standard" or not solution.model.n_parameters:
        return ()
    missing = np.isnan(np.diagonal(compute_parameter_covariance(solution, options)))
    if not missing.any():
        return ()
    names = [solution.model.parameter_names[k] for k in np.flatnonzero(missing)]
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    message = (
        f"no standard errors of {shown}: their scores are combinations of one another in every row (the mean and the "
        "variance of a variable with two values are), so that cross-products of scores do not tell them apart"
    )
    hint = (
        "information = expected or observed (estimator ML or MLR); covariates with two values may stay fixed (fixed_x)"
    )
    return (Diagnostic("warning", "errors-not-determined", message, hint=hint),)
