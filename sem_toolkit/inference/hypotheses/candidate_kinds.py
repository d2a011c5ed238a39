"""What score tests and modification indices need of parameters that a model has not, by the kind of data."""

from sem_toolkit.inference.by_kind import ByKind
from sem_toolkit.inference.hypotheses.candidates import CandidateKind
from sem_toolkit.inference.hypotheses.categorical_candidates import CategoricalCandidates
from sem_toolkit.inference.hypotheses.level_candidates import LevelCandidates
from sem_toolkit.inference.hypotheses.numeric_candidates import IncompleteCandidates, NumericCandidates

CANDIDATES: ByKind[CandidateKind] = ByKind(
    complete=NumericCandidates,
    incomplete=IncompleteCandidates,
    ordered=CategoricalCandidates,
    levels=LevelCandidates,
)
