"""`sem-toolkit invariance`."""

from collections.abc import Mapping

from sem_toolkit.cli.options import DataOption, JsonOption, ReceiptOption, SpecArgument, takes_fit_options
from sem_toolkit.cli.output import DONE, NOT_CERTIFIED, build_console, print_messages, print_record, write_receipt
from sem_toolkit.report.text_tables import build_transposed_table
from sem_toolkit.spec import read_spec


@takes_fit_options
def invariance(
    spec: SpecArgument,
    chosen: Mapping[str, object],
    data: DataOption = None,
    json: JsonOption = False,
    receipt: ReceiptOption = None,
) -> int:
    """Measurement invariance across groups: configural, metric, scalar, strict, each tested against the one before."""
    from sem_toolkit.comparison.invariance import RULES, compute_invariance

    found = compute_invariance(read_spec(spec), data, **chosen)
    write_receipt(receipt, lambda: found.receipt)
    if json:
        print_record(found.to_dict())
    else:
        console = build_console()
        console.print(build_transposed_table("Invariance", found.table, "step"))
        console.print("Rules: " + "; ".join(f"{name}: {rule}" for name, rule in RULES.items()))
    for fit in found.fits.values():
        print_messages(fit.messages, fit.spec.source)
    return DONE if found.certified else NOT_CERTIFIED
