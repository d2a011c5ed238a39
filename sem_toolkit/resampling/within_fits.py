"""The samples of a fit that asks for bootstrapped standard errors (se) or for Bollen and Stine's p-value (test)."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.inference.options import Resampled, Row

if TYPE_CHECKING:
    from sem_toolkit.fit import Fit, Prepared
    from sem_toolkit.resampling.bootstrap import Bootstrap


def resample(prepared: "Prepared", fit: "Fit") -> Resampled:
    """What bootstrap samples of the rows say of the fit. Raises what `bootstrap` does."""
    from sem_toolkit.resampling.bootstrap.run import Hands, Wanted, bootstrap_fit

    options = fit.options
    plain = options.without_resampling
    rows = prepared.with_equalities(plain)
    own = replace(fit, options=plain)
    wanted = Wanted(options.bootstrap, "ordinary", options.boot_ci_type, options.iseed)
    errors = test = None
    if options.inference.se == "bootstrap":
        errors = bootstrap_fit(rows, own, wanted, Hands(workers=None))
    if "bollen.stine" in options.inference.more_tests:
        test = bootstrap_fit(rows, own, replace(wanted, resample="bollen.stine", interval="perc"), Hands(None))
    some = errors or test
    assert some is not None  # noqa: S101 (one of the two was asked for)
    return Resampled(
        covariance=None if errors is None else _compute_covariance(errors, fit),
        rows={} if errors is None else _list_rows(errors),
        pvalue=float("nan") if test is None else test.pvalue,
        draws=options.bootstrap,
        interval=options.boot_ci_type,
        seed=options.iseed,
        counts=some.counts,
        messages=tuple(message for found in (errors, test) if found is not None for message in found.messages),
    )


def _compute_covariance(found: "Bootstrap", fit: "Fit") -> np.ndarray:
    """Of the free parameters over the draws that count (q × q)."""
    places = {(q.lhs, q.op, q.rhs, q.group): place for place, q in enumerate(found.quantities)}
    order = [places[row.lhs, row.op, row.rhs, row.group] for row in fit.solution.model.parameters]
    return np.atleast_2d(np.cov(np.stack([found.read(place) for place in order], axis=1), rowvar=False, bias=True))


def _list_rows(found: "Bootstrap") -> dict[Row, tuple[float, float, float]]:
    table = found.table
    columns = (table[name] for name in ("lhs", "op", "rhs", "group", "se", "ci.lower", "ci.upper"))
    return {
        (lhs, op, rhs, int(group)): (float(se), float(lower), float(upper))
        for lhs, op, rhs, group, se, lower, upper in zip(*columns, strict=True)
    }
