"""The parameter table in parts: measurement blocks that can be estimated each by itself, and the structural part."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sem_toolkit.diagnostics import Diagnostic, ModelError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.estimation.steps.scales import hold_scales, is_scale_of
from sem_toolkit.libraries import nx
from sem_toolkit.spec.names import latent_variables, observed_variables
from sem_toolkit.spec.table import CONSTRAINT_OPERATORS, Operator, Parameter, ParameterTable

_NAME = re.compile(r"\.?[^\W\d][\w.]*")


@dataclass(frozen=True)
class MeasurementTable:
    """One block of the measurement part: its table, its latent variables (those that indicators measure not last)."""

    name: str
    latent: tuple[str, ...]
    table: ParameterTable


def list_blocks(table: ParameterTable, given: Mapping[str, tuple[str, ...]]) -> tuple[MeasurementTable, ...]:
    """The measurement blocks, those given or those found, each a table with free covariances of its latent variables.

    Raises ModelError for composites, unknown or missing latent variables in the blocks that are given, indicators that
    are predicted by other variables than their factors, and constraints that tie blocks.
    """
    _require_plain(table)
    blocks = given or find_blocks(table)
    _require_blocks(table, blocks)
    found = []
    for name, latent in blocks.items():
        everything = (*latent, *_list_lower(table, latent))
        inside = {*everything, *_list_indicators(table, everything)}
        rows = hold_scales(row for row in table.parameters if _belongs(row, everything, inside))
        rows += _list_missing_covariances(table, latent, rows)
        if any(row.op == "|" for row in rows):
            rows += _list_covariate_rows(table, latent)
        found.append(MeasurementTable(name, latent, build_part(table, rows, measured=True)))
    return tuple(found)


def find_blocks(table: ParameterTable) -> dict[str, tuple[str, ...]]:
    """Latent variables that share indicators, or whose indicators have residual covariances: by name, in the order of
    the first name in each.
    """
    graph: nx.Graph[str] = nx.Graph()
    latent = latent_variables(table)
    products = {name for name in latent if ":" in name}
    graph.add_nodes_from(name for name in latent if name not in products)
    for row in table.parameters:
        if row.op == "=~":
            graph.add_edge(row.lhs, row.rhs)
    indicators = {row.rhs for row in table.parameters if row.op == "=~"} - {*latent}
    for row in table.parameters:
        zero = not row.free and row.ustart == 0.0
        if row.op == "~~" and row.lhs != row.rhs and {row.lhs, row.rhs} <= indicators and not zero:
            graph.add_edge(row.lhs, row.rhs)
    lower = {row.rhs for row in table.parameters if row.op == "=~"}
    members = [
        tuple(name for name in latent if name in component and name not in lower and name not in products)
        for component in nx.connected_components(graph)
    ]
    return {names[0]: names for names in sorted(filter(None, members))}


def list_structural_names(table: ParameterTable) -> tuple[str, ...]:
    """Variables of the structural part without products: latent ones that measure no others, and observed ones of
    regressions among them. Raises ModelError where there is no regression among them.
    """
    indicators = {row.rhs for row in table.parameters if row.op == "=~"}
    latent = [name for name in latent_variables(table) if name not in indicators and ":" not in name]
    regressions = [row for row in table.parameters if row.op == "~"]
    observed = {name for row in regressions for name in (row.lhs, row.rhs)} - {*latent_variables(table)}
    if not regressions:
        message = "the model has no structural part: no latent variable is regressed on any other variable"
        hint = "add regressions, or fit the measurement model without sam"
        raise ModelError(Diagnostic("error", "no-structural-part", message, hint=hint))
    return (*latent, *(name for name in observed_variables(table) if name in observed))


def list_product_names(table: ParameterTable, names: Collection[str]) -> tuple[str, ...]:
    """Products of latent variables, such as "f:g". Raises ModelError for parts that are not in the structural part."""
    products = tuple(dict.fromkeys(name for roles in table.roles for name in roles.latent_interactions))
    for product in products:
        parts = product.split(":")
        unknown = [part for part in parts if part not in names]
        if unknown or len(parts) != 2:
            reason = f'"{unknown[0]}" is in no regression by itself' if unknown else "it has more than two parts"
            message = f'the product "{product}" has no moments here: {reason}'
            span = next((row.origin.span for row in table.parameters if row.rhs == product and row.origin.span), None)
            hint = "add it to a regression by itself" if unknown else "products of two are there"
            raise ModelError(Diagnostic("error", "product-without-parts", message, span, hint))
    return products


def build_structural_table(table: ParameterTable, names: Collection[str]) -> ParameterTable:
    """The structural part as a model of its own, all its variables observed: means that no rule but the scale of the
    factors fixes, moments of exogenous variables, and residual variances of responses of ordered variables, are free.

    Where the measurement part is given exogenous variables, so is this: their moments stay those of the data.
    """
    inside, ordered = set(names), {row.lhs for row in table.parameters if row.op == "|"}
    rows, latent = [], latent_variables(table)
    for row in table.parameters:
        if row.op not in ("~", "~~", "~1") or not {row.lhs, row.rhs or row.lhs} <= inside:
            continue
        follows = row.op == "~~" and row.lhs == row.rhs and row.lhs in ordered
        by_rule = ((row.op == "~1" and not row.exo) or follows) and not row.free and row.user == 0
        by_data = row.exo and row.op != "~" and not table.conditional_x
        by_block = is_scale_of(row, latent)  # 1 in the moments already
        rows.append(row._replace(exo=0, free=1, ustart=None) if by_data or by_rule or by_block else row)
    return build_part(replace(table, conditional_x=False), rows, measured=False)


def build_part(table: ParameterTable, rows: Iterable[Parameter], *, measured: bool) -> ParameterTable:
    """Rows of a table as one of their own, numbered anew, with the constraints that are about these alone.

    measured  of the measurement part, which has no definitions
    """
    numbered, free = [], 0
    for row in rows:
        free += row.free > 0
        numbered.append(row._replace(free=free if row.free else 0))
    inside = {name for row in numbered if row.free for name in (row.label, row.plabel) if name}
    fixed = {name for row in table.parameters if not row.free for name in (row.label, row.plabel) if name}
    names = {name for row in table.parameters for name in (row.label, row.plabel) if name}
    kept = [
        row
        for row in table.rows
        if row.op in CONSTRAINT_OPERATORS
        and (own := (find_names(row.lhs) | find_names(row.rhs)) & names)
        and own - fixed
        and own - fixed <= inside
    ]
    return replace(table, rows=(*numbered, *kept))


def find_names(text: str) -> set[str]:
    """Labels in the text of a constraint."""
    return set(_NAME.findall(text))


def _belongs(row: Parameter, latent: Collection[str], inside: Collection[str]) -> bool:
    if row.op == "=~":
        return row.lhs in latent
    if row.op == "~~":
        same = (row.lhs in latent) == (row.rhs in latent)
        return same and row.lhs in inside and row.rhs in inside
    return row.op in ("~1", "|", "~*~") and row.lhs in inside


def _list_lower(table: ParameterTable, latent: Collection[str]) -> tuple[str, ...]:
    """Latent variables that measure these, directly or through others."""
    everything = {*latent_variables(table)}
    found: dict[str, None] = {}
    queue = list(latent)
    while queue:
        name = queue.pop()
        for row in table.parameters:
            if row.op == "=~" and row.lhs == name and row.rhs in everything and row.rhs not in found:
                found[row.rhs] = None
                queue.append(row.rhs)
    return tuple(found)


def _list_indicators(table: ParameterTable, latent: Collection[str]) -> set[str]:
    return {row.rhs for row in table.parameters if row.op == "=~" and row.lhs in latent}


def _list_missing_covariances(
    table: ParameterTable, latent: tuple[str, ...], rows: Collection[Parameter]
) -> list[Parameter]:
    """Covariances of a block's latent variables, which the structural part explains."""
    there = {(frozenset((row.lhs, row.rhs)), row.group) for row in rows if row.op == "~~"}
    found = []
    for group in range(1, len(table.groups) + 1):
        for k, lhs in enumerate(latent):
            for rhs in latent[k + 1 :]:
                if (frozenset((lhs, rhs)), group) not in there:
                    op: Operator = "~~"
                    found.append(Parameter(lhs, op, rhs, 0, group, group, 1))
    return found


def _list_covariate_rows(table: ParameterTable, latent: tuple[str, ...]) -> list[Parameter]:
    """Regressions of a block's latent variables on the covariates that statistics of ordered variables are given."""
    covariates = table.roles[0].exogenous_observed if table.conditional_x else ()
    found = [row for row in table.parameters if row.exo and {row.lhs, row.rhs or row.lhs} <= {*covariates}]
    for group in range(1, len(table.groups) + 1):
        for lhs in latent:
            found += [Parameter(lhs, "~", rhs, 0, group, group, 1) for rhs in covariates]
    return found


def _require_plain(table: ParameterTable) -> None:
    latent = {*latent_variables(table)}
    indicators = {row.rhs for row in table.parameters if row.op == "=~"}
    for row in table.parameters:
        if row.op == "<~":
            message = f'"{row.lhs}" is a composite, which has no measurement model to come first'
            raise ModelError(Diagnostic("error", "composites-in-steps", message, hint="fit without sam"))
        if row.op == "~" and row.lhs in indicators:
            message = f'"{row.lhs}" is an indicator and is regressed on "{row.rhs}": measurement and structure are one'
            raise ModelError(Diagnostic("error", "indicator-as-outcome", message, row.origin.span, "fit without sam"))
    if not latent:
        message = "the model has no latent variables, so that there is no measurement part to come first"
        raise ModelError(Diagnostic("error", "no-measurement-part", message, hint="fit without sam"))


def _require_blocks(table: ParameterTable, blocks: Mapping[str, tuple[str, ...]]) -> None:
    indicators = {row.rhs for row in table.parameters if row.op == "=~"}
    known = [name for name in latent_variables(table) if name not in indicators and ":" not in name]
    named = [name for latent in blocks.values() for name in latent]
    for name in named:
        if name not in known:
            hint = format_suggestion(name, known) or f"the latent variables are {', '.join(known)}"
            message = f'mm_list names "{name}", which is no latent variable with indicators of its own'
            raise ModelError(Diagnostic("error", "unknown-latent", message, hint=hint))
        if named.count(name) > 1:
            message = f'mm_list has "{name}" in more than one block'
            raise ModelError(Diagnostic("error", "latent-in-two-blocks", message))
    missing = [name for name in known if name not in named]
    if missing:
        message = f"mm_list leaves out {', '.join(missing)}"
        raise ModelError(
            Diagnostic("error", "latent-in-no-block", message, hint="add them to a block, or leave it out")
        )


def locate(whole: ParameterTable) -> Callable[[Parameter], int]:
    """A function from rows of a part to the number of the same parameter in the whole table; 0 where it has none."""
    numbers: dict[tuple[str, str, str, int], int] = {}
    for row in whole.parameters:
        lhs, rhs = sorted((row.lhs, row.rhs)) if row.op == "~~" else (row.lhs, row.rhs)
        numbers[lhs, row.op, rhs, row.group] = row.free

    def find(row: Parameter) -> int:
        lhs, rhs = sorted((row.lhs, row.rhs)) if row.op == "~~" else (row.lhs, row.rhs)
        return numbers.get((lhs, row.op, rhs, row.group), 0)

    return find
