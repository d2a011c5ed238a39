"""Every table of the report, by name."""

from __future__ import annotations

from sem_toolkit.comparison import check_nesting, compute_difference
from sem_toolkit.libraries import pd
from sem_toolkit.study.page_tables import (
    PageTable,
    build_page_table,
    show_number,
    show_p,
    show_share,
    show_text,
)
from sem_toolkit.study.recommendations import judge_recommendations
from sem_toolkit.study.run import KINDS, StudyModel, StudyResult
from sem_toolkit.study.tables import (
    build_completion_models_table,
    build_findings_table,
    build_hypothesis_table,
    build_joint_tests_table,
    build_models_table,
)

_FIGURES = {
    "r2": "R²", "adj_r2": "Adjusted R²", "f": "F", "sig_f": "Sig. F", "b": "B", "se": "SE", "beta": "Beta",
    "sig": "Sig.",
}  # fmt: skip
_WORDS = {"technology_market": "technology–market synergy", "resource": "resource guarantee"}
THREE, TWO, ONE, WHOLE = show_number(3), show_number(2), show_number(1), show_number(0)


def name_words(name: str) -> str:
    """A factor's or column's name in words: network_preclinical → network, preclinical."""
    return _WORDS.get(name) or name.replace("_", ", ", 1).replace("_", " ")


def build_sections(result: StudyResult, printed: pd.DataFrame) -> dict[str, PageTable]:
    """Tables by name; empty ones where a part of the study is missing."""
    study, survey = result.printed, result.preliminaries
    stages = result.stage_effects
    named = printed.assign(meaning=printed["meaning"].where(printed["meaning"].notna(), printed["term"]))
    conclusions = pd.DataFrame(
        study.publication.statements.get("conclusions", ()), columns=["factor", "stage", "conclusion"]
    )
    effects = (
        pd.DataFrame() if stages is None else stages.effects.merge(conclusions, on=["factor", "stage"], how="left")
    )
    return {
        "printed": build_page_table(named, {
            "table": ("Table", show_text), "term": ("Term", show_text), "meaning": ("Meaning", show_text),
            "b": ("B", _as_printed), "se": ("SE", _as_printed), "beta": ("Beta", _as_printed), "t": ("t", _as_printed),
            "sig": ("Sig.", _as_printed),
        }),
        "findings": build_page_table(build_findings_table(study.audit), {
            "fact": ("Fact", show_text), "tables": ("Tables", show_text), "verdict": ("Verdict", show_text),
            "said": ("What was found", show_text), "checks": ("Checks", WHOLE),
        }),
        "recovered": build_page_table(study.recovery.to_frame(), {
            "table": ("Table", show_text), "item": ("Item", show_text), "sum": ("Σx", WHOLE),
            "sum_of_squares": ("Σx²", WHOLE), "mean": ("Mean", THREE), "sd": ("SD", THREE),
            "frequency_tables": ("Frequency tables that fit", WHOLE),
        }),
        "scores": build_page_table(study.score_items.to_frame(study.publication.tables), {
            "score": ("Score", show_text), "items": ("Items", WHOLE), "sum": ("Sum of all answers", WHOLE),
            "sum_of_squares": ("Sum of squared item sums", WHOLE), "mean": ("Mean", THREE), "sd": ("SD", THREE),
        }),
        "reproduced": build_page_table(_say_agreement(study.figures), {
            "table": ("Table", show_text), "figure": ("Figure", show_text), "printed": ("Printed", show_text),
            "reproduced": ("Recomputed", show_number(4)), "agrees": ("Agrees", show_text),
        }),
        "joint_regressions": build_page_table(study.joint_regressions, {
            "table": ("Table", show_text), "term": ("Term", show_text), "printed": ("B as printed", THREE),
            "lowest": ("Lowest B jointly", THREE), "median": ("Median", THREE), "highest": ("Highest", THREE),
            "positive": ("Positive in", show_share), "significant": ("p < .05 in", show_share),
            "sharp.highest": ("Sharp upper bound beside those with B printed, if no B is negative", THREE),
        }),
        "recommendations": build_page_table(
            judge_recommendations(study.publication.statements.get("recommendations", ()), study.joint_regressions), {
            "kind": ("For", show_text), "recommendation": ("Recommended", show_text),
            "numbers": ("What the numbers say", show_text),
        }),
        "completion_models": build_page_table(_in_words(build_completion_models_table(study), "predictor"), {
            "model": ("Model", show_text), "predictor": ("Effect of", show_text), "lowest": ("Lowest β", TWO),
            "median": ("Median", TWO), "highest": ("Highest", TWO), "positive": ("Positive in", show_share),
            "significant": ("p < .05 in", show_share),
        }),
        "path_models": build_page_table(_in_words(study.path_models, "composite"), {
            "composite": ("Composite", show_text), "alone": ("r with success", THREE),
            "lowest": ("Lowest β in completions", THREE), "median": ("Median", THREE), "highest": ("Highest", THREE),
            "positive": ("Positive in", show_share), "significant": ("p < .05 in", show_share),
            "sharp.lowest": ("Sharp lower bound if no β is negative", THREE),
            "sharp.highest": ("Sharp upper bound", THREE),
        }),
        "models": build_page_table(_describe_models(result), {
            "title": ("Model", show_text), "verdict": ("Verdict", show_text), "n": ("n", WHOLE), "chisq": ("χ²", ONE),
            "df": ("df", WHOLE), "pvalue": ("p", show_p), "cfi": ("CFI", THREE), "rmsea": ("RMSEA", THREE),
            "srmr": ("SRMR", THREE), "bic": ("BIC", ONE), "delta": ("ΔBIC to research model", ONE),
            "difference": ("Against research model", show_text), "engine": ("Engine", show_text),
        }),
        "tests": build_page_table(build_joint_tests_table(result), {
            "hypothesis": ("Hypothesis", show_text), "null": ("Tested: that …", show_text), "df": ("df", WHOLE),
            "wald": ("Wald χ²", TWO), "wald_pvalue": ("p (Wald)", show_p), "lr": ("LR χ²", TWO),
            "lr_pvalue": ("p (LR)", show_p),
            "power": ("Power", TWO), "rejected_with_other_seeds": ("Rejected with other seeds", show_share),
        }),
        "paths": build_page_table(_describe_paths(result), {
            "hypothesis": ("Hypothesis", show_text), "model": ("Model", show_text),
            "predictor": ("Effect of", show_text),
            "est": ("b", THREE), "se": ("SE", THREE), "pvalue": ("p", show_p), "std.all": ("β", THREE),
            "true.std.all": ("True value of β", THREE), "power": ("Power", TWO),
        }),
        "stages": build_page_table(effects, {
            "factor": ("Factor", show_text), "stage": ("Stage", show_text),
            "conclusion": ("The paper concludes", show_text),
            "alone": ("β in the stage's own model", THREE), "jointly": ("β in the joint model", THREE),
            "simultaneous.lower": ("Simultaneous interval from", THREE), "simultaneous.upper": ("to", THREE),
            "true": ("True value", THREE), "carried.network": ("Borrowed from other stages' networks", THREE),
            "carried.capital": ("Borrowed from other stages' capital", THREE), "vif": ("VIF", TWO),
        }),
        "differences": build_page_table(pd.DataFrame() if stages is None else stages.differences, {
            "factor": ("Factor", show_text), "first": ("Stage", show_text), "second": ("less stage", show_text),
            "difference": ("Difference of β", THREE), "simultaneous.lower": ("Simultaneous interval from", THREE),
            "simultaneous.upper": ("to", THREE),
        }),
        "scales": build_page_table(_in_words(survey.scales, "scale"), {
            "scale": ("Scale", show_text), "items": ("Items", show_text), "alpha": ("Cronbach's α", THREE),
            "kmo": ("KMO", THREE), "bartlett_chisq": ("Bartlett's χ²", ONE), "bartlett_df": ("df", WHOLE),
            "bartlett_pvalue": ("p", show_p),
        }),
        "weights": build_page_table(_in_words(survey.weights, "scale"), {
            "scale": ("Scale", show_text), "item": ("Item", show_text), "weight_by_mean": ("Weight by mean", THREE),
            "weight_by_loading": ("Weight by loading", THREE),
        }),
        "correlations": build_page_table(_describe_correlations(survey.correlations), {
            "scale": ("Scale", show_text), **{name: (name_words(name), TWO) for name in survey.correlations.columns},
        }),
        "stepwise": build_page_table(result.stepwise, {
            "table": ("Table", show_text), "printed": ("Entered in the paper", show_text),
            "entered": ("Entered in the simulated survey", show_text), "r2": ("R²", THREE),
            "printed_r2": ("R² printed", THREE),
        }),
    }  # fmt: skip


def _as_printed(value: object) -> str:
    return "–" if pd.isna(value) else str(value)


def _in_words(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].map(name_words)})


def _say_agreement(figures: pd.DataFrame) -> pd.DataFrame:
    named = [_FIGURES.get(first, first) + rest for first, rest in (_split_name(name) for name in figures["figure"])]
    return figures.assign(figure=named, agrees=["yes" if agrees else "NO" for agrees in figures["agrees"]])


def _split_name(figure: str) -> tuple[str, str]:
    """ "b a5" → "b", " of a5"."""
    quantity, _, term = figure.partition(" ")
    return quantity, f" of {term}" if term else ""


def _describe_correlations(correlations: pd.DataFrame) -> pd.DataFrame:
    frame = correlations.copy()
    frame.insert(0, "scale", [name_words(str(name)) for name in correlations.index])
    return frame


def _describe_paths(result: StudyResult) -> pd.DataFrame:
    titles = {model.name: model.title for model in result.models}
    rows = build_hypothesis_table(result)
    if rows.empty:
        return rows
    return rows.assign(model=rows["model"].map(titles), predictor=rows["predictor"].map(name_words))


def _describe_models(result: StudyResult) -> pd.DataFrame:
    """The models' fit, and how each compares with the research model where the variables are the same."""
    rows, research = build_models_table(result), result.research_model
    compared = [_compare(model, research) for model in result.models]
    return rows.assign(
        kind=rows["kind"].map({title: title for title in KINDS.values()}),
        delta=[delta for delta, _ in compared],
        difference=[text for _, text in compared],
    )


def _compare(model: StudyModel, research: StudyModel) -> tuple[float | None, str]:
    if model.fit is None or research.fit is None or not (model.certified and research.certified) or model is research:
        return None, ""
    if set(model.fit.sample.variables) != set(research.fit.sample.variables):
        return None, "other variables"
    delta = model.fit.fit_measures["bic"] - research.fit.fit_measures["bic"]
    more, fewer = (research.fit, model.fit) if model.fit.npar < research.fit.npar else (model.fit, research.fit)
    if more.npar == fewer.npar:
        return delta, "equivalent" if check_nesting(more.solution, fewer.solution).nested else "not nested"
    if not check_nesting(more.solution, fewer.solution).nested:
        return delta, "not nested"
    test = compute_difference(more, fewer)
    whose = "the research model in it: " if model.fit is more else ""
    return delta, f"{whose}χ²({test.df:.0f}) = {show_number(2)(test.stat)}, p {show_p(test.pvalue)}"
