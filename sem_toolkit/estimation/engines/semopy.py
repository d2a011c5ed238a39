"""semopy as an optimiser: our description in, a vector of parameters out; nothing else of it is used."""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.discrepancy import Kind, Targets
from sem_toolkit.estimation.engines.description import build_description
from sem_toolkit.model import Model

FloatArray = NDArray[np.float64]

# semopy keeps bound methods of the last model in class attributes: two constructions at once corrupt each other.
_LOCK = threading.Lock()


@dataclass(frozen=True, eq=False)
class ForeignResult:
    """Where semopy ended: x (q) or None, how many iterations it took, and what it said when it failed."""

    x: FloatArray | None
    iterations: int
    failure: str = ""


def run_semopy(model: Model, targets: Targets, start: FloatArray, kind: Kind) -> ForeignResult:
    """Fit with semopy from `start` (q); never raises. Call only where `find_obstacle` finds none."""
    import pandas as pd

    description = build_description(model, targets)
    correlation = targets.covariance[0] / np.outer(description.deviations, description.deviations)
    names = list(description.observed)
    covariance = pd.DataFrame(correlation, index=names, columns=names)
    used = np.flatnonzero(description.label >= 0)
    values = start / description.units
    by_label = {f"t{description.label[i] + 1}": float(values[i]) for i in used[::-1]}
    try:
        with _LOCK, _quiet():
            found, iterations = _fit(description.text, covariance, by_label, int(targets.n[0]), kind)
    except Exception as problem:
        return ForeignResult(None, 0, f"{type(problem).__name__}: {problem}"[:120])
    x = start.copy()
    x[used] = [found[f"t{description.label[i] + 1}"] for i in used] * description.units[used]
    return ForeignResult(x if np.isfinite(x).all() else None, iterations, "" if np.isfinite(x).all() else "no numbers")


def _fit(text: str, covariance: "object", start: dict[str, float], n: int, kind: Kind) -> tuple[dict[str, float], int]:
    from semopy import Model as SemopyModel

    # mimic_lavaan: residuals of outcomes reach what the outcomes predict; cov_diag: nothing is added to our rows.
    engine = SemopyModel(text, mimic_lavaan=True, cov_diag=True)
    for name, parameter in engine.parameters.items():
        if parameter.active:
            parameter.start = start[name]  # a factor without a start of its own sends it into an endless loop
            parameter.bound = (None, None)
    objective = "MLW" if kind.is_likelihood else kind.name
    options = {"ftol": 1e-12, "maxiter": 1000}
    result = engine.fit(cov=covariance, obj=objective, n_samples=n, clean_slate=False, options=options)
    names = [name for name, parameter in engine.parameters.items() if parameter.active]
    return dict(zip(names, map(float, engine.param_vals), strict=True)), int(result.n_it)


@contextmanager
def _quiet() -> Iterator[None]:
    """No warnings, no root logger handler left behind, no LAPACK text."""
    root, placeholder = logging.getLogger(), logging.NullHandler()
    before = root.manager.disable
    root.addHandler(placeholder)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        root.removeHandler(placeholder)
