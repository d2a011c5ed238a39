"""Options of estimation in steps, by lavaan's names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Method = Literal["local", "global", "fsr"]
Mapped = Literal["ML", "GLS", "ULS"]


@dataclass(frozen=True)
class StepOptions:
    """How the measurement part is handed on to the structural part.

    sam_method         "local" by the moments of latent variables, "global" by the whole model with the measurement part
                       held fixed, "fsr" by the moments of factor scores as they are; None: all parameters at once
    mm_list            blocks of the measurement part by name, each the names of its latent variables; by default those
                       that share indicators or residual covariances
    m_method           of the matrix that maps indicators to latent variables: "ML" (Bartlett's), "GLS" or "ULS"
    alpha_correction   rows' worth by which less than all measurement error is taken off in small samples, 0 to n − 1
    lambda_correction  whether no more measurement error is taken off than leaves a covariance matrix (Fuller)
    """

    sam_method: Method | None = None
    mm_list: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    m_method: Mapped = "ML"
    alpha_correction: int = 0
    lambda_correction: bool = True
