"""Tables of the report on the simulated survey: claims, models, tests, effects, scales."""

from __future__ import annotations

from sem_toolkit.comparison import check_nesting, compute_difference
from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_p_relation
from sem_toolkit.study.claims import build_claims_table, format_power
from sem_toolkit.study.names import Names, name_factor_in_words
from sem_toolkit.study.page_tables import PageTable, build_page_table, show_number, show_p, show_share, show_text
from sem_toolkit.study.run import StudyModel, StudyResult
from sem_toolkit.study.tables import build_hypothesis_table, build_joint_tests_table, build_models_table

THREE, TWO, ONE, WHOLE = show_number(3), show_number(2), show_number(1), show_number(0)


def build_survey_sections(result: StudyResult, names: Names) -> dict[str, PageTable]:
    """Tables by name; empty ones where a part of the study is missing."""
    return _build_models(result) | _build_verdicts(result) | _build_scales(result, names)


def _build_models(result: StudyResult) -> dict[str, PageTable]:
    rows, fit = _describe_models(result), {
        "verdict": ("Verdict", show_text), "chisq": ("χ²", ONE), "df": ("df", WHOLE), "pvalue": ("p", show_p),
        "cfi": ("CFI", THREE), "rmsea": ("RMSEA", THREE), "srmr": ("SRMR", THREE),
    }  # fmt: skip
    if rows["certified"].all():
        del fit["verdict"]  # one sentence says it of all
    rivals = rows["model"].isin([result.research_model.name]) | rows["model"].str.startswith("alternative")
    compared = {
        "title": ("Model", show_text), **fit, "bic": ("BIC", ONE), "delta": ("ΔBIC to research model", ONE),
        "difference": ("Difference test against the research model", show_text),
    }  # fmt: skip
    return {
        "models": build_page_table(rows[rivals], compared),
        "parts": build_page_table(rows[~rivals], {"title": ("Model", show_text), **fit}),
    }


def _build_verdicts(result: StudyResult) -> dict[str, PageTable]:
    stages = result.stage_effects
    conclusions = pd.DataFrame(
        result.printed.publication.statements.get("conclusions", ()), columns=["factor", "stage", "conclusion"]
    )
    effects = (
        pd.DataFrame() if stages is None else stages.effects.merge(conclusions, on=["factor", "stage"], how="left")
    )
    return {
        "claims": build_page_table(build_claims_table(result), {
            "claim": ("Claim", show_text), "printed": ("The paper's tables", show_text),
            "survey": ("A simulated survey of the size that the text claims, its effects put in", show_text),
        }),
        "tests": build_page_table(build_joint_tests_table(result), {
            "hypothesis": ("Hypothesis", show_text), "null": ("Tested: that …", show_text), "df": ("df", WHOLE),
            "wald": ("Wald χ²", TWO), "wald_pvalue": ("p (Wald)", show_p), "lr": ("LR χ²", TWO),
            "lr_pvalue": ("p (LR)", show_p),
            "power": ("Power", format_power), "rejected_with_other_seeds": ("Rejected with other seeds", show_share),
        }),
        "paths": build_page_table(_describe_paths(result), {
            "hypothesis": ("Hypothesis", show_text), "model": ("Model", show_text),
            "predictor": ("Effect of", show_text),
            "est": ("b", THREE), "ci.lower": ("95 % interval from", THREE), "ci.upper": ("to", THREE),
            "pvalue": ("p", show_p), "std.all": ("β", THREE),
            "true.std.all": ("True value of β", THREE), "power": ("Power", format_power),
        }),
        "stages": build_page_table(effects, {
            "factor": ("Factor", show_text), "stage": ("Stage", show_text),
            "conclusion": ("The paper concludes", show_text),
            "alone": ("β in the stage's own model", THREE), "jointly": ("β in the joint model", THREE),
            "simultaneous.lower": ("Simultaneous interval from", THREE), "simultaneous.upper": ("to", THREE),
            "true": ("True value", THREE), "carried.network": ("Due to other stages' networks", THREE),
            "carried.capital": ("Due to other stages' capital", THREE), "vif": ("VIF", TWO),
        }),
        "differences": build_page_table(pd.DataFrame() if stages is None else stages.differences, {
            "factor": ("Factor", show_text), "first": ("Stage", show_text), "second": ("less stage", show_text),
            "difference": ("Difference of β", THREE), "simultaneous.lower": ("Simultaneous interval from", THREE),
            "simultaneous.upper": ("to", THREE),
        }),
    }  # fmt: skip


def _build_scales(result: StudyResult, names: Names) -> dict[str, PageTable]:
    survey, stepwise = result.preliminaries, result.stepwise
    scales = survey.scales.assign(items=[_name_list(names, text) for text in survey.scales["items"]])
    return {
        "scales": build_page_table(_in_words(scales, "scale"), {
            "scale": ("Scale", show_text), "items": ("Items", show_text), "alpha": ("Cronbach's α", THREE),
            "kmo": ("KMO", THREE), "bartlett_chisq": ("Bartlett's χ²", ONE), "bartlett_df": ("df", WHOLE),
            "bartlett_pvalue": ("p", show_p),
        }),
        "weights": build_page_table(
            _in_words(survey.weights, "scale").assign(item=survey.weights["item"].map(names.name_item)), {
            "scale": ("Scale", show_text), "item": ("Item", show_text), "weight_by_mean": ("Weight by mean", THREE),
            "weight_by_loading": ("Weight by loading", THREE),
        }),
        "correlations": build_page_table(_describe_correlations(survey.correlations), {
            "scale": ("Scale", show_text),
            **{name: (name_factor_in_words(name), TWO) for name in survey.correlations.columns},
        }),
        "stepwise": build_page_table(
            stepwise.assign(
                table=stepwise["table"].map(names.name_table),
                **{name: [_name_list(names, text) for text in stepwise[name]] for name in ("printed", "entered")},
            ), {
            "table": ("Table", show_text), "printed": ("Entered in the paper", show_text),
            "entered": ("Entered in the simulated survey", show_text), "r2": ("R²", THREE),
            "printed_r2": ("R² printed", THREE),
        }),
    }  # fmt: skip


def _name_list(names: Names, codes: str) -> str:
    return names.name_items(codes.split(", "))


def _in_words(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].map(name_factor_in_words)})


def _describe_correlations(correlations: pd.DataFrame) -> pd.DataFrame:
    frame = correlations.copy()
    frame.insert(0, "scale", [name_factor_in_words(str(name)) for name in correlations.index])
    return frame


def _describe_paths(result: StudyResult) -> pd.DataFrame:
    titles = {model.name: model.title for model in result.models}
    rows = build_hypothesis_table(result)
    if rows.empty:
        return rows
    return rows.assign(model=rows["model"].map(titles), predictor=rows["predictor"].map(name_factor_in_words))


def _describe_models(result: StudyResult) -> pd.DataFrame:
    """The models' fit, and how each compares with the research model where the variables are the same."""
    rows, research = build_models_table(result), result.research_model
    compared = [_compare(model, research) for model in result.models]
    return rows.assign(delta=[delta for delta, _ in compared], difference=[text for _, text in compared])


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
    whose = "research model nested in it: " if model.fit is more else ""
    return delta, f"{whose}χ²({test.df:.0f}) = {TWO(test.stat)}, p {format_p_relation(test.pvalue)}"
