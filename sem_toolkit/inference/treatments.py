"""What tables and measures do by the kind of data: one row a kind, one column a room of inference.

A kind of data is a row here and a class in those rooms that do something else with it; what its moments weigh and what
its likelihood says is `weights.data`. Nothing else in inference asks what the data are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.exact_fit.baseline import BaselineModel
from sem_toolkit.inference.exact_fit.categorical_baseline import CategoricalBaseline
from sem_toolkit.inference.exact_fit.given_baseline import GivenBaseline
from sem_toolkit.inference.exact_fit.level_baseline import LevelBaseline
from sem_toolkit.inference.exact_fit.numeric_baseline import IncompleteBaseline, NumericBaseline
from sem_toolkit.inference.hypotheses.candidates import CandidateKind
from sem_toolkit.inference.hypotheses.categorical_candidates import CategoricalCandidates
from sem_toolkit.inference.hypotheses.level_candidates import LevelCandidates
from sem_toolkit.inference.hypotheses.numeric_candidates import IncompleteCandidates, NumericCandidates
from sem_toolkit.inference.measures.categorical import CategoricalVariables
from sem_toolkit.inference.measures.given import GivenIncompleteVariables, GivenVariables
from sem_toolkit.inference.measures.levels import LevelVariables
from sem_toolkit.inference.measures.measures import VariableKind
from sem_toolkit.inference.measures.numeric import NumericVariables
from sem_toolkit.inference.parameters.categorical_scores import OrderedScores
from sem_toolkit.inference.parameters.factor_scores import ScoreKind
from sem_toolkit.inference.parameters.level_scores import LevelScores
from sem_toolkit.inference.parameters.numeric_scores import IncompleteScores, NumericScores
from sem_toolkit.inference.residuals.categorical import OrderedResiduals
from sem_toolkit.inference.residuals.groups import ResidualKind
from sem_toolkit.inference.residuals.levels import LevelResiduals
from sem_toolkit.inference.residuals.numeric import NumericResiduals
from sem_toolkit.sample.sample import Form


@dataclass(frozen=True)
class Treatment:
    """How a kind of data is treated.

    baseline    the model that incremental measures hold a model against
    variables   what fit measures take from residuals and tests
    residuals   residual moments with standard errors, and their summaries
    candidates  what modification indices and score tests need of parameters that a model has not
    scores      factor scores
    """

    baseline: BaselineModel
    variables: VariableKind
    residuals: ResidualKind
    candidates: CandidateKind
    scores: ScoreKind


_COMPLETE = Treatment(NumericBaseline(), NumericVariables(), NumericResiduals(), NumericCandidates(), NumericScores())
_INCOMPLETE = replace(
    _COMPLETE, baseline=IncompleteBaseline(), candidates=IncompleteCandidates(), scores=IncompleteScores()
)
TREATMENTS: Mapping[Form, Treatment] = {
    "complete": _COMPLETE,
    "pairwise": _COMPLETE,
    "two.stage": _COMPLETE,
    "incomplete": _INCOMPLETE,
    "ordered": Treatment(
        CategoricalBaseline(), CategoricalVariables(), OrderedResiduals(), CategoricalCandidates(), OrderedScores()
    ),
    "levels": Treatment(LevelBaseline(), LevelVariables(), LevelResiduals(), LevelCandidates(), LevelScores()),
}
_GIVEN: Mapping[Form, Treatment] = {
    "complete": replace(_COMPLETE, baseline=GivenBaseline(), variables=GivenVariables()),
    "incomplete": replace(_INCOMPLETE, baseline=GivenBaseline(), variables=GivenIncompleteVariables()),
}
"""Of numeric variables given the fixed exogenous ones (conditional_x)."""


def choose_treatment(evaluation: AtEstimate) -> Treatment:
    """That of the sample's form."""
    return (_GIVEN if evaluation.is_conditional else TREATMENTS)[evaluation.sample.form]
