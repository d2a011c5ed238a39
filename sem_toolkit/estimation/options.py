"""What is minimised, and by what."""

from dataclasses import dataclass, field, replace
from typing import Literal

from sem_toolkit import discrepancy
from sem_toolkit.discrepancy import DWLS, GIVEN, SAMPLE_DWLS, STEPS, WISHART, Kind
from sem_toolkit.estimation.estimators import Estimator, get_estimator
from sem_toolkit.estimation.instruments.options import InstrumentOptions
from sem_toolkit.estimation.steps.options import StepOptions

Engine = Literal["auto", "semopy", "native"]
Likelihood = Literal["normal", "wishart"]


@dataclass(frozen=True)
class EstimationOptions:
    """Options of `estimate`.

    estimator        lavaan's word, robust ones included, or a record of one's own
    engine           which optimiser is asked first; every answer is polished by the native solver
    likelihood       of ML: "normal" divides the sample covariance by n, "wishart" by n - 1
    max_iterations   of one attempt of the native solver
    restarts         perturbed starting points to try when nothing else has led to an optimum
    multistart       scattered starts of a small model whose first optimum may not be the lowest; 0 switches this off
    seed             of these perturbations
    bad_marker_crit  lavaan's bad.marker.crit: a marker whose corrected item-total correlation is smaller than this is
                     replaced by the best item before the fit, and put back where that fit fails; 0 switches this off
    categorical      whether there are ordered variables
    has_levels       whether rows in clusters are modelled at two levels
    conditional_x    of ML: whether fit is judged given the fixed exogenous variables
    random_slopes    whether coefficients vary between them
    normal_weights   of DWLS: the diagonal of normal theory, or that of the sample, as lavaan has it beside standard
                     errors that are not of normal theory
    instruments      of estimation by instruments
    steps            of estimation in steps, measurement before structure
    """

    estimator: str | Estimator = "ML"
    engine: Engine = "auto"
    likelihood: Likelihood = "normal"
    max_iterations: int = 200
    restarts: int = 5
    multistart: int = 50
    seed: int = 1907
    bad_marker_crit: float = 0.1
    categorical: bool = False
    has_levels: bool = False
    random_slopes: bool = False
    conditional_x: bool = False
    normal_weights: bool = True
    instruments: InstrumentOptions = field(default_factory=InstrumentOptions)
    steps: StepOptions = field(default_factory=StepOptions)

    def __post_init__(self) -> None:
        get_estimator(self.estimator)

    @property
    def record(self) -> Estimator:
        """What the name of the estimator stands for."""
        return get_estimator(self.estimator)

    @property
    def kind(self) -> Kind:
        """The discrepancy that is minimised."""
        if self.categorical:
            ordered = self.record.kind_of_ordered
            return ordered if self.steps.sam_method is None else replace(ordered, is_minimised=False)
        if self.has_levels:
            return discrepancy.RANDOM_SLOPES if self.random_slopes else self.record.kind_of_levels
        if self.steps.sam_method is not None:
            return STEPS
        if self.conditional_x:
            return GIVEN
        kind = self.record.kind
        if kind is DWLS and not self.normal_weights:
            return SAMPLE_DWLS
        return WISHART if kind.is_likelihood and self.likelihood == "wishart" else kind
