"""`sem-toolkit data`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from sem_toolkit.cli.inputs import protect_inputs
from sem_toolkit.cli.options import JsonOption
from sem_toolkit.cli.output import DONE, build_console, print_messages, print_record, print_written
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.fit.readers import parse_answers, parse_codes, parse_words
from sem_toolkit.fit.records import build_frame_records
from sem_toolkit.sample import Door, open_table

Value = TypeVar("Value")


def data(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Rows: CSV, TSV, Parquet, Excel, SPSS, Stata.")],
    items: Annotated[
        str | None, typer.Option("--items", help="The answer items, such as b1,b2. Default: whole numbers 0 to 10.")
    ] = None,
    sent: Annotated[
        int | None,
        typer.Option("--sent", min=1, help="Questionnaires sent out: the response flow then starts with them."),
    ] = None,
    returned: Annotated[
        int | None,
        typer.Option("--returned", min=1, help="Questionnaires returned, where the rows are the valid ones."),
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Of an Excel workbook.")] = None,
    missing_codes: Annotated[
        str | None,
        typer.Option("--missing-codes", help="Values that stand for missing: 9,99 everywhere, age=-1 in one column."),
    ] = None,
    answers: Annotated[
        str | None,
        typer.Option("--answers", help="Answers in words, the lowest first: 'never, rarely, often'."),
    ] = None,
    output: Annotated[Path | None, typer.Option("--html", "-o", "--output", help="Write one HTML page: .html")] = None,
    json: JsonOption = False,
) -> int:
    """Look through survey data: types, odd values, empty cells, straight lines, duplicates, careless rows."""
    from sem_toolkit.report.screening import build_screening, build_screening_page
    from sem_toolkit.sample.screening import screen

    protect_inputs(output, [file])
    if output is not None and output.suffix.lower() not in {".html", ".htm"}:
        message = f"{output}: the page is HTML"
        raise OptionError(Diagnostic("error", "unknown-format", message, hint="give a name that ends in .html"))
    frame = open_table(file, _build_door(sheet, missing_codes, answers))
    found = screen(frame, parse_words(items) if items else (), sent, returned)
    if output is not None:
        from sem_toolkit.files import write_text

        write_text(output, build_screening_page(found, f"Data: {file.name}"))
        print_written(output)
    if json:
        print_record(
            {
                "flow": build_frame_records(found.flow),
                "columns": build_frame_records(found.columns),
                "items": list(found.items),
                "values": build_frame_records(found.values),
                "patterns": build_frame_records(found.patterns),
                "straight": list(found.straight),
                "duplicates": list(found.duplicates),
                "far": build_frame_records(found.far),
                "diagnostics": [build_diagnostic_record(entry) for entry in found.messages],
            }
        )
        return DONE
    print_messages(found.messages, None)
    if output is None:
        console = build_console()
        for part in build_screening(found):
            console.print(part)
    return DONE


def _build_door(sheet: str | None, missing_codes: str | None, answers: str | None) -> Door:
    codes = _read("missing codes", parse_codes, missing_codes)
    return Door(sheet, codes, _read("answers", parse_answers, answers))


def _read(what: str, read: Callable[[str], tuple[Value, ...]], text: str | None) -> tuple[Value, ...]:
    """What a flag says; none where it was not typed."""
    try:
        return read(text) if text is not None else ()
    except ValueError as problem:
        raise OptionError(Diagnostic("error", "option-value", f"{what} cannot be {text!r}: {problem}")) from None
