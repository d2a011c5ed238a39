"""What factor scores are, and what differs of them by the kind of data."""

from dataclasses import dataclass
from typing import Literal, Protocol

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.sample.moments import FloatArray

ScoreMethod = Literal["regression", "bartlett", "tenberge"]


@dataclass(frozen=True, eq=False)
class FactorScores:
    """Scores of one group.

    names        the k latent variables
    scores       n × k, one row a row of data that was used
    se           k: standard deviation of the error of a score, of a row without empty cells; NaN for ten Berge scores
    determinacy  k: correlation of the scores with the factor
    """

    label: str
    names: tuple[str, ...]
    scores: FloatArray
    se: FloatArray
    determinacy: FloatArray


class ScoreKind(Protocol):
    """What differs by the kind of data."""

    def score(self, evaluation: AtEstimate, g: int, method: ScoreMethod) -> FactorScores:
        """Scores of a group."""
        ...


def require_rows(evaluation: AtEstimate, g: int) -> tuple[FloatArray, FloatArray]:
    """The rows of a group (n × p) and their mean (p). Raises DataError where there are only moments."""
    data, mean = evaluation.sample.groups[g].data, evaluation.sample.groups[g].mean
    if data is None or mean is None:
        message = "factor scores need the rows of the data, not only their moments"
        raise DataError(Diagnostic("error", "raw-data-needed", message))
    return data, mean
