"""The study's report: one HTML file that needs nothing beside it, an argument with every number from a table."""

import io
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sem_toolkit.libraries import pd
from sem_toolkit.report.numbers import format_estimate, format_p_value
from sem_toolkit.study.joint_tests import JointTest
from sem_toolkit.study.page_sections import build_sections, name_words
from sem_toolkit.study.page_tables import join_words
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
    printed: "pd.DataFrame",
    remarks: "pd.DataFrame",
) -> str:
    """The page as text.

    figures  file name without its suffix, caption and SVG text of each figure, in order
    plots    of `draw_plots`
    printed  the published regressions, one row a coefficient (data/published/regressions.csv)
    remarks  what else a reader notices (data/published/remarks.csv)
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("sem_toolkit.study"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": format_estimate, "p": format_p_value, "join_words": join_words, "words": name_words,
        "equals": lambda value: f"{'' if (p := format_p_value(value)).startswith('<') else '= '}{p}",
    }  # fmt: skip
    study = result.printed
    return environment.get_template("study.html.j2").render(
        result=result,
        research=result.research_model,
        study=study,
        audit=study.audit,
        recovery=study.recovery,
        scores=study.score_items.to_frame(study.publication.tables).to_dict("records"),
        most_items=study.score_items.outcome.most,
        tests={test.hypothesis.name: test for test in result.joint_tests},
        shares=result.replications.compute_shares(),
        level=LEVEL,
        verdict=_judge,
        innovation=result.replications.count_positive(_list_innovation(result)).to_dict(),
        stages=None if result.stage_effects is None else _index_stages(result.stage_effects.effects),
        equivalent=list_equivalent_models(result),
        better=_list_better(result),
        remarks=remarks.to_dict("records"),
        tables=build_sections(result, printed),
        plots={name: _write_svg(name, plot) for name, plot in plots.items()},
        figures=[(name, caption, Markup(_strip_prolog(svg))) for name, caption, svg in figures],  # noqa: S704 - our own drawing
        sections=_build_sections,
    )


def _judge(test: JointTest) -> str:
    """What a joint test says, in words."""
    both = test.wald_pvalue < LEVEL, test.lr_pvalue < LEVEL
    return "rejected" if all(both) else "not rejected" if not any(both) else "rejected by one of the two tests"


def _index_stages(effects: "pd.DataFrame") -> dict[str, dict[str, dict[str, Any]]]:
    return {
        str(factor): {str(row["stage"]): row for row in rows.to_dict("records")}
        for factor, rows in effects.groupby("factor", sort=False)
    }


def _list_innovation(result: StudyResult) -> list[str]:
    return [str(name) for name in result.replications.paths.columns if str(name).startswith(("network", "synergy"))]


def _list_better(result: StudyResult) -> list[str]:
    """Titles of the alternatives of the same variables with a smaller BIC than the research model."""
    research = result.research_model
    if research.fit is None or not research.certified:
        return []
    own, variables = research.fit.fit_measures["bic"], set(research.fit.sample.variables)
    return [
        model.title
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
