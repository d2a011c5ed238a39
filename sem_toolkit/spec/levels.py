"""Levels of rows in clusters: their names, and the table in which every level of a group is a group of its own.

The numbers know no levels: what a model says within clusters and between them stands in matrices of its own, as it does
for the groups of a sample. Number (g − 1)·L + l is that of level l (of L) of group g, as lavaan numbers its blocks.
"""

from dataclasses import replace

from sem_toolkit.diagnostics import Diagnostic, SpecError
from sem_toolkit.spec.table import ParameterTable

WITHIN, BETWEEN = "within", "between"


def name_levels(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the levels from the labels of their headers; none for a single level. Two of them have usual names."""
    if len(labels) < 2:
        return ()
    return (WITHIN, BETWEEN) if len(labels) == 2 else labels


def separate_levels(table: ParameterTable) -> ParameterTable:
    """The table with every level of a group as a group of its own; one without levels as it is.

    Raises SpecError where a group of the data lacks a level, as where the spec has no headers of groups.
    """
    count = len(table.levels)
    if not count or table.separated:
        return table
    there = {(row.group, row.level) for row in table.parameters}
    for number, label in enumerate(table.groups, start=1):
        for level, name in enumerate(table.levels, start=1):
            if (number, level) not in there:
                message = f'the model says nothing of group "{label}" at level {level} ({name})'
                hint = 'write a "group:" header for every group of the data, with both levels below it'
                raise SpecError(Diagnostic("error", "group-without-level", message, hint=hint))
    rows = tuple(row._replace(group=(row.group - 1) * count + row.level) if row.level else row for row in table.rows)
    labels = tuple(f"{label}, {level}" if label else level for label in table.groups for level in table.levels)
    return replace(table, rows=rows, groups=labels, separated=True)
