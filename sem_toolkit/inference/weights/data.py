"""What the data say of the moments: complete rows (or moments alone), incomplete rows, these in two stages, two levels.

One class each, in a file of its own; `AtEstimate.data` is that of the sample, so that who needs a likelihood, a weight
or a quadratic form asks for nothing else. What rooms above do by the kind of data: `by_kind`.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from sem_toolkit.discrepancy import MomentPair, Weight
from sem_toolkit.inference import weights
from sem_toolkit.inference.weights.complete import CompleteData, Gammas, PairwiseData
from sem_toolkit.model import Model
from sem_toolkit.sample import Sample
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.sample import Form


class DataKind(Protocol):
    """What differs by the kind of data; of G groups.

    levels              groups of a pair that are one group of rows: levels of these
    is_reweighted       whether the GFI takes residuals weighed at the implied moments, as in lavaan
    has_residual_tests  whether there are Browne's residual tests
    has_corrected_test  whether robust indices are made of the test that complete rows would have had
    has_equations       whether rows speak of each equation by itself, as complete ones do
    has_products        whether normal theory weighs moments by products, so that they can be gathered
    """

    @property
    def levels(self) -> int: ...
    @property
    def is_reweighted(self) -> bool: ...
    @property
    def has_residual_tests(self) -> bool: ...
    @property
    def has_corrected_test(self) -> bool: ...
    @property
    def has_equations(self) -> bool: ...
    @property
    def has_products(self) -> bool: ...

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

    def weight_of_changes(self, pair: MomentPair) -> Weight | None:
        """V that changes of a model are judged by, where it is not the estimator's."""
        ...

    def times_information(self, pair: MomentPair, information: str, group: int, columns: FloatArray) -> FloatArray:
        """W times columns (m × k), W the information that the estimator gives the moments of a group, of any kind."""
        ...

    def gammas(self, pair: MomentPair) -> Gammas | None:
        """Γ of statistics that are estimates themselves; None for moments of rows, by which it is taken one by one."""
        ...

    def free_gammas(self, pair: MomentPair) -> Gammas | None:
        """Γ of sandwiches, free of distribution; None where it is that of casewise moments."""
        ...

    def casewise_gammas(self, pair: MomentPair) -> Gammas:
        """Γ that Browne's residual tests take, free of distribution. Raises DataError without complete rows."""
        ...

    def unbiased_gammas(self, pair: MomentPair) -> Gammas:
        """Γ free of distribution, without its bias in small samples where rows are complete."""
        ...

    def residual_gammas(self, pair: MomentPair, information: str, *, robust: bool) -> Gammas | None:
        """Γ of the saturated model, by an information and `robust` or not; None where it follows from the moments."""
        ...

    def saturated_trace(self, pair: MomentPair, information: str) -> tuple[float, int]:
        """tr(A₁⁻¹B₁) of the saturated model, all groups, and the number of moments that are not fixed."""
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


DATA_KINDS: Mapping[Form, Callable[[], DataKind]] = {
    "complete": CompleteData,
    "pairwise": PairwiseData,
    "incomplete": lambda: weights.IncompleteData(),
    "two.stage": lambda: weights.TwoStageData(),
    "ordered": lambda: weights.OrderedData(),
    "levels": lambda: weights.TwoLevelData(),
}
"""What makes each kind; those of rows that are not complete are loaded where there are such."""


def choose_data_kind(sample: Sample) -> DataKind:
    """By how the sample has its moments."""
    return DATA_KINDS[sample.form]()
