"""How often each answer was given: labelled codes with their counts, and histograms as bars of text."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sem_toolkit.diagnostics import Diagnostic
from sem_toolkit.sample.labels import ColumnLabels
from sem_toolkit.sample.moments import FloatArray
from sem_toolkit.sample.scales import Scale

if TYPE_CHECKING:
    import pandas as pd

_BARS = " ▁▂▃▄▅▆▇█"
_BINS = 12
_MOST_SHOWN = 10
_MOST_UNLABELLED = 12


def build_value_table(
    numbers: Mapping[str, FloatArray], scales: Mapping[str, Scale | None], labels: Mapping[str, ColumnLabels]
) -> "pd.DataFrame":
    """How often each labelled code occurs, and each code of a labelled column that has none."""
    import pandas as pd

    rows: list[dict[str, object]] = []
    for name, values in numbers.items():
        entry = labels.get(name)
        if entry is None or not entry.values:
            continue
        present = values[~np.isnan(values)]
        codes = {float(code) for code in entry.values if isinstance(code, (int, float))}
        if len(unlabelled := {float(value) for value in np.unique(present)} - codes) <= _MOST_UNLABELLED:
            codes |= unlabelled
        texts = {float(code): text for code, text in entry.values.items() if isinstance(code, (int, float))}
        scale = scales.get(name)
        for code in sorted(codes):
            count = entry.declared.get(code, 0) if entry.is_missing(code) else int(np.sum(present == code))
            outside = scale is not None and scale.labelled and not scale.low <= code <= scale.high
            what = "missing" if entry.is_missing(code) else "outside" if outside else ""
            rows.append(
                {"column": name, "code": f"{code:g}", "label": texts.get(code, "–"), "rows": count,
                 "share": count / len(values), "is": what}
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["column", "code", "label", "rows", "share", "is"])


def check_labelled(
    numbers: Mapping[str, FloatArray], scales: Mapping[str, Scale | None], labels: Mapping[str, ColumnLabels]
) -> list[Diagnostic]:
    """A warning for codes that have a label, lie off the scale and are not declared missing."""
    shown, codes = [], set()
    for name, scale in scales.items():
        if scale is None or not scale.labelled:
            continue
        for code, text in labels[name].values.items():
            if isinstance(code, str) or scale.low <= code <= scale.high or labels[name].is_missing(float(code)):
                continue
            count = int(np.sum(numbers[name] == code))
            if count:
                shown.append(f"{name}: {code:g} {text!r} ({count} {'row' if count == 1 else 'rows'})")
                codes.add(f"{code:g}")
    if not shown:
        return []
    more = f"; and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
    message = (
        f"labelled codes off the scale that the file does not declare missing: {'; '.join(shown[:_MOST_SHOWN])}{more}"
    )
    hint = f"if they stand for missing answers: --missing-codes {','.join(sorted(codes, key=float))}"
    return [Diagnostic("warning", "labelled-codes", message, hint=hint)]


def draw_bars(numbers: FloatArray) -> str:
    """A histogram as block characters: one a value of a short scale, else twelve bins from the least to the largest."""
    counts = count_bars(numbers)["rows"].to_numpy()
    heights = np.ceil(counts / counts.max() * (len(_BARS) - 1)).astype(int)
    return "".join(_BARS[height] for height in heights)


def count_bars(numbers: FloatArray) -> "pd.DataFrame":
    """The bars of a histogram of values: from, to (the same for one value of a short scale) and rows."""
    import pandas as pd

    distinct = np.unique(numbers)
    if not len(distinct):
        return pd.DataFrame({"from": [], "to": [], "rows": []})
    scale = bool(np.all(distinct == np.rint(distinct))) and distinct[-1] - distinct[0] <= _BINS
    edges = np.arange(distinct[0] - 0.5, distinct[-1] + 1) if scale else _BINS
    counts, edges = np.histogram(numbers, bins=edges)
    middle = edges[:-1] + 0.5
    return pd.DataFrame({"from": middle if scale else edges[:-1], "to": middle if scale else edges[1:], "rows": counts})
