"""What score tests and modification indices need of parameters that a model has not, by the kind of data."""

from sem_toolkit.inference.hypotheses.candidates import CandidateKind
from sem_toolkit.inference.hypotheses.categorical_candidates import CategoricalCandidates
from sem_toolkit.inference.hypotheses.level_candidates import LevelCandidates
from sem_toolkit.inference.hypotheses.numeric_candidates import IncompleteCandidates, NumericCandidates
from sem_toolkit.inference.weights.by_kind import ByKind

CANDIDATES: ByKind[CandidateKind] = ByKind(
    complete=NumericCandidates,
    incomplete=IncompleteCandidates,
    ordered=CategoricalCandidates,
    levels=LevelCandidates,
)
