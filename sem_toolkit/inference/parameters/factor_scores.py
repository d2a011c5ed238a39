"""Factor scores with their standard errors and determinacy."""

from typing import get_args

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.inference.at_estimate import AtEstimate
from sem_toolkit.inference.parameters.categorical_scores import OrderedScores
from sem_toolkit.inference.parameters.level_scores import LevelScores
from sem_toolkit.inference.parameters.numeric_scores import IncompleteScores, NumericScores
from sem_toolkit.inference.parameters.score_kind import FactorScores, ScoreKind, ScoreMethod
from sem_toolkit.inference.weights.by_kind import ByKind

SCORES: ByKind[ScoreKind] = ByKind(
    complete=NumericScores, incomplete=IncompleteScores, ordered=OrderedScores, levels=LevelScores
)


def compute_factor_scores(evaluation: AtEstimate, method: ScoreMethod = "regression") -> tuple[FactorScores, ...]:
    """Scores of every group.

    regression  E(η | y) = α + Cov(η, y)Σ⁻¹(y − μ). Source: Thurstone (1935), The vectors of mind.
    bartlett    unbiased given η: (ΛᵀΘ⁻¹Λ)⁻¹ΛᵀΘ⁻¹(y − ν).
                Source: Bartlett (1937), British Journal of Psychology 28, 97-104.
    tenberge    with the correlations of the factors.
                Source: ten Berge, Krijnen, Wansbeek & Shapiro (1999), Linear Algebra and its Applications 289, 311-318.

    Behind ordered variables the same names stand for the mode given the factors' distribution (lavaan's "EBM"), and
    for the maximum of the likelihood ("ML"), which rows with the highest or the lowest answers only have not (NaN).

    Without means in the model rows are taken from their sample mean, and the factors' means are what the sample means
    of their observed causes imply, as in lavaan. Factors without indicators of their own have no
    Bartlett scores (NaN). A row with empty cells is scored by what it has: it has no Bartlett score of a factor without
    an indicator there, and none at all where its indicators do not tell the factors apart. Rows in clusters at two
    levels have a group of scores within clusters, one row a row of data, and one between them, one row a cluster.
    Raises DataError without raw data, and for ten Berge scores of incomplete rows and of two levels.
    """
    if method not in get_args(ScoreMethod):
        hint = f"one of: {', '.join(get_args(ScoreMethod))}"
        raise OptionError(Diagnostic("error", "option-value", f'there are no factor scores "{method}"', hint=hint))
    score = SCORES.choose(evaluation).score
    return tuple(score(evaluation, g, method) for g in range(evaluation.model.n_groups))
