"""A receipt against the present: what its results were made from, compared with what is there now, and fitted again."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import DataError, Diagnostic, SemError
from sem_toolkit.diagnostics.records import build_diagnostic_record
from sem_toolkit.fit.pipeline import FloatArray, estimate, prepare
from sem_toolkit.fit.prepared import Prepared
from sem_toolkit.fit.reading_receipts import require_receipt
from sem_toolkit.fit.receipt_reasons import ORDER, explain_changes, explain_versions, list_call_options
from sem_toolkit.fit.receipts import Failure, build_receipt
from sem_toolkit.fit.records import clean
from sem_toolkit.fit.result import Fit
from sem_toolkit.spec import Spec, parse_spec, read_spec
from sem_toolkit.spec.difference import name_group

if TYPE_CHECKING:
    import pandas as pd

TOLERANCE = 1e-10
"""Relative change (absolute for numbers below 1) up to which a number has not moved."""
COLUMNS = ["model", "number", "then", "now", "change"]


@dataclass(frozen=True)
class Moved:
    """One number of the receipt and what it is now; None where it is not there."""

    model: str
    number: str
    then: float | None
    now: float | None

    @property
    def change(self) -> float:
        """Now less then; NaN where one of them is missing."""
        return math.nan if self.then is None or self.now is None else self.now - self.then


@dataclass(frozen=True)
class Verification:
    """What has become of the results of a receipt.

    reasons   what differs from then, the data first, then specs, options and versions
    moved     numbers and verdicts that are not what they were, the largest relative change first
    compared  how many numbers were compared
    largest   the largest relative change among them
    """

    reasons: tuple[Diagnostic, ...]
    moved: tuple[Moved, ...]
    compared: int
    largest: float

    @property
    def holds(self) -> bool:
        """Whether nothing moved, and every model ended as it did then."""
        return not self.moved and all(reason.code != "outcome-changed" for reason in self.reasons)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row a number that moved: model, number, then, now, change."""
        import pandas as pd

        rows = [(m.model, m.number, m.then, m.now, m.change) for m in self.moved]
        frame = pd.DataFrame(rows, columns=COLUMNS)
        return frame.astype({"then": float, "now": float, "change": float})

    def to_dict(self) -> dict[str, Any]:
        """The verification as `sem-toolkit verify --json` prints it."""
        return {
            "holds": self.holds,
            "reasons": [build_diagnostic_record(reason) for reason in self.reasons],
            "moved": [
                {"model": m.model, "number": m.number, "then": m.then, "now": m.now, "change": clean(m.change)}
                for m in self.moved
            ],
            "compared": self.compared,
            "largest_change": clean(self.largest),
            "tolerance": TOLERANCE,
        }


def verify(receipt: Mapping[str, Any], data: object = None, folder: Path | None = None) -> Verification:
    """Fit everything on a receipt again, from the specs and data that are there now.

    receipt  as `build_receipt` or a JSON output has it
    data     rows in place of the file that the receipt names; needed where it names none
    folder   where paths of the receipt are looked for besides the current folder

    Raises DataError where the receipt cannot be read or its data are not there.
    """
    receipt = require_receipt(dict(receipt))
    reasons: list[Diagnostic] = []
    pairs: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
    for then in receipt["fits"]:
        spec, said = _find_spec(then, folder)
        reasons += said
        now = _refit(then, spec, data, folder)
        reasons += explain_changes(then, now, spec)
        pairs.append((then["name"], then, now))
    reasons += explain_versions(receipt)
    ordered = sorted(dict.fromkeys(reasons), key=lambda reason: ORDER.index(reason.code))
    changes = [(_measure(then, now), Moved(name, key, then, now)) for name, key, then, now in _list_numbers(pairs)]
    moved = [(size, entry) for size, entry in changes if not size <= TOLERANCE]
    moved.sort(key=lambda item: -item[0])
    largest = max((size for size, _ in changes), default=0.0)
    return Verification(tuple(ordered), tuple(entry for _, entry in moved), len(changes), largest)


# -- what there is now


def _find_spec(then: Mapping[str, Any], folder: Path | None) -> tuple[Spec, list[Diagnostic]]:
    """The spec as it is now; the one on the receipt where there is no file."""
    kept = then["spec"]
    if not kept["in_file"]:
        return parse_spec(kept["text"], kept["name"]), []
    path = _find_path(kept["name"], folder)
    if path is None:
        message = f"{then['name']}: the spec {kept['name']} is not there; its text on the receipt is fitted"
        return parse_spec(kept["text"], kept["name"]), [Diagnostic("note", "spec-gone", message)]
    return read_spec(path), []


def _find_path(name: str, folder: Path | None) -> Path | None:
    places = [Path(name)] + ([] if folder is None else [folder / name, folder / Path(name).name])
    return next((place for place in places if place.is_file()), None)


def _refit(then: Mapping[str, Any], spec: Spec, data: object, folder: Path | None) -> dict[str, Any]:
    """The entry of a receipt that the same call gives now."""
    options = list_call_options(then)
    if "sample_cov" in options:
        data = None
    elif data is None and "data" in then:
        data = _find_rows(then, folder)
    result: Fit | Failure
    prepared = None
    try:
        prepared = prepare(spec, data, **options)
        result = estimate(prepared, _find_start(then, prepared))
    except SemError as fault:
        result = Failure(spec, fault, prepared)
    return build_receipt({then["name"]: result})["fits"][0]  # type: ignore[no-any-return]


def _find_start(then: Mapping[str, Any], prepared: Prepared) -> FloatArray | None:
    """Where the search began then, if that is a point of the model as it is now."""
    start = then.get("start")
    if start is None or len(start) != prepared.model.n_parameters:
        return None
    return np.array([math.nan if value is None else value for value in start])


def _find_rows(then: Mapping[str, Any], folder: Path | None) -> object:
    name = then.get("data", {}).get("path")
    if name is None:
        source = then["data"]["source"] or "rows in memory"
        message = f"{then['name']}: the receipt knows no file of its data ({source})"
        raise DataError(Diagnostic("error", "data-gone", message, hint="give them: --data FILE"))
    path = _find_path(name, folder)
    if path is None:
        message = f"{then['name']}: the data {name} are not there"
        raise DataError(Diagnostic("error", "data-gone", message, hint="say where they are: --data FILE"))
    return path


# -- what moved


def _list_numbers(
    pairs: Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]],
) -> Iterable[tuple[str, str, float | None, float | None]]:
    """Model, name of the number, then and now, of every number on either side."""
    for name, then, now in pairs:
        old, new = _read_numbers(then), _read_numbers(now)
        for key in {**old, **new}:
            before, after = old.get(key), new.get(key)
            if before is not None or after is not None:
                yield name, key, before, after


def _read_numbers(entry: Mapping[str, Any]) -> dict[str, float | None]:
    """Numbers of an entry by what they are called; without a certified optimum no number means anything."""
    found: dict[str, float | None] = {}
    several = len({row["group"] for row in entry.get("parameters", ())} - {0}) > 1
    labels = [str(group["label"]) for group in entry.get("data", {}).get("groups", ())]
    for row in entry.get("parameters", ()):
        called = f"{row['lhs']} {row['op']} {row['rhs']}".strip()
        called += f" {name_group(row['group'], labels)}" if several and row["group"] else ""
        found[f"{called} est"], found[f"{called} se"] = row["est"], row["se"]
    return found | dict(entry.get("fit_measures", {}))


def _measure(then: float | None, now: float | None) -> float:
    """The change relative to what was (absolute below 1); infinite where one of the numbers is missing."""
    if then is None or now is None:
        return math.inf
    return abs(now - then) / max(1.0, abs(then))
