"""The study's report: one HTML file that needs nothing beside it."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sem_toolkit.report.numbers import format_estimate, format_p_value
from sem_toolkit.study.pictures import draw_compatible_n, draw_joint_regressions, draw_moment_region
from sem_toolkit.study.run import KINDS, StudyModel, StudyResult
from sem_toolkit.study.tables import build_models_table, list_equivalent_models

if TYPE_CHECKING:
    from markupsafe import Markup
    from matplotlib.figure import Figure


def build_study_page(result: StudyResult, figures: Iterable[tuple[str, str]], printed: pd.DataFrame) -> str:
    """The page as text.

    figures  caption and SVG text of each figure, in order
    printed  the published regressions, one row a coefficient (data/published/regressions.csv)
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
    environment.filters |= {"number": format_estimate, "p": format_p_value}
    comparison = build_models_table(result)
    return environment.get_template("study.html.j2").render(
        models=result.models,
        uncertified=result.uncertified,
        research=result.research_model,
        parts=[
            (title, comparison[comparison["kind"] == title].to_dict("records"))
            for title in KINDS.values()
            if (comparison["kind"] == title).any()
        ],
        equivalent=list_equivalent_models(result),
        evidence=result.evidence,
        figures=[(caption, Markup(_strip_prolog(svg))) for caption, svg in figures],  # noqa: S704 - our own drawing
        printed=_group_printed(printed),
        audit=result.printed.audit,
        recovery=result.printed.recovery,
        recovered=result.printed.recovery.to_frame().to_dict("records"),
        score_items=result.printed.score_items.to_frame(result.printed.publication.tables).to_dict("records"),
        most_items=result.printed.score_items.outcome.most,
        reconstruction=result.printed.reconstruction,
        completions=len(result.printed.completions.frames),
        joint=_replace_missing(result.printed.joint_regressions).to_dict("records"),
        pictures={
            "n": _draw("n", draw_compatible_n(result.printed.audit)),
            "region": _draw("region", draw_moment_region(result.printed.recovery)),
            "joint": _draw("joint", draw_joint_regressions(result.printed.joint_regressions)),
        },
        reproduced=_replace_missing(result.printed.figures).to_dict("records"),
        scales=result.preliminaries.scales.to_dict("records"),
        sections=_build_sections,
        source=Path,
    )


def _draw(name: str, figure: "Figure") -> "Markup":
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


def _replace_missing(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), None)


def _group_printed(printed: pd.DataFrame) -> list[tuple[str, list[dict[str, Any]]]]:
    filled = _replace_missing(printed)
    return [(str(table), rows.to_dict("records")) for table, rows in filled.groupby("table", sort=False)]


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
