"""What becomes of a model's structural answer in a rival: which paths say the same, which do not."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sem_toolkit.comparison.paths import build_paths_table
from sem_toolkit.fit import Fit

if TYPE_CHECKING:
    import pandas as pd

LEVEL = 0.05
_MOST = 3  # changes that are named


@dataclass(frozen=True)
class PathAnswer:
    """One path as one model has it."""

    estimate: float
    pvalue: float

    @property
    def verdict(self) -> str:
        """Its sign where it differs from 0 at the level of 5 %."""
        if not math.isfinite(self.pvalue):
            return "fixed"
        if self.pvalue >= LEVEL:
            return "n.s."
        return "+" if self.estimate > 0 else "−"

    def __str__(self) -> str:
        """The standardised estimate and what it says."""
        return f"{self.estimate:z.2f}" + (f" ({self.verdict})" if self.verdict in {"n.s.", "fixed"} else "")


def list_answers(fit: Fit) -> dict[tuple[str, str], PathAnswer]:
    """The standardised paths of a fit by name and group; where it has none, the correlations of its factors."""
    return _read(build_paths_table({"": fit}))


def _read(paths: "pd.DataFrame") -> dict[tuple[str, str], PathAnswer]:
    return {
        (row["path"], row["group"]): PathAnswer(
            row["std.all"] if math.isfinite(row["std.all"]) else row["est"], row["pvalue"]
        )
        for row in paths.to_dict("records")
    }


def describe_answer(given: Mapping[tuple[str, str], PathAnswer], fit: Fit) -> str:
    """In words: how many of the given model's paths say the same, and the first few that do not."""
    if not given or not fit.converged:
        return ""
    now = {key: answer for key, answer in list_answers(fit).items() if answer.verdict != "fixed" or "~~" not in key[0]}
    shared = {key: (before, now[key]) for key, before in given.items() if key in now}
    if not shared:
        return "none of them is in it"
    changed = {key: pair for key, pair in shared.items() if pair[0].verdict != pair[1].verdict}
    gone = len(given) - len(shared)
    kept = f"{len(shared) - len(changed)} of {len(given)} as before"
    named = [f"{' '.join(filter(None, key))}: {before} → {after}" for key, (before, after) in changed.items()]
    more = f", {len(named) - _MOST} more" if len(named) > _MOST else ""
    parts = [kept, *([", ".join(named[:_MOST]) + more] if named else []), *([f"{gone} not in it"] if gone else [])]
    return "; ".join(parts)
