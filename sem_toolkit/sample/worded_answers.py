"""Answers in words, as online questionnaires export them, put in the order that a spec says they have."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sem_toolkit.diagnostics import DataError, Diagnostic
from sem_toolkit.sample.choices import AnswerScale
from sem_toolkit.sample.labels import LABELS, ColumnLabels, get_labels
from sem_toolkit.sample.messages import add_messages

if TYPE_CHECKING:
    import pandas as pd

_MOST_NAMED = 8
_KNOWN = 2  # answers of a scale from which on a column is one of answers


def order_answers(frame: "pd.DataFrame", scales: Sequence[AnswerScale]) -> "pd.DataFrame":
    """The frame with columns of texts as ordered categories, 1 for the lowest answer, and a message that names them.

    A column belongs to the first scale that has all its texts; capitals and blanks do not matter. Answers of the scale
    that nobody gave stay categories.

    scales  the answers of each scale, from the lowest to the highest

    Raises DataError for a column that holds other texts beside answers of a scale.
    """
    if not scales:
        return frame
    import pandas as pd

    known = [{_fold(answer): place for place, answer in enumerate(scale)} for scale in scales]
    columns: list[pd.Series] = []
    odd: dict[AnswerScale, list[pd.Series]] = {}
    read: dict[AnswerScale, list[str]] = {scale: [] for scale in scales}
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        texts = _list_texts(column)
        fitting = [k for k, places in enumerate(known) if texts and set(texts.values()) <= set(places)]
        if fitting:
            scale, places = scales[fitting[0]], known[fitting[0]]
            codes = column.map({value: places[text] for value, text in texts.items()}).fillna(-1).astype(int)
            ordered = pd.Categorical.from_codes(codes, categories=list(scale), ordered=True)
            read[scale].append(str(column.name))
            column = pd.Series(ordered, index=column.index, name=column.name)
        elif near := _find_near(texts, scales, known):
            odd.setdefault(near, []).append(column)
        columns.append(column)
    if odd:
        raise DataError([_describe_odd(scale, own) for scale, own in odd.items()])
    result = pd.concat(columns, axis=1) if columns else frame
    labels = {name: _label(scale) for scale, names in read.items() for name in names}
    result.attrs = {**frame.attrs, LABELS: {**get_labels(frame), **labels}}
    add_messages(result, [_describe_scale(scale, names) for scale, names in read.items()])
    return result


def _label(scale: AnswerScale) -> ColumnLabels:
    """What a file with labels would say of the column, so that its scale is known where answers use a part of it."""
    return ColumnLabels(values=dict(enumerate(scale, 1)), measure="ordinal")


def _list_texts(column: "pd.Series") -> dict[object, str]:
    """The values of a column of texts, each as it is compared with answers; none for a column of numbers."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return {}
    return {value: _fold(f"{value:g}" if isinstance(value, float) else value) for value in column.dropna().unique()}


def _fold(value: object) -> str:
    return " ".join(str(value).split()).casefold()


def _find_near(
    texts: dict[object, str], scales: Sequence[AnswerScale], known: Sequence[dict[str, int]]
) -> AnswerScale | None:
    """The scale that has most of a column's texts, if it has several."""
    shared = [len(set(texts.values()) & set(places)) for places in known]
    best = max(range(len(known)), key=shared.__getitem__)
    return scales[best] if shared[best] >= _KNOWN else None


def _describe_odd(scale: AnswerScale, columns: "Sequence[pd.Series]") -> Diagnostic:
    """The fault of columns that hold other texts beside answers of a scale."""
    answers = {_fold(answer) for answer in scale}
    others: dict[str, int] = {}
    for column in columns:
        for value, count in column.value_counts().items():
            if _fold(value) not in answers:
                others[str(value)] = others.get(str(value), 0) + int(count)
    named = ", ".join(f"{text!r} ({count})" for text, count in list(others.items())[:_MOST_NAMED])
    more = ", …" if len(others) > _MOST_NAMED else ""
    message = (
        f"cells hold {named}{more} beside the answers {', '.join(scale)}: {', '.join(str(own.name) for own in columns)}"
    )
    hint = f'say where they belong in the order, or take them as missing: --missing-codes "{next(iter(others))}"'
    return Diagnostic("error", "unknown-answer", message, hint=hint)


def _describe_scale(scale: AnswerScale, names: Sequence[str]) -> Diagnostic:
    if not names:
        message = f"no column has the answers {', '.join(scale)} only"
        return Diagnostic("warning", "unused-answers", message, hint="compare the wording with the texts in the data")
    order = " < ".join(scale)
    return Diagnostic("note", "ordered-answers", f"answers in the order {order}: {', '.join(names)}")
