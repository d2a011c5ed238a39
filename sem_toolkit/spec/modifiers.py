"""What the modifiers of a text, and `bounds`, say of drafted rows: values, starts, bounds, labels."""

from typing import cast

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.draft_rows import DraftRow
from sem_toolkit.spec.options import Bounds, TableOptions
from sem_toolkit.spec.specs import Spec
from sem_toolkit.spec.tree import Modifier, ModifierKind, Value

_ORDER_OF_MODIFIERS: tuple[ModifierKind, ...] = ("fixed", "start", "efa", "rv", "lower", "upper", "label")


def apply_modifiers(drafts: list[DraftRow], spec: Spec) -> None:
    """Give rows what was typed for them: one value for all groups, or one for each."""
    same: dict[int, list[DraftRow]] = {}
    for row in drafts:
        if row.modifiers:
            same.setdefault(id(row.modifiers), []).append(row)
    faults: list[Diagnostic] = []
    for rows in same.values():
        for kind in _ORDER_OF_MODIFIERS:
            modifier = rows[0].modifiers.get(kind)
            if modifier is None:
                continue
            values = modifier.values * len(rows) if len(modifier.values) == 1 else modifier.values
            if len(values) != len(rows):
                faults.append(_describe_wrong_count(modifier, len(rows), spec))
                continue
            for row, value in zip(rows, values, strict=True):
                _apply_value(row, kind, value)
    if faults:
        raise SpecError(faults, spec.source)


def _apply_value(row: DraftRow, kind: str, value: Value) -> None:
    if kind == "fixed":
        if value is None:
            row.free, row.ustart = True, None
        else:
            row.free, row.ustart = False, cast("float", value)
        row.rule = "typed"
    elif kind == "start":
        row.ustart = cast("float | None", value)
    elif kind == "rv":
        row.rv = str(value)
        row.free, row.ustart = False, None if row.start >= 0 else 0.0
    elif kind in {"lower", "upper"}:
        if value is not None:
            setattr(row, kind, float(cast("float", value)))
    else:
        setattr(row, kind, str(value))


def _describe_wrong_count(modifier: Modifier, groups: int, spec: Spec) -> Diagnostic:
    count = len(modifier.values)
    message = f"{count} values for {groups} group" + ("s" if groups > 1 else "")
    hint = (
        f"give one value, or {groups}"
        if groups > 1
        else "give one value, or name the column of the groups: `#' group: COLUMN` or --group COLUMN"
    )
    return Diagnostic("error", "wrong-value-count", message, spec.span(modifier.start, modifier.end), hint)


def fix_typed_responses(drafts: list[DraftRow], options: TableOptions) -> None:
    """With the delta parameterization a typed variance of an ordered variable is 1 whatever it says."""
    ordered = {row.lhs for row in drafts if row.op == "|"}
    if options.parameterization == "delta" and ordered:
        for row in drafts:
            if row.op == "~~" and row.lhs == row.rhs and row.user == 1 and row.lhs in ordered:
                row.fix(1.0, "variance of a latent response")


def spread_bounds(drafts: list[DraftRow]) -> None:
    """Where any parameter has a bound, lavaan bounds the fixed ones by their value."""
    for kind in ("lower", "upper"):
        if any(getattr(row, kind) is not None for row in drafts):
            for row in drafts:
                if not row.free:
                    setattr(row, kind, row.ustart)


def bound_variances(drafts: list[DraftRow], bounds: Bounds) -> None:
    """Free variances that `bounds` names have 0 as their lower bound, unless the spec gives them one."""
    latent = {row.lhs for row in drafts if row.op in ("=~", "<~")}
    for row in drafts if bounds != "none" else ():
        named = bounds == "pos.var" or (row.lhs in latent) == (bounds == "pos.lv.var")
        if row.op == "~~" and row.lhs == row.rhs and row.free and row.lower is None and named:
            row.lower = 0.0
