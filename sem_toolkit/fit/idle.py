"""Options that would do nothing: refused, so that nobody believes in what did not happen."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from sem_toolkit.diagnostics import Diagnostic, ModelError, OptionError
from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.estimation import EstimationOptions, get_estimator
from sem_toolkit.rotation import find_blocks
from sem_toolkit.spec import ParameterTable, Spec, TableOptions, build_parameter_table
from sem_toolkit.spec.checks.support import PRODUCT_HINT
from sem_toolkit.spec.table import INSTRUMENTS


def check_idle_options(given: Mapping[str, object], estimator: str, informations: Iterable[str]) -> list[Diagnostic]:
    """Faults of options, by name, that have no effect beside the others, whatever spec and data are.

    informations   what standard errors and tests are made of
    """
    faults = []
    used = set(informations)
    if "observed_information" in given and "observed" not in used:
        reason = f"information is {' and '.join(sorted(used))}"
        faults.append(_build_idle("observed_information", reason, 'add information = "observed"'))
    if given.get("group_partial") and not given.get("group_equal"):
        faults.append(_build_idle("group_partial", "nothing is held equal across groups", "add group_equal"))
    if given.get("group_label") and not given.get("group"):
        faults.append(_build_idle("group_label", "there is no grouping column", "name it with group"))
    if given.get("parameterization") == "theta" and not given.get("ordered"):
        faults.append(_build_idle("parameterization", "it is about ordered variables, and none are named"))
    if "sample_cov" in given:
        if "group" in given:
            hint = "leave it out: the groups are the labels of sample_cov"
            faults.append(_build_idle("group", "moments have no grouping column", hint))
        rows_only = [name for name in ("sheet", "missing_codes", "answers", "reverse", "parcel") if given.get(name)]
        faults += [_build_idle(name, "it is about rows, and moments are given", "leave it out") for name in rows_only]
    else:
        lone = [name for name in ("sample_nobs", "sample_mean") if name in given]
        faults += [_build_idle(name, "it goes with covariances", "add sample_cov") for name in lone]
    for name in ("zero_add", "zero_keep_margins"):
        if name in given and not given.get("ordered"):
            faults.append(_build_idle(name, "it is about tables of ordered variables, and none are named"))
    if "likelihood" in given and not estimator.upper().startswith("ML"):
        faults.append(_build_idle("likelihood", f"it is about maximum likelihood, not {estimator}", "leave it out"))
    if get_estimator(estimator).search != "instruments":
        own = [name for name in given if name.startswith("iv_")]
        faults += [_build_idle(name, f"it is about estimator IV, not {estimator}", "leave it out") for name in own]
    if "sam_method" not in given:
        own = [name for name in ("mm_list", "m_method", "alpha_correction", "lambda_correction") if name in given]
        faults += [_build_idle(name, "it is about sam", "add sam_method") for name in own]
    if "sampling_weights" not in given:
        idle = [name for name in ("sampling_weights_normalization", "sampling_weights_type") if name in given]
        faults += [_build_idle(name, "there are no weights", "add sampling_weights") for name in idle]
    asked = f"{given.get('se', '')} {given.get('test', '')}".lower()
    if "boot" not in asked and "bollen" not in asked:
        idle = [name for name in ("bootstrap", "iseed", "boot_ci_type") if name in given]
        hint = 'add se = "bootstrap", or test = "bollen.stine"'
        faults += [_build_idle(name, "nothing is bootstrapped", hint) for name in idle]
    return faults


def require_none_idle(given: Mapping[str, object], idle: Collection[str], reason: str) -> None:
    """Raise OptionError for options among the idle ones of a function that takes those of a fit."""
    faults = [_build_idle(name, reason, "leave it out") for name in given if name in idle]
    if faults:
        raise OptionError(faults)


def require_effect(spec: Spec, options: TableOptions, groups: tuple[str, ...], table: ParameterTable) -> None:
    """Raise OptionError where options about rows of this table change none of them."""
    faults = [*_check_groups(options, groups, table), *_check_markers(options, table)]
    if len(table.groups) > 1:
        for entry in options.group_partial:
            faults += _check_partial(entry, spec, options, groups, table)
    if faults:
        raise OptionError(faults)


def require_instruments_used(table: ParameterTable, options: EstimationOptions) -> None:
    """Raise OptionError where the spec gives instruments and the estimator has no use for any."""
    if INSTRUMENTS in table.operators and options.record.search != "instruments":
        row = next(row for row in table.rows if row.op == INSTRUMENTS)
        message = f'"{row.lhs} {row.op} {row.rhs}" names an instrument, which {options.record.name} has no use for'
        hint = "estimator = IV takes it; or leave it out"
        raise OptionError(Diagnostic("error", "instruments-unused", message, row.origin.span, hint))


def require_exogenous(table: ParameterTable, options: EstimationOptions) -> None:
    """Raise OptionError where moments are to be given exogenous variables, and the table has none."""
    if options.conditional_x and not any(row.exo for row in table.parameters):
        raise OptionError(_build_idle("conditional_x", "the model has no exogenous observed variables", "leave it out"))


def require_rotation(given: Mapping[str, object], table: ParameterTable) -> None:
    """Raise OptionError where options of a rotation are given and no block of the table has factors to rotate."""
    named = [name for name in ("rotation", "rotation_args", "rotation_se") if name in given]
    if not named or find_blocks(table):
        return
    blocks = {row.efa: row.lhs for row in table.parameters if row.efa}
    reason = "the model has no exploratory block"
    hint: str | None = 'write one as efa("block")*f1 + efa("block")*f2 =~ x1 + x2 + ..., or leave it out'
    if blocks:
        name, factor = next(iter(blocks.items()))
        reason = f'the exploratory block "{name}" has one factor ({factor}), which cannot be rotated'
        hint = "leave it out, or add a factor to the block"
    raise OptionError([_build_idle(name, reason, hint) for name in named])


def require_products_estimable(table: ParameterTable, options: EstimationOptions) -> None:
    """Raise ModelError where the table has products of latent variables, and all parameters are estimated at once."""
    products = {name for roles in table.roles for name in roles.latent_interactions}
    if products and options.steps.sam_method is None:
        row = next(row for row in table.parameters if row.rhs in products)
        message = f'"{row.rhs}" is a product of latent variables, of which {options.record.name} has no moments'
        raise ModelError(Diagnostic("error", "latent-product", message, row.origin.span, PRODUCT_HINT))


def _check_groups(options: TableOptions, groups: tuple[str, ...], table: ParameterTable) -> Iterable[Diagnostic]:
    if options.group_equal and len(table.groups) == 1:
        hint = "name the column of the groups with group" if groups == ("",) else "the data have one group only"
        yield _build_idle("group_equal", "there is only one group", hint)
    if options.ngroups not in (1, len(table.groups)):
        yield _build_idle("ngroups", f"the number of groups is {len(table.groups)} already", "leave it out")


def _check_markers(options: TableOptions, table: ParameterTable) -> Iterable[Diagnostic]:
    for factor, indicator in options.markers.items():
        rows = [row for row in table.parameters if row.op == "=~" and row.lhs == factor]
        names = dict.fromkeys(row.rhs for row in rows)
        if not rows:
            factors = dict.fromkeys(row.lhs for row in table.parameters if row.op == "=~")
            yield _build_idle("markers", f"there is no factor {factor!r}", format_suggestion(factor, factors))
        elif indicator not in names:
            hint = format_suggestion(indicator, names) or f"its indicators are {', '.join(names)}"
            yield _build_idle("markers", f"{factor!r} has no indicator {indicator!r}", hint)
        elif not any(row.rhs == indicator and not row.free and row.ustart == 1.0 for row in rows):
            yield _build_idle("markers", f"the loading of {indicator!r} on {factor!r} is not fixed at 1 by it")


def _check_partial(
    entry: str, spec: Spec, options: TableOptions, groups: tuple[str, ...], table: ParameterTable
) -> Iterable[Diagnostic]:
    wanted = entry.replace(" ", "")
    rows = [row for row in table.parameters if row.group == 1]
    names = {f"{row.lhs}{row.op}{row.rhs}" for row in rows} | {row.label for row in rows if row.label}
    if wanted not in names:
        hint = format_suggestion(wanted, sorted(names)) or "write a parameter as it stands in the table: f=~x2, x3~1"
        yield _build_idle("group_partial", f"the model has no parameter {entry!r}", hint)
        return
    others = tuple(other for other in options.group_partial if other != entry)
    without = build_parameter_table(spec, replace(options, group_partial=others), groups)
    if _list_rows(without) == _list_rows(table):
        hint = f"group_equal is {', '.join(options.group_equal)}"
        yield _build_idle("group_partial", f"{entry!r} is not held equal across groups anyway", hint)


def _list_rows(table: ParameterTable) -> list[tuple[object, ...]]:
    return [(row.lhs, row.op, row.rhs, row.group, row.free, row.label) for row in table.rows]


def _build_idle(name: str, reason: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic("error", "option-without-effect", f'option "{name}" would do nothing: {reason}', hint=hint)
