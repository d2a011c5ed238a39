"""Standardised loadings as matrices, item by factor: how exploratory blocks are read."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sem_toolkit.inference import EvaluatedSolution, InferenceOptions, build_standardized_solution
from sem_toolkit.inference.frames import number_groups

if TYPE_CHECKING:
    import pandas as pd

    from sem_toolkit.rotation import Rotation

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Loadings:
    """Standardised loadings of one group.

    values, errors   p × m, 0 where a factor has no loading of an item
    correlations     of the factors (m × m), of residuals where factors depend on others
    uniquenesses     standardised residual variances of the items (p), NaN where there is none
    """

    group: str
    items: tuple[str, ...]
    factors: tuple[str, ...]
    values: FloatArray
    errors: FloatArray
    correlations: FloatArray
    uniquenesses: FloatArray

    def to_frame(self) -> "pd.DataFrame":
        """One row an item: its loadings, communality (1 less uniqueness) and uniqueness."""
        import pandas as pd

        columns: dict[str, Any] = {"item": self.items}
        columns |= dict(zip(self.factors, self.values.T, strict=True))
        return pd.DataFrame(columns | {"communality": 1.0 - self.uniquenesses, "uniqueness": self.uniquenesses})


def build_loadings(solution: EvaluatedSolution, options: InferenceOptions) -> tuple[Loadings, ...]:
    """The loadings of every group, and level, with factors; items and factors in the order of the table."""
    rows = build_standardized_solution(solution, 0.95, options=options)
    numbers = number_groups(rows)
    model = solution.model
    found = []
    for number, label in enumerate(model.groups, start=1):
        loadings = [
            row
            for row in model.table.parameters
            if row.group == number and row.op == "=~" and row.rhs in model.observed and row.rhs != row.lhs
        ]
        items = tuple(dict.fromkeys(row.rhs for row in loadings))
        factors = tuple(dict.fromkeys(row.lhs for row in loadings))
        if not factors:
            continue
        own = rows[numbers == number]
        pairs = zip(own["lhs"], own["op"], own["rhs"], own["est.std"], own["se"], strict=True)
        table = {(lhs, op, rhs): (value, error) for lhs, op, rhs, value, error in pairs}
        table |= {(rhs, "~~", lhs): both for (lhs, op, rhs), both in table.items() if op == "~~"}
        cells = np.array([[table.get((f, "=~", item), (0.0, 0.0)) for f in factors] for item in items])
        correlations = [[1.0 if a == b else table.get((a, "~~", b), (0.0,))[0] for b in factors] for a in factors]
        unique = np.array([table.get((item, "~~", item), (np.nan,))[0] for item in items])
        values, errors = np.moveaxis(cells, -1, 0)
        found.append(Loadings(label, items, factors, values, errors, np.array(correlations), unique))
    return tuple(found)


def build_rotation_record(rotation: "Rotation") -> dict[str, Any]:
    """How blocks were rotated, as plain mappings."""
    options = rotation.options
    return {
        "method": options.method,
        "orthogonal": options.is_orthogonal,
        "row_weights": "kaiser" if options.normalizes else "none",
        "se": options.errors,
        "blocks": [
            {
                "block": entry.block.name,
                "groups": list(entry.block.groups),
                "factors": list(entry.block.factors),
                "items": list(entry.block.items),
                "criterion": entry.search.value,
                "starts": entry.search.starts,
                "reached_by": entry.search.hits,
                "optima": entry.search.optima.tolist(),
                "rotation": entry.rotation.tolist(),
            }
            for entry in rotation.blocks
        ],
    }
