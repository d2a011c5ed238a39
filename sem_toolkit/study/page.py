"""The study's report: one HTML file that needs nothing beside it, an argument with every number from a table."""

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sem_toolkit.comparison import check_nesting, compute_difference
from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_estimate, format_p_relation, format_p_value
from sem_toolkit.report.reported import describe_method
from sem_toolkit.study.claims import format_power
from sem_toolkit.study.completion_models import CompletionFits
from sem_toolkit.study.findings import list_findings
from sem_toolkit.study.names import Names, name_factor_in_words
from sem_toolkit.study.page_sections import build_sections, name_study
from sem_toolkit.study.page_tables import join_words
from sem_toolkit.study.printed_study import EXTREME, PrintedStudy
from sem_toolkit.study.recommendations import NOTHING
from sem_toolkit.study.run import StudyModel, StudyResult
from sem_toolkit.study.tables import list_equivalent_models
from sem_toolkit.study.truth import LEVEL

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure


def build_study_page(
    result: StudyResult,
    figures: Iterable[tuple[str, str, str]],
    plots: Mapping[str, "Figure"],
    remarks: "pd.DataFrame",
) -> str:
    """The page as text.

    figures  file name without its suffix, caption and SVG text of each figure, in order
    plots    of `draw_plots`
    remarks  what else a reader notices (data/published/remarks.csv)
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup

    environment = Environment(
        loader=ChoiceLoader([PackageLoader("sem_toolkit.study"), PackageLoader("sem_toolkit.report")]),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": format_estimate, "p": format_p_value, "join_words": join_words, "words": name_factor_in_words,
        "power": format_power,
        "equals": format_p_relation,
    }  # fmt: skip
    better = _list_better(result)
    study, tables, names = result.printed, build_sections(result), name_study(result)
    return environment.get_template("study.html.j2").render(
        result=result,
        research=result.research_model,
        study=study,
        audit=study.audit,
        findings=list_findings(study.audit),
        names=names,
        n_stated=next((n for n in study.audit.stated_n.values() if n is not None), None),
        extreme=EXTREME,
        counts=_read_counts(study),
        without_numbers=sum(row[-1] == NOTHING for row in tables["recommendations"].rows),
        stable=_list_stable(study.completion_models),
        unstable=_list_unstable(study, names),
        method="" if result.research_model.fit is None else describe_method(result.research_model.fit),
        engines=_list_engines(result),
        recovery=study.recovery,
        scores=study.score_items.to_frame(study.publication.tables).to_dict("records"),
        most_items=study.score_items.outcome.most,
        apart=max(result.joint_tests, key=lambda test: abs(test.wald - test.lr), default=None),
        same_verdicts=all(test.agrees for test in result.joint_tests),
        tests={test.hypothesis.name: test for test in result.joint_tests},
        shares=result.replications.compute_shares(),
        level=LEVEL,
        innovation=result.replications.count_positive(_list_innovation(result)).to_dict(),
        stages=None if result.stage_effects is None else _index_stages(result.stage_effects.effects),
        equivalent=list_equivalent_models(result),
        better=[model.title for model in better],
        worse_fit=sum(_loses_fit(model, result.research_model) for model in better),
        remarks=remarks.to_dict("records"),
        tables=tables,
        plots={name: _write_svg(name, plot) for name, plot in plots.items()},
        figures=[(name, caption, Markup(_strip_prolog(svg))) for name, caption, svg in figures],  # noqa: S704 - our own drawing
        sections=_build_sections,
        name_row=lambda row: names.name_items(
            code for code in dict.fromkeys((row["rhs"], row["lhs"])) if code in names.items
        ),
    )


def _list_stable(models: Iterable[CompletionFits]) -> list[str]:
    """Predictors whose effect is positive in every completion with an admissible optimum."""
    return [row.predictor for own in models for row in own.effects.itertuples() if row.positive == 1]


def _list_unstable(study: PrintedStudy, names: Names) -> list[str]:
    """Predictors whose effect is positive in some completions and negative in others."""
    return [
        names.name_item(row.predictor)
        for own in study.completion_models
        for row in own.effects.itertuples()
        if 0 < row.positive < 1
    ]


def _read_counts(study: PrintedStudy) -> dict[str, str]:
    """The counts that the text gives, as printed, by what they count."""
    return {row["quantity"]: row["value"] for row in study.publication.statements.get("counts", ())}


def _list_engines(result: StudyResult) -> dict[str, list[str]]:
    """Titles of the models whose optimum each engine found."""
    found: dict[str, list[str]] = {"semopy": [], "native": []}
    for model in result.models:
        if model.fit is not None:
            found[model.fit.certificate.engine].append(model.title)
    return found


def _index_stages(effects: "pd.DataFrame") -> dict[str, dict[str, dict[str, Any]]]:
    return {
        str(factor): {str(row["stage"]): row for row in rows.to_dict("records")}
        for factor, rows in effects.groupby("factor", sort=False)
    }


def _list_innovation(result: StudyResult) -> list[str]:
    return [str(name) for name in result.replications.paths.columns if str(name).startswith(("network", "synergy"))]


def _loses_fit(model: StudyModel, research: StudyModel) -> bool:
    """Whether a difference test rejects an alternative that is nested in the research model."""
    if model.fit is None or research.fit is None or not check_nesting(research.fit.solution, model.fit.solution).nested:
        return False
    return bool(compute_difference(research.fit, model.fit).pvalue < LEVEL)


def _list_better(result: StudyResult) -> list[StudyModel]:
    """The alternatives of the same variables with a smaller BIC than the research model."""
    research = result.research_model
    if research.fit is None or not research.certified:
        return []
    own, variables = research.fit.fit_measures["bic"], set(research.fit.sample.variables)
    return [
        model
        for model in result.models
        if model.fit is not None
        and model.certified
        and set(model.fit.sample.variables) == variables
        and model.fit.fit_measures["bic"] < own - 1e-6
    ]


def _write_svg(name: str, figure: "Figure") -> "Markup":
    """A matplotlib figure as inline SVG; ids are seeded by its name, so that a study always gives the same page."""
    from markupsafe import Markup
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return Markup(_strip_prolog(buffer.getvalue()))  # noqa: S704 - our own drawing


def _strip_prolog(svg: str) -> str:
    """An SVG file's text from its root element on, as HTML wants it inline."""
    return svg[svg.index("<svg") :]


def _build_sections(model: StudyModel) -> list[tuple[str, list[dict[str, Any]]]]:
    """The estimates of a model by kind of parameter, in lavaan's order."""
    if model.fit is None:
        return []
    titles = {
        "=~": "Loadings",
        "<~": "Weights",
        "~": "Regressions",
        "~~": "Variances and covariances",
        "~1": "Intercepts",
        ":=": "Defined",
    }
    rows = model.parameters.rename(columns=lambda name: name.replace(".", "_"))
    return [
        (title, rows[rows["op"] == op].to_dict("records")) for op, title in titles.items() if (rows["op"] == op).any()
    ]
