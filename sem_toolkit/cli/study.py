"""`sem-toolkit study`."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages
from sem_toolkit.cli.progress import show_progress
from sem_toolkit.diagnostics import DataError, build_missing_folder
from sem_toolkit.report.numbers import format_number, format_p_relation, format_p_value
from sem_toolkit.report.text_tables import build_table, protect_numbers

if TYPE_CHECKING:
    from sem_toolkit.study.run import StudyResult


def study(
    specs: Annotated[Path, typer.Option("--specs", help="Folder of the specs.")] = Path("model_specs"),
    data: Annotated[Path, typer.Option("--data", help="Folder of the study's data.")] = Path("data"),
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder to write to.")] = Path("outputs"),
    replications: Annotated[
        int, typer.Option(min=1, help="Surveys of other seeds, to see how often a verdict comes out.")
    ] = 200,
    word: Annotated[bool, typer.Option("--word", help="Write the report as report.docx too.")] = False,
    init: Annotated[
        Path | None,
        typer.Option("--init", metavar="DIR", help="Only copy the study's specs and data into this folder."),
    ] = None,
) -> int:
    """Fit the whole study; write Figure 3-1, the tables and the report."""
    from sem_toolkit.study.files import write_study
    from sem_toolkit.study.run import count_stages, list_faults, run_study
    from sem_toolkit.study.shipping import copy_study

    console = build_console()
    if init is not None:
        copied = copy_study(init)
        console.print(f"{', '.join(map(str, copied))}\nNext: cd {init} && sem-toolkit study")
        return DONE
    if not specs.is_dir():
        hint = "sem-toolkit study --init DIR copies those of the study; --specs names another folder"
        raise DataError(build_missing_folder(specs, "folder", hint=hint))
    total, steps = count_stages(specs) + 1, count(1)
    with show_progress("reading") as watch:

        def show(title: str) -> None:
            watch(next(steps), total, title)

        result = run_study(specs, data, show, replications)
        show("figure and report")
        written = write_study(result, output, word=word)
    print_study(console, result, written)
    for model, entry in list_faults(result.models):
        print_messages([entry], model.spec.source)
    return NOT_CERTIFIED if result.uncertified else DONE


def print_study(console: Console, result: "StudyResult", written: Sequence[Path]) -> None:
    """A line a model, the joint tests, and where the files are."""
    right = ("n", "χ²", "df", "p", "CFI", "RMSEA", "SRMR", "BIC")
    table = build_table("Fit of every model", ("model", "verdict"), right, right=right)
    for model in result.models:
        measures = model.fit.fit_measures if model.fit else {}
        table.add_row(
            model.name,
            model.fit.certificate.verdict if model.fit else "not fitted",
            str(model.fit.sample.n) if model.fit else "–",
            format_number(measures.get("chisq"), 1),
            format_number(measures.get("df"), 0),
            format_p_value(measures.get("pvalue")),
            *(format_number(measures.get(name)) for name in ("cfi", "rmsea", "srmr")),
            format_number(measures.get("bic"), 0),
        )
    console.print(protect_numbers(table))
    shares = result.replications.compute_shares()
    for test in result.joint_tests:
        console.print(
            f"{test.hypothesis.name}: that {test.hypothesis.null} is {test.verdict} "
            f"(Wald χ²({test.df}) = {test.wald:.2f}, p {format_p_relation(test.wald_pvalue)}; "
            f"rejected with {100 * shares[test.hypothesis.name]:.0f} % of other seeds)"
        )
    if not result.joint_tests:
        console.print("No certified fit of the research model: nothing can be said of the hypotheses.")
    console.print("\nThe survey is simulated: the figures show the method, they are no evidence about Shenzhen.")
    console.print("Written:")
    for folder in dict.fromkeys(path.parent for path in written):
        names = ", ".join(path.name for path in written if path.parent == folder)
        console.print(f"    {folder}/: {names}")
