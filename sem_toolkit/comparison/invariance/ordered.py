"""Steps of invariance for ordered items: thresholds first, and what each equality frees of the responses behind them.

A response has no origin and no unit of its own. Without equalities its intercept is 0 and its residual variance 1
everywhere; equal thresholds identify both in all places but the first, equal loadings then free the variance of the
factor, and equal intercepts its mean. A binary item has one threshold, which cannot do both: its residual variance is
free only once its intercept and loading are equal, too. Source: Wu & Estabrook (2016), Psychometrika 81, 1014-1045.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sem_toolkit.comparison.invariance.groups import GroupLadder, is_said_by_text
from sem_toolkit.comparison.invariance.releases import name_parameter
from sem_toolkit.comparison.invariance.starts import estimate_from
from sem_toolkit.comparison.invariance.steps import MORE_STEPS, ORDERED_STEPS, STEPS
from sem_toolkit.comparison.invariance.waves import WaveLadder, build_wave_ladder
from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.fit import Fit
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.pipeline import Prepared, get_header_options
from sem_toolkit.spec import Spec, parse_spec
from sem_toolkit.spec.names import latent_variables
from sem_toolkit.spec.table import Parameter, ParameterTable
from sem_toolkit.spec.written import write_table

_WORDS = {
    "thresholds": "thresholds",
    "loadings": "loadings",
    "intercepts": "intercepts",
    "residuals": "residual variances",
}
_BINARY = 1
_SATURATED = 2
"""Thresholds of an item up to which equal ones say nothing: intercept and residual variance take them up."""


@dataclass(frozen=True)
class Class:
    """One parameter in all places, that of the first place first.

    word  what makes it equal, in lavaan's words of group_equal
    item  the observed variable at the first place that it is of; empty for factors
    """

    word: str
    item: str
    rows: tuple[Parameter, ...]

    @property
    def name(self) -> str:
        """As `group_partial` has it."""
        return name_parameter(self.rows[0])


@dataclass(frozen=True, eq=False)
class OrderedLadder:
    """Fits the steps of a spec with ordered items, each from its written text.

    inner  the ladder of the same spec, which read the data and knows what corresponds
    """

    inner: GroupLadder | WaveLadder

    @property
    def base(self) -> Prepared:
        """The configural step, prepared."""
        return self.inner.base

    @property
    def is_delta(self) -> bool:
        """Whether scales of responses, and not residual variances, are parameters."""
        return self.base.options.table.parameterization == "delta"

    @property
    def across(self) -> str:
        """ "groups" or "waves"."""
        return self.inner.across

    @property
    def partial(self) -> tuple[str, ...]:
        """What the header or the options leave free."""
        return self.inner.partial

    @property
    def messages(self) -> tuple[Diagnostic, ...]:
        """What must be said of the ladder."""
        few = [item for item, count in self._n_thresholds.items() if count <= _SATURATED]
        found = list(self.inner.messages)
        if few:
            what = "all items have" if len(few) == len(self._n_thresholds) else f"{', '.join(few)}: items with"
            message = f"{what} two or three answers: equal thresholds of such items cannot be tested by themselves"
            hint = "they hold in every fit until loadings or intercepts are equal, too (Wu & Estabrook, 2016)"
            found.append(Diagnostic("note", "thresholds-not-testable", message, hint=hint))
        return tuple(found)

    def find_ties(self, equal: Collection[str]) -> Mapping[str, str]:
        """Names of what these words make equal, and the name to be used."""
        return {
            name: entry.name
            for entry in self.classes
            if entry.word in equal
            for row in entry.rows
            for name in (name_parameter(row), f"{row.rhs}~~{row.lhs}" if row.op == "~~" else name_parameter(row))
        }

    def fit(self, equal: Collection[str], partial: Collection[str], start: Fit | None = None) -> Fit:
        """Fit one step."""
        text, options = self.write(equal, partial)
        spec = parse_spec(text, self.base.spec.source.name)
        return estimate_from(self.base.with_equalities(parse_fit_options(options), spec), start)

    def write(self, equal: Collection[str], partial: Collection[str]) -> tuple[str, Mapping[str, object]]:
        """The step as a text without header, and the options that it needs."""
        table = self._build_table(frozenset(equal), frozenset(partial))
        over = "over time" if self.across == "waves" else "across groups"
        remarks = {}
        for word in [word for word in equal if word in _WORDS]:
            free = [entry.name for entry in self.classes if entry.word == word and entry.name in partial]
            remarks[_WORDS[word]] = f"equal {over}" + (f", except {', '.join(free)}" if free else "")
        settings = {"meanstructure": True, "group_equal": [], "group_partial": []}
        given = parse_fit_options(get_header_options(self.base.spec), self.inner.given, settings).given
        kept = {name: value for name, value in given.items() if value not in (None, [], ())}
        text = write_table(table, self.base.table_options, remarks)
        return text, {name: value for name, value in kept.items() if not is_said_by_text(name)}

    def locate(self, item: str, group: int) -> tuple[str, str] | None:
        """An item by its name at the first place, and the label of the place."""
        return self.inner.locate(item, group)

    @cached_property
    def classes(self) -> tuple[Class, ...]:
        """What corresponds from place to place, fixed parameters too."""
        return tuple(self._list_classes())

    @cached_property
    def _n_thresholds(self) -> Mapping[str, int]:
        """Of every ordered item, by its name at the first place."""
        counts: dict[str, int] = {}
        for entry in self.classes:
            if entry.word == "thresholds":
                counts[entry.item] = counts.get(entry.item, 0) + 1
        return counts

    def _list_classes(self) -> Iterator[Class]:
        table = self.base.table
        latent = set(latent_variables(table))
        by_place: dict[tuple[str, str, str], list[Parameter]] = {}
        for row in table.parameters:
            key = self._find_first(row)
            if key is not None:
                by_place.setdefault(key, []).append(row)
        for (lhs, op, rhs), rows in by_place.items():
            word = _find_word(lhs, op, rhs, latent, self.is_delta)
            if word and len(rows) > 1:
                item = rhs if op == "=~" else "" if lhs in latent else lhs
                yield Class(word, item, tuple(rows))

    def _find_first(self, row: Parameter) -> tuple[str, str, str] | None:
        """A parameter's sides by their names at the first place; None for what is not compared."""
        if isinstance(self.inner, GroupLadder):
            return row.lhs, row.op, row.rhs
        names = {row.lhs, row.rhs} if row.op != "|" else {row.lhs}
        first = {name: self._names_of_first_wave.get(name) for name in names if name}
        if None in first.values() or (row.op == "~~" and row.lhs != row.rhs):
            return None
        rhs = row.rhs if row.op == "|" else first.get(row.rhs) or ""
        return str(first[row.lhs]), row.op, rhs

    @cached_property
    def _names_of_first_wave(self) -> Mapping[str, str]:
        inner = self.inner
        assert isinstance(inner, WaveLadder)  # noqa: S101 (asked for over time only)
        found = {name: factors[0] for factors in inner.waves for name in factors}
        for by_wave in inner.items:
            for names in by_wave:
                found.update(zip(names, by_wave[0], strict=True))
        return found

    def _build_table(self, equal: frozenset[str], partial: frozenset[str]) -> ParameterTable:
        """The configural table with what a step makes equal, and frees for it."""
        changed: dict[str, Parameter] = {}
        ties: list[Parameter] = []
        held = {entry.name for entry in self.classes if entry.word in equal and entry.name not in partial}
        for entry in self.classes:
            first, *later = entry.rows
            is_freed = self._frees(entry, equal, held)
            for row in later:
                if is_freed and not row.free and not row.user:
                    changed[row.plabel] = replace(row, free=len(self.base.table.rows), ustart=None)
                elif entry.name in held and row.free and first.free:
                    ties.append(Parameter(first.plabel, "==", row.plabel, user=2, block=0, group=0))
        rows = [changed.get(row.plabel, row) for row in self.base.table.rows]
        return replace(self.base.table, rows=(*rows, *ties))

    def _frees(self, entry: Class, equal: frozenset[str], held: set[str]) -> bool:
        """Whether a step frees, in all places but the first, what the configural step fixes."""
        if entry.word == "lv.variances":
            return "loadings" in equal and entry.name not in held
        if entry.word == "means":
            return "intercepts" in equal and entry.name not in held
        if entry.word not in ("intercepts", "residuals") or entry.item not in self._n_thresholds:
            return False
        if "thresholds" not in equal or entry.name in held:
            return False
        is_binary = self._n_thresholds[entry.item] == _BINARY
        return entry.word == "intercepts" or not is_binary or {"loadings", "intercepts"} <= equal


def _find_word(lhs: str, op: str, rhs: str, latent: Collection[str], is_delta: bool) -> str:
    """What makes a parameter equal; empty for what no step does."""
    if op == "=~":
        return "loadings"
    if op == "|":
        return "thresholds"
    if op == "~1":
        return "means" if lhs in latent else "intercepts"
    if op == "~~" and lhs in latent:
        return "lv.variances" if lhs == rhs else "lv.covariances" if rhs in latent else ""
    if op == "~*~" and is_delta:
        return "residuals"
    return "residuals" if op == "~~" and lhs == rhs and not is_delta else ""


def build_ordered_ladder(
    plain: GroupLadder | WaveLadder,
    spec: Spec,
    data: object,
    time: Sequence[Sequence[str]],
    options: Mapping[str, object],
) -> GroupLadder | WaveLadder | OrderedLadder:
    """The ladder of ordered items where there are any, else the plain one.

    Factors get the variance 1, and the parameterization is theta unless another is chosen. Raises OptionError where
    a marker is asked for: with it the means of factors cannot be identified.
    """
    if all(row.op != "|" for row in plain.base.table.parameters):
        return plain
    given = {name: value for name, value in options.items() if value is not None}
    asked = {**get_header_options(spec), **given}
    if asked.get("std_lv") is False:
        message = "with ordered items a marker does not identify the means of factors"
        hint = "leave std_lv out: the variance of a factor is 1 in the first place, and free once loadings are equal"
        raise OptionError(Diagnostic("error", "option-value", message, hint=hint))
    chosen = {**given, "std_lv": True, "parameterization": asked.get("parameterization") or "theta"}
    inner = build_wave_ladder(spec, data, time, chosen) if time else GroupLadder.build(spec, data, chosen)
    return OrderedLadder(inner)


def list_usual_steps(
    ladder: GroupLadder | WaveLadder | OrderedLadder, asked: Collection[str]
) -> Mapping[str, tuple[str, ...]]:
    """The usual steps of a ladder; with the delta parameterization none about residual variances.

    Raises OptionError where such a step is asked for.
    """
    if not isinstance(ladder, OrderedLadder):
        return STEPS
    if not ladder.is_delta:
        return ORDERED_STEPS
    beyond = [name for name in asked if name == "strict" or name in MORE_STEPS]
    if beyond:
        message = f"the step {beyond[0]!r} is about residual variances, which are no parameters with delta"
        raise OptionError(Diagnostic("error", "option-value", message, hint='parameterization = "theta" has them'))
    return {name: words for name, words in ORDERED_STEPS.items() if name != "strict"}
