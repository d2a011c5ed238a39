"""Thresholds and correlations of responses behind ordered variables, which come with what they vary by."""

from sem_toolkit.discrepancy import MomentPair
from sem_toolkit.inference.weights.complete import CompleteData, Gammas


class OrderedData(CompleteData):
    """What the statistics of ordered variables say (see `DataKind`): their Γ is known, whatever the design of rows."""

    is_reweighted = False
    has_equations = False

    def gammas(self, pair: MomentPair) -> Gammas | None:
        return self.casewise_gammas(pair)

    def free_gammas(self, pair: MomentPair) -> Gammas | None:
        return self.gammas(pair)

    def unbiased_gammas(self, pair: MomentPair) -> Gammas:
        return self.casewise_gammas(pair)

    def casewise_gammas(self, pair: MomentPair) -> Gammas:
        return tuple(own.gamma for own in pair.statistics)
