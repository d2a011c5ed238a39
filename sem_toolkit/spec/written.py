"""A parameter table as a spec: every parameter is typed, so that the text means the same whatever the options are."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sem_toolkit.caching import cached_property
from sem_toolkit.diagnostics import Diagnostic, ModelError, SpecError
from sem_toolkit.spec.build import build_parameter_table
from sem_toolkit.spec.formatting import format_spec
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.specs import parse_spec
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS, Parameter, ParameterTable
from sem_toolkit.spec.tokens import split_tokens

Key = tuple[str, str, str]
_PLABEL = re.compile(r"\.p\d+\.")
_WORDS = {"~~": "covariance", "~1": "intercept", "~*~": "scale"}
_PLAIN = re.compile(r"[A-Za-z_.~/][\w.~/ -]*(?<! )")
_NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "~", ".inf", ".nan"})
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9_.]")


def write_table(table: ParameterTable, options: TableOptions, remarks: Mapping[str, str] | None = None) -> str:
    """Text that expands to this table in as many groups: fixed values, free parameters, and labels for what is equal.

    options  for which the text is meant; only `call`, `fixed_x` and the like that no text can say matter
    remarks  what the comment above a section says beside its title; by default what is equal across groups

    Raises ModelError where the text would not mean the same (exploratory blocks, levels).
    """
    text = format_spec(parse_spec(_Writer(table, remarks or {}).write()))
    bare = TableOptions(
        call=options.call,
        fixed_x=options.fixed_x,
        meanstructure=options.meanstructure,
        parameterization=options.parameterization,
        ordered=options.ordered,
        thresholds=options.thresholds,
    )
    if not _means(text, bare, table):
        message = "this model cannot be written out with all of its parameters"
        raise ModelError(Diagnostic("error", "not-writable", message, hint="keep its spec and the options"))
    return text


def _means(text: str, options: TableOptions, table: ParameterTable) -> bool:
    """Whether a text expands to a table of the same meaning."""
    try:
        return is_same_model(build_parameter_table(parse_spec(text), options, table.groups), table)
    except SpecError:
        return False


def is_same_model(one: ParameterTable, other: ParameterTable) -> bool:
    """Whether two tables have the same free parameters, fixed values other than 0, equalities and constraints."""
    return _list_meaning(one) == _list_meaning(other)


def find_ties(table: ParameterTable) -> dict[str, str]:
    """For every plabel the first one that it is equal to: rows with the same one are one parameter."""
    first = {name: name for name in [row.plabel for row in table.parameters]}
    if "==" not in table.operators:
        return first

    def find(name: str) -> str:
        while first[name] != name:
            name = first[name]
        return name

    for row in table.rows:
        if row.op == "==" and row.lhs in first and row.rhs in first:
            one, other = sorted((find(row.lhs), find(row.rhs)), key=lambda name: int(name[2:-1]))
            first[other] = one
    return {name: find(name) for name in first}


def _list_meaning(table: ParameterTable) -> tuple[object, ...]:
    ties = find_ties(table)
    names = {row.plabel: _name(row) for row in table.parameters}
    members: dict[str, set[object]] = {}
    fixed, bounds = set(), set()
    for row in table.parameters:
        if row.free:
            members.setdefault(ties[row.plabel], set()).add(_name(row))
            bounds.add((_name(row), row.lower, row.upper))
        elif not row.is_given and row.ustart:
            fixed.add((_name(row), row.ustart))
    others = sum(row.op in CONSTRAINT_OPERATORS and not (row.lhs in names and row.rhs in names) for row in table.rows)
    return frozenset(map(frozenset, members.values())), frozenset(fixed), frozenset(bounds), others


def _typed_label(row: Parameter) -> str:
    """The user's label, where it can be typed as it is.

    Rows that options make equal carry the plabel of the first one instead, those of `equal("f=~x2")` that text.
    """
    if not row.label or _PLABEL.fullmatch(row.label):
        return ""
    return row.label if [token.kind for token in split_tokens(row.label)] == ["name"] else ""


def _name(row: Parameter) -> tuple[str, str, str, int]:
    first, second = (row.lhs, row.rhs) if row.op != "~~" or row.lhs <= row.rhs else (row.rhs, row.lhs)
    return first, row.op, second, row.block


@dataclass(frozen=True)
class _Writer:
    """Puts the rows of a table into statements, section by section."""

    table: ParameterTable
    remarks: Mapping[str, str]

    @cached_property
    def latent(self) -> frozenset[str]:
        return frozenset(name for roles in self.table.roles for name in roles.latent)

    @cached_property
    def keys(self) -> dict[Key, list[Parameter]]:
        """The rows of every parameter, one a group."""
        found: dict[Key, list[Parameter]] = {}
        for row in self.table.parameters:
            found.setdefault((row.lhs, row.op, row.rhs), []).append(row)
        return {key: rows for key, rows in found.items() if not any(row.is_given for row in rows)}

    @cached_property
    def labels(self) -> dict[str, str]:
        """The label of every row that has to have one, by plabel."""
        ties = find_ties(self.table)
        rows = {row.plabel: row for row in self.table.parameters}
        classes: dict[str, list[Parameter]] = {}
        for plabel, first in ties.items():
            classes.setdefault(first, []).append(rows[plabel])
        used = {_typed_label(row) for row in rows.values()}
        wanted = {name for row in self.table.rows for text in (row.lhs, row.rhs) for name in _PLABEL.findall(text)}
        found: dict[str, str] = {}
        for first, members in classes.items():
            label = next((_typed_label(row) for row in members if _typed_label(row)), "")
            if not label and (len(members) > 1 or first in wanted):
                label = _make_label(rows[first], used)
            if label:
                found |= {row.plabel: label for row in members}
        for rows_of_key in self.keys.values():  # a vector of labels has no gaps
            if any(row.plabel in found for row in rows_of_key):
                for row in rows_of_key:
                    if row.plabel not in found:
                        found[row.plabel] = _make_label(row, used)
        return found

    def write(self) -> str:
        sections: list[tuple[str, Callable[[Key], bool]]] = [
            ("loadings", lambda key: key[1] == "=~"),
            ("composites", lambda key: key[1] == "<~"),
            ("regressions", lambda key: key[1] == "~"),
            ("thresholds", lambda key: key[1] == "|"),
            ("scales", lambda key: key[1] == "~*~"),
            ("intercepts", lambda key: key[1] == "~1" and key[0] not in self.latent),
            ("residual variances", lambda key: key[1] == "~~" and key[0] == key[2] and key[0] not in self.latent),
            ("residual covariances", lambda key: key[1] == "~~" and key[0] != key[2] and key[0] not in self.latent),
            ("variances and covariances of factors", lambda key: key[1] == "~~" and key[0] in self.latent),
            ("means of factors", lambda key: key[1] == "~1" and key[0] in self.latent),
        ]
        parts = []
        for title, holds in sections:
            chosen = [key for key in self.keys if holds(key)]
            if chosen:
                remark = self.remarks.get(title) or self._describe_ties(chosen)
                heading = f"# {title[0].upper()}{title[1:]}{': ' if remark else ''}{remark}"
                parts.append("\n".join([heading, *self._format_statements(chosen)]))
        others = [
            f"{self._replace(row.lhs)} {row.op} {self._replace(row.rhs)}"
            for row in self.table.rows
            if row.op in CONSTRAINT_OPERATORS | {":="} and not (row.lhs in self.labels and row.rhs in self.labels)
        ]
        if others:
            parts.append("\n".join(["# Definitions and constraints", *others]))
        return "\n\n".join(parts) + "\n"

    def _replace(self, text: str) -> str:
        return _PLABEL.sub(lambda match: self.labels[match[0]], text)

    def _describe_ties(self, keys: Sequence[Key]) -> str:
        """What is equal across groups among these parameters."""
        if len(self.table.groups) < 2:
            return ""
        free = {key: self.keys[key] for key in keys if all(row.free for row in self.keys[key])}
        ties = find_ties(self.table)
        equal = [key for key, rows in free.items() if len({ties[row.plabel] for row in rows}) == 1]
        apart = ["".join(key) for key in free if key not in equal]
        if not equal:
            return ""
        return "equal across groups" + (f", except {', '.join(apart)}" if apart else "")

    def _format_statements(self, keys: Sequence[Key]) -> Iterable[str]:
        by_left: dict[tuple[str, str], list[Key]] = {}
        for key in keys:
            by_left.setdefault((key[0], key[1]), []).append(key)
        for (lhs, op), chosen in by_left.items():
            terms = [term for place, key in enumerate(chosen) for term in self._format_terms(key, first=place == 0)]
            yield f"{lhs} {'~' if op == '~1' else op} {' + '.join(terms)}"

    def _format_terms(self, key: Key, *, first: bool) -> list[str]:
        """One parameter; a marker that is free says so, and a value and a label are two terms."""
        rows = self.keys[key]
        target = "1" if key[1] == "~1" else key[2]
        found = []
        if any(not row.free for row in rows):
            found.append(_join("NA" if row.free else f"{row.ustart or 0.0:.15g}" for row in rows))
        elif first and key[1] in {"=~", "<~"}:
            found.append("NA")
        labels = [self.labels[row.plabel] for row in rows if row.plabel in self.labels]
        if labels and (any(row.free for row in rows) or any(_typed_label(row) for row in rows)):
            found.append(f"c({', '.join(labels)})" if len(rows) > 1 else labels[0])
        starts = [row.ustart for row in rows if row.free and row.user and row.ustart is not None]
        if len(starts) == len(rows):
            found.append(f"start({_join(f'{start:.15g}' for start in starts)})")
        for name, values, none in (
            ("lower", [row.lower for row in rows], float("-inf")),
            ("upper", [row.upper for row in rows], float("inf")),
        ):
            if any(value != none for value in values) and all(row.free for row in rows):
                found.append(f"{name}({_join(_format_bound(value) for value in values)})")
        return [f"{modifier}*{target}" for modifier in found] or [target]


def _join(values: Iterable[str]) -> str:
    texts = list(values)
    return texts[0] if len(set(texts)) == 1 else f"c({', '.join(texts)})"


def _format_bound(value: float) -> str:
    return {float("inf"): "Inf", float("-inf"): "-Inf"}.get(value, f"{value:.15g}")


def _make_label(row: Parameter, used: set[str]) -> str:
    """A label that says what it is of: visual.x2, x3.intercept, x1.variance, b1.t1, f.g.covariance."""
    parts = [row.lhs, *([row.rhs] if row.rhs and row.rhs != row.lhs else [])]
    word = "variance" if row.op == "~~" and row.lhs == row.rhs else _WORDS.get(row.op, "")
    label = _NOT_IN_LABELS.sub("_", ".".join([*parts, word] if word else parts))
    candidate, number = label, 1
    while candidate in used:
        number += 1
        candidate = f"{label}.{number}"
    used.add(candidate)
    return candidate


def write_header(values: Mapping[str, str], options: Mapping[str, object]) -> str:
    """The lines of a spec's header: its keys, then the options (words, numbers, truths and lists of these)."""
    lines = [f"#' {key}: {_format_value(text)}" for key, text in values.items() if text]
    if options:
        lines += ["#' options:", *(f"#'   {key}: {_format_value(value)}" for key, value in options.items())]
    return "".join(f"{line}\n" for line in lines)


def _format_value(value: object) -> str:
    """A value as YAML: plain words stay plain, other texts get quotes."""
    if isinstance(value, str):
        return (
            value
            if _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXT
            else json.dumps(value, ensure_ascii=False)
        )
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_format_value, value))}]"
    return json.dumps(value)
