"""Items with a handful of answers that a fit takes for numbers: said once, with the way to thresholds."""

import numpy as np

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.fit.options import FitOptions
from sem_toolkit.sample import Sample
from sem_toolkit.spec import ParameterTable

_MOST_ANSWERS = 5
"""With more, normal theory with robust errors does as well (Rhemtulla, Brosseau-Liard & Savalei 2012)."""
_LOOK = 2_000
_SHOWN = 6


def find_coarse_items(table: ParameterTable, sample: Sample, options: FitOptions) -> tuple[Diagnostic, ...]:
    """A note where indicators have five answers or fewer and nothing was said about `ordered`; otherwise nothing."""
    if options.estimation.categorical or "ordered" in options.given:
        return ()
    indicators = {row.rhs for row in table.parameters if row.op == "=~"}
    rows = [group.data for group in sample.groups if group.data is not None]
    if not indicators or not rows:
        return ()
    data = np.concatenate([part[:_LOOK] for part in rows])
    names = [name for j, name in enumerate(sample.variables) if name in indicators and _is_coarse(data[:, j])]
    if not names:
        return ()
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    message = f"items with {_MOST_ANSWERS} answers or fewer are taken as numbers: {shown}"
    listed = ",".join(names)
    hint = f"--ordered {listed if len(listed) < 60 else 'all'} fits thresholds (WLSMV); --ordered none keeps numbers"
    return (Diagnostic("note", "ordered-as-numbers", message, hint=hint),)


def _is_coarse(column: np.ndarray) -> bool:
    values = np.unique(column[~np.isnan(column)])
    return 2 <= len(values) <= _MOST_ANSWERS and bool((values == np.round(values)).all())
