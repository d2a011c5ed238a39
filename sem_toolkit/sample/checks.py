"""What can be wrong with a table of data or a covariance matrix, each fault with its culprit named."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.diagnostics.suggestions import find_nearest
from sem_toolkit.libraries import lapack
from sem_toolkit.sample.moments import FloatArray, compute_correlation

if TYPE_CHECKING:
    import pandas as pd

SMALLEST_EIGENVALUE = 1e-10
"""Of a correlation matrix; below it the columns are collinear as far as float64 can tell."""

_CORRECT = "correct the value, or leave it empty if it is missing"
_MOST_ANSWERS = 20
_GLANCED = 1000
_EMPTY = (
    "leave it out; if it is a column of formulas in Excel, open the file there and save it: the results are then in it"
)
LARGEST_VARIANCE_RATIO = 1000.0
LARGEST_NUMBER = 1e70
"""Of data; its fourth power, with a margin for sums and products, is still a number of float64."""
SMALLEST_RANGE = 1e-70
RELATIVE_RANGE = 1e-13
"""Range of a column in units of its values, below which rounding hides its variance."""


def check_names(wanted: Sequence[str], known: Sequence[str], source: str) -> list[Diagnostic]:
    """One fault for every name that is not there, with the nearest one that is."""
    faults = []
    there = set(known)
    for name in dict.fromkeys(wanted):
        if name in there:
            continue
        nearest = find_nearest(name, known)
        hint = f"did you mean {nearest!r}?" if nearest else f"there are {_some(known)}"
        faults.append(Diagnostic("error", "unknown-variable", f"{source} has no column {name!r}", hint=hint))
    return faults


def check_column(column: "pd.Series") -> list[Diagnostic]:
    """Faults that one column shows by itself: texts, nothing but missing values, infinite or constant values."""
    name = str(column.name)
    if column.isna().all():
        return [Diagnostic("error", "all-missing", f"every value of {name!r} is missing", hint=_EMPTY)]
    values = numeric_values(column)
    if values is None:
        return [_describe_text(column)]
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        message = f"{name!r} has an infinite value in row {infinite[0] + 1}"
        return [Diagnostic("error", "infinite-value", message, hint="leave the cell empty if the value is missing")]
    present = values[~np.isnan(values)]
    smallest, largest = present.min(), present.max()
    if smallest == largest:
        return [_constant(name, present[0], "")]
    return _check_magnitude(name, smallest, largest)


def has_column_faults(data: FloatArray) -> bool:
    """Whether `check_column` would find a fault in any column of numbers (n × p, n > 0)."""
    smallest, largest = np.fmin.reduce(data), np.fmax.reduce(data)  # of the values present; NaN where there are none
    sizes = np.maximum(-smallest, largest)
    usual = (sizes < LARGEST_NUMBER) & (largest - smallest > np.maximum(SMALLEST_RANGE, RELATIVE_RANGE * sizes))
    return not bool(np.all(np.isfinite(smallest) & np.isfinite(largest) & usual))


def _check_magnitude(name: str, smallest: float, largest: float) -> list[Diagnostic]:
    """A fault where fourth moments of a column leave the numbers of float64, or where only rounding varies in it."""
    size = max(-smallest, largest)
    if size >= LARGEST_NUMBER or largest - smallest <= SMALLEST_RANGE:
        what = f"up to {size:.3g}" if size >= LARGEST_NUMBER else f"within {largest - smallest:.3g} of each other"
        message = f"the values of {name!r} are {what}: no computer can square them twice"
        hint = "express the variable in another unit"
        return [Diagnostic("error", "extreme-values", message, hint=hint)]
    if largest - smallest <= RELATIVE_RANGE * size:
        message = f"{name!r} is constant but for rounding: its values lie between {smallest:.17g} and {largest:.17g}"
        return [Diagnostic("error", "constant-column", message, hint="subtract its mean before the data are saved")]
    return []


def describe_group(label: str) -> str:
    """The words that end a message about one group; none for the only one."""
    return f" in group {label!r}" if label else ""


def check_rows(data: FloatArray, variables: Sequence[str], label: str) -> list[Diagnostic]:
    """Faults of the complete rows (n × p) of one group: too few, columns without variance."""
    n, p = data.shape
    where = describe_group(label)
    if n <= p:
        message = f"{n} complete rows{where} for {p} variables; at least {p + 1} are needed"
        return [Diagnostic("error", "too-few-rows", message, hint="use fewer variables or more data")]
    alike = np.flatnonzero(data[0] == data[-1])  # no other column can be constant
    ranges = np.ptp(data[:, alike], axis=0)
    return [_constant(variables[j], data[0, j], where) for j in alike[ranges == 0]]


def check_collinearity(correlation: FloatArray, variables: Sequence[str], where: str = "") -> list[Diagnostic]:
    """A fault where the smallest eigenvalue of a correlation matrix is zero, naming the columns that take part."""
    names = [variables[place] for place in find_collinear(correlation)]
    return build_collinear(names, where) if names else []


def build_collinear(names: Sequence[str], where: str = "") -> list[Diagnostic]:
    """The fault of columns that follow from each other."""
    message = f"the columns {', '.join(names)} are collinear{where}: one of them follows from the others"
    return [Diagnostic("error", "collinear-columns", message, hint="leave one of them out")]


def find_collinear(correlation: FloatArray) -> NDArray[np.intp]:
    """The columns that take part where the smallest eigenvalue of a correlation matrix (p × p) is zero; else none."""
    none = np.empty(0, dtype=np.intp)
    if _is_well_conditioned(correlation):
        return none
    values, vectors = np.linalg.eigh(correlation)
    return none if values[0] > SMALLEST_EIGENVALUE else np.flatnonzero(np.abs(vectors[:, 0]) > 1e-4)


def _is_well_conditioned(correlation: FloatArray) -> bool:
    """Whether a Cholesky factor shows that no eigenvalue is anywhere near zero; False settles nothing."""
    factor, fault = lapack.dpotrf(correlation, lower=1)
    if fault:
        return False
    reciprocal, _ = lapack.dpocon(factor, np.abs(correlation).sum(axis=0).max(), uplo="L")
    return bool(reciprocal > 1e4 * SMALLEST_EIGENVALUE)  # the norm of a correlation matrix is 1 or more


def check_scales(variances: FloatArray, variables: Sequence[str]) -> list[Diagnostic]:
    """A warning where variances differ by more than a thousand times: optimisers and readers suffer."""
    largest, smallest = int(np.argmax(variances)), int(np.argmin(variances))
    ratio = variances[largest] / variances[smallest]
    if ratio < LARGEST_VARIANCE_RATIO:
        return []
    message = f"the variance of {variables[largest]!r} is {ratio:.6g} times that of {variables[smallest]!r}"
    return [Diagnostic("warning", "unequal-scales", message, hint="divide the larger variable by a power of ten")]


def check_covariance(names: Sequence[str], covariance: FloatArray, where: str = "") -> list[Diagnostic]:
    """Faults of a covariance matrix (p × p): not symmetric, not finite, not positive definite."""
    bad = np.argwhere(~np.isfinite(covariance))
    if bad.size:
        i, j = bad[0]
        return [
            Diagnostic("error", "missing-covariance", f"the covariance of {names[i]} and {names[j]}{where} is missing")
        ]
    deviations = np.sqrt(np.abs(np.diag(covariance)))
    scale = np.outer(deviations, deviations)
    gap = np.abs(covariance - covariance.T) > 1e-6 * np.maximum(scale, np.finfo(float).tiny)
    if gap.any():
        i, j = np.argwhere(gap)[0]
        message = f"the covariance matrix{where} is not symmetric: {names[i]}, {names[j]} is {covariance[i, j]:g}"
        message += f" but {names[j]}, {names[i]} is {covariance[j, i]:g}"
        return [Diagnostic("error", "asymmetric-covariance", message)]
    return _check_definiteness(names, covariance, where)


def _check_definiteness(names: Sequence[str], covariance: FloatArray, where: str) -> list[Diagnostic]:
    for name, variance in zip(names, np.diag(covariance), strict=True):
        if variance <= 0:
            message = f"the variance of {name!r}{where} is {variance:g}; it must be positive"
            return [Diagnostic("error", "indefinite-covariance", message)]
    for name, variance in zip(names, np.diag(covariance), strict=True):
        if not SMALLEST_RANGE**2 < variance < LARGEST_NUMBER**2:
            message = f"the variance of {name!r}{where} is {variance:.3g}: no computer can square it"
            hint = "express the variable in another unit"
            return [Diagnostic("error", "extreme-values", message, hint=hint)]
    eigenvalues, vectors = np.linalg.eigh(compute_correlation(covariance))
    if eigenvalues[0] > SMALLEST_EIGENVALUE:
        return []
    heaviest = np.argsort(-np.abs(vectors[:, 0]))[:3]
    message = f"the covariance matrix{where} is not positive definite: smallest eigenvalue {eigenvalues[0]:.3g}"
    message += f" (of correlations), mostly in {', '.join(names[k] for k in sorted(heaviest))}"
    return [Diagnostic("error", "indefinite-covariance", message)]


def numeric_values(column: "pd.Series") -> FloatArray | None:
    """The values of a column as float64 with NaN for missing ones, or None where they are not numbers."""
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        if pd.api.types.is_numeric_dtype(column.cat.categories.dtype):
            return np.asarray(column.astype("float64").to_numpy())
        codes = column.cat.codes.to_numpy()
        return np.where(codes < 0, np.nan, codes + 1.0) if column.cat.ordered else None
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    if column.dtype != object or not all(isinstance(value, (int, float)) for value in column.dropna()):
        return None
    return np.asarray(pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan))


def _describe_text(column: "pd.Series") -> Diagnostic:
    import pandas as pd

    present = column[column.notna()]
    numbers = pd.to_numeric(present.astype(str), errors="coerce")
    offender = int(np.flatnonzero(numbers.isna().to_numpy())[0]) if numbers.isna().any() else 0
    row = int(np.flatnonzero(column.notna().to_numpy())[offender]) + 1
    message = f"{str(column.name)!r} is not numeric: row {row} holds {str(present.iloc[offender])!r}"
    hint = advise_order([column]) if bool(numbers.isna().all()) else _CORRECT
    return Diagnostic("error", "text-column", message, hint=hint)


def merge_text_faults(faults: Sequence[Diagnostic], columns: "Sequence[pd.Series]") -> list[Diagnostic]:
    """The faults with one for all columns that hold nothing but texts, and the texts that have to become numbers."""
    texts = [fault for fault in faults if fault.code == "text-column" and fault.hint != _CORRECT]
    if len(texts) < 2:
        return list(faults)
    wanted = {fault.message.split("'")[1] for fault in texts}
    chosen = [column for column in columns if str(column.name) in wanted]
    message = f"{len(texts)} columns hold texts instead of numbers: {_some([str(column.name) for column in chosen])}"
    others = [fault for fault in faults if fault not in texts]
    return [Diagnostic("error", "text-column", message, hint=advise_order(chosen)), *others]


def check_worded(frame: "pd.DataFrame", names: Sequence[str]) -> list[Diagnostic]:
    """A note where several columns of texts hold the same few: answers in words, which have an order."""
    few = [name for name in names if frame[name].head(_GLANCED).nunique() <= _MOST_ANSWERS]
    answers = {name: frozenset(frame[name].dropna().astype(str)) for name in few}
    worded = [name for name, own in answers.items() if 3 <= len(own) <= _MOST_ANSWERS]
    alike = [name for name in worded if any(answers[name] & answers[other] for other in worded if other != name)]
    if not alike:
        return []
    message = f"{len(alike)} columns hold answers in words: {_some(alike)}"
    return [Diagnostic("note", "answers-in-words", message, hint=advise_order([frame[name] for name in alike]))]


def advise_order(columns: "Sequence[pd.Series]") -> str:
    """What to do about columns of texts: say the order of their answers, where they are few."""
    answers = list(dict.fromkeys(" ".join(str(value).split()) for column in columns for value in column.dropna()))
    if len(answers) > _MOST_ANSWERS:
        return "code the texts as numbers"
    advice = "say their order, the lowest first, by --answers or in the spec: #' answers: never, rarely, often"
    return f"{advice}; the data hold {', '.join(answers)}"


def _constant(name: str, value: float, where: str) -> Diagnostic:
    message = f"{name!r} is constant{where}: every value is {value:g}"
    return Diagnostic("error", "constant-column", message, hint="leave it out of the model")


def _some(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(map(str, names[:most]))
    return f"{shown}, … ({len(names)} in all)" if len(names) > most else shown
