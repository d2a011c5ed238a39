"""What differs between groups, and which parameters `group_equal` makes equal."""

from collections.abc import Collection, Sequence

from sem_toolkit.spec.draft_rows import BlockContext, DraftRow, copy_to_group
from sem_toolkit.spec.options import TableOptions
from sem_toolkit.spec.roles import compute_roles


def repeat_for_groups(rows: list[DraftRow], context: BlockContext, ngroups: int) -> list[DraftRow]:
    """The rows of every group: those of the first, with what equality across groups sets free in the others."""
    repeated = list(rows)
    markers = _find_markers(rows)
    for group in range(2, ngroups + 1):
        copy = copy_to_group(rows, group)
        _release_in_group(copy, context, markers)
        repeated += copy
    return repeated


def _find_markers(rows: Sequence[DraftRow]) -> frozenset[str]:
    """Of every factor the first indicator fixed to 1 whose other loadings, if any are fixed, are fixed to 0."""
    fixed: dict[str, list[DraftRow]] = {}
    for row in rows:
        if row.op == "=~" and not row.free:
            fixed.setdefault(row.rhs, []).append(row)
    markers: dict[str, str] = {}
    for row in rows:
        if row.op == "=~" and not row.free and row.ustart == 1.0 and row.lhs not in markers:
            others = [other for other in fixed[row.rhs] if other.lhs != row.lhs]
            if all(other.ustart == 0.0 for other in others):
                markers[row.lhs] = row.rhs
    return frozenset(markers.values())


def _release_in_group(rows: list[DraftRow], context: BlockContext, markers: Collection[str]) -> None:
    options, roles = context.options, context.roles
    equal = {*options.group_equal}
    composites = {*roles.composites} if options.composites else set()
    factors = {name for name in roles.latent if name not in composites}
    ordered, efa = {*context.ordered}, {*context.factors_of_efa}
    means = options.meanstructure and not options.int_lv_free
    loadings = "loadings" in equal and not options.std_lv
    variances = "loadings" in equal and "lv.variances" not in equal
    standardized = ({*roles.latent} - efa if options.std_lv else set()) | (efa if options.auto_efa else set())
    for row in rows:
        if row.op == "~1" and not row.user and means:
            if row.lhs in factors and "intercepts" in equal and "means" not in equal:
                row.release("mean of a factor with equal intercepts")
            if row.lhs in ordered and "thresholds" in equal:
                row.release("intercept of a latent response with equal thresholds")
        elif row.op == "~~" and row.lhs == row.rhs and not row.user and variances and row.lhs in standardized:
            row.release("variance of a factor with equal loadings")
        elif row.op == "=~" and loadings and row.rhs in markers and not row.free and row.ustart == 1.0:
            row.release()
    if "thresholds" in equal:
        _release_scales(rows, context)


def _release_scales(rows: list[DraftRow], context: BlockContext) -> None:
    """With equal thresholds the scales (delta) or residual variances (theta) differ, but for binary variables."""
    options = context.options
    counts = {name: sum(row.op == "|" and row.lhs == name for row in rows) for name in context.ordered}
    several = {name for name, count in counts.items() if count > 1}
    for row in rows:
        if row.lhs not in several:
            continue
        if options.parameterization == "delta":
            if row.op == "~*~" and options.auto_delta:
                row.release("scale of a latent response with equal thresholds")
        elif row.op == "~~" and row.lhs == row.rhs:
            row.release("residual variance of a latent response with equal thresholds")


def name_rows(rows: Sequence[DraftRow], options: TableOptions, by_group: bool, levels: Sequence[str]) -> list[str]:
    """For every row the label that ties it to others: rows with the same label are equal.

    by_group  rows of different groups are different parameters
    levels    level of every row's block, "" for the first
    """
    labels = [f"{row.lhs}{row.op}{row.rhs}" + (f".g{row.group}" if by_group and row.group > 1 else "") for row in rows]
    if by_group and options.group_equal:
        _tie_groups(rows, labels, options)
    labels = [label + (f".l{level}" if level else "") for label, level in zip(labels, levels, strict=True)]
    return [row.label or label for row, label in zip(rows, labels, strict=True)]


def _tie_groups(rows: Sequence[DraftRow], labels: list[str], options: TableOptions) -> None:
    first = [row for row in rows if row.group == 1]
    roles = compute_roles(first)
    partial = {text.replace(" ", "") for text in options.group_partial}
    equal, observed = {*options.group_equal}, {*roles.other_observed}
    ordered, latent = {*roles.ordered}, {*roles.latent}
    tied: dict[tuple[str, str, str], str] = {}
    for row, label in zip(rows, labels, strict=True):
        if row.group == 1 and label not in partial and _is_equal(row, equal, observed, ordered, latent):
            tied[row.lhs, row.op, row.rhs] = label
    for position, row in enumerate(rows):
        if row.group > 1:
            labels[position] = tied.get((row.lhs, row.op, row.rhs), labels[position])


def _is_equal(
    row: DraftRow, equal: Collection[str], observed: Collection[str], ordered: Collection[str], latent: Collection[str]
) -> bool:
    if row.op == "=~":
        return "loadings" in equal
    if row.op == "<~":
        return bool({"composite.loadings", "composite.weights"} & {*equal})
    if row.op == "~":
        return "regressions" in equal
    if row.op == "|":
        return "thresholds" in equal and row.lhs in ordered
    if row.op == "~1":
        return ("intercepts" in equal and row.lhs in observed) or ("means" in equal and row.lhs in latent)
    if row.op != "~~":
        return False
    own = row.lhs == row.rhs
    if row.lhs in observed and ("residuals" if own else "residual.covariances") in equal:
        return True
    return row.lhs in latent and ("lv.variances" if own else "lv.covariances") in equal
