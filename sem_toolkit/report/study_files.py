"""The study's files: figure, tables as CSV and the report, each written whole."""

from pathlib import Path

import pandas as pd

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.files import make_folder, write_bytes
from sem_toolkit.report.figures import build_caption, draw_fit
from sem_toolkit.report.study_page import build_study_page
from sem_toolkit.report.study_tables import build_comparison_table, build_hypothesis_table, build_parameter_table
from sem_toolkit.study.audit import run_audit
from sem_toolkit.study.run import StudyResult

FIGURE = "figure-3-1"
FIGURE_FORMATS = ("svg", "pdf", "png")


def write_study(result: StudyResult, data: Path, output: Path) -> list[Path]:
    """Write everything into `output` and return the paths, the report first.

    data  folder with published/regressions.csv
    Raises DataError for what cannot be read or written; everything is computed before the first file is written.
    """
    printed = read_printed_regressions(data / "published" / "regressions.csv")
    audit = run_audit(data / "published")
    tables = {
        "fit_measures": build_comparison_table(result),
        "hypotheses": build_hypothesis_table(result),
        "audit": audit.to_frame(),
        "parameters": pd.concat([build_parameter_table(model) for model in result.models], ignore_index=True),
    }
    contents = {f"tables/{name}.csv": table.to_csv(index=False).encode() for name, table in tables.items()}
    captions = []
    if result.research_model.fit is not None:
        figure = draw_fit(result.research_model.fit)
        contents |= {f"{FIGURE}.{suffix}": figure.to_bytes(f".{suffix}") for suffix in FIGURE_FORMATS}
        captions.append((build_caption(result.research_model.fit), contents[f"{FIGURE}.svg"].decode()))
    page = build_study_page(result, captions, printed, audit).encode()
    make_folder(output / "tables")
    for name, content in {"report.html": page, **contents}.items():
        write_bytes(output / name, content)
    return [output / name for name in ("report.html", *contents)]


def read_printed_regressions(path: Path) -> pd.DataFrame:
    """The published regressions as printed: texts, so that "0.000" keeps its three digits."""
    try:
        return pd.read_csv(path, dtype=str)
    except OSError as problem:
        message = f"the printed regressions {path} cannot be read: {problem.strerror}"
        hint = "run the command in the project's folder, or name the folder of the data with --data"
        raise DataError(Diagnostic("error", "unreadable-file", message, hint=hint)) from None
