"""Options of estimation by instruments, by lavaan's names."""

from dataclasses import dataclass
from typing import Literal

VarcovMethod = Literal["ULS", "GLS", "2RLS", "RLS"]
MeanStructure = Literal["moments", "wls"]
StageErrors = Literal["lm.vcov.dfres", "lm.vcov", "gamma"]
Weak = Literal["warn", "prune", "none"]
Adjustment = Literal["none", "holm", "hochberg", "bonferroni", "BH", "BY"]


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

    iv_varcov_method: VarcovMethod = "RLS"
    iv_mean_structure: MeanStructure = "wls"
    iv_vcov_stage1: StageErrors = "lm.vcov.dfres"
    iv_weak: Weak = "warn"
    iv_weak_threshold: float = 10.0
    iv_sargan_adjust: Adjustment = "none"
