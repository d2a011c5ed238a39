"""What the data say of the moments: complete rows (or moments alone), incomplete rows, these in two stages, two levels.

One class each, in a file of its own; `AtEstimate.data` is that of the sample, so that who needs a likelihood, a weight
or a quadratic form asks for nothing else.
"""

from typing import Protocol

from sem_toolkit.discrepancy import MomentPair, Weight
from sem_toolkit.inference.weights.complete import CompleteData
from sem_toolkit.inference.weights.incomplete import IncompleteData
from sem_toolkit.inference.weights.levels import TwoLevelData
from sem_toolkit.inference.weights.two_stage import TwoStageData
from sem_toolkit.model import Model
from sem_toolkit.sample import Sample
from sem_toolkit.sample.moments import FloatArray


class DataKind(Protocol):
    """What differs by the kind of data; of G groups."""

    def discrepancy(self, pair: MomentPair) -> FloatArray:
        """−2(logl − logl of the saturated model)/n of each group (G)."""
        ...

    def saturated_logl(self, pair: MomentPair) -> float:
        """Log-likelihood of the saturated model, all groups, given the exogenous variables where these are fixed."""
        ...

    def weight(self, pair: MomentPair) -> Weight:
        """V of the discrepancy that was minimised; of incomplete rows their expected information."""
        ...

    def information(self, pair: MomentPair) -> FloatArray:
        """Σ_g share_g ΔᵀVΔ with this V, q × q."""
        ...

    def robust_weight(self, pair: MomentPair, information: str) -> Weight:
        """V of sandwiches and scaled tests, by "expected" or "observed" information."""
        ...

    def gradient(self, pair: MomentPair) -> FloatArray:
        """Gradient of −logl/N by x (q)."""
        ...

    def hessian(self, pair: MomentPair) -> FloatArray:
        """Its Hessian (q × q)."""
        ...

    def first_order(self, pair: MomentPair) -> FloatArray:
        """The part of the Hessian that first derivatives make."""
        ...

    def scores(self, pair: MomentPair, group: int) -> FloatArray:
        """Gradient of the log-likelihood of each row, or cluster, by x: n × q."""
        ...

    def residual_weight(self, pair: MomentPair) -> Weight:
        """V of Browne's residual test by normal theory at the implied moments."""
        ...

    def explained(self, pair: MomentPair) -> FloatArray:
        """1 − eᵀVe/sᵀVs of each group (G), by the weight that LISREL's GFI takes."""
        ...

    def baseline_moments(self, pair: MomentPair, exogenous: tuple[int, ...]) -> tuple[FloatArray | None, FloatArray]:
        """Means (G × p) and covariances (G × p × p) that the baseline model takes its estimates from."""
        ...

    def estimate_baseline(self, pair: MomentPair, model: Model, x: FloatArray) -> FloatArray:
        """Estimates of the baseline model, which are x where they have a closed form."""
        ...


def choose_data_kind(sample: Sample) -> DataKind:
    """By how the sample has its moments."""
    if sample.has_levels:
        return TwoLevelData()
    if sample.is_incomplete:
        return IncompleteData()
    return TwoStageData() if sample.is_two_stage else CompleteData()
