"""A ladder of invariance for ordered items, across groups or over time: each step is a spec of its own."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sem_toolkit.comparison.invariance.groups import GroupLadder, is_said_by_text
from sem_toolkit.comparison.invariance.ordinal_steps import Correspondence, Key, OrdinalSteps, Site
from sem_toolkit.comparison.invariance.starts import estimate_from
from sem_toolkit.comparison.invariance.steps import IDENTIFICATIONS, Identification, choose_ordinal_steps
from sem_toolkit.comparison.invariance.waves import WaveLadder
from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.fit import Fit
from sem_toolkit.fit.options import parse_fit_options
from sem_toolkit.fit.prepared import Prepared, get_header_options
from sem_toolkit.spec import parse_spec
from sem_toolkit.spec.names import latent_variables, ordered_variables
from sem_toolkit.spec.table import Parameter, ParameterTable
from sem_toolkit.spec.written import find_ties, write_table

_REMARKS = {
    "thresholds": "thresholds",
    "loadings": "loadings",
    "intercepts": "intercepts",
    "residuals": "residual variances",
}
"""The section of a written spec that each word is about."""


@dataclass(frozen=True, eq=False)
class OrdinalLadder:
    """Fits the steps of ordered items.

    plain  the ladder across groups or over time, which knows the data and which item is which
    steps  what makes a step's table
    """

    plain: GroupLadder | WaveLadder
    steps: OrdinalSteps
    partial: tuple[str, ...]
    messages: tuple[Diagnostic, ...]

    @property
    def across(self) -> str:
        """ "groups" or "waves"."""
        return self.plain.across

    @property
    def identification(self) -> str:
        """Whose convention identifies the responses."""
        return IDENTIFICATIONS[self.steps.identification]

    @property
    def base(self) -> Prepared:
        """The configural step, prepared."""
        return self.plain.base

    def locate(self, item: str, group: int) -> tuple[str, str] | None:
        """As the ladder of continuous items has it."""
        return self.plain.locate(item, group)

    def find_ties(self, equal: Collection[str]) -> Mapping[str, str]:
        """Names of what these words make equal, in any group or wave, and the name at the first."""
        found = {}
        for keys in filter(self.steps.is_releasable, self.steps.list_classes(equal)):
            for _, lhs, op, rhs in keys:
                found[f"{lhs}{op}{rhs}"] = self.steps.name(keys)
                if op == "~~":
                    found.setdefault(f"{rhs}{op}{lhs}", self.steps.name(keys))
        return found

    def fit(self, equal: Collection[str], partial: Collection[str], start: Fit | None = None) -> Fit:
        """Fit one step from its written spec."""
        text, options = self.write(equal, partial)
        return self._fit(text, options, start)

    def write(self, equal: Collection[str], partial: Collection[str]) -> tuple[str, Mapping[str, object]]:
        """The step as a text without header, and the options that it needs."""
        where = "across groups" if self.across == "groups" else "over time"
        remarks = {}
        for word, section in _REMARKS.items():
            if word in equal:
                names = [self.steps.name(keys) for keys in self.steps.list_classes([word])]
                free = [name for name in names if name in partial]
                remarks[section] = f"equal {where}" + (f", except {', '.join(free)}" if free else "")
        text = self._write(self.steps.build(equal, partial), remarks)
        options = parse_fit_options(get_header_options(self.base.spec), self.plain.given, {"meanstructure": True}).given
        return text, {
            name: value for name, value in options.items() if value not in (None, [], ()) and not is_said_by_text(name)
        }

    def open_equalities(
        self, fit: Fit, before: Fit, equal: Collection[str], partial: Collection[str]
    ) -> tuple[Fit, list[list[Parameter]]]:
        """The same step with all that it newly holds equal as equalities of parameters, and the parameters of each.

        Equal intercepts and residual variances are fixed in every group: here they are free and held by constraints.
        """
        new = [
            keys
            for keys in self.steps.list_classes(equal)
            if self._gains_by_release(keys, equal, partial)
            and self.steps.is_equal_in(fit.table, keys)
            and not self.steps.is_equal_in(before.table, keys)
        ]
        table = self.steps.build(equal, partial)
        rows = {(row.block, row.lhs, row.op, row.rhs): row for row in table.parameters}
        opened: dict[str, Parameter] = {}
        held: list[Parameter] = []
        for keys in new:
            for row in (rows[key] for key in keys[1:] if key in rows and not rows[key].free):
                opened[row.plabel] = row._replace(free=1, ustart=None)
                held.append(Parameter(row.plabel, "==", f"{row.ustart or 0.0:g}", block=0, group=0))
        if opened:
            table = replace(table, rows=(*(opened.get(row.plabel, row) for row in table.rows), *held))
            _, options = self.write(equal, partial)
            fit = self._fit(self._write(table, {}), options, fit)
        found = {(row.block, row.lhs, row.op, row.rhs): row for row in fit.table.parameters}
        return fit, [[found.get(key) or found[key[0], key[3], key[2], key[1]] for key in keys] for keys in new]

    def _gains_by_release(self, keys: Sequence[Key], equal: Collection[str], partial: Collection[str]) -> bool:
        """Whether a step without this equality has more parameters: few answers may need it for identification."""
        without = self.steps.build(equal, (*partial, self.steps.name(keys)))
        return _count_free(without) > _count_free(self.steps.build(equal, partial))

    def _fit(self, text: str, options: Mapping[str, object], start: Fit | None) -> Fit:
        spec = parse_spec(text, self.base.spec.source.name)
        return estimate_from(self.base.with_equalities(parse_fit_options(options), spec), start)

    def _write(self, table: ParameterTable, remarks: Mapping[str, str]) -> str:
        return write_table(table, self.base.table_options, remarks)


def parse_identification(text: str | None, *, is_ordered: bool) -> Identification:
    """The convention by its name; the first for none. Raises OptionError for others, and without ordered items."""
    if text is None:
        return "wu"
    if not is_ordered:
        message = f"identification {text} is about ordered items, and none of the items is said to be ordered"
        raise OptionError(Diagnostic("error", "option-without-effect", message, hint="add --ordered, or leave it out"))
    for name in IDENTIFICATIONS:
        if name == text:
            return name
    hint = format_suggestion(text, IDENTIFICATIONS) or f"one of: {', '.join(IDENTIFICATIONS)}"
    raise OptionError(Diagnostic("error", "option-value", f"there is no identification {text!r}", hint=hint))


def complete_options(
    options: Mapping[str, object], asked: Mapping[str, object], identification: Identification
) -> dict[str, object]:
    """Options with the parameterization and the scale of factors of a ladder of ordered items, where none are named.

    asked  the options of the header and the call together

    Factors get the variance 1, so that every loading can be tested. Millsap and Yun-Tein have markers.
    """
    found = dict(options)
    parameterization = asked.get("parameterization")
    if identification == "millsap":
        if parameterization == "delta":
            message = "the convention of Millsap and Yun-Tein is about residual variances, which delta does not have"
            raise OptionError(Diagnostic("error", "option-value", message, hint="use --parameterization theta"))
        if asked.get("std_lv"):
            message = "the convention of Millsap and Yun-Tein sets the scale of factors by markers: std_lv has no place"
            raise OptionError(Diagnostic("error", "option-without-effect", message, hint="leave std_lv out"))
    elif asked.get("std_lv") is None:
        found["std_lv"] = True
    if parameterization is None:
        found["parameterization"] = "theta"
    return found


def build_ordinal_ladder(
    plain: GroupLadder | WaveLadder, identification: Identification, names: Sequence[str]
) -> tuple[OrdinalLadder, Mapping[str, tuple[str, ...]]]:
    """A ladder for ordered items and its steps. Raises ModelError for items with other answers at another wave.

    names  of the steps, as they were asked for; none: those that the items' numbers of answers let be tested
    """
    table = plain.base.table
    steps = OrdinalSteps(table, _find_correspondence(plain), identification)
    _require_same_answers(steps)
    chosen, said = choose_ordinal_steps(
        names, {name: count + 1 for name, count in steps.counts.items()},
        has_continuous=len(steps.counts) < len({name for sites in steps.across.items for _, name in sites}),
        identification=identification, is_delta=table.parameterization == "delta",
    )  # fmt: skip
    return OrdinalLadder(plain, steps, plain.partial, (*plain.messages, *said)), chosen


def _count_free(table: ParameterTable) -> int:
    """Free parameters, those that are equal counted once."""
    ties = find_ties(table)
    return len({ties[row.plabel] for row in table.parameters if row.free})


def _find_correspondence(plain: GroupLadder | WaveLadder) -> Correspondence:
    table = plain.base.table
    latent = latent_variables(table)
    if isinstance(plain, WaveLadder):
        items: dict[tuple[Site, ...], None] = {}
        loadings = []
        for factors, by_wave in zip(plain.waves, plain.items, strict=True):
            for names in zip(*by_wave, strict=True):
                items[tuple((1, name) for name in names if name not in latent)] = None
                loadings.append(tuple(((1, factor), (1, name)) for factor, name in zip(factors, names, strict=True)))
        constructs = tuple(tuple((1, factor) for factor in factors) for factors in plain.waves)
        return Correspondence(tuple(sites for sites in items if sites), constructs, tuple(loadings))
    blocks = range(1, len(table.groups) + 1)
    pairs = dict.fromkeys((row.lhs, row.rhs) for row in table.parameters if row.op == "=~")
    observed = dict.fromkeys(rhs for _, rhs in pairs if rhs not in latent)
    observed |= dict.fromkeys(ordered_variables(table))
    return Correspondence(
        tuple(tuple((block, name) for block in blocks) for name in observed),
        tuple(tuple((block, name) for block in blocks) for name in latent),
        tuple(tuple(((block, factor), (block, item)) for block in blocks) for factor, item in pairs),
    )


def _require_same_answers(steps: OrdinalSteps) -> None:
    """Raise ModelError where an item is ordered at one wave only, or has other numbers of answers at another."""
    for sites in steps.across.items:
        counts = {name: steps.counts.get(name, 0) for _, name in sites}
        if len(set(counts.values())) > 1:
            shown = ", ".join(f"{name} {count + 1 if count else 'continuous'}" for name, count in counts.items())
            message = f"the same item has different numbers of answers over time: {shown}"
            hint = "collapse rare answers alike at every wave, and name the item among `ordered` at all of them"
            raise ModelError(Diagnostic("error", "answers-differ", message, hint=hint))
