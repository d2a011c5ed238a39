"""`sem-toolkit audit`."""

from sem_toolkit.cli.options import JsonOption
from sem_toolkit.cli.output import DONE, build_console, print_record
from sem_toolkit.cli.printed import PUBLISHED, OutputOption, TablesArgument, protect_tables, write_csv
from sem_toolkit.cli.progress import show_work
from sem_toolkit.fit.records import build_frame_records, clean


def audit(tables: TablesArgument = PUBLISHED, json: JsonOption = False, output: OutputOption = None) -> int:
    """Check printed regression tables for consistency, by interval arithmetic on their rounded figures."""
    from sem_toolkit.study.audit import run_audit

    protect_tables(output, tables)
    with show_work("auditing"):
        result = run_audit(tables)
    write_csv(result.to_frame(), output)
    if json:
        print_record({"checks": build_frame_records(result.to_frame()), "compatible_n": clean(result.compatible_n)})
        return DONE
    build_console().print(result.summary())
    return DONE
