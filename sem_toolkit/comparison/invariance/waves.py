"""Steps of invariance over time: the same factors at several waves in one wide table, tied by a written spec a step."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sem_toolkit.caching import cached_property
from sem_toolkit.comparison.invariance.groups import is_said_by_text, require_factors
from sem_toolkit.comparison.invariance.options import keep_own
from sem_toolkit.comparison.invariance.releases import list_new_ties, name_parameter
from sem_toolkit.comparison.invariance.starts import estimate_from
from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.fit import Fit
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.pipeline import prepare
from sem_toolkit.fit.prepared import Prepared, get_header_options
from sem_toolkit.fit.readers import split_words
from sem_toolkit.spec import Spec, parse_spec
from sem_toolkit.spec.edits import add_term
from sem_toolkit.spec.names import indicators_of, latent_variables, observed_variables
from sem_toolkit.spec.renaming import rename_label, rename_variable
from sem_toolkit.spec.table import Parameter, ParameterTable
from sem_toolkit.spec.written import write_table

Waves = tuple[tuple[str, ...], ...]
"""For every construct its factors, one a wave."""
_EXTRA = {"ngroups", "group", "group_equal"}


@dataclass(frozen=True, eq=False)
class WaveLadder:
    """Fits the steps of a spec with one factor a construct and wave.

    base   the configural step, prepared: residuals of the same item covary over time
    waves  factors by construct, in the order of the waves
    """

    base: Prepared
    waves: Waves
    given: Mapping[str, object]
    partial: tuple[str, ...]
    messages: tuple[Diagnostic, ...]
    across: str = "waves"
    identification: str = ""

    @cached_property
    def table(self) -> ParameterTable:
        """The parameters of the configural step."""
        return self.base.table

    @cached_property
    def items(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """For every construct, for every wave its items, in the order in which they correspond."""
        return tuple(tuple(indicators_of(self.table, factor) for factor in factors) for factors in self.waves)

    def find_ties(self, equal: Collection[str]) -> Mapping[str, str]:
        """Names of what these words make equal, at any wave, and the name of the first wave."""
        found = {}
        for members in self._list_classes(equal):
            for row in members:
                found[name_parameter(row)] = name_parameter(members[0])
        return found

    def fit(self, equal: Collection[str], partial: Collection[str], start: Fit | None = None) -> Fit:
        """Fit one step from its written spec."""
        text, options = self.write(equal, partial)
        spec = parse_spec(text, self.base.spec.source.name)
        return estimate_from(self.base.with_equalities(parse_fit_options(options), spec), start)

    def open_equalities(
        self, fit: Fit, before: Fit, equal: Collection[str], partial: Collection[str]
    ) -> tuple[Fit, list[list[Parameter]]]:
        """The step as it is, and the parameters that it newly ties."""
        return fit, list_new_ties(fit.table, before.table)

    def write(self, equal: Collection[str], partial: Collection[str]) -> tuple[str, Mapping[str, object]]:
        """The step as a text without header, and the options that it needs."""
        classes = [members for members in self._list_classes(equal) if name_parameter(members[0]) not in partial]
        table = self._release(self.table, equal)
        ties = [
            Parameter(members[0].plabel, "==", row.plabel, user=2, block=0, group=0)
            for members in classes
            for row in members[1:]
        ]
        words = {"loadings": "loadings", "intercepts": "intercepts", "residuals": "residual variances"}
        remarks = {}
        for word in equal:
            if word in words:
                free = [name_parameter(m[0]) for m in self._list_classes([word]) if name_parameter(m[0]) in partial]
                remarks[words[word]] = "equal over time" + (f", except {', '.join(free)}" if free else "")
        options = parse_fit_options(get_header_options(self.base.spec), self.given, {"meanstructure": True}).given
        text = write_table(replace(table, rows=(*table.rows, *ties)), self.base.table_options, remarks)
        return text, {name: value for name, value in options.items() if not is_said_by_text(name)}

    def locate(self, item: str, group: int) -> tuple[str, str] | None:
        """The item by its name at the first wave, and the number of the wave; None for other variables."""
        for by_wave in self.items:
            for wave, names in enumerate(by_wave, start=1):
                if item in names:
                    return by_wave[0][names.index(item)], f"wave {wave}"
        return None

    def _find(self, lhs: str, op: str, rhs: str) -> Parameter | None:
        return next((row for row in self.table.parameters if _is(row, lhs, op, rhs)), None)

    def _list_classes(self, equal: Collection[str]) -> list[list[Parameter]]:
        """Free parameters that correspond over time, the first wave's first, where these words make them equal."""
        triples: list[list[tuple[str, str, str]]] = []
        for factors, items in zip(self.waves, self.items, strict=True):
            for names in zip(*items, strict=True):
                if "loadings" in equal:
                    triples.append([(f, "=~", name) for f, name in zip(factors, names, strict=True)])
                if "intercepts" in equal:
                    triples.append([(name, "~1", "") for name in names])
                if "residuals" in equal:
                    triples.append([(name, "~~", name) for name in names])
            if "lv.variances" in equal:
                triples.append([(f, "~~", f) for f in factors])
        if "lv.covariances" in equal:
            for place, factors in enumerate(self.waves):
                triples += [
                    [(one, "~~", other) for one, other in zip(factors, others, strict=True)]
                    for others in self.waves[place + 1 :]
                ]
        found: dict[tuple[str, ...], list[Parameter]] = {}
        for places in triples:
            rows = [row for place in places if (row := self._find(*place)) is not None and row.free]
            if len(rows) > 1:
                found.setdefault(tuple(row.plabel for row in rows), rows)
        return list(found.values())

    def _release(self, table: ParameterTable, equal: Collection[str]) -> ParameterTable:
        """Variances of factors with equal loadings, and means of those with equal intercepts, free after wave 1."""
        later = {factor for factors in self.waves for factor in factors[1:]}
        rows = []
        for row in table.rows:
            variance = row.op == "~~" and row.lhs == row.rhs and "loadings" in equal and "lv.variances" not in equal
            mean = row.op == "~1" and "intercepts" in equal and "means" not in equal
            if row.lhs in later and (variance or mean) and not row.free and not row.user:
                row = row._replace(free=len(table.rows), ustart=None)
            rows.append(row)
        return replace(table, rows=tuple(rows))


def build_wave_ladder(
    spec: Spec, data: object, time: Sequence[Sequence[str]], options: Mapping[str, object]
) -> WaveLadder:
    """Read the data, spread a spec of one wave over all of them, and let the residuals of the same item covary.

    Raises OptionError for factors that do not correspond, and as `compute_invariance` does.
    """
    _require_no_groups(spec, options)
    header = {name: value for name, value in get_header_options(spec).items() if name.replace(".", "_") in _EXTRA}
    kept = keep_own(options)
    kept |= dict.fromkeys((name for name in header), None)
    words = split_words(options.get("group_partial") or ())
    partial = tuple(str(word).replace(" ", "") for word in words) if isinstance(words, (list, tuple)) else ()
    chosen = [tuple(names.split(",")) if isinstance(names, str) else tuple(names) for names in time]
    waves: Waves = tuple(tuple(name.strip() for name in names) for names in chosen)
    if any(len(names) < 2 for names in waves):
        message = "invariance over time compares waves, and only one is named"
        hint = "name the factor of every wave: --time f1,f2"
        raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
    base = prepare(spec, data, **kept, group_partial=[], meanstructure=True)
    factors = latent_variables(base.table)
    messages: list[Diagnostic] = []
    if len(waves) == 1 and not set(waves[0]) & set(factors):
        spread, waves = _spread(base, waves[0])
        messages.append(Diagnostic("note", "spec-spread", f"the spec was spread over the waves {', '.join(waves[0])}"))
        base = replace(base, spec=spread)
    _require_factors(waves, latent_variables(base.table))
    require_factors(base.table)
    covariances = _list_item_pairs(base.table, waves)
    if covariances:
        text = base.spec.text
        for one, other in covariances:
            text = add_term(parse_spec(text), one, "~~", other)
        base = replace(base, spec=parse_spec(text, base.spec.source.name))
        pairs = [f"{one} ~~ {other}" for one, other in covariances]
        shown = ", ".join(pairs[:12]) + (f", … ({len(pairs)} in all)" if len(pairs) > 12 else "")
        message = f"residuals of the same item covary over time; added: {shown}"
        messages.append(Diagnostic("note", "residual-covariances-added", message))
    return WaveLadder(base, waves, kept, partial, tuple(messages))


def _require_no_groups(spec: Spec, options: Mapping[str, object]) -> None:
    if options.get("group_equal"):
        message = "group_equal is about groups, and invariance over time is asked for"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="leave group_equal out"))
    if options.get("group") or get_header_options(spec).get("group"):
        message = "invariance is either across groups or over time, and both are asked for"
        raise OptionError(Diagnostic("error", "option-value", message, hint="leave out --group or --time"))


def _spread(base: Prepared, endings: Sequence[str]) -> tuple[Spec, Waves]:
    """A spec of one wave, repeated for every ending of its columns: f =~ x1 + x2 as f_1 =~ x1_1 + x2_1, …"""
    table = base.table
    observed, latent = observed_variables(table), latent_variables(table)
    columns = set() if base.frame is None else set(map(str, base.frame.columns))
    lacking = [f"{name}{ending}" for ending in endings for name in observed if f"{name}{ending}" not in columns]
    if lacking:
        factors = ", ".join(latent) or "none"
        message = (
            f"{endings[0]!r} is neither a factor of the model nor the ending of columns: there is no {lacking[0]!r}"
        )
        hint = format_suggestion(endings[0], latent) or (
            f"name the same factor at every wave, such as --time f1,f2; the factors are {factors}. "
            "Rows of several waves below one another have to be put side by side first"
        )
        raise OptionError(Diagnostic("error", "unknown-wave", message, hint=hint))
    body = "\n".join(line for line in base.spec.text.splitlines() if not line.lstrip().startswith("#'"))
    labels = {row.label for row in table.parameters if row.label}
    parts = [line for line in base.spec.text.splitlines() if line.lstrip().startswith("#'")]
    for ending in endings:
        text = body
        for name in (*observed, *latent):
            text = rename_variable(parse_spec(text), name, f"{name}{ending}")
        for label in labels:
            text = rename_label(parse_spec(text), label, f"{label}{ending}")
        parts.append(text.strip("\n"))
    waves = tuple(tuple(f"{name}{ending}" for ending in endings) for name in latent)
    return parse_spec("\n".join(parts) + "\n", base.spec.source.name), waves


def _require_factors(waves: Waves, factors: Collection[str]) -> None:
    for name in (name for names in waves for name in names):
        if name not in factors:
            message = f"{name!r} is no factor of the model"
            hint = format_suggestion(name, factors) or f"its factors are {', '.join(factors)}"
            raise OptionError(Diagnostic("error", "unknown-wave", message, hint=hint))


def _list_item_pairs(table: ParameterTable, waves: Waves) -> list[tuple[str, str]]:
    """Pairs of the same item at two waves whose residuals do not covary yet. Raises where items do not correspond."""
    found: dict[tuple[str, str], None] = {}
    for factors in waves:
        items = [indicators_of(table, factor) for factor in factors]
        for factor, names in zip(factors[1:], items[1:], strict=True):
            if len(names) != len(items[0]):
                message = (
                    f"{factors[0]!r} has {len(items[0])} items ({', '.join(items[0])}) and {factor!r} has "
                    f"{len(names)} ({', '.join(names)}): they cannot be the same items at two waves"
                )
                hint = "write the items of every wave in the same order"
                raise ModelError(Diagnostic("error", "items-differ", message, hint=hint))
            _require_same_marker(table, factors[0], factor, items[0], names)
        for names in zip(*items, strict=True):
            for place, one in enumerate(names):
                for other in names[place + 1 :]:
                    there = any(_is(row, one, "~~", other) for row in table.parameters)
                    if one != other and not there:
                        found[one, other] = None
    return list(found)


def _require_same_marker(
    table: ParameterTable, first: str, later: str, items: Sequence[str], others: Sequence[str]
) -> None:
    """Raise ModelError where another item sets the scale at another wave."""
    values = [
        [
            next((row.ustart for row in table.parameters if _is(row, f, "=~", item) and not row.free), None)
            for item in names
        ]
        for f, names in ((first, items), (later, others))
    ]
    if values[0] != values[1]:
        message = f"the scale of {first!r} and of {later!r} is not set by the same item"
        hint = "write the items of every wave in the same order, or use std_lv"
        raise ModelError(Diagnostic("error", "items-differ", message, hint=hint))


def _is(row: Parameter, lhs: str, op: str, rhs: str) -> bool:
    if row.op != op:
        return False
    return (row.lhs, row.rhs) == (lhs, rhs) or (op == "~~" and (row.rhs, row.lhs) == (lhs, rhs))
