"""The study's results as tables, raw numbers in DataFrames; rounding happens where they are drawn."""

from itertools import combinations

from sem_toolkit.comparison import compare_fits, describe_fit
from sem_toolkit.libraries import pd
from sem_toolkit.study.audit import Audit
from sem_toolkit.study.findings import list_findings
from sem_toolkit.study.printed_study import PrintedStudy
from sem_toolkit.study.recommendations import judge_recommendations
from sem_toolkit.study.run import KINDS, StudyModel, StudyResult

MEASURES = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "rmsea.pvalue", "srmr",
            "logl", "aic", "bic", "bic2")  # fmt: skip


COMPLETED = ("printed_joint_regressions", "printed_path_models", "printed_completion_models", "printed_recommendations")
"""Tables of what differs from one data set behind the printed tables to another."""
_COMPLETED = "made-up data that give the printed tables"


def build_study_tables(result: StudyResult) -> "dict[str, pd.DataFrame]":
    """Every table of the study by the name of its file; each says in its first column what its numbers come from."""
    return {name: _mark(name, table) for name, table in _list_tables(result).items()}


def _mark(name: str, table: "pd.DataFrame") -> "pd.DataFrame":
    marked = table.reset_index(drop=True)
    own = "printed tables" if name.startswith("printed") else "simulated survey"
    marked.insert(0, "source", _COMPLETED if name in COMPLETED else own)
    return marked


def _list_tables(result: StudyResult) -> "dict[str, pd.DataFrame]":
    preliminaries, printed, stages = result.preliminaries, result.printed, result.stage_effects
    return {
        "fit_measures": build_models_table(result),
        "hypotheses": build_hypothesis_table(result),
        "parameters": pd.concat([build_estimates_table(model) for model in result.models], ignore_index=True),
        "joint_tests": build_joint_tests_table(result),
        "stage_effects": pd.DataFrame() if stages is None else stages.effects,
        "stage_differences": pd.DataFrame() if stages is None else stages.differences,
        "other_seeds": result.replications.tests,
        "survey_items": preliminaries.items.rename_axis("item").reset_index(),
        "survey_weights": preliminaries.weights,
        "survey_scales": preliminaries.scales,
        "survey_stepwise": result.stepwise,
        "survey_correlations": preliminaries.correlations.rename_axis("scale").reset_index(),
        "printed_audit": printed.audit.to_frame(),
        "printed_findings": build_findings_table(printed.audit),
        "printed_recommendations": judge_recommendations(
            printed.publication.statements.get("recommendations", ()), printed.joint_regressions
        ),
        "printed_completion_models": build_completion_models_table(printed),
        "printed_recovered_sums": printed.recovery.to_frame(),
        "printed_recovered_products": printed.recovery.products_to_frame(),
        "printed_score_items": printed.score_items.to_frame(printed.publication.tables),
        "printed_reproduced": printed.figures,
        "printed_joint_regressions": printed.joint_regressions,
        "printed_path_models": printed.path_models,
    }


def list_equivalent_models(result: StudyResult) -> list[tuple[str, str]]:
    """Titles of models that no data of this kind can tell apart: each reproduces what the other implies."""
    fits = [(model.title, model.fit) for model in result.models if model.fit is not None and model.certified]
    return [
        (first, second)
        for (first, one), (second, other) in combinations(fits, 2)
        if one.fit_measures["df"] == other.fit_measures["df"]
        and set(one.sample.variables) == set(other.sample.variables)
        and compare_fits(one.solution, other.solution).relation == "equivalent"
    ]


def build_findings_table(audit: Audit) -> "pd.DataFrame":
    """One row a fact that is not consistent: fact, tables, verdict, said, and how many checks are behind it."""
    return pd.DataFrame(
        [
            {
                "fact": finding.fact,
                "tables": ", ".join(finding.tables),
                "verdict": finding.verdict,
                "said": finding.said,
                "checks": len(finding.evidence),
            }
            for finding in list_findings(audit)
        ]
    )


def build_completion_models_table(study: PrintedStudy) -> "pd.DataFrame":
    """One row an effect of a model of the recovered items: its range over completions with an admissible optimum."""
    tables = [
        own.effects.assign(model=own.model.title, certified=own.certified, drawn=own.drawn)
        for own in study.completion_models
    ]
    return pd.concat(tables, ignore_index=True)


def build_models_table(result: StudyResult) -> "pd.DataFrame":
    """One row a model: verdict, n, npar and fit measures; empty numbers where no optimum was certified."""
    return pd.DataFrame([_build_row(model) for model in result.models])


def build_hypothesis_table(result: StudyResult) -> "pd.DataFrame":
    """One row a path that a hypothesis is about, in every research model."""
    tables = []
    for evidence in result.evidence:
        rows = evidence.paths.copy()
        rows.insert(0, "hypothesis", evidence.hypothesis.name)
        tables.append(rows)
    return pd.concat(tables, ignore_index=True)


def build_joint_tests_table(result: StudyResult) -> "pd.DataFrame":
    """One row a joint hypothesis: both tests, power at this n, and the share of other seeds in which it is rejected."""
    shares = result.replications.compute_shares()
    rows = [
        {
            "hypothesis": test.hypothesis.name,
            "null": test.hypothesis.null,
            "df": test.df,
            "wald": test.wald,
            "wald_pvalue": test.wald_pvalue,
            "lr": test.lr,
            "lr_pvalue": test.lr_pvalue,
            "power": test.power,
            "rejected_with_other_seeds": shares.get(test.hypothesis.name),
        }
        for test in result.joint_tests
    ]
    return pd.DataFrame(rows)


def build_estimates_table(model: StudyModel) -> "pd.DataFrame":
    """The parameter estimates of one model with its name in front; empty where there is no fit."""
    if model.fit is None:
        return pd.DataFrame()
    rows = model.parameters
    rows.insert(0, "model", model.name)
    rows.insert(1, "certified", model.certified)
    return rows


def _build_row(model: StudyModel) -> dict[str, object]:
    return {
        "model": model.name,
        "kind": KINDS[model.kind],
        "title": model.title,
        "certified": model.certified,
        "engine": model.fit.certificate.engine if model.fit is not None else "",
        **describe_fit(model.fit, MEASURES),
    }
