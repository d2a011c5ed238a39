"""What people give for ordered variables, and what they are told."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError, OptionError

SPEC = "f =~ a + b + c + d"


@pytest.fixture
def answers() -> pd.DataFrame:
    random = np.random.default_rng(3)
    response = random.normal(size=(300, 4)) + random.normal(size=(300, 1))
    frame = pd.DataFrame(np.digitize(response, [-1.0, 0.3, 1.5]) + 1, columns=list("abcd"))
    frame["g"] = np.where(np.arange(300) < 150, "one", "two")
    frame["x"] = random.normal(size=300)
    return frame


def test_answers_may_be_numbers_texts_of_numbers_or_ordered_categories(answers: pd.DataFrame) -> None:
    plain = fit(SPEC, answers, ordered="all")
    named = answers.assign(
        a=pd.Categorical.from_codes(answers["a"] - 1, ["never", "rarely", "often", "always"], ordered=True)
    )
    spread = answers.assign(b=answers["b"] * 10)
    for other in (named, spread):
        np.testing.assert_allclose(fit(SPEC, other, ordered="all").solution.x, plain.solution.x, rtol=1e-9)


def test_typed_thresholds_make_a_variable_ordered(answers: pd.DataFrame) -> None:
    found = fit(SPEC + "\na | t1 + t2 + t3\nb | t1\nc | t1\nd | t1", answers)
    assert found.options.estimation.estimator == "WLSMV"
    assert found.fit_measures["df"] == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": 2}, "'a' has no two different answers"),
        ({"a": np.arange(300)}, "'a' has 300 different values: that is a quantity"),
        ({"a": ["yes", "no"] * 150}, "the answers of 'a' are texts"),
    ],
)
def test_variables_that_are_no_ordered_answers_are_named(answers: pd.DataFrame, change: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        fit(SPEC, answers.assign(**change), ordered="all")


def test_an_answer_that_a_group_lacks_is_named(answers: pd.DataFrame) -> None:
    answers.loc[(answers["g"] == "two") & (answers["b"] == 4), "b"] = 3
    with pytest.raises(DataError, match="group 'two' has the answer 4 of 'b'"):
        fit(SPEC, answers, ordered="all", group="g")


def test_an_answer_that_nobody_gave_is_left_out_and_said(answers: pd.DataFrame) -> None:
    answers["a"] = pd.Categorical.from_codes(answers["a"] - 1, ["1", "2", "3", "4", "5"], ordered=True)
    found = fit(SPEC, answers, ordered="all")
    assert [entry.message for entry in found.messages if entry.code == "unused-category"] == [
        "nobody gave these answers of 'a', and they are left out: 5"
    ]


def test_a_pair_that_no_row_has_together_is_named(answers: pd.DataFrame) -> None:
    answers = answers.astype({"a": float, "b": float})
    answers.loc[:150, "a"] = np.nan
    answers.loc[151:, "b"] = np.nan
    with pytest.raises(DataError, match="a and b have no row together"):
        fit(SPEC, answers, ordered="all", missing="pairwise")


def test_pairwise_keeps_rows_that_listwise_leaves_out(answers: pd.DataFrame) -> None:
    answers = answers.astype({"a": float})
    answers.loc[:60, "a"] = np.nan
    listwise, pairwise = (fit(SPEC, answers, ordered="all", missing=missing) for missing in ("listwise", "pairwise"))
    assert (listwise.sample.n, pairwise.sample.n) == (239, 300)


def test_ordered_variables_that_the_model_has_not_are_an_error(answers: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="none of the ordered variables"):
        fit("a ~ b + c", answers, ordered=["x"])


def test_five_answers_as_numbers_are_noted_once(answers: pd.DataFrame) -> None:
    notes = [entry for entry in fit(SPEC, answers).messages if entry.code == "ordered-as-numbers"]
    assert len(notes) == 1
    assert "--ordered a,b,c,d" in str(notes[0].hint)
    assert not [entry for entry in fit(SPEC, answers, ordered="none").messages if entry.code == "ordered-as-numbers"]


def test_a_negative_residual_variance_of_a_response_is_said() -> None:
    random = np.random.default_rng(11)
    f = random.normal(size=80)
    frame = pd.DataFrame(
        {
            name: np.digitize(load * f + random.normal(size=80) * noise, [0.0])
            for name, load, noise in (("a", 1.0, 0.02), ("b", 1.0, 0.5), ("c", 0.4, 1.0))
        }
    )
    found = fit("f =~ a + b + c", frame, ordered="all")
    warned = [entry for entry in found.messages if "residual variance of the response behind a" in entry.message]
    left = found.parameters.set_index(["lhs", "op", "rhs"]).loc[("a", "~~", "a"), "est"]
    assert bool(warned) == (left < 0.0)
    assert left < 0.05


def test_rows_with_empty_cells_are_kept_pairwise_which_is_what_the_hints_say(answers: pd.DataFrame) -> None:
    answers = answers.astype(dict.fromkeys("abcd", float))
    answers.loc[50:, "a"] = np.nan
    dropped = [entry for entry in fit(SPEC, answers, ordered="all").messages if entry.code == "rows-dropped"]
    assert [entry.hint for entry in dropped] == [
        'missing = "pairwise" keeps these rows (each correlation from the rows that have both answers)'
    ]
    answers.loc[3:49, "b"] = np.nan
    with pytest.raises(DataError, match="3 complete rows for 4 variables") as caught:
        fit(SPEC, answers, ordered="all")
    assert caught.value.diagnostics[0].hint.startswith('missing = "pairwise" takes rows with empty cells')


@pytest.mark.parametrize("se", ["robust.sem.nt", "robust.huber.white"])
def test_standard_errors_of_numeric_rows_are_refused(answers: pd.DataFrame, se: str) -> None:
    with pytest.raises(OptionError, match=f'se = "{se}" is of numeric rows'):
        fit(SPEC, answers, ordered="all", estimator="DWLS", se=se)


@pytest.mark.parametrize("weights", [None, "w"])
def test_a_correlation_without_any_information_weighs_nothing(answers: pd.DataFrame, weights: str | None) -> None:
    """No row has a high answer to a and a lower one to b: the likelihood of their correlation is flat towards 1."""
    rng = np.random.default_rng(5)
    b = answers["b"].clip(upper=3)
    triangular = answers.assign(b=b, a=np.where(b == 3, 1 + rng.integers(0, 2, 300), 1), w=rng.uniform(0.5, 2.0, 300))
    options = {"ordered": "all", "sampling_weights": weights}
    found = fit(SPEC, triangular, **options)
    assert found.certificate.verdict == "converged"
    assert "the answers do not determine the correlation of a and b" in str(found.messages)
    assert found.parameters.query("op == '=~'")["se"].between(0.0, 1.0).all()
    with pytest.raises(DataError, match="do not determine the correlation of a pair"):
        fit(SPEC, triangular, estimator="WLS", **options)


def test_means_that_are_not_wanted_are_there_all_the_same(answers: pd.DataFrame) -> None:
    """lavaan forces the mean structure and warns."""
    plain, told = fit(SPEC, answers, ordered="all"), fit(SPEC, answers, ordered="all", meanstructure=False)
    np.testing.assert_array_equal(told.solution.x, plain.solution.x)
    assert [entry.code for entry in told.sample.messages if entry not in plain.sample.messages] == ["option-set-aside"]


def test_a_switch_of_ordered_variables_is_no_word(answers: pd.DataFrame) -> None:
    """As with continuous ones: it is true or false."""
    with pytest.raises(OptionError, match="it takes true or false"):
        fit(SPEC, answers, ordered="all", meanstructure="no")
