"""H1 and H2 of the source study, and the numbers of the fits that speak to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sem_toolkit.fit import Fit
from sem_toolkit.libraries import pd


class FittedModel(Protocol):
    """What evidence is read from: a named model, its fit, and its estimates beside their true values."""

    @property
    def name(self) -> str: ...
    @property
    def fit(self) -> Fit | None: ...
    @property
    def parameters(self) -> "pd.DataFrame": ...


@dataclass(frozen=True)
class Hypothesis:
    """A claim that some factors promote the outcome.

    predictors  prefixes of the names of the factors meant (a factor a stage: `network_preclinical`, ...)
    """

    name: str
    claim: str
    outcome: str
    predictors: tuple[str, ...]


HYPOTHESES = (
    Hypothesis(
        "H1",
        "Innovation, external (cluster innovation network) and internal (synergy), promotes industrialization.",
        "success",
        ("network", "synergy", "innovation"),
    ),
    Hypothesis(
        "H2",
        "Market competition promotes industrialization.",
        "success",
        ("competition",),
    ),
)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The paths that a hypothesis is about, in every research model; `joint_tests` has their tests.

    paths  model, predictor, est, se, pvalue, ci.lower, ci.upper, std.all, true, true.std.all, power
    """

    hypothesis: Hypothesis
    paths: "pd.DataFrame"


def build_evidence(hypothesis: Hypothesis, models: Sequence[FittedModel]) -> Evidence:
    """Collect the paths from the research models with a certified fit."""
    certified = [model for model in models if model.fit is not None and model.fit.converged]
    tables = [_select_paths(hypothesis, model) for model in certified if model.name.startswith("research")]
    return Evidence(hypothesis, pd.concat(tables, ignore_index=True) if tables else pd.DataFrame())


def _select_paths(hypothesis: Hypothesis, model: FittedModel) -> "pd.DataFrame":
    rows = model.parameters
    meant = [
        row.op == "~" and row.lhs == hypothesis.outcome and row.rhs.startswith(hypothesis.predictors)
        for row in rows[["lhs", "op", "rhs"]].itertuples()
    ]
    columns = ["rhs", "est", "se", "pvalue", "ci.lower", "ci.upper", "std.all", "true", "true.std.all", "power"]
    selected = rows.loc[meant, columns].rename(columns={"rhs": "predictor"})
    selected.insert(0, "model", model.name)
    return selected
