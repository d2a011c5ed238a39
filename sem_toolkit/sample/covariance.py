"""Covariance matrices and means that are given instead of data."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_covariance, check_names, check_scales
from sem_toolkit.sample.delimited import require_unique_names
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.printed import read_cells, read_moments
from sem_toolkit.sample.printed_matrix import is_number, malformed, to_number
from sem_toolkit.sample.sample import Sample, SampleGroup


def read_covariance(path: str | Path) -> tuple[tuple[str, ...], FloatArray]:
    """Read a covariance matrix: a row of p names, then p rows, with or without row names, full or a triangle.

    Separators as in data files, or blanks. Returns the names and the full p × p matrix. Raises DataError when the
    file is missing, empty, not numeric, not square, not symmetric or not positive definite.
    """
    found = read_moments(path)
    if len(found) > 1:
        raise malformed(path, f"it holds {len(found)} groups")
    return found[0].names, found[0].covariance


def read_means(path: str | Path) -> dict[str, float]:
    """Read means: a row of names and a row of numbers, or a name and a number in every row."""
    path = Path(path)
    rows = read_cells(path)
    across = len(rows) == 2 and not any(is_number(cell) for cell in rows[0])
    pairs = list(zip(*rows, strict=False)) if across else [tuple(cells) for cells in rows]
    pairs = [pair for pair in pairs if pair[0]]
    if any(len(pair) != 2 or not is_number(pair[1]) for pair in pairs) or (across and len(rows[0]) != len(rows[1])):
        raise malformed(path, "means are a row of names above a row of numbers, or rows of a name and a number")
    require_unique_names([pair[0] for pair in pairs], str(path))
    return {name: to_number(value) for name, value in pairs}


def build_sample_from_moments(
    names: Sequence[str],
    covariance: ArrayLike,
    n: int | Sequence[int],
    variables: Sequence[str],
    mean: ArrayLike | Mapping[str, float] | None = None,
    labels: Sequence[str] | None = None,
    rescale: bool = True,
    source: str = "the covariance matrix",
    said: Sequence[Diagnostic] = (),
) -> Sample:
    """Build a sample from given moments, for one group or several.

    names       of the rows and columns of the matrices given; `variables` are picked from them in the model's order
    covariance  p × p, or G × p × p for G groups
    n           number of observations, one a group
    mean        p (or G × p) in the order of `names`, or name → value for one group
    labels      of the groups; "Group 1", "Group 2", … where none are given and there are several
    said        what was found when the moments were read
    rescale     the matrices have divisor n - 1, as printed ones have: multiply by (n - 1)/n, as lavaan does

    Raises DataError for unknown names, wrong shapes, and matrices that are not symmetric or positive definite.
    """
    names, variables = tuple(names), tuple(variables)
    require_unique_names(names, source)
    _raise_any(check_names(variables, names, source))
    matrices = np.atleast_3d(np.asarray(covariance, dtype=np.float64).T).T
    sizes = _sizes(n, len(matrices))
    if matrices.shape[1:] != (len(names), len(names)):
        shape = " × ".join(map(str, matrices.shape[1:]))
        raise malformed(source, f"{len(names)} names but a matrix of {shape}")
    means = _group_means(mean, names, len(matrices), source)
    labels = tuple(labels) if labels else (("",) if len(matrices) == 1 else _numbered_labels(len(matrices)))
    picked = [names.index(name) for name in variables]
    groups: list[SampleGroup] = []
    messages = list(said)
    for g, (label, size) in enumerate(zip(labels, sizes, strict=True)):
        matrix = matrices[g][np.ix_(picked, picked)]
        where = f" of group {label!r}" if label else ""
        _raise_any(check_covariance(variables, matrix, where))
        if size <= len(variables):
            message = (
                f"{size} observations{where} for {len(variables)} variables; at least {len(variables) + 1} are needed"
            )
            raise DataError(Diagnostic("error", "too-few-rows", message))
        matrix = (matrix + matrix.T) / 2 * ((size - 1) / size if rescale else 1.0)
        groups.append(SampleGroup(label, size, matrix, None if means is None else means[g][picked]))
        messages += check_scales(np.diag(matrix), variables)
    if rescale and np.all(np.diagonal(matrices, axis1=1, axis2=2) == 1):
        text = "every variance is 1: standard errors of a model for correlations are not those of one for covariances"
        messages.append(Diagnostic("warning", "correlation-matrix", text, hint="give covariances where you have them"))
    return Sample(variables, tuple(groups), sum(sizes), tuple(messages), source)


def _group_means(
    mean: ArrayLike | Mapping[str, float] | None, names: tuple[str, ...], groups: int, source: str
) -> FloatArray | None:
    if mean is None:
        return None
    if isinstance(mean, Mapping):
        _raise_any(check_names(names, tuple(mean), "the means"))
        mean = [mean[name] for name in names]
    means = np.atleast_2d(np.asarray(mean, dtype=np.float64))
    if means.shape != (groups, len(names)):
        raise malformed(source, f"{means.size} means for {groups} × {len(names)} variables")
    return means


LARGEST_N = 100_000_000
"""Observations of one group; more are a slip of the keyboard, or a test of ours."""


def _sizes(n: int | Sequence[int], groups: int) -> tuple[int, ...]:
    sizes = (n,) if isinstance(n, (int, np.integer)) else tuple(n)
    if not sizes:
        message = "the number of observations behind the covariances is not given"
        hint = "sample_nobs, on the command line --sample-nobs N"
        raise DataError(Diagnostic("error", "wrong-n", message, hint=hint))
    if len(sizes) != groups:
        raise DataError(Diagnostic("error", "wrong-n", f"{len(sizes)} numbers of observations for {groups} groups"))
    for size in sizes:
        if not 1 <= size <= LARGEST_N:
            shown = str(size) if size < 1e18 else "10¹⁸ or more"
            message = f"the number of observations cannot be {shown}"
            hint = f"a number between 1 and {LARGEST_N}"
            raise DataError(Diagnostic("error", "wrong-n", message, hint=hint))
    return tuple(int(size) for size in sizes)


def _numbered_labels(groups: int) -> tuple[str, ...]:
    return tuple(f"Group {number}" for number in range(1, groups + 1))


def _raise_any(faults: Sequence[Diagnostic]) -> None:
    if faults:
        raise DataError(faults)
