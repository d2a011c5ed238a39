"""What rotated factors do not go with, and what a reader must know of their standard errors."""

import numpy as np

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.estimation import Solution
from sem_toolkit.inference import InferenceOptions, compute_parameter_covariance
from sem_toolkit.rotation import Rotation, change_errors

_WORTH_NOTING = 1.1
"""Ratio of standard errors from which their difference is told."""


def check_rotation_errors(solution: Solution, rotation: Rotation, options: InferenceOptions) -> tuple[Diagnostic, ...]:
    """A note where lavaan's equations and those that the rotation solves give loadings other standard errors."""
    if rotation.options.errors == "delta" or options.se == "none":
        return ()
    exact = _compute_errors(change_errors(solution, rotation, "delta"), options)
    given = _compute_errors(solution, options)
    factors = {name for entry in rotation.blocks for name in entry.block.factors}
    loadings = np.array([row.op == "=~" and row.lhs in factors for row in solution.model.parameters])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(loadings, np.abs(np.log(exact / given)), 0.0)
    if not np.isfinite(ratios).all() or ratios.max(initial=0.0) <= np.log(_WORTH_NOTING):
        return ()
    worst = int(np.argmax(ratios))
    name = solution.model.parameter_names[worst]
    message = (
        "standard errors of rotated loadings are lavaan's, whose equations weight the items without the factors' "
        f"correlations; by the equations that the rotation solves that of {name} is {exact[worst]:.3g} instead of "
        f"{given[worst]:.3g}"
    )
    return (Diagnostic("note", "rotation-errors", message, hint='rotation_se = "delta" takes the latter equations'),)


def _compute_errors(solution: Solution, options: InferenceOptions) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.sqrt(np.diagonal(compute_parameter_covariance(solution, options)))
