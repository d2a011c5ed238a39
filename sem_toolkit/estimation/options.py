"""What is minimised, and by what."""

from dataclasses import dataclass
from typing import Literal

from sem_toolkit.diagnostics import Diagnostic, OptionError

Discrepancies = Literal["ML", "GLS", "ULS", "WLS", "DWLS"]

# lavaan's robust estimators find the same estimates as these and differ in their standard errors and tests.
BASE_ESTIMATORS: dict[str, Discrepancies] = {
    "ML": "ML",
    "MLM": "ML",
    "MLMV": "ML",
    "MLMVS": "ML",
    "MLR": "ML",
    "MLF": "ML",
    "GLS": "GLS",
    "ULS": "ULS",
    "ULSM": "ULS",
    "ULSMV": "ULS",
    "ULSMVS": "ULS",
    "WLS": "WLS",
    "DWLS": "DWLS",
    "WLSM": "DWLS",
    "WLSMV": "DWLS",
    "WLSMVS": "DWLS",
}


@dataclass(frozen=True)
class EstimationOptions:
    """Options of `estimate`.

    estimator        lavaan's word, robust ones included
    engine           which optimiser is asked first; every answer is polished by the native solver
    likelihood       of ML: "normal" divides the sample covariance by n, "wishart" by n - 1
    max_iterations   of one attempt of the native solver
    restarts         perturbed starting points to try when nothing else has led to an optimum
    multistart       scattered starts of a small model whose first optimum may not be the lowest; 0 switches this off
    seed             of these perturbations
    bad_marker_crit  lavaan's bad.marker.crit: a marker whose corrected item-total correlation is smaller than this is
                     replaced by the best item before the fit, and put back where that fit fails; 0 switches this off
    """

    estimator: str = "ML"
    engine: Literal["auto", "native", "semopy"] = "auto"
    likelihood: Literal["normal", "wishart"] = "normal"
    max_iterations: int = 200
    restarts: int = 5
    multistart: int = 50
    seed: int = 1907
    bad_marker_crit: float = 0.1

    def __post_init__(self) -> None:
        if self.estimator.upper() not in BASE_ESTIMATORS:
            message = f'there is no estimator "{self.estimator}"'
            hint = "one of: " + ", ".join(BASE_ESTIMATORS)
            raise OptionError(Diagnostic("error", "unknown-estimator", message, hint=hint))

    @property
    def discrepancy(self) -> Discrepancies:
        """The discrepancy function that the estimator minimises."""
        return BASE_ESTIMATORS[self.estimator.upper()]

    @property
    def is_distribution_free(self) -> bool:
        """Whether diagonal weights are sample variances of the moments (WLSM, WLSMV): DWLS takes normal-theory ones."""
        return self.estimator.upper().startswith("WLSM")

    @property
    def unbiased(self) -> bool:
        """Whether the sample covariance has divisor n - 1: lavaan's choice for all but normal-likelihood ML."""
        return self.discrepancy != "ML" or self.likelihood == "wishart"
