"""Which fits have information criteria that may stand side by side: likelihoods of the same random variables.

AIC and BIC rank models by a log-likelihood and a number of parameters. Both mean the same only where the likelihood is
of the same variables (exogenous variables whose moments are taken from the data are conditioned on, and their part is
left out), of the same rows, and where all models count their intercepts or none does.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from sem_toolkit.fit import Fit
from sem_toolkit.sample import SampleGroup
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.spec.slopes import list_hidden, list_slopes


def find_criteria_obstacles(fits: Mapping[str, Fit]) -> dict[str, str]:
    """For each fit why its AIC and BIC may not stand beside the others'; "" where they may.

    The likelihood that most of the fits share is the one to go by, the first named among equals; where no two share
    one, none may be compared.
    """
    kinds: list[list[str]] = []
    reasons: dict[str, str] = {}
    for name, fit in fits.items():
        if "aic" not in fit.fit_measures:
            reasons[name] = _explain_absence(fit)
            continue
        own = next((kind for kind in kinds if not explain_difference(fits[kind[0]], fit)), None)
        if own is None:
            kinds.append([name])
        else:
            own.append(name)
    main = max(kinds, key=len, default=[])
    alone = len(kinds) > 1 and len(main) == 1
    for kind in kinds:
        other = kinds[1] if kind is main and alone else main
        same = kind is main and not alone
        found = "" if same else _relate(other[0], explain_difference(fits[other[0]], fits[kind[0]]))
        reasons |= dict.fromkeys(kind, found)
    return {name: reasons[name] for name in fits}


def explain_difference(first: Fit, second: Fit) -> str:
    """Why two likelihoods are not of the same thing, said of the second; "" where they are."""
    kinds = first.solution.options.kind, second.solution.options.kind
    if kinds[0].name != kinds[1].name and not (first.sample.has_levels and second.sample.has_levels):
        return "it is estimated by another discrepancy"
    if first.options.estimation.likelihood != second.options.estimation.likelihood:
        return "its likelihood has another divisor"
    rows = explain_rows(first, second)
    if rows:
        return rows
    random = list_random_variables(first), list_random_variables(second)
    if set(random[0]) != set(random[1]):
        return f"its likelihood is of {', '.join(random[1])}, not of {', '.join(random[0])}"
    if not share_data(first, second, random[0]):
        return "its data differ"
    means = first.solution.model.has_means, second.solution.model.has_means
    if means[0] != means[1]:
        return f"it has {'a' if means[1] else 'no'} mean structure"
    return ""


def explain_rows(first: Fit, second: Fit) -> str:
    """How the rows of the second fit, or their groups, differ from those of the first; "" where they are the same."""
    sizes = [[group.n for group in fit.sample.groups] for fit in (first, second)]
    if has_other_groups(first, second):
        return f"it is fitted {_describe_groups(second)}, not {_describe_groups(first)}"
    if sizes[0] != sizes[1]:
        return f"it uses {second.sample.n} rows, not {first.sample.n}"
    pairs = zip(first.sample.groups, second.sample.groups, strict=True)
    known = [(a.places, b.places) for a, b in pairs if a.places is not None and b.places is not None]
    if any(not np.array_equal(a, b) for a, b in known):
        return f"it uses other rows ({second.sample.n} of them too)"
    return ""


def has_other_groups(first: Fit, second: Fit) -> bool:
    """Whether the fits are of other numbers of groups."""
    return len(first.sample.groups) != len(second.sample.groups)


def _describe_groups(fit: Fit) -> str:
    return f"in groups of {fit.options.group}" if fit.options.group else "without groups"


def list_random_variables(fit: Fit) -> tuple[str, ...]:
    """The observed variables that the likelihood is of: those whose moments are not taken from the data."""
    model = fit.solution.model
    left = {model.observed[position] for position in model.exogenous} | set(list_hidden(list_slopes(model.table)))
    return tuple(name for name in model.observed if name not in left)


def compute_weights(criteria: Sequence[float]) -> FloatArray:
    """Weights of evidence exp(−Δ/2)/Σ exp(−Δ/2) of K values of AIC or BIC; NaN for NaN, which counts for nothing.

    Source: Burnham & Anderson (2002), Model selection and multimodel inference, section 2.9.
    """
    values = np.asarray(criteria, dtype=np.float64)
    if np.isnan(values).all():
        return values
    weights = np.exp(-0.5 * (values - np.nanmin(values)))
    return np.asarray(weights / np.nansum(weights))


def share_data(first: Fit, second: Fit, names: Sequence[str]) -> bool:
    """Whether both fits, of the same rows, have the same values of these variables: by rows where both have them,
    otherwise by covariances.
    """
    places = [[fit.sample.variables.index(name) for name in names] for fit in (first, second)]
    for a, b in zip(first.sample.groups, second.sample.groups, strict=True):
        if a.is_between:
            continue  # the level within has the rows of both
        rows = _get_rows(a), _get_rows(b)
        if rows[0] is not None and rows[1] is not None:
            same = np.array_equal(rows[0][:, places[0]], rows[1][:, places[1]], equal_nan=True)
        else:
            own, other = a.covariance[np.ix_(*[places[0]] * 2)], b.covariance[np.ix_(*[places[1]] * 2)]
            size = np.sqrt(np.outer(own.diagonal(), own.diagonal()))
            same = bool((np.abs(own - other) <= 1e-8 * size).all())
        if not same:
            return False
    return True


def _get_rows(group: SampleGroup) -> FloatArray | None:
    if group.levels is not None:
        return group.levels.likelihood.clusters.rows
    return group.data if group.saturated is None else group.saturated.likelihood.patterns.rows


def _explain_absence(fit: Fit) -> str:
    if not fit.converged:
        return "no certified optimum"
    return "its estimator has no likelihood"


def _relate(name: str, difference: str) -> str:
    return f"{difference} as in {name}" if ", not " in difference else f"{difference}, unlike {name}"
