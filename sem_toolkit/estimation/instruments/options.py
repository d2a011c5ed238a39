"""Options of estimation by instruments, by lavaan's names."""

from dataclasses import dataclass
from typing import Literal

VARCOV_METHODS = ("ULS", "GLS", "2RLS", "RLS")
MEAN_STRUCTURES = ("moments", "wls")
STAGE_ERRORS = ("lm.vcov.dfres", "lm.vcov", "gamma")
WEAK = ("warn", "prune", "none")
ADJUSTMENTS = ("none", "holm", "hochberg", "bonferroni", "BH", "BY")


@dataclass(frozen=True)
class InstrumentOptions:
    """What is done in both stages.

    iv_varcov_method   variances and covariances given the coefficients: "ULS", "GLS", "2RLS" (least squares weighted
                       at the moments that ULS implies), "RLS" (the same until it settles)
    iv_mean_structure  "wls" takes all intercepts together from the means; "moments" each from its equation, averaged
                       where it is in several
    iv_vcov_stage1     errors of coefficients: "lm.vcov.dfres" (of two-stage least squares, residual variance by
                       residual degrees of freedom), "lm.vcov" (by n), "gamma" (delta method from the moments)
    iv_weak            "warn" of weak instruments, "prune" the weakest while there are more than needed, or "none"
    iv_weak_threshold  first-stage F below which they are called weak
    iv_sargan_adjust   correction of Sargan's tests for there being many: "none", "holm", "bonferroni", "hochberg",
                       "BH", "BY"
    """

    iv_varcov_method: Literal["ULS", "GLS", "2RLS", "RLS"] = "RLS"
    iv_mean_structure: Literal["moments", "wls"] = "wls"
    iv_vcov_stage1: Literal["lm.vcov.dfres", "lm.vcov", "gamma"] = "lm.vcov.dfres"
    iv_weak: Literal["warn", "prune", "none"] = "warn"
    iv_weak_threshold: float = 10.0
    iv_sargan_adjust: Literal["none", "holm", "hochberg", "bonferroni", "BH", "BY"] = "none"
