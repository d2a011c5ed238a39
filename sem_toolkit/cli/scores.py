"""`sem-toolkit scores`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from sem_toolkit.cli.inferred import print_found, require_optimum
from sem_toolkit.cli.inputs import protect_files_of
from sem_toolkit.cli.options import WITHOUT_TESTS, DataOption, JsonOption, SpecArgument, require_use, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, print_written
from sem_toolkit.cli.progress import show_work
from sem_toolkit.fit import fit as fit_model
from sem_toolkit.inference import ScoreMethod
from sem_toolkit.spec import read_spec


@takes_fit_options
def scores(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    method: Annotated[
        str, typer.Option("--method", help=f"One of: {', '.join(get_args(ScoreMethod))}.")
    ] = "regression",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write the scores of all rows: .csv .xlsx .md .tex .html .docx"),
    ] = None,
) -> int:
    """Factor scores of every row of the data that was used, with their standard errors and determinacy."""
    require_use(chosen, WITHOUT_TESTS, "scores have errors of their own, and no estimate is tested")
    from sem_toolkit.report.tables import build_score_quality, build_score_rows

    if output is not None:
        from sem_toolkit.report.export import require_format

        require_format(output)
    parsed = read_spec(spec)
    protect_files_of(output, [parsed], data)
    with show_work("fitting"):
        fitted = fit_model(parsed, data, **chosen)
    result = require_optimum(fitted)
    chosen_method = cast("ScoreMethod", method)
    rows, quality = build_score_rows(result, chosen_method), build_score_quality(result, chosen_method)
    if output is not None:
        from sem_toolkit.report.export import write_table

        write_table(output, rows, f"{result.title}: factor scores ({method})")
        print_written(output)
    title = f"Factor scores ({method})"
    shown = {"score_quality": (f"{title}: standard errors and determinacy", quality)}
    if json or output is None:
        shown["scores"] = (title, rows)
    print_found(result, shown, json)
    return DONE if result.certified else NOT_CERTIFIED
