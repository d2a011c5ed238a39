"""Steps of invariance across groups: one spec, fitted with more and more of lavaan's `group_equal`."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sem_toolkit.comparison.invariance.options import keep_own
from sem_toolkit.comparison.invariance.releases import list_new_ties, name_parameter
from sem_toolkit.comparison.invariance.starts import estimate_from
from sem_toolkit.diagnostics import DataError, Diagnostic, ModelError, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.fit import Fit
from sem_toolkit.fit.pipeline import prepare
from sem_toolkit.fit.prepared import Prepared, get_header_options
from sem_toolkit.fit.readers import split_words
from sem_toolkit.spec import Spec
from sem_toolkit.spec.table import Parameter, ParameterTable
from sem_toolkit.spec.written import find_ties, write_table


@dataclass(frozen=True, eq=False)
class GroupLadder:
    """Fits the steps of one spec to the groups of one data set, which is read once.

    base  the configural step, prepared; partial: what the header or the options leave free
    """

    base: Prepared
    given: Mapping[str, object]
    partial: tuple[str, ...]
    messages: tuple[Diagnostic, ...]
    across: str = "groups"
    identification: str = ""

    @classmethod
    def build(cls, spec: Spec, data: object, options: Mapping[str, object]) -> "GroupLadder":
        """Read the data and look whether there is anything to compare; raises as `compute_invariance` does."""
        if options.get("group_equal"):
            message = "group_equal is what the steps of invariance set themselves"
            hint = "leave group_equal out; group_partial names what stays free"
            raise OptionError(Diagnostic("error", "option-without-effect", message, hint=hint))
        header = get_header_options(spec)
        own = options.get("group_partial") or header.get("group_partial") or ()
        words = split_words(own)
        partial = tuple(str(word).replace(" ", "") for word in words) if isinstance(words, (list, tuple)) else ()
        kept = keep_own(options)
        base = prepare(spec, data, **kept, group_equal=[], group_partial=[], meanstructure=True)
        require_ladder(base)
        return cls(base, kept, partial, tuple(_list_set_aside(spec)))

    def find_ties(self, equal: Collection[str]) -> Mapping[str, str]:
        """What can be left free at a step that holds these equal: every name for it, and how `group_partial` says it.

        Names are those of parameters, with the sides of a covariance either way round.
        """
        return _list_tied(self._prepare(equal, ()).table)

    def fit(self, equal: Collection[str], partial: Collection[str], start: Fit | None = None) -> Fit:
        """Fit one step, from the estimates of another where there is one."""
        return estimate_from(self._prepare(equal, partial), start)

    def open_equalities(
        self, fit: Fit, before: Fit, equal: Collection[str], partial: Collection[str]
    ) -> tuple[Fit, list[list[Parameter]]]:
        """The step as it is, and the parameters that it newly ties."""
        return fit, list_new_ties(fit.table, before.table)

    def write(self, equal: Collection[str], partial: Collection[str]) -> tuple[str, Mapping[str, object]]:
        """The step as a text without header, and the options that it needs.

        Where the model cannot be written out the text is that of the spec, and group_equal stands among the options.
        """
        prepared = self._prepare(equal, partial)
        given = {name: value for name, value in prepared.options.given.items() if value not in (None, [], ())}
        try:
            text = write_table(prepared.table, prepared.table_options)
        except ModelError:
            body = [line for line in self.base.spec.text.splitlines() if not line.lstrip().startswith("#'")]
            return "\n".join(body).strip("\n") + "\n", given
        return text, {name: value for name, value in given.items() if not is_said_by_text(name)}

    def locate(self, item: str, group: int) -> tuple[str, str] | None:
        """The item, and the label of the group."""
        return item, self.base.groups[group - 1]

    def _prepare(self, equal: Collection[str], partial: Collection[str]) -> Prepared:
        if not equal:
            return self.base
        settings = {"group_equal": list(equal), "group_partial": list(partial), "meanstructure": True}
        known = self.base.options
        table = replace(known.table, group_equal=tuple(equal), group_partial=tuple(partial))
        options = replace(known, table=table, given={**known.given, **settings})
        return self.base.with_equalities(options)


def is_said_by_text(option: str) -> bool:
    """Whether a model that is written out needs this option no more."""
    from sem_toolkit.fit.declared import OPTIONS

    kept = {"call", "fixed_x", "meanstructure", "parameterization", "ordered"}
    return OPTIONS[option].layer == "table" and option not in kept


def require_ladder(prepared: Prepared) -> None:
    """Raise the error of what cannot be compared: no group, a single one, no factor."""
    if prepared.options.group is None and len(prepared.groups) < 2:
        hint = "name the column of the groups: --group COLUMN, or factors at several waves: --time f1,f2"
        raise OptionError(Diagnostic("error", "no-group", "invariance needs groups, and none are named", hint=hint))
    if len(prepared.groups) < 2:
        message = f"invariance compares groups, and {prepared.options.group} has only one"
        raise DataError(Diagnostic("error", "one-group", message, hint="name a column with two or more values"))
    require_factors(prepared.table)


def require_factors(table: ParameterTable) -> None:
    """Raise ModelError for a model without factors."""
    if not any(row.op == "=~" for row in table.parameters):
        message = "invariance is of the measurement of factors, and the model has none"
        raise ModelError(Diagnostic("error", "no-factors", message, hint="add a factor: f =~ x1 + x2 + x3"))


def check_named(names: Collection[str], known: Collection[str]) -> list[Diagnostic]:
    """Faults of parameters to be left free that no step of the ladder holds equal."""
    faults = []
    for name in names:
        if name not in known:
            hint = format_suggestion(name, sorted(known)) or "write it as in the table: visual=~x2, x3~1, x5~~x5"
            if "=~" in name and any(other.startswith(name.partition("=~")[0] + "=~") for other in known):
                hint += "; a marker's loading is fixed as the scale of its factor, and --std-lv frees it"
            message = f"{name!r} cannot be left free: no step holds it equal"
            faults.append(Diagnostic("error", "option-without-effect", message, hint=hint))
    return faults


def _list_tied(table: ParameterTable) -> dict[str, str]:
    ties = find_ties(table)
    counts: dict[str, int] = {}
    for root in ties.values():
        counts[root] = counts.get(root, 0) + 1
    found: dict[str, str] = {}
    for row in table.parameters:
        if row.group == 1 and row.free and counts[ties[row.plabel]] > 1:
            name = name_parameter(row)
            found[name] = name
            if row.op == "~~":
                found.setdefault(f"{row.rhs}~~{row.lhs}", name)
    return found


def _list_set_aside(spec: Spec) -> list[Diagnostic]:
    """What the header says and the ladder does not heed."""
    equal = spec.header.options.get("group_equal", spec.header.options.get("group.equal"))
    if not equal:
        return []
    shown = ", ".join(map(str, equal)) if isinstance(equal, list) else str(equal)
    message = f"group_equal of the header ({shown}) is set aside: the steps of invariance set it themselves"
    return [Diagnostic("warning", "option-set-aside", message, spec.header.spans.get("options"))]
