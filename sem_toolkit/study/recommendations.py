"""What a paper recommends, beside what its printed numbers say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sem_toolkit.libraries import pd
from sem_toolkit.study.names import Names

NOTHING = "no printed number is about it"


def judge_recommendations(
    rows: Sequence[Mapping[str, str]], joint_regressions: pd.DataFrame, names: Names | None = None
) -> pd.DataFrame:
    """One row a recommendation: kind, recommendation, numbers.

    rows               kind, recommendation, and terms: the predictors that it leans on, separated by semicolons
    joint_regressions  of `compare_joint_regressions`
    names              what the codes of predictors mean; None to leave them as they are
    """
    known = {row["term"]: row for row in joint_regressions.to_dict("records")}
    return pd.DataFrame(
        [
            {
                "kind": row["kind"],
                "recommendation": row["recommendation"],
                "numbers": _say_numbers([known[term] for term in row["terms"].split(";") if term in known], names),
            }
            for row in rows
        ],
        columns=["kind", "recommendation", "numbers"],
    )


def _say_numbers(rows: Sequence[Mapping[str, Any]], names: Names | None) -> str:
    texts = [
        f"{row['term'] if names is None else names.name_item(row['term'])}: B = {row['printed']:.3f} by itself, "
        f"{_sign(row['lowest'])} to {_sign(row['highest'])} beside all others"
        for row in rows
    ]
    return "; ".join(texts) or NOTHING


def _sign(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")
