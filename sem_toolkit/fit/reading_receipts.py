"""Reading a receipt back: a file, or any JSON output that carries one, checked before anything is done with it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sem_toolkit.diagnostics import DataError, Diagnostic, build_missing_file
from sem_toolkit.fit.receipts import LAYOUT, get_version

_KINDS: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def read_receipt(path: Path) -> dict[str, Any]:
    """The receipt in a file, or in the `receipt` of a JSON output. Raises DataError where it holds none."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise DataError(build_missing_file(path, "receipt")) from None
    except OSError as problem:
        message = f"{path} cannot be read: {problem.strerror}"
        raise DataError(Diagnostic("error", "unreadable-file", message)) from None
    except UnicodeDecodeError:
        raise _build_no_receipt(str(path), "it is no text") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise _build_no_receipt(str(path), f"it is not valid JSON ({problem})") from None
    return require_receipt(document, str(path))


def require_receipt(document: object, name: str = "the receipt") -> dict[str, Any]:
    """The receipt in a document: itself, or what its key `receipt` holds. Raises DataError where its layout is wrong.

    name  what messages call the document
    """
    if isinstance(document, dict) and isinstance(document.get("receipt"), dict):
        document = document["receipt"]
    if not isinstance(document, dict) or "receipt" not in document:
        raise _build_no_receipt(name, 'it has no key "receipt"')
    layout = document["receipt"]
    if isinstance(layout, int) and not isinstance(layout, bool) and layout > LAYOUT:
        writer = document.get("sem_toolkit")
        message = f"{name} was written by sem_toolkit {writer}, in a layout that {get_version()} does not know"
        hint = f"verify it with sem_toolkit {writer} or newer"
        raise DataError(Diagnostic("error", "newer-receipt", message, hint=hint))
    fault = find_fault(document, load_schema())
    if fault:
        raise _build_no_receipt(name, fault)
    return document


def load_schema() -> dict[str, Any]:
    """The JSON schema of receipts."""
    text = (Path(__file__).parent / "receipt.schema.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def find_fault(value: object, schema: Mapping[str, Any], root: Mapping[str, Any] | None = None, at: str = "") -> str:
    """What in a value is against the schema, as far as receipts need it: type, required, properties, items, $ref."""
    root = root or schema
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    place = at or "it"
    wanted = schema.get("type", [])
    kinds = [wanted] if isinstance(wanted, str) else wanted
    if kinds and not any(_is_kind(value, kind) for kind in kinds):
        return f"{place} should be {' or '.join(kinds)}"
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            return f"{place} is empty"
        if "items" in schema:
            faults = (find_fault(item, schema["items"], root, f"{at}[{i}]") for i, item in enumerate(value))
            return next(filter(None, faults), "")
    if isinstance(value, dict):
        lacking = [key for key in schema.get("required", ()) if key not in value]
        if lacking:
            return f'{place} has no key "{lacking[0]}"'
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in value.items():
            own = known.get(key, others)
            fault = find_fault(item, own, root, f"{at}.{key}".lstrip(".")) if isinstance(own, Mapping) else ""
            if fault:
                return fault
    return ""


def _is_kind(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS[kind])


def _build_no_receipt(name: str, reason: str) -> DataError:
    hint = "give a file that --receipt or --json has written"
    return DataError(Diagnostic("error", "no-receipt", f"{name} is no receipt: {reason}", hint=hint))
