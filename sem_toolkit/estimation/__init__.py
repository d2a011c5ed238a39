"""Model and sample to a solution: what is minimised, by what, and how good the optimum is."""

from typing import TYPE_CHECKING

from sem_toolkit.loading import offer_lazily

if TYPE_CHECKING:
    from sem_toolkit.discrepancy import Discrepancy, Evaluation
    from sem_toolkit.discrepancy.moment_covariance import compute_distribution_free_covariance
    from sem_toolkit.discrepancy.targets import Targets, build_targets
    from sem_toolkit.estimation.constrained import compute_tangent
    from sem_toolkit.estimation.estimate import estimate
    from sem_toolkit.estimation.estimators import ESTIMATORS, Estimator, get_estimator
    from sem_toolkit.estimation.exogenous import fill_exogenous_moments
    from sem_toolkit.estimation.objective import Objective, Point, Progress
    from sem_toolkit.estimation.options import EstimationOptions
    from sem_toolkit.estimation.solution import ActiveConstraint, Attempt, Certificate, Solution, Stages, Verdict
    from sem_toolkit.estimation.starts import compute_start
    from sem_toolkit.model import IdentificationReport, check_identification

__all__ = [
    "ESTIMATORS",
    "ActiveConstraint",
    "Attempt",
    "Certificate",
    "Discrepancy",
    "EstimationOptions",
    "Estimator",
    "Evaluation",
    "IdentificationReport",
    "Objective",
    "Point",
    "Progress",
    "Solution",
    "Stages",
    "Targets",
    "Verdict",
    "build_targets",
    "check_identification",
    "compute_distribution_free_covariance",
    "compute_start",
    "compute_tangent",
    "estimate",
    "fill_exogenous_moments",
    "get_estimator",
]

offer_lazily(__name__)
