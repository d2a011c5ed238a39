"""Which cluster, such as a company or a school, each row of a sample belongs to."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.checks import check_names, describe_group
from sem_toolkit.sample.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

_MOST_ALONE = 0.9
"""Share of rows that are clusters by themselves above which a column may be an identifier with repetitions."""


def attach_clusters(sample: Sample, frame: "pd.DataFrame", name: str) -> Sample:
    """The sample with the clusters of its rows, from a column of the frame that it was built from.

    Raises DataError where there is no such column, a row used has no value in it, or a group has only one cluster.
    """
    import pandas as pd

    faults = check_names([name], [str(column) for column in frame.columns], "the data")
    if faults:
        raise DataError(faults)
    codes = pd.factorize(frame[name])[0]
    groups, messages = [], list(sample.messages)
    for group in sample.groups:
        assert group.places is not None  # noqa: S101 (the sample is one of rows)
        own, where = codes[group.places], describe_group(group.label)
        lost = np.flatnonzero(own < 0)
        if lost.size:
            rows = f"{lost.size} rows used have" if lost.size > 1 else "a row used has"
            listed = ", ".join(str(place + 1) for place in group.places[lost[:6]])
            more = ", …" if lost.size > 6 else ""
            message = f"{rows} no value of {name!r}{where}: row{'s' if lost.size > 1 else ''} {listed}{more}"
            raise DataError(
                Diagnostic(
                    "error", "missing-cluster", message, hint="fill them in, or leave these rows out of the file"
                )
            )
        sizes = np.bincount(own)
        count = int(np.count_nonzero(sizes))
        alone = int(np.count_nonzero(sizes == 1))
        if count < 2:
            message = f"all rows are of one cluster {name!r}{where}; standard errors need several"
            hint = "is this the right column? Without clusters leave the option out"
            raise DataError(Diagnostic("error", "too-few-clusters", message, hint=hint))
        if count == len(own):
            message = f"every row is a cluster {name!r} of its own{where}: the clusters change nothing"
            messages.append(Diagnostic("warning", "single-row-clusters", message, hint="is this the right column?"))
        elif count < 20:
            message = f"only {count} clusters {name!r}{where}: standard errors and tests need about 20 or more"
            messages.append(Diagnostic("warning", "few-clusters", message))
        elif alone > _MOST_ALONE * len(own):
            message = (
                f"{alone} of {len(own)} rows are clusters {name!r} of their own{where}: the clusters hardly matter"
            )
            messages.append(Diagnostic("note", "single-row-clusters", message, hint="is this the right column?"))
        design = replace(group.design, clusters=np.unique(own, return_inverse=True)[1].astype(np.intp))
        groups.append(replace(group, design=design))
    return replace(sample, groups=tuple(groups), messages=tuple(messages))
