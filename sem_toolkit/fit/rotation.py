"""Options of a rotation, as lavaan users write them, into `RotationOptions`."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.estimation.steps.options import StepOptions
from sem_toolkit.fit.readers import parse_choice, parse_count, parse_number, parse_switch
from sem_toolkit.rotation import RotationOptions, find_blocks
from sem_toolkit.rotation.options import ALWAYS_ORTHOGONAL, COMMON_ARGUMENTS, Target, find_arguments
from sem_toolkit.spec import ParameterTable

Matrix = Sequence[Sequence[object]]


def parse_rotation_arguments(value: object) -> Mapping[str, object]:
    """A mapping, or a text with commas such as "geomin_epsilon=0.01,orthogonal=true". Raises ValueError."""
    if isinstance(value, Mapping):
        found = {str(name).replace(".", "_"): entry for name, entry in value.items() if entry is not None}
    elif isinstance(value, str):
        found = _read_text(value)
    else:
        raise ValueError("a mapping of names to values is expected, such as geomin_epsilon to 0.01")
    known = [*_READERS, "target", "target_mask"]
    for name in found:
        if name in _SETTLED:
            raise ValueError(f"{name} is not for you to set: the search goes on to the last digits; leave it out")
        if name not in known:
            raise ValueError(f"there is no {name}: {format_suggestion(name, known) or 'one of ' + ', '.join(known)}")
    return found


def _read_text(text: str) -> dict[str, object]:
    if text.lstrip().startswith("{"):
        read = json.loads(text)
        return dict(parse_rotation_arguments(read))
    found: dict[str, object] = {}
    for part in filter(None, (word.strip() for word in text.split(","))):
        name, equals, given = (word.strip() for word in part.partition("="))
        if not equals:
            raise ValueError(f'"{part}" should be name=value')
        try:
            found[name.replace(".", "_")] = json.loads(given.lower())
        except json.JSONDecodeError:
            found[name.replace(".", "_")] = given
    return found


def build_rotation_options(read: Mapping[str, Any]) -> tuple[RotationOptions, list[Diagnostic]]:
    """The options of the rotation among those read by name, and what is wrong with its arguments."""
    method, faults = str(read.get("rotation", "geomin")), []
    given: Mapping[str, object] = read.get("rotation_args", {})
    values: dict[str, Any] = {}
    heeded = (*COMMON_ARGUMENTS, *find_arguments(method))
    for name, value in given.items():
        if method == "none" or name not in heeded:
            faults.append(_build_idle(name, f"the rotation is {method}"))
            continue
        if name in ("target", "target_mask"):
            continue
        field, parse = _READERS[name]
        try:
            values[field] = parse(value)
        except ValueError as problem:
            faults.append(_build_fault(name, value, str(problem)))
    if method in ALWAYS_ORTHOGONAL and values.get("orthogonal") is False:
        faults.append(_build_fault("orthogonal", False, f"{method} has no minimum among oblique rotations"))
    if method == "promax" and values.get("orthogonal"):
        faults.append(_build_fault("orthogonal", True, "promax is oblique; varimax is what it starts from"))
    if method in ("target", "target.strict"):
        try:
            values["target"] = _parse_targets(given.get("target"), given.get("target_mask"))
            if method == "target" and "target_mask" not in given:
                values["target"], values["freed"] = _free_large(values["target"])
        except ValueError as problem:
            faults.append(_build_fault("target", given.get("target"), str(problem)))
    if "rotation_se" in read:
        values["errors"] = read["rotation_se"]
    if faults:
        return RotationOptions(), faults
    return RotationOptions(method=method, **values), []


def _parse_targets(target: object, mask: object) -> Mapping[str, Target]:
    """Targets by block, "" for that of all blocks."""
    if target is None:
        raise ValueError("a target rotation needs one: rows of items, null where a loading is free")
    if isinstance(target, Mapping):
        masks = mask if isinstance(mask, Mapping) else {}
        if mask is not None and set(masks) != set(target):
            raise ValueError("target and target_mask name different blocks")
        return {str(name): _parse_target(entry, masks.get(name)) for name, entry in target.items()}
    return {"": _parse_target(target, mask)}


def _free_large(targets: Mapping[str, Target]) -> tuple[Mapping[str, Target], bool]:
    """Targets whose wanted loadings other than 0 are free, and whether there are any: what lavaan takes for a mask."""
    kept = {
        block: tuple(tuple(None if value else value for value in row) for row in target)
        for block, target in targets.items()
    }
    return kept, kept != dict(targets)


def _parse_target(target: object, mask: object) -> Target:
    rows = _parse_matrix(target)
    if mask is None:
        return rows
    keeps = _parse_matrix(mask)
    if [len(row) for row in keeps] != [len(row) for row in rows]:
        raise ValueError("target_mask has another shape than target")
    return tuple(
        tuple(value if keep else None for value, keep in zip(row, own, strict=True))
        for row, own in zip(rows, keeps, strict=True)
    )


def _parse_matrix(value: object) -> Target:
    """Rows of one length, of numbers and null (NaN counts as null)."""
    rows = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(rows, (list, tuple)) or not rows or not all(isinstance(row, (list, tuple)) for row in rows):
        raise ValueError("a list of rows is expected")
    if len({len(row) for row in rows}) != 1:
        raise ValueError("its rows are not of one length")
    return tuple(tuple(_parse_cell(cell) for cell in row) for row in rows)


def _parse_cell(cell: object) -> float | None:
    if cell is None or cell == "NA":
        return None
    number = parse_number(int(cell) if isinstance(cell, bool) else cell)
    return None if number != number else number


def _parse_non_negative(value: object) -> float:
    number = parse_number(value)
    if not 0.0 <= number < 1e6:
        raise ValueError("a number of 0 or more is expected")
    return number


def _parse_epsilon(value: object) -> float:
    number = parse_number(value)
    if not 0.0 < number <= 1.0:
        raise ValueError("a number above 0 and up to 1 is expected")
    return number


def _parse_share(value: object) -> float:
    number = parse_number(value)
    if not 0.0 <= number <= 1.0:
        raise ValueError("a number from 0 to 1 is expected")
    return number


def _parse_kappa(value: object) -> float:
    number = parse_number(value)
    if not 1.0 < number <= 20.0:
        raise ValueError("a number above 1 and up to 20 is expected")
    return number


def _parse_weights(value: object) -> object:
    word = parse_choice(("default", "none", "kaiser"), {})(value)
    return None if word == "default" else word


_SETTLED = frozenset({"algorithm", "gpa_tol", "tol", "max_iter", "jac_init_rot", "warn", "verbose"})
_READERS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "orthogonal": ("orthogonal", parse_switch),
    "row_weights": ("row_weights", _parse_weights),
    "std_ov": ("std_ov", parse_switch),
    "reflect": ("reflect", parse_switch),
    "order_lv_by": ("order", parse_choice(("index", "sumofsquares", "none"), {})),
    "rstarts": ("starts", parse_count),
    "geomin_epsilon": ("geomin_epsilon", _parse_epsilon),
    "oblimin_gamma": ("oblimin_gamma", _parse_non_negative),
    "orthomax_gamma": ("orthomax_gamma", _parse_share),
    "cf_gamma": ("cf_gamma", _parse_share),
    "promax_kappa": ("promax_kappa", _parse_kappa),
}
"""By lavaan's name: the field of RotationOptions, and what reads the value."""


def _build_fault(name: str, value: object, problem: str) -> Diagnostic:
    shown = str(value)[:60]
    return Diagnostic("error", "option-value", f'"{name}" of rotation_args cannot be {shown}: {problem}')


def _build_idle(name: str, reason: str) -> Diagnostic:
    message = f'"{name}" of rotation_args would do nothing: {reason}'
    return Diagnostic("error", "option-without-effect", message, hint="leave it out")


def require_one_step(table: ParameterTable, rotation: RotationOptions, steps: StepOptions) -> None:
    """Raise OptionError for exploratory blocks that are to be rotated after an estimation in steps (sam)."""
    if steps.sam_method is None or rotation.method == "none" or not find_blocks(table):
        return
    message = "sam does not go with the rotation of exploratory blocks: its standard errors are those of steps"
    hint = 'fit without sam, or take rotation = "none"'
    raise OptionError(Diagnostic("error", "steps-rotation", message, hint=hint))
