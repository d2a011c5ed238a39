"""The paper's stepwise regressions run on the simulated survey, beside what was printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sem_toolkit.libraries import pd
from sem_toolkit.study.published import PrintedTable
from sem_toolkit.study.regression import stepwise_regression


def compare_stepwise(
    survey: pd.DataFrame, tables: Sequence[PrintedTable], others: Mapping[str, Mapping[str, object]]
) -> pd.DataFrame:
    """One row a printed table: terms as printed and as they enter in the survey, R² of both.

    others  table → further candidates of its block
    """
    rows = []
    for table in tables:
        terms = [row.term for row in table.predictors]
        candidates = [name for name in [*terms, *others.get(table.name, {})] if name in survey]
        found = stepwise_regression(survey, table.outcome, candidates)
        figure = table.find("r2")
        rows.append(
            {
                "table": table.name,
                "printed": ", ".join(terms),
                "entered": ", ".join(found.final.predictors) if found.final else "none",
                "r2": found.final.r2 if found.final else float("nan"),
                "printed_r2": figure.value if figure else float("nan"),
            }
        )
    return pd.DataFrame(rows)
