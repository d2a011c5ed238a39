"""Item parameters side by side: each group's or wave's own, from the last step that leaves them free."""

from typing import TYPE_CHECKING

from sem_toolkit.comparison.invariance.ladder import Invariance
from sem_toolkit.spec.names import latent_variables

if TYPE_CHECKING:
    import pandas as pd

KINDS = {"threshold": "thresholds", "loading": "loadings", "intercept": "intercepts", "residual variance": "residuals"}
COLUMNS = ["kind", "step", "item", "place", "est", "ci.lower", "ci.upper"]


def build_item_parameters(found: Invariance) -> "pd.DataFrame":
    """Thresholds, loadings, intercepts and residual variances of the items in each group or wave, with their intervals.

    Each kind is taken from the last step that does not hold it equal, so that what it is measured by is equal already:
    intercepts are compared on a common scale of loadings. Columns: kind, step, item (of the first wave, over time),
    place (label of the group, or the number of the wave), est, ci.lower and ci.upper; a fixed parameter is its own
    interval.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for kind, word in KINDS.items():
        steps = [step for step in found.steps.values() if word not in step.equal and step.fit.converged]
        if not steps:
            continue
        fit = steps[-1].fit
        latent = set(latent_variables(fit.table))
        for row in fit.parameters.to_dict("records"):
            item = row["rhs"] if row["op"] == "=~" else row["lhs"]
            wanted = _find_kind(row["lhs"], row["op"], row["rhs"]) == kind
            where = found.ladder.locate(str(item), int(row["group"])) if wanted and item not in latent else None
            if where is not None:
                values = {name: row[name] for name in ("est", "ci.lower", "ci.upper")}
                rows.append({"kind": kind, "step": steps[-1].name, "item": where[0], "place": where[1], **values})
    return pd.DataFrame(rows, columns=COLUMNS)


def _find_kind(lhs: str, op: str, rhs: str) -> str:
    """Which of KINDS a parameter is of, as far as it is of an item; empty for others."""
    if op == "~~":
        return "residual variance" if lhs == rhs else ""
    return {"|": "threshold", "=~": "loading", "~1": "intercept"}.get(op, "")


def list_markers(found: Invariance) -> list[str]:
    """Items whose loading is fixed at 1 in every group or wave: the scale of a factor, which no step can test."""
    rows = [row for row in next(iter(found.fits.values())).table.parameters if row.op == "=~"]
    return list(dict.fromkeys(row.rhs for row in rows if not row.free and row.ustart == 1.0))
