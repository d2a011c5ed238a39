"""Why numbers on a receipt may have moved: what differs between then and now."""

from collections.abc import Iterable, Mapping
from typing import Any

from sem_toolkit.diagnostics import Diagnostic, SemError
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.prepared import get_header_options, prepare_schematic
from sem_toolkit.fit.receipts import LAYOUT, build_receipt, describe_options, get_version, hash_receipt
from sem_toolkit.fit.records import clean
from sem_toolkit.spec import Spec, parse_spec
from sem_toolkit.spec.difference import compare_tables
from sem_toolkit.spec.difference_texts import format_difference

ORDER = (
    "data-changed", "data-columns-changed", "data-file-changed", "spec-changed", "spec-gone", "option-changed",
    "outcome-changed", "version-changed", "receipt-edited",
)  # fmt: skip
"""Codes of reasons, the data first: a number that moved is most often another number that went in."""
_OF_DATA = frozenset({"sample_cov", "sample_mean", "sample_nobs"})


def list_call_options(then: Mapping[str, Any]) -> dict[str, object]:
    """The options that the call gave: those of the header are left to the spec as it is now."""
    given = then.get("options", {}).get("given", {})
    header = get_header_options(parse_spec(then["spec"]["text"], then["spec"]["name"]))
    return {name: value for name, value in given.items() if clean(header.get(name)) != value}


def explain_changes(then: Mapping[str, Any], now: Mapping[str, Any], spec: Spec) -> list[Diagnostic]:
    """What differs between an entry of a receipt and the same made now from a spec; unordered."""
    found = []
    if "data" in then and "data" in now:
        found += _explain_data(then["data"], now["data"])
    if then["spec"]["sha256"] != now["spec"]["sha256"]:
        found.append(_explain_spec(then, spec))
    if "options" in then and "options" in now:
        found += _explain_options(then, now)
    before, after = _describe_outcome(then), _describe_outcome(now)
    if before != after:
        message = f"{then['name']} ended otherwise. Then: {before}. Now: {after}"
        found.append(Diagnostic("warning", "outcome-changed", message))
    return found


def _describe_outcome(entry: Mapping[str, Any]) -> str:
    return str(entry["fault"]["message"] if "fault" in entry else entry["certificate"]["verdict"])


def _explain_data(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Diagnostic]:
    shared = [name for name in then["columns"] if name in now["columns"]]
    changed = [name for name in shared if then["columns"][name] != now["columns"][name]]
    same_file = then["sha256"] == now["sha256"] and then["sha256"] is not None
    source = then["path"] or then["source"] or "the data"
    if changed and same_file:
        message = f"{source} is the same file, but other values were used of {_join(changed)}"
        return [Diagnostic("warning", "data-columns-changed", message, hint="an option or the version reads it so")]
    if changed:
        rows = "" if then["n_read"] == now["n_read"] else f"; {then['n_read']} rows then, {now['n_read']} now"
        message = f"the data changed ({source}): other values in {_join(changed)}{rows}"
        return [Diagnostic("warning", "data-changed", message)]
    if then["sha256"] and now["sha256"] and not same_file:
        message = f"{source} is another file than then, though not in the rows and columns that the model uses"
        return [Diagnostic("note", "data-file-changed", message)]
    return []


def _explain_spec(then: Mapping[str, Any], spec: Spec) -> Diagnostic:
    name = then["spec"]["name"]
    try:
        options = {key: value for key, value in list_call_options(then).items() if key not in _OF_DATA}
        old = prepare_schematic(parse_spec(then["spec"]["text"], name), **options).table
        difference = compare_tables(old, prepare_schematic(spec, **options).table)
    except SemError:
        return Diagnostic("warning", "spec-changed", f"the spec {name} changed")
    if difference.is_empty:
        return Diagnostic("note", "spec-changed", f"the spec {name} changed, though not the model it means")
    lines = "; ".join(line for line in format_difference(difference).splitlines() if line)
    return Diagnostic("warning", "spec-changed", f"the spec {name} changed: {lines}")


def _explain_options(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[Diagnostic]:
    # an option that an earlier version did not have was what it is now where it is not given
    usual = describe_options(parse_fit_options({}))["resolved"]
    old, new = usual | then["options"]["resolved"], now["options"]["resolved"]
    for name in sorted({*old, *new} - _OF_DATA):
        if old.get(name) != new.get(name):
            message = f"{then['name']}: {name} was {_show(old.get(name))} and is {_show(new.get(name))}"
            yield Diagnostic("warning", "option-changed", message)
    if "engine" in then and "engine" in now and then["engine"] != now["engine"]:
        message = f"{then['name']}: the optimum was found by {then['engine']}, now by {now['engine']}"
        yield Diagnostic("note", "option-changed", message)


def explain_versions(receipt: Mapping[str, Any]) -> list[Diagnostic]:
    """What differs between the programs, and whether the receipt is still as it was written."""
    present = build_receipt({})
    found = []
    if receipt["sem_toolkit"] != present["sem_toolkit"]:
        message = f"the receipt was written by sem_toolkit {receipt['sem_toolkit']}; this is {get_version()}"
        hint = f"version {receipt['sem_toolkit']} can tell whether the numbers are those that it wrote"
        found.append(Diagnostic("warning", "version-changed", message, hint=hint))
    others = [
        f"{name} {then} then, {present['versions'].get(name)} now"
        for name, then in receipt["versions"].items()
        if then != present["versions"].get(name)
    ]
    if others:
        found.append(Diagnostic("note", "version-changed", f"other versions: {'; '.join(others)}"))
    if receipt["receipt"] == LAYOUT and hash_receipt(receipt) != receipt["sha256"]:
        message = "the receipt itself was edited after it was written: its hash is not that of its content"
        found.append(Diagnostic("warning", "receipt-edited", message))
    return found


def _join(names: list[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _show(value: object) -> str:
    return "not set" if value is None else str(value)
