"""H1 and H2 of the source study, and the numbers of the fits that speak to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sem_toolkit.comparison import check_nesting, compute_difference
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
    without     the alternative model in which these factors have no effect, where there is one
    """

    name: str
    claim: str
    outcome: str
    predictors: tuple[str, ...]
    without: str | None = None


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
        without="alternative_competition_without_effect",
    ),
)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The paths that a hypothesis is about, in every research model, and its likelihood-ratio test.

    paths    model, predictor, est, se, pvalue, ci.lower, ci.upper, std.all, true, true.std.all, power
    chisq, df, pvalue  of the test of the research model against the one without these effects; None where there is none
    verdict  one sentence in words of the numbers
    """

    hypothesis: Hypothesis
    paths: "pd.DataFrame"
    chisq: float | None
    df: int | None
    pvalue: float | None
    verdict: str


def build_evidence(
    hypothesis: Hypothesis, models: Sequence[FittedModel], research_model: str = "research_model", level: float = 0.05
) -> Evidence:
    """Collect the paths from the research models (certified fits only) and test the effects jointly where possible."""
    fits = {model.name: model.fit for model in models if model.fit is not None and model.fit.converged}
    research = [model for model in models if model.name in fits and model.name.startswith("research")]
    tables = [_select_paths(hypothesis, model) for model in research]
    paths = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    chisq, df, pvalue = _compare(fits.get(research_model), fits.get(hypothesis.without or ""))
    return Evidence(hypothesis, paths, chisq, df, pvalue, _format_verdict(paths, research_model, level))


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


def _compare(larger: Fit | None, smaller: Fit | None) -> tuple[float | None, int | None, float | None]:
    """χ² difference test of two fits to the same sample; nothing where there is none, or they are not nested."""
    if larger is None or smaller is None or not check_nesting(larger.solution, smaller.solution).nested:
        return None, None, None
    test = compute_difference(larger, smaller)
    return test.stat, int(test.df), test.pvalue


def _format_verdict(paths: "pd.DataFrame", research_model: str, level: float) -> str:
    main = paths[paths["model"] == research_model] if len(paths) else paths
    if not len(main):
        return "No certified fit of the research model: nothing can be said."
    positive = main[(main["est"] > 0) & (main["pvalue"] < level)]
    negative = main[(main["est"] < 0) & (main["pvalue"] < level)]
    names = ", ".join(f"{row.predictor} ({row.std:.2f})" for row in _rename(positive).itertuples()) or "none"
    text = f"{len(positive)} of {len(main)} paths positive at p < {level:g}: {names}."
    if len(negative):
        text += " Negative: " + ", ".join(negative["predictor"]) + "."
    return text


def _rename(rows: "pd.DataFrame") -> "pd.DataFrame":
    return rows.rename(columns={"std.all": "std"})
