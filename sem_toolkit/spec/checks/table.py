"""What the rows of a finished table show: factors that stand alone, indicators without error, variables made random."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from sem_toolkit.diagnostics import Diagnostic, Related, Span
from sem_toolkit.spec.checks.absent import check_absent_covariances
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.roles import Roles
from sem_toolkit.spec.table import PARAMETER_OPERATORS, Parameter, ParameterTable
from sem_toolkit.spec.tokens import split_tokens


def check_table(
    table: ParameterTable, options: TableOptions, deliberate: Collection[str] = ()
) -> tuple[Diagnostic, ...]:
    """Warnings about a parameter table.

    options     those it was built with
    deliberate  labels that were typed once for each group, c("a", "a"), so that equal groups are meant
    """
    options = options.resolved()
    found: list[Diagnostic] = []
    blocks: dict[int, list[Parameter]] = {}
    for row in table.rows:
        if row.op in PARAMETER_OPERATORS:
            blocks.setdefault(row.block, []).append(row)
    for (_, rows), roles in zip(sorted(blocks.items()), table.roles, strict=True):
        found += _check_single_indicators(rows)
        found += _check_isolated_factors(rows, roles, options)
        found += _check_exogenous(rows, roles, options)
        found += _check_ordered(rows, roles, options)
        found += check_absent_covariances(rows, roles, options)
        found += _check_starts(rows)
    found += _check_labels_across_groups(table, options, deliberate)
    found += _check_marker_labels(table)
    # Groups repeat what the first one says; once is enough.
    return tuple({(d.code, d.message, d.span): d for d in found}.values())


def _find_span(rows: Iterable[Parameter]) -> Span | None:
    return next((row.origin.span for row in rows if row.origin.span is not None), None)


def _check_single_indicators(rows: Sequence[Parameter]) -> list[Diagnostic]:
    loadings = [row for row in rows if row.op == "=~" and row.lhs != row.rhs]
    factors, indicators = Counter(row.lhs for row in loadings), Counter(row.rhs for row in loadings)
    variances = {row.lhs: row for row in rows if row.op == "~~" and row.lhs == row.rhs}
    found = []
    for row in loadings:
        if factors[row.lhs] > 1 or indicators[row.rhs] > 1:
            continue
        residual, variance = variances.get(row.rhs), variances.get(row.lhs)
        if residual is None or (not residual.free and (residual.user == 1 or residual.ustart != 0.0)):
            continue  # typed, or the latent response of an ordered variable
        if residual.free and variance is not None and variance.free == 0 and row.free == 0:
            continue
        found.append(_describe_single_indicator(row, residual))
    return found


def _describe_single_indicator(row: Parameter, residual: Parameter) -> Diagnostic:
    message = f'the factor "{row.lhs}" has one indicator, "{row.rhs}", which is taken as free of error'
    if residual.free:
        message = f'the factor "{row.lhs}" has one indicator, "{row.rhs}", whose residual variance is not fixed'
    hint = f'fix it: "{row.rhs} ~~ 0*{row.rhs}", or to (1 - reliability) times the variance'
    return Diagnostic("warning", "single-indicator", message, row.origin.span, hint)


def _check_isolated_factors(rows: Sequence[Parameter], roles: Roles, options: TableOptions) -> list[Diagnostic]:
    """Factors that nothing but their own indicators belongs to, in a model with other variables."""
    links = [row for row in rows if row.op in {"=~", "<~", "~", "~~"} and row.lhs != row.rhs]
    related = [row for row in links if row.free or row.exo or row.rv or row.ustart not in {0.0, None}]
    parts = _find_parts([*roles.observed, *roles.latent], related)
    members: dict[str, set[str]] = {}
    for name, root in parts.items():
        members.setdefault(root, set()).add(name)
    if len(members) < 2:
        return []
    apart = {row.rv for row in rows}  # what these are related to is within clusters
    alone = {name for name, root in parts.items() if len(members[root]) == 1}
    # `r =~ 0; r ~~ rho*r` makes a parameter for constraints
    apart |= {row.lhs for row in rows if row.op == "~~" and row.rhs == row.lhs in alone and row.label}
    typed: dict[str, list[Parameter]] = {factor: [] for factor in roles.latent if factor not in apart}
    for row in links:
        for name in (row.lhs, row.rhs):
            if name in typed:
                typed[name].append(row)
    return [
        _describe_isolated(factor, rows_of)
        for factor, rows_of in typed.items()
        if _is_isolated(factor, members[parts[factor]], rows_of, options)
    ]


def _is_isolated(factor: str, part: set[str], rows: Sequence[Parameter], options: TableOptions) -> bool:
    """Whether a factor has nothing but its indicators, and nobody chose that."""
    own = {row.rhs for row in rows if row.op in {"=~", "<~"} and row.lhs == factor}
    loaded = any(row.op == "=~" and row.lhs == factor and (row.free or row.ustart) for row in rows)
    chosen = options.orthogonal or options.orthogonal_x or any(row.op == "~~" and row.user for row in rows)
    return part <= own | {factor} and not (loaded and chosen)


def _describe_isolated(factor: str, rows: Sequence[Parameter]) -> Diagnostic:
    message = f'the factor "{factor}" is not related to any other variable of the model'
    hint = f'relate it, as in "{factor} ~~ …", or take it out'
    return Diagnostic("warning", "isolated-factor", message, _find_span(rows), hint)


def _find_parts(names: Iterable[str], links: Iterable[Parameter]) -> dict[str, str]:
    """For every variable one that stands for all it is connected with."""
    parent = {name: name for name in names}

    def find(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for row in links:
        if row.lhs in parent and row.rhs in parent:
            parent[find(row.rhs)] = find(row.lhs)
    return {name: find(name) for name in parent}


def _check_exogenous(rows: Sequence[Parameter], roles: Roles, options: TableOptions) -> list[Diagnostic]:
    """With fixed exogenous variables, typing a variance or mean makes one random and adds parameters."""
    if not options.fixed_x or not roles.typed_exogenous:
        return []
    names = ", ".join(f'"{name}"' for name in roles.typed_exogenous)
    typed = [row for row in rows if row.op in {"~~", "~1"} and row.user and row.lhs in roles.typed_exogenous]
    be, have = ("are", "have") if len(roles.typed_exogenous) > 1 else ("is", "has")
    message = f"{names} {be} exogenous, but {have} a typed variance, covariance or intercept and {be} now random"
    hint = "take that out to keep the moments of the data, or set fixed_x to false for all"
    return [Diagnostic("warning", "exogenous-made-random", message, _find_span(typed), hint)]


def _check_ordered(rows: Sequence[Parameter], roles: Roles, options: TableOptions) -> list[Diagnostic]:
    ordered = {*roles.ordered}
    found = []
    for row in rows:
        if row.op == "|" and row.user and row.lhs in roles.exogenous_observed:
            message = f'"{row.lhs}" is exogenous and has thresholds'
            found.append(Diagnostic("warning", "threshold-of-exogenous", message, row.origin.span))
        own_variance = row.op == "~~" and row.lhs == row.rhs and row.user == 1 and row.lhs in ordered
        if own_variance and options.parameterization == "delta":
            message = f'the variance of the ordered variable "{row.lhs}" is 1 whatever the spec says'
            hint = 'take it out, or choose parameterization "theta"'
            found.append(Diagnostic("warning", "variance-of-ordered", message, row.origin.span, hint))
    return found


def _check_starts(rows: Sequence[Parameter]) -> list[Diagnostic]:
    """A start value for a marker fixes it there: lavaan keeps the row fixed and takes the value."""
    return [
        Diagnostic(
            "warning",
            "start-of-fixed-parameter",
            f'"{row.rhs}" is the marker of "{row.lhs}", so its start value {row.ustart:g} is where it is fixed',
            row.origin.span,
            "free it with NA*, or take the start value out",
        )
        for row in rows
        if row.origin.rule == "marker" and row.ustart not in {1.0, None}
    ]


def _check_labels_across_groups(
    table: ParameterTable, options: TableOptions, deliberate: Collection[str]
) -> list[Diagnostic]:
    """One label for several groups makes them equal, which lavaan warns of."""
    if len(table.groups) < 2 or options.group_equal:
        return []
    first: dict[tuple[str, str, str, str], Parameter] = {}
    repeated: dict[str, Parameter] = {}
    for row in table.rows:
        typed = row.label and row.op in PARAMETER_OPERATORS and row.user and not row.label.startswith(".p")
        if typed and row.label not in deliberate:
            earlier = first.setdefault((row.lhs, row.op, row.rhs, row.label), row)
            if earlier.group != row.group and earlier.origin.span == row.origin.span:
                repeated.setdefault(row.label, earlier)
    if not repeated:
        return []
    names = ", ".join(f'"{name}"' for name in list(repeated)[:5])
    message = f"one label for all groups, {names}, makes the groups equal"
    spans = [row.origin.span for row in repeated.values() if row.origin.span]
    related = tuple(Related(span, "here, too") for span in spans[1:4])
    hint = 'give a label for each group, c("a1", "a2"), if they may differ'
    return [Diagnostic("warning", "label-across-groups", message, spans[0] if spans else None, hint, related)]


def _check_marker_labels(table: ParameterTable) -> list[Diagnostic]:
    """A label on a marker is that of a fixed number: all with that label are fixed, and so is it in every formula."""
    labelled: dict[str, list[Parameter]] = {}
    for row in table.rows:
        if row.label and row.op in PARAMETER_OPERATORS and row.user == 1:
            labelled.setdefault(row.label, []).append(row)
    used = _list_used_names(table) if any(_find_marker(rows) for rows in labelled.values()) else set()
    found = []
    for label, rows in labelled.items():
        marker = _find_marker(rows)
        if marker is None:
            continue
        others = [row for row in rows if row.origin.rule != "marker"]
        marks = f'"{marker.rhs}" is the marker of "{marker.lhs}"'
        if others:
            message = f'{marks}, so all parameters labelled "{label}" are fixed'
        elif label in used:
            message = f'{marks}, so "{label}" is the number {marker.ustart:g} wherever it is used'
        else:
            continue
        related = tuple(Related(row.origin.span, "fixed, too") for row in others[:3] if row.origin.span)
        hint = f'free it, "NA*{marker.rhs}", and fix the variance of "{marker.lhs}", or take the label out'
        found.append(Diagnostic("warning", "label-of-marker", message, marker.origin.span, hint, related))
    return found


def _find_marker(rows: Iterable[Parameter]) -> Parameter | None:
    return next((row for row in rows if row.origin.rule == "marker"), None)


def _list_used_names(table: ParameterTable) -> set[str]:
    """The names in definitions and constraints that were typed."""
    return {
        token.text
        for row in table.rows
        if row.op not in PARAMETER_OPERATORS and row.user == 1
        for side in ((row.rhs,) if row.op == ":=" else (row.lhs, row.rhs))
        for token in split_tokens(side)
        if token.kind == "name"
    }
