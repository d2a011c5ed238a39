"""Tables of the report on what was printed: as printed, recomputed, recovered, and what is left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sem_toolkit.libraries import pd
from sem_toolkit.study.names import Names, is_numbered
from sem_toolkit.study.page_tables import PageTable, build_page_table, show_number, show_share, show_text
from sem_toolkit.study.printed_study import PrintedStudy
from sem_toolkit.study.published import COEFFICIENT_COLUMNS, MODEL_QUANTITIES
from sem_toolkit.study.recommendations import judge_recommendations
from sem_toolkit.study.tables import build_completion_models_table, build_findings_table

FIGURES = {
    "b": "B", "se": "SE", "beta": "Beta", "t": "t", "sig": "Sig.",
    "r2": "R²", "adj_r2": "Adjusted R²", "f": "F", "sig_f": "Sig. F",
}  # fmt: skip
THREE, TWO, WHOLE = show_number(3), show_number(2), show_number(0)
_ARROW = " → "


def build_printed_sections(study: PrintedStudy, names: Names) -> dict[str, PageTable]:
    """Tables by name."""
    return _build_fixed(study, names) | _build_open(study, names)


def _build_fixed(study: PrintedStudy, names: Names) -> dict[str, PageTable]:
    figures = study.figures.assign(table=study.figures["table"].map(names.name_table))
    return {
        "coefficients": build_page_table(_spread_figures(figures, COEFFICIENT_COLUMNS, names), {
            "table": ("Table", show_text), "term": ("Term", show_text),
            **{name: (FIGURES[name], show_text) for name in COEFFICIENT_COLUMNS},
        }),
        "regressions": build_page_table(_spread_figures(figures, MODEL_QUANTITIES, names), {
            "table": ("Table", show_text), **{name: (FIGURES[name], show_text) for name in MODEL_QUANTITIES},
        }),
        "findings": build_page_table(_name_tables(build_findings_table(study.audit), names), {
            "fact": ("Fact", show_text), "tables": ("Tables", show_text), "verdict": ("Verdict", show_text),
            "said": ("What was found", show_text), "checks": ("Checks", WHOLE),
        }),
        "recovered": build_page_table(_name(study.recovery.to_frame(), names, "item"), {
            "table": ("Table", show_text), "item": ("Item", show_text), "sum": ("Σx", WHOLE),
            "sum_of_squares": ("Σx²", WHOLE), "mean": ("Mean", THREE), "sd": ("SD", THREE),
            "frequency_tables": ("Frequency tables that fit", WHOLE),
        }),
        "scores": build_page_table(_name(study.score_items.to_frame(study.publication.tables), names, "score"), {
            "score": ("Score", show_text), "items": ("Items", WHOLE), "sum": ("Sum of all answers", WHOLE),
            "sum_of_squares": ("Sum of squared item sums", WHOLE), "mean": ("Mean", THREE), "sd": ("SD", THREE),
        }),
    }  # fmt: skip


def _build_open(study: PrintedStudy, names: Names) -> dict[str, PageTable]:
    advice = study.publication.statements.get("recommendations", ())
    return {
        "joint_regressions": build_page_table(_name(study.joint_regressions, names, "term"), {
            "table": ("Table", show_text), "term": ("Predictor", show_text), "printed": ("B as printed", THREE),
            "lowest": ("Lowest B jointly", THREE), "median": ("Median", THREE), "highest": ("Highest", THREE),
            "positive": ("Positive in", show_share), "significant": ("p < .05 in", show_share),
            "sharp.highest": ("Largest possible B if none is negative", THREE),
        }),
        "recommendations": build_page_table(judge_recommendations(advice, study.joint_regressions, names), {
            "kind": ("For", show_text), "recommendation": ("Recommended", show_text),
            "numbers": ("What the numbers say", show_text),
        }),
        "completion_models": build_page_table(_name(build_completion_models_table(study), names, "predictor"), {
            "model": ("Model", show_text), "predictor": ("Effect of", show_text), "lowest": ("Lowest β", TWO),
            "median": ("Median", TWO), "highest": ("Highest", TWO), "positive": ("Positive in", show_share),
            "significant": ("p < .05 in", show_share),
        }),
        "path_models": build_page_table(_name(study.path_models, names, "composite"), {
            "composite": ("Composite", show_text), "alone": ("Correlation with success", THREE),
            "lowest": ("Lowest β in the data sets", THREE), "median": ("Median", THREE), "highest": ("Highest", THREE),
            "positive": ("Positive in", show_share), "significant": ("p < .05 in", show_share),
            "sharp.highest": ("Largest possible β if none is negative", THREE),
        }),
    }  # fmt: skip


def _name(frame: pd.DataFrame, names: Names, column: str) -> pd.DataFrame:
    """The frame with names for the codes in a column, and for its tables."""
    named = frame.assign(**{column: frame[column].map(names.name_item)})
    return named.assign(table=named["table"].map(names.name_table)) if "table" in named else named


def _name_tables(findings: pd.DataFrame, names: Names) -> pd.DataFrame:
    """Lists of tables by their numbers; one without a number by what it is about."""
    lists = [
        ", ".join(one if is_numbered(one) else names.name_table(one) for one in text.split(", ") if one)
        for text in findings["tables"]
    ]
    return findings.assign(tables=lists)


def _spread_figures(figures: pd.DataFrame, columns: Sequence[str], names: Names) -> pd.DataFrame:
    """One row a term of a table, or a table; each cell "printed → recomputed", NO where they do not agree."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for row in figures.to_dict("records"):
        quantity, _, term = row["figure"].partition(" ")
        if quantity in columns:
            cells = rows.setdefault((row["table"], term), {"table": row["table"], "term": names.name_item(term)})
            cells[quantity] = _show_agreement(row)
    return pd.DataFrame(list(rows.values())).fillna("–")


def _show_agreement(row: Mapping[str, object]) -> str:
    text = f"{row['printed']}{_ARROW}{show_number(4)(row['reproduced'])}"
    return text if row["agrees"] else f"{text} NO"
