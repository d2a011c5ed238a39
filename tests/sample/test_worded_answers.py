"""Answers in words become ordered categories in the order that is said, or the message names what stands in the way."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError, OptionError
from sem_toolkit.fit.readers import parse_answers
from sem_toolkit.sample import Door, open_table
from sem_toolkit.sample.checks import numeric_values
from sem_toolkit.sample.messages import get_messages
from sem_toolkit.sample.screening import screen
from sem_toolkit.spec import parse_spec

SCALE = ("strongly disagree", "disagree", "agree", "strongly agree")
TEXT = "f =~ q1 + q2 + q3 + q4\n"


def draw(n: int = 300) -> pd.DataFrame:
    """Codes 1 to 4 of four items of one factor."""
    generator = np.random.default_rng(8)
    factor = generator.normal(size=(n, 1))
    answers = np.digitize(0.8 * factor + 0.6 * generator.normal(size=(n, 4)), [-1.0, 0.0, 1.0]) + 1
    return pd.DataFrame(answers, columns=["q1", "q2", "q3", "q4"])


def word(codes: pd.DataFrame, scale: tuple[str, ...] = SCALE) -> pd.DataFrame:
    return codes.apply(lambda column: column.map(dict(enumerate(scale, 1))))


def test_words_give_the_estimates_of_the_codes_they_stand_for(tmp_path):
    codes = draw()
    by_code = fit(TEXT, codes, ordered="all")
    path = tmp_path / "words.csv"
    word(codes).to_csv(path, index=False)
    text = f"#' answers: {', '.join(SCALE)}\n#' options: {{ordered: all}}\n{TEXT}"
    by_word = fit(text, path)
    np.testing.assert_array_equal(by_word.parameters["est"], by_code.parameters["est"])
    assert by_word.fit_measures["chisq.scaled"] == by_code.fit_measures["chisq.scaled"]
    note = next(entry for entry in by_word.messages if entry.code == "ordered-answers")
    assert note.message.endswith("strongly disagree < disagree < agree < strongly agree: q1, q2, q3, q4")


def test_capitals_and_blanks_of_a_text_do_not_matter_and_empty_cells_stay_empty():
    frame = pd.DataFrame({"q": ["Agree ", " strongly  AGREE", None, "disagree"], "age": [30.0, 40.0, 50.0, 60.0]})
    read = open_table(frame, Door(answers=(SCALE,)))
    np.testing.assert_array_equal(numeric_values(read["q"]), [3.0, 4.0, np.nan, 2.0])
    assert read["age"].tolist() == [30.0, 40.0, 50.0, 60.0]
    assert list(read["q"].cat.categories) == list(SCALE)


def test_each_column_takes_the_first_scale_that_has_all_its_texts():
    frame = pd.DataFrame({"often": ["never", "always"], "owner": ["yes", "no"], "half": ["1 - never", "2"]})
    read = open_table(frame, Door(answers=(("never", "always"), ("no", "yes"), ("1 - never", "2", "3 - always"))))
    assert [numeric_values(read[name]).tolist() for name in frame] == [[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]


def test_a_text_that_is_no_answer_of_the_scale_is_named_with_its_rows():
    frame = pd.DataFrame(
        {"q": ["agree", "disagree", "don't know", "don't know"], "city": ["Agree", "Bonn", "Ulm", "Jena"]}
    )
    with pytest.raises(DataError) as caught:
        open_table(frame, Door(answers=(SCALE,)))
    (fault,) = caught.value.diagnostics
    assert fault.code == "unknown-answer"
    assert fault.message == f'cells hold "don\'t know" (2) beside the answers {", ".join(SCALE)}: q'
    read = open_table(frame, Door(missing_codes=("don't know",), answers=(SCALE,)))
    assert np.isnan(numeric_values(read["q"])[2:]).all()
    assert read["city"].tolist() == ["Agree", "Bonn", "Ulm", "Jena"]


def test_a_reversed_item_is_turned_about_the_whole_scale():
    codes = draw()
    codes["q4"] = codes["q4"].clip(2, 3)
    header = f"#' answers: {', '.join(SCALE)}\n#' reverse: q4\n"
    by_word = fit(header + TEXT, word(codes), ordered="none")
    assert any("q4 as 5 - q4" in entry.message for entry in by_word.messages)
    by_code = fit(TEXT, codes.assign(q4=5 - codes["q4"]), ordered="none")
    np.testing.assert_allclose(by_word.parameters["est"], by_code.parameters["est"], rtol=1e-9)


def test_a_scale_that_no_column_has_is_told():
    read = open_table(draw(), Door(answers=(SCALE,)))
    assert [entry.code for entry in get_messages(read)] == ["unused-answers"]


def test_without_an_order_the_message_shows_the_line_to_write():
    for ordered in ("all", "none"):
        with pytest.raises(DataError) as caught:
            fit(TEXT, word(draw()), ordered=ordered)
        (fault,) = caught.value.diagnostics
        assert fault.code == "text-column"
        assert "#' answers: " in fault.hint
        assert all(answer in fault.hint for answer in SCALE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("never, rarely; no, yes", (("never", "rarely"), ("no", "yes"))),
        (["never", "rarely"], (("never", "rarely"),)),
        (["never, rarely", "no, yes"], (("never", "rarely"), ("no", "yes"))),
        ([["no, never", "yes, always"]], (("no, never", "yes, always"),)),
    ],
)
def test_scales_are_read_from_a_text_or_lists(value, expected):
    assert parse_answers(value) == expected


@pytest.mark.parametrize("value", ["", "always", "a, A", "a, b; c", 3, [], [True, "a, b"], [["a", ""]]])
def test_what_is_no_scale_is_refused(value):
    with pytest.raises(ValueError, match=r"expected|twice|no list"):
        parse_answers(value)


@pytest.mark.parametrize(
    "header",
    ["#' answers: a, b\n#' answers: c, d\n", "#' answers:\n#'   - a, b\n#'   - c, d\n"],
)
def test_the_header_takes_a_scale_a_line(header):
    assert parse_spec(header + TEXT).header.answers == ("a, b", "c, d")


def test_answers_without_rows_are_refused():
    covariance = pd.DataFrame(np.eye(4) + 0.3, columns=list("abcd"), index=list("abcd"))
    with pytest.raises(OptionError, match="answers"):
        fit("f =~ a + b + c + d\n", sample_cov=covariance, sample_nobs=100, answers="no, yes")


def test_a_look_at_the_data_tells_of_answers_in_words():
    (entry,) = (entry for entry in screen(word(draw())).messages if entry.code == "answers-in-words")
    assert "by --answers or in the spec" in entry.hint
    read = open_table(word(draw()), Door(answers=(SCALE,)))
    assert "answers-in-words" not in [entry.code for entry in screen(read).messages]
