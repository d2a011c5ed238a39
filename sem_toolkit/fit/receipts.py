"""A receipt: what a result was made from and what came out, enough to fit it again and to see what has moved.

The layout is in receipt.schema.json beside this file. Everything in it is plain JSON, numbers with all their digits.
"""

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import SemError
from sem_toolkit.fit.options import FitOptions
from sem_toolkit.fit.origins import Origin, hash_columns, hash_text
from sem_toolkit.fit.prepared import Prepared
from sem_toolkit.fit.records import Record, clean, describe_certificate
from sem_toolkit.fit.result import Fit
from sem_toolkit.rotation import RotationOptions
from sem_toolkit.spec import Spec, read_spec

LAYOUT = 1
"""Of receipts; one with a higher number was written by a later version."""
PACKAGES = ("numpy", "scipy", "pandas", "semopy")
_NUMBERS = ("est", "se")
_KEYS = ("lhs", "op", "rhs", "group", "label")


@dataclass(frozen=True, eq=False)
class Failure:
    """A model that could not be fitted, the fault, and what was to be fitted as far as it came."""

    spec: Spec
    fault: SemError
    prepared: Prepared | None = None


def build_receipt(results: Mapping[str, Fit | Failure]) -> Record:
    """The receipt of some results by their names."""
    entries = [
        _build_failure_entry(name, result) if isinstance(result, Failure) else build_entry(name, result)
        for name, result in results.items()
    ]
    receipt: Record = {
        "receipt": LAYOUT,
        "sem_toolkit": get_version(),
        "versions": {"python": platform.python_version()} | {name: _find_version(name) for name in PACKAGES},
        "fits": entries,
    }
    return receipt | {"sha256": hash_receipt(receipt)}


def format_receipt(receipt: Mapping[str, Any]) -> str:
    """A receipt as the text of a JSON file."""
    return json.dumps(receipt, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def hash_receipt(receipt: Mapping[str, Any]) -> str:
    """SHA-256 of a receipt without its own hash, its keys in order: one that was edited afterwards tells itself."""
    content = {key: value for key, value in receipt.items() if key != "sha256"}
    return hash_text(json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":")))


def build_entry(name: str, fit: Fit) -> Record:
    """One fit: spec, data, options, certificate, and the numbers that came out."""
    certificate, sample = fit.certificate, fit.sample
    return {
        "name": name,
        "spec": _describe_spec(fit.spec),
        "data": {
            **_describe_data(sample.source, fit.origin, fit.options),
            "n_read": sample.n_read,
            "groups": [{"label": group.label, "n": group.n} for group in sample.groups],
            "columns": hash_columns(sample),
        },
        "options": describe_options(fit.options),
        "seeds": {"search": fit.options.estimation.seed},
        "start": None if fit.start is None else clean(fit.start),
        "engine": certificate.engine,
        "certificate": describe_certificate(certificate),
        "n": fit.sample.n,
        "npar": fit.npar,
        "parameters": [
            {key: clean(row[key]) for key in (*_KEYS, *_NUMBERS)} for row in fit.parameters.to_dict("records")
        ],
        "fit_measures": {key: clean(value) for key, value in fit.fit_measures.items()},
    }


def _describe_given(options: FitOptions) -> Record:
    """The options as given; moments as they were read, whatever they came in."""
    read = {"sample_cov": options.sample_cov, "sample_mean": options.sample_mean, "sample_nobs": options.sample_nobs}
    return {name: clean(read.get(name, value)) for name, value in options.given.items()}


def describe_options(options: FitOptions) -> Record:
    """Options as given, and every one with the value that it came to have; what is not set is left out."""
    return {"given": _describe_given(options), "resolved": _list_resolved(options)}


def _list_resolved(options: FitOptions) -> Record:
    found: Record = {}
    parts: list[Any] = [options.table, options.estimation, options.inference, options]
    if options.estimation.record.search == "instruments":
        parts.append(options.estimation.instruments)
    if options.estimation.steps.sam_method is not None:
        parts.append(options.estimation.steps)
    for part in parts:
        for entry in fields(part):
            value = getattr(part, entry.name)
            if entry.name in _NESTED:
                continue
            if value is None or value == () or value == {}:
                continue
            found[entry.name] = clean(getattr(value, "name", value))
    if options.rotation != RotationOptions():
        found["rotation"] = clean(asdict(options.rotation))
    return found


_NESTED = frozenset(
    {"table", "estimation", "inference", "instruments", "steps", "rotation", "given", "sample_cov", "sample_mean"}
    | {"resampled"}
)
"""What has options of its own, is told elsewhere in a receipt, or is no option but a result."""


def format_mark(fit: Fit) -> str:
    """One line for the foot of a printed table: version and the first digits of the hashes."""
    data = fit.origin.sha256 if fit.origin else hash_text("".join(hash_columns(fit.sample).values()))
    return f"sem_toolkit {get_version()}, data {data[:12]}, spec {hash_text(fit.spec.source.text)[:12]} (SHA-256)."


def get_version() -> str:
    """The version of this package."""
    return str(import_module("sem_toolkit").__version__)


def _describe_spec(spec: Spec) -> Record:
    """Its text, and whether the file of its name holds just that: other specs are made from files, not kept in them."""
    name, text = spec.source.name, spec.source.text
    return {"name": name, "in_file": _is_in_file(name, text), "sha256": hash_text(text), "text": text}


def _is_in_file(name: str, text: str) -> bool:
    try:
        return not name.startswith("<") and Path(name).is_file() and read_spec(name).source.text == text
    except (SemError, OSError, ValueError):
        return False


def _describe_data(source: str, origin: Origin | None, options: FitOptions) -> Record:
    return {
        "source": source or None,
        "path": origin.path if origin else None,
        "sha256": origin.sha256 if origin else None,
        "moments": options.sample_cov is not None,
    }


def _build_failure_entry(name: str, failure: Failure) -> Record:
    entry, prepared = failure.fault.diagnostics[0], failure.prepared
    record: Record = {"name": name, "spec": _describe_spec(failure.spec)}
    if prepared is not None:
        nothing: Record = {"n_read": None, "groups": [], "columns": {}}
        record["data"] = _describe_data(prepared.source, prepared.origin, prepared.options) | nothing
        record["options"] = describe_options(prepared.options)
    return record | {"fault": {"code": entry.code, "message": entry.message}}


def _find_version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
