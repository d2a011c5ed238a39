"""What `test` and `scores` share: a fit that something may be inferred from, and tables with their reasons."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sem_toolkit.cli.output import build_console, print_messages, print_record
from sem_toolkit.diagnostics import Diagnostic, EstimationError
from sem_toolkit.fit import Fit
from sem_toolkit.fit.records import build_frame_records
from sem_toolkit.report.text_tables import build_frame_table

if TYPE_CHECKING:
    import pandas as pd

Found = dict[str, tuple[str, "pd.DataFrame"]]
"""Tables by their key in JSON: title and rows."""


def require_optimum(result: Fit, hidden: Collection[str] = ()) -> Fit:
    """The fit, its messages printed but those with hidden codes; raises EstimationError where there is no optimum."""
    print_messages((entry for entry in result.messages if entry.code not in hidden), result.spec.source)
    if not result.converged:
        message = f"nothing can be inferred without a certified optimum ({result.certificate.verdict})"
        raise EstimationError(Diagnostic("error", "not-converged", message, hint="see `sem-toolkit fit` for the fit"))
    return result


def print_found(result: Fit, found: Found, json: bool) -> None:
    """Print every table, or all of them as one JSON document, with why numbers in them are missing."""
    from sem_toolkit.report.reasons import list_reasons

    reasons = {name: list_reasons(result, name, frame) for name, (_, frame) in found.items()}
    if json:
        record: dict[str, Any] = {name: build_frame_records(frame) for name, (_, frame) in found.items()}
        shown = {name: texts for name, texts in reasons.items() if texts}
        print_record(record | {"reasons": shown, "receipt": result.receipt})
        return
    console = build_console()
    for name, (title, frame) in found.items():
        console.print(build_frame_table(title, frame))
        for reason in reasons[name]:
            console.print(reason, "")
