"""Options of a fit of rows in clusters at two levels: what they mean there, and what does not go with levels."""

from dataclasses import replace

from sem_toolkit.diagnostics import Diagnostic, OptionError
from sem_toolkit.estimation import ESTIMATORS
from sem_toolkit.fit.options import FitOptions
from sem_toolkit.inference import InferenceOptions, resolve_inference_options
from sem_toolkit.spec import Spec
from sem_toolkit.spec.tree import BlockHeader, Formula

_STANDARD_ERRORS = ("standard", "robust.huber.white", "none")
_TESTS = ("standard", "yuan.bentler.mplus", "none")
_MISSING = ("listwise", "ml", "ml.x")
_ALIASES = {"robust": "robust.huber.white", "robust.cluster": "robust.huber.white"}


def has_levels(spec: Spec) -> bool:
    """Whether a spec has several `level:` blocks."""
    return (
        len({entry.label for entry in spec.statements if isinstance(entry, BlockHeader) and entry.block == "level"}) > 1
    )


def adapt_to_levels(spec: Spec, options: FitOptions) -> FitOptions:
    """The options as they are meant for a spec with levels; those of another spec as they are.

    As in lavaan, standard errors take observed information. Raises OptionError for what does not go with levels.
    """
    if not has_levels(spec):
        return options
    given = options.given
    record = options.estimation.record
    faults = list(_check_options(options))
    inference = options.inference
    if not faults:
        se = given.get("se")
        inference = resolve_inference_options(
            record,
            _ALIASES.get(se.lower(), se) if isinstance(se, str) else None,
            given.get("test"),  # type: ignore[arg-type]
            str(given.get("information", "first.order" if record.information == "first.order" else "observed")),
            observed=given.get("observed_information"),  # type: ignore[arg-type]
        )
        faults += _check_inference(inference)
    if faults:
        raise OptionError(faults)
    slopes = has_random_slopes(spec)
    if slopes:
        inference = _adapt_to_slopes(options, inference)
    table = replace(options.table, meanstructure=True)
    estimation = replace(options.estimation, has_levels=True, random_slopes=slopes, multistart=0)
    estimation = estimation if slopes else replace(options.estimation, has_levels=True)
    return replace(options, table=table, estimation=estimation, inference=inference)


def has_random_slopes(spec: Spec) -> bool:
    """Whether a coefficient of a spec varies between clusters (`rv()`)."""
    return any(
        modifier.kind == "rv"
        for entry in spec.statements
        if isinstance(entry, Formula)
        for term in (*entry.left, *entry.right)
        for modifier in term.modifiers
    )


def _adapt_to_slopes(options: FitOptions, inference: InferenceOptions) -> InferenceOptions:
    """Without a saturated model there is no test of exact fit. Raises OptionError for what goes only without slopes."""
    faults = []
    asked = options.given.get("test")
    if asked not in (None, "none", ["none"]):
        faults.append(_refuse_slopes(f'test = "{asked}"', "no saturated model tells what a test would be of"))
    if inference.information == "expected":
        faults.append(_refuse_slopes('information = "expected"', 'information = "observed" is what there is'))
    if options.missing == "ml.x":
        faults.append(_refuse_slopes('missing = "ml.x"', 'rows are taken given their covariates: missing = "ml"'))
    if faults:
        raise OptionError(faults)
    return replace(inference, test="none", more_tests=())


def _refuse_slopes(what: str, hint: str) -> Diagnostic:
    return Diagnostic("error", "not-with-slopes", f"{what} cannot be combined with random slopes", hint=hint)


def require_cluster(options: FitOptions) -> str:
    """Name of the column of the clusters. Raises OptionError where none is given."""
    if options.cluster is None:
        message = "the model has levels, and nothing says which rows belong together"
        hint = "name the column of the clusters: --cluster COLUMN, or cluster in the header of the spec"
        raise OptionError(Diagnostic("error", "no-cluster", message, hint=hint))
    return options.cluster


def _check_options(options: FitOptions) -> list[Diagnostic]:
    estimation, faults = options.estimation, []
    if estimation.categorical:
        faults.append(_refuse("ordered variables", "take the answers as numbers"))
    elif estimation.record.levels is None:
        known = ", ".join(name for name, record in ESTIMATORS.items() if record.levels is not None)
        faults.append(_refuse(f"the estimator {estimation.record.name}", f"one of: {known}"))
    if estimation.likelihood == "wishart":
        faults.append(_refuse('likelihood = "wishart"', "leave likelihood out"))
    if options.sampling_weights is not None:
        faults.append(_refuse("sampling_weights", "leave the weights out"))
    if options.missing is not None and options.missing not in _MISSING:
        faults.append(_refuse(f'missing = "{options.missing}"', 'missing = "ml" keeps rows with empty cells'))
    if options.aux:
        faults.append(_refuse("aux", "take these variables into the model, or leave them out"))
    if options.sample_cov is not None:
        faults.append(_refuse("moments (sample_cov)", "give the rows of the data"))
    if options.table.meanstructure is False:
        faults.append(_refuse("meanstructure = false", "leave it out: means are part of the model"))
    return faults


def _check_inference(inference: InferenceOptions) -> list[Diagnostic]:
    faults = []
    if inference.se not in _STANDARD_ERRORS:
        faults.append(_refuse(f'se = "{inference.se}"', f"one of: {', '.join(_STANDARD_ERRORS)}"))
    unfit = [name for name in (inference.test, *inference.more_tests) if name not in _TESTS]
    if unfit:
        faults.append(_refuse(f'test = "{unfit[0]}"', f"one of: {', '.join(_TESTS)}"))
    return faults


def _refuse(what: str, hint: str) -> Diagnostic:
    return Diagnostic("error", "not-with-levels", f"{what} cannot be combined with level: blocks", hint=hint)
