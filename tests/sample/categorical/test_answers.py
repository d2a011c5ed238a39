"""Which answers an ordered variable has, and what is said of those that it lacks."""

import pandas as pd
import pytest

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample.categorical.answers import find_answers, require_varied_answers


@pytest.mark.parametrize(
    ("values", "skipped"),
    [([1, 2, 4, 6], ("3", "5")), ([1, 2, 3], ()), ([0, 5, 10], ()), ([0.5, 1.5, 3.5], ()), ([0, 1, 59, 70], ())],
)
def test_whole_numbers_between_answers_are_answers_that_nobody_gave(
    values: list[float], skipped: tuple[str, ...]
) -> None:
    (found,) = find_answers(pd.DataFrame({"b": values * 2}), ["b"]).values()
    assert found.numbers == tuple(values)
    assert found.unused == skipped


def test_declared_answers_are_compared_with_those_given() -> None:
    column = pd.Series(pd.Categorical(["low", "high"] * 3, categories=["low", "middle", "high"], ordered=True))
    (found,) = find_answers(pd.DataFrame({"b": column}), ["b"]).values()
    assert found.values == ("low", "high")
    assert found.unused == ("middle",)


def test_one_answer_in_a_group_is_said_in_the_words_of_the_data() -> None:
    rows = pd.DataFrame({"b": [5, 5, 5, 3, 4, None], "g": list("aaabbb")})
    answers = find_answers(rows, ["b"])
    with pytest.raises(DataError, match="'b' has no two different answers in group 'a': every answer is 5"):
        require_varied_answers(rows, answers, "g")
    require_varied_answers(rows[2:].assign(g="a"), answers, "g")
