"""Values of options as people type them: each reader returns the value, or raises ValueError with what is expected."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sem_toolkit.diagnostics.suggestions import format_suggestion
from sem_toolkit.fit.moments import Moments
from sem_toolkit.sample import AnswerScale, MissingCode

if TYPE_CHECKING:
    from sem_toolkit.sample.parcels import Parcel
    from sem_toolkit.sample.reversing import Reversed

_MOST_DIGITS = 1000


def parse_choice(choices: Sequence[str], aliases: Mapping[str, str]) -> Callable[[object], str]:
    """A reader of one of these words in any capitals, or of another word for one."""
    by_lower_case = {choice.lower(): choice for choice in choices}

    def parse(value: object) -> str:
        word = str(value).lower()
        word = aliases.get(word, word)
        if word not in by_lower_case:
            raise ValueError(format_suggestion(word, by_lower_case.values()) or "it is not among the choices")
        return by_lower_case[word]

    return parse


def split_words(value: object) -> object:
    """Names with commas between them, as typed on a command line, into a list."""
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def read_ordered(value: object) -> object:
    """The option `ordered`: True for the word "all", False for "none", any other value as it is."""
    words = list(value) if isinstance(value, (list, tuple)) else [value]
    return {"all": True, "none": False}.get(str(words[0]), value) if len(words) == 1 else value


def parse_word(value: object) -> str:
    """A text that is not empty. Raises ValueError for anything else."""
    if not isinstance(value, str) or not value:
        raise ValueError("a word is expected")
    return value


def parse_labels(value: object) -> tuple[str, ...]:
    """One or several values of a column as the texts by which groups are known."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, Iterable) and not isinstance(value, str):
        value = [str(int(own)) if isinstance(own, float) and own.is_integer() else str(own) for own in value]
    return parse_words(value)


def parse_words(value: object) -> tuple[str, ...]:
    """A text with commas, or a list of texts. Raises ValueError for anything else."""
    words = split_words(value)
    if not isinstance(words, (list, tuple)) or not words:
        raise ValueError("a word, or a list of words, is expected")
    return tuple(parse_word(word) for word in words)


def parse_reversed_items(value: object) -> "tuple[Reversed, ...]":
    """Items with commas between them, or a list, each perhaps with its scale: b4, b7 (1-7)."""
    from sem_toolkit.sample.reversing import parse_reversed

    return tuple(parse_reversed(word) for word in parse_words(value))


def parse_parcels(value: object) -> "tuple[Parcel, ...]":
    """Parcels as a list of texts or with semicolons between them: p1 = mean(b1, b2); p2 = sum(b3, b4)."""
    texts = value.split(";") if isinstance(value, str) else value
    if not isinstance(texts, (list, tuple)) or not texts:
        raise ValueError("a parcel, or a list of parcels, is expected, such as p1 = mean(b1, b2, b3)")
    from sem_toolkit.sample.parcels import parse_parcel

    found = tuple(parse_parcel(parse_word(text)) for text in texts if not isinstance(text, str) or text.strip())
    names = [parcel.name for parcel in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"the parcel {twice} is said twice")
    return found


def parse_answers(value: object) -> tuple[AnswerScale, ...]:
    """Scales of answers in words, the lowest first, as a text or lists: never, rarely, often; no, yes.

    A list within a list is a scale, and so is a text with commas; texts without any are one scale together.
    """
    parts = [part for part in value.split(";") if part.strip()] if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)) or not parts:
        raise ValueError("answers from the lowest to the highest are expected, such as never, rarely, often")
    single = all(not isinstance(part, (list, tuple)) and "," not in str(part) for part in parts)
    found = tuple(_parse_scale(part) for part in ([parts] if single else parts))
    return tuple(dict.fromkeys(found))


def _parse_scale(value: object) -> AnswerScale:
    words = split_words(value)
    if not isinstance(words, (list, tuple)) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no list of answers")
    scale = tuple(" ".join(str(word).split()) for word in words)
    folded = [answer.casefold() for answer in scale]
    twice = next((answer for answer, own in zip(scale, folded, strict=True) if folded.count(own) > 1), None)
    if twice is not None:
        raise ValueError(f"the answer {twice} stands twice in a scale")
    if len(scale) < 2 or not all(scale):
        raise ValueError(f"{', '.join(scale)!r} is no scale: two answers or more are expected, the lowest first")
    return scale


def parse_fraction(value: object) -> float:
    """A number between 0 and 1. Raises ValueError for anything else."""
    number = parse_number(value)
    if not 0 < number < 1:
        raise ValueError("a number between 0 and 1 is expected")
    return number


def parse_blocks(value: object) -> dict[str, tuple[str, ...]]:
    """Names of latent variables by the name of their block. Raises ValueError for anything else."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError("a mapping of blocks to the names of their latent variables is expected")
    return {parse_word(name): parse_words(names) for name, names in value.items()}


def parse_number(value: object) -> float:
    """A number, whole or not. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number is expected")
    return float(value)


def parse_switch(value: object) -> bool:
    """True or false. Raises ValueError for anything else."""
    if not isinstance(value, bool):
        raise ValueError("true or false is expected")
    return value


def parse_pair(value: object) -> tuple[float, float]:
    """Two numbers from 0, or one for both. Raises ValueError for anything else."""
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    try:
        numbers = [float(str(item)) for item in items if not isinstance(item, bool)]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != len(items) or len(numbers) not in (1, 2) or not all(0.0 <= number < 1e6 for number in numbers):
        raise ValueError("two numbers of 0 or more are expected, or one for both")
    return numbers[0], numbers[-1]


def parse_count(value: object) -> int:
    """A whole number from 1. Raises ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError("a whole number of 1 or more is expected")
    return value


def parse_count_or_none(value: object) -> int:
    """A whole number from 0. Raises ValueError for anything else."""
    return 0 if value == 0 and not isinstance(value, bool) else parse_count(value)


def order_counts(counts: Mapping[str, object], covariances: object) -> list[object]:
    """Counts by group label in the order of the groups' covariance matrices. Raises ValueError where labels differ."""
    labels = [str(label) for label in covariances] if isinstance(covariances, Mapping) else []
    by_label = {str(label): count for label, count in counts.items()}
    if set(labels) != set(by_label):
        named = ", ".join(map(repr, by_label))
        raise ValueError(f"its groups ({named}) are not those of sample_cov")
    return [by_label[label] for label in labels]


def parse_counts(value: object) -> tuple[int, ...]:
    """One whole number from 1, or several, also as a text with commas. Raises ValueError for anything else."""
    if isinstance(value, str):
        words = value.split(",")
        if not all(word.strip().isdecimal() and len(word) < _MOST_DIGITS for word in words):
            raise ValueError("a whole number of 1 or more is expected, or several with commas between them")
        value = [int(word) for word in words]
    return tuple(parse_count(item) for item in (value if isinstance(value, (list, tuple)) else [value]))


def parse_codes(value: object) -> tuple[MissingCode, ...]:
    """Numbers or texts that stand for missing values, as a list or with commas between them."""
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, (list, tuple)) else [value]
    codes = tuple(_parse_code(item) for item in items)
    if not codes:
        raise ValueError("a number or text, or several, is expected")
    return codes


def _parse_code(value: object) -> MissingCode:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a number or text, or several, is expected")
    try:
        number = float(value)
    except ValueError:
        return str(value).strip()
    if not math.isfinite(number):
        raise ValueError("a code is a finite number or a text")
    return number


def parse_moments(value: object) -> Mapping[str, Moments]:
    """Read `{names, matrix}` or `{names, values}`, or a mapping from group labels to these, or a list of them.

    Groups of a list are called "Group 1", "Group 2", … as in lavaan.
    """
    if isinstance(value, Moments):
        return {"": value}
    if _is_frame(value):
        return {"": _parse_group_moments(value)}
    if isinstance(value, (list, tuple)) and value:
        value = {f"Group {number}" if len(value) > 1 else "": part for number, part in enumerate(value, start=1)}
    if not isinstance(value, Mapping):
        raise ValueError("names with a matrix, or a mapping from group labels to these, is expected")
    if "names" in value:
        value = {"": value}
    return {str(label): _parse_group_moments(moments) for label, moments in value.items()}


def _is_frame(value: object) -> bool:
    """Whether this is a DataFrame (names with a matrix) or a Series (names with values)."""
    return hasattr(value, "to_numpy") and hasattr(value, "index")


def _parse_frame_moments(frame: Any) -> Moments:
    """A DataFrame whose rows have the names of its columns, or no names (0, 1, …), in the same order; or a Series."""
    names = tuple(str(name) for name in getattr(frame, "columns", frame.index))
    rows = tuple(str(name) for name in frame.index)
    if rows not in (names, tuple(map(str, range(len(names))))):
        raise ValueError("the names of its rows are not those of its columns, in the same order")
    try:
        values = np.asarray(frame.to_numpy(dtype=np.float64))
    except (TypeError, ValueError):
        raise ValueError("its cells are not all numbers") from None
    if values.ndim == 2 and values.shape[0] == values.shape[1]:
        values = np.where(np.isnan(values), values.T, values)  # one triangle is enough
    return Moments(names, values)


def _parse_group_moments(value: object) -> Moments:
    if isinstance(value, Moments):
        return value
    if _is_frame(value):
        return _parse_frame_moments(value)
    if not isinstance(value, Mapping) or "names" not in value or not {"matrix", "values"} & set(value):
        raise ValueError('an entry needs "names" and "matrix" (or "values")')
    numbers = value["matrix"] if "matrix" in value else value["values"]
    names: Iterable[object] = value["names"]
    try:
        return Moments(tuple(str(name) for name in names), np.array(numbers, dtype=np.float64))
    except (TypeError, ValueError):
        raise ValueError("its rows are not all numbers, or not of one length") from None
