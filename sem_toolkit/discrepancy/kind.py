"""What a discrepancy says of itself: how it is built and weighs moments, and what inference may take from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy.base import Discrepancy
from sem_toolkit.discrepancy.targets import Targets
from sem_toolkit.discrepancy.vectors import CONTINUOUS, MomentVector

if TYPE_CHECKING:
    from sem_toolkit.discrepancy.pair import MomentPair

FloatArray = NDArray[np.float64]


class Weight(Protocol):
    """The weight matrices V_g of all groups."""

    def quadratic(self, pair: "MomentPair") -> FloatArray:
        """eᵀVe of each group (G)."""
        ...

    def observed_quadratic(self, pair: "MomentPair") -> FloatArray:
        """sᵀVs of the sample moments s themselves, each group (G); those of exogenous variables count as 0."""
        ...

    def information(self, pair: "MomentPair") -> FloatArray:
        """Σ_g share_g Δ_gᵀV_gΔ_g, q × q."""
        ...

    def slope(self, pair: "MomentPair") -> FloatArray:
        """Σ_g share_g Δ_gᵀV_ge_g (q): how the fit would improve along each parameter."""
        ...

    def times(self, group: int, columns: FloatArray) -> FloatArray:
        """V times a matrix (m × k)."""
        ...

    def scores(self, pair: "MomentPair", group: int, rows: FloatArray) -> FloatArray:
        """ΔᵀVz_i for z_i = [d_i; vech(d_i d_iᵀ)] and rows d_i (n × p): n × q."""
        ...


@dataclass(frozen=True)
class Kind:
    """A discrepancy before it has met a sample, and what inference may take from it: it never asks for the name.

    name                  for messages
    build                 targets, and what the variables were divided by (p; None: nothing) → the discrepancy
    weigh                 sample and implied moments → V, the weight that the discrepancy gives to residual moments
    unbiased              sample covariances have divisor n - 1
    is_likelihood         its minimum is a log-likelihood ratio: there are log-likelihoods, information criteria and
                          expected, observed and first-order information
    is_normal_theory      V is that of normal theory at a covariance matrix
    is_distribution_free  V is the inverse of the sample covariance matrix of the moments
    has_distribution      n times twice its minimum is chi-square where its premises hold
    counts_exogenous      it fits the moments of fixed exogenous variables too
    vector                which statistics it compares: [mean; vech(covariance)], or those of ordered variables
    reference             the test that fit measures take where the minimum has no known distribution, by lavaan's name
    is_conditional        its baseline model and residual indices are given the fixed exogenous variables
    has_saturated         there is a saturated model, against which models are tested
    is_minimised          the estimate is its minimum; otherwise it only says in which moments misfit is told
    has_statistic         n times twice its value at the estimate is a statistic, which scaled tests refer to
    """

    name: str
    build: Callable[[Targets, FloatArray | None], Discrepancy]
    weigh: "Callable[[MomentPair], Weight]"
    unbiased: bool = True
    is_likelihood: bool = False
    is_normal_theory: bool = False
    is_distribution_free: bool = False
    has_distribution: bool = True
    counts_exogenous: bool = False
    vector: MomentVector = CONTINUOUS
    reference: str = "browne.residual.nt"
    is_conditional: bool = False
    has_saturated: bool = True
    is_minimised: bool = True
    has_statistic: bool = True
