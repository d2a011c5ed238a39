"""What the language knows but no estimator here does yet."""

import re
from collections.abc import Sequence

from sem_toolkit.diagnostics import Severity
from sem_toolkit.spec.reporting import Reporter
from sem_toolkit.spec.tree import BlockHeader, Formula, Statement

NOT_SUPPORTED = "not-supported-yet"
LATENT_PRODUCT = "latent-product"
ITEM_RANGE = "product-not-range"

_RANGE = re.compile(r"(?P<stem>[^\W\d](?:.*\D)?)(?P<low>\d+):(?P=stem)(?P<high>\d+)")
_SHOWN = 12
_OPERATORS = {":~": "heterogeneity (:~)"}
_BLOCKS = {"class": "latent classes (class:)", "block": "blocks (block:)"}
PRODUCT_HINT = (
    'sam_method = "local" (--sam local); or make products of the indicators as columns of the data (centred first), '
    "and a factor of these: fg =~ x1:z1 + x2:z2 + x3:z3"
)


def check_support(statements: Sequence[Statement], reporter: Reporter) -> None:
    """Report what cannot be estimated. Where there is a parameter table all the same this is a warning."""
    told: set[str] = set()
    factors = {
        term.variable
        for statement in statements
        if isinstance(statement, Formula) and statement.operator in {"=~", "<~"}
        for term in statement.left
    }
    for statement in statements:
        if isinstance(statement, BlockHeader) and statement.block in _BLOCKS:
            _report(_BLOCKS[statement.block], "error", statement.start, statement.end, told, reporter)
        elif isinstance(statement, Formula):
            if statement.operator in _OPERATORS:
                what = _OPERATORS[statement.operator]
                _report(what, "error", statement.operator_start, statement.operator_end, told, reporter)
            _note_range(statement, reporter)
            for term in (*statement.left, *statement.right):
                if ":" in term.variable and not factors.isdisjoint(term.variable.split(":")):
                    _note_product(term.variable, term.start, term.end, told, reporter)


def _note_range(statement: Formula, reporter: Reporter) -> None:
    """That "w1:w4" as the only indicator is a product, where all from the one to the other may be meant."""
    if statement.operator != "=~" or len(statement.right) != 1:
        return
    term = statement.right[0]
    found = _RANGE.fullmatch(term.variable)
    if found is None or int(found["low"]) >= int(found["high"]):
        return
    stem, low, high, width = found["stem"], int(found["low"]), int(found["high"]), len(found["low"])
    names = [f"{stem}{number:0{width}d}" for number in range(low, min(high, low + _SHOWN) + 1)]
    items = " + ".join(names if high <= low + _SHOWN else [*names[:-1], "…", f"{stem}{found['high']}"])
    message = f"{term.variable} is one indicator, the product of {stem}{found['low']} and {stem}{found['high']}"
    hint = f"a range has to be written out: {items}"
    reporter.add("warning", ITEM_RANGE, message, term.start, term.end, hint)


def _note_product(name: str, start: int, end: int, told: set[str], reporter: Reporter) -> None:
    if LATENT_PRODUCT not in told:
        told.add(LATENT_PRODUCT)
        message = f"products of latent variables ({name}) are estimated by structural after measurement alone"
        reporter.add("note", LATENT_PRODUCT, message, start, end, PRODUCT_HINT)


def _report(
    what: str,
    severity: Severity,
    start: int,
    end: int,
    told: set[str],
    reporter: Reporter,
    hint: str | None = None,
) -> None:
    """Once for each thing: the second place tells nothing new."""
    if what not in told:
        told.add(what)
        reporter.add(severity, NOT_SUPPORTED, f"{what} can be read but not estimated yet", start, end, hint)
