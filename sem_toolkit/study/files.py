"""The study's files: figure, tables as CSV and the report, each written whole."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sem_toolkit.diagram import Diagram, DiagramStyle
from sem_toolkit.files import make_folder, write_bytes
from sem_toolkit.fit import Fit
from sem_toolkit.fit.receipts import Failure, build_receipt, format_receipt
from sem_toolkit.libraries import pd
from sem_toolkit.report.csv import format_csv
from sem_toolkit.report.document import format_document
from sem_toolkit.report.figures import draw_fit, draw_spec
from sem_toolkit.spec import build_parameter_table
from sem_toolkit.study.page import build_study_page
from sem_toolkit.study.page_document import build_page_document
from sem_toolkit.study.page_sections import name_study
from sem_toolkit.study.pictures import draw_plots
from sem_toolkit.study.run import StudyModel, StudyResult
from sem_toolkit.study.tables import build_study_tables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE = "figure-3-1"
SIMULATED = "Simulated survey, no evidence about Shenzhen."
FIGURE_FORMATS = ("svg", "pdf", "png")


def write_study(result: StudyResult, output: Path, *, word: bool = False) -> list[Path]:
    """Write everything into `output` and return the paths, the report first.

    word  whether to write report.docx too
    Raises DataError for what cannot be written; everything is computed before the first file is written.
    """
    tables = build_study_tables(result)
    contents = {f"tables/{name}.csv": format_csv(table).encode() for name, table in tables.items()}
    figures = draw_figures(result.research_model)
    contents |= {
        f"{name}.{suffix}": figure.to_bytes(f".{suffix}")
        for name, (_, figure) in figures.items()
        for suffix in FIGURE_FORMATS
    }
    plots = draw_plots(result.printed, name_study(result))
    contents |= {f"plots/{name}.png": _write_png(plot) for name, plot in plots.items()}
    shown = [(name, caption, contents[f"{name}.svg"].decode()) for name, (caption, _) in figures.items()]
    remarks = pd.DataFrame(result.printed.publication.statements.get("remarks", ()), columns=["subject", "remark"])
    page = build_study_page(result, shown, plots, remarks)
    document = build_page_document(page, {name: png for name, png in contents.items() if name.endswith(".png")})
    reports = {"report.html": page.encode()}
    reports |= {f"report{suffix}": format_document(suffix, document) for suffix in (".md", *[".docx"] * word)}
    contents["receipt.json"] = format_receipt(build_study_receipt(result)).encode()
    for folder in ("tables", "plots"):
        make_folder(output / folder)
    for name, content in {**reports, **contents}.items():
        write_bytes(output / name, content)
    return [output / name for name in (*reports, *contents)]


def _write_png(plot: "Figure") -> bytes:
    buffer = io.BytesIO()
    plot.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    return buffer.getvalue()


def build_study_receipt(result: StudyResult) -> dict[str, Any]:
    """What every model of the study was made from and what came out."""
    results: dict[str, Fit | Failure] = {}
    for model in result.models:
        if model.fit is not None:
            results[model.name] = model.fit
        elif model.fault is not None:
            results[model.name] = Failure(model.spec, model.fault)
    return build_receipt(results)


def draw_figures(model: StudyModel) -> dict[str, tuple[str, Diagram]]:
    """Figure 3-1 by file name, each with its caption: with estimates where there is a fit, and schematic."""
    table = build_parameter_table(model.spec)
    schematic = draw_spec(model.spec, table, DiagramStyle(values="none", labels=False))
    figures = {f"{FIGURE}-schematic": (f"{model.title}: inferred from the paper's text, without estimates", schematic)}
    if model.fit is None:
        return figures
    caption = f"{model.title}, with standardised estimates. {SIMULATED}"
    return {FIGURE: (caption, draw_fit(model.fit, remark=SIMULATED))} | figures
