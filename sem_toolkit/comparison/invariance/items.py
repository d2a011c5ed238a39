"""Item parameters side by side: each group's or wave's own, from the last step that leaves them free."""

from typing import TYPE_CHECKING

from sem_toolkit.comparison.invariance.ladder import Invariance
from sem_toolkit.spec.names import latent_variables

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "threshold": ("thresholds", "|"),
    "loading": ("loadings", "=~"),
    "intercept": ("intercepts", "~1"),
    "residual variance": ("residuals", "~~"),
}
"""What an item's parameters are called, lavaan's word for holding them equal, and their operator."""
COLUMNS = ["kind", "step", "item", "place", "est", "ci.lower", "ci.upper"]


def build_item_parameters(found: Invariance) -> "pd.DataFrame":
    """Thresholds, loadings, intercepts and residual variances of the items in each group or wave, with intervals.

    Each kind is taken from the last step that does not hold it equal, so that what it is measured by is equal already:
    intercepts are compared on a common scale of loadings. A kind of which no step estimates any is left out. Columns:
    kind, step, item (of the first wave, over time; a row a threshold), place (label of the group, or the number of the
    wave), est, ci.lower and ci.upper; a fixed parameter is its own interval.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for kind, (word, operator) in KINDS.items():
        steps = [step for step in found.steps.values() if word not in step.equal and step.fit.converged]
        if not steps:
            continue
        fit = steps[-1].fit
        latent = set(latent_variables(fit.table))
        mine: list[dict[str, object]] = []
        is_free = False
        for row, parameter in zip(fit.parameters.to_dict("records"), fit.table.parameters, strict=False):
            item = row["rhs"] if operator == "=~" else row["lhs"]
            wanted = row["op"] == operator and item not in latent and (operator != "~~" or row["lhs"] == row["rhs"])
            where = found.ladder.locate(str(item), int(row["group"])) if wanted else None
            if where is not None:
                values = {name: row[name] for name in ("est", "ci.lower", "ci.upper")}
                mine.append({"kind": kind, "step": steps[-1].name, "item": where[0], "place": where[1], **values})
                is_free |= parameter.free > 0
        rows += mine if is_free else []
    return pd.DataFrame(rows, columns=COLUMNS)


def list_markers(found: Invariance) -> list[str]:
    """Items whose loading is fixed at 1 in every group or wave: the scale of a factor, which no step can test."""
    rows = [row for row in next(iter(found.fits.values())).table.parameters if row.op == "=~"]
    return list(dict.fromkeys(row.rhs for row in rows if not row.free and row.ustart == 1.0))
