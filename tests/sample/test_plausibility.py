"""Values that hardly belong to a variable are told; those of ordinary variables are not."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample import build_sample
from sem_toolkit.sample.plausibility import _find_far, _find_suspects, check_outlying_values


def draw_item(points, n=300, seed=1):
    return np.random.default_rng(seed).integers(1, points + 1, n).astype(float)


@pytest.mark.parametrize(
    ("points", "value", "rows", "hint"),
    [
        (5, 99, 20, "--missing-codes 99"), (5, 9, 3, "--missing-codes 9"), (5, 33, 1, "slips"), (5, -9, 4, "-9"),
        (7, -99, 50, "-99"), (4, 8, 2, "8"), (2, 9, 2, "9"), (7, 55, 1, "slips"), (11, 99, 1, "99"),
    ],
)  # fmt: skip
def test_codes_and_slips_in_an_answer_scale_are_told(points, value, rows, hint):
    item = draw_item(points)
    item[10 : 10 + rows] = value
    (found,) = check_outlying_values(item[:, None], ["x"])
    assert found.message.endswith(f"x: {value} ({f'{rows} rows' if rows > 1 else 'row 11'}) beside 1 to {points}")
    assert hint in found.hint


def test_a_code_among_numbers_is_told():
    column = np.random.default_rng(2).normal(5, 1, 300)
    column[:20] = -99
    assert "-99 (20 rows)" in check_outlying_values(column[:, None], ["x"])[0].message


@pytest.mark.parametrize("seed", range(5))
def test_ordinary_variables_are_left_alone(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(40, 800))
    columns = [
        rng.standard_normal(n), rng.standard_t(5, n), rng.exponential(1, n), rng.poisson(2, n), rng.integers(0, 2, n),
        rng.integers(1, 8, n), np.clip(rng.poisson(0.3, n) + 1, 1, 5), rng.integers(18, 80, n), rng.random(n) < 0.05,
    ]  # fmt: skip
    assert check_outlying_values(np.column_stack(columns).astype(float), list("abcdefghi")) == []


def test_empty_cells_and_far_rows_of_a_long_column_are_seen():
    column = draw_item(5, 60_000)
    column[::7] = np.nan
    column[12_346] = 999
    assert "999 (row 12347)" in check_outlying_values(column[:, None], ["x"])[0].message


def test_the_warning_belongs_to_the_sample_with_and_without_empty_cells():
    frame = pd.DataFrame({name: draw_item(5, seed=seed) for seed, name in enumerate("abc")})
    frame.loc[3, "a"] = 99
    for missing in ("listwise", "ml"):
        assert "outlying-values" in [entry.code for entry in build_sample(frame, "abc", missing=missing).messages]


def test_categories_are_taken_as_numbers_and_told():
    frame = pd.DataFrame({name: draw_item(3, seed=seed) for seed, name in enumerate("abcd")})
    labels = frame["a"].map({1.0: "no", 2.0: "so", 3.0: "yes"})
    category = frame.assign(a=pd.Categorical(labels, ["no", "so", "yes"], ordered=True), b=pd.Categorical(frame["b"]))
    sample = build_sample(category, "abcd")
    np.testing.assert_allclose(sample.groups[0].covariance, build_sample(frame, "abcd").groups[0].covariance)
    assert [entry.code for entry in sample.messages] == ["categories-as-numbers"]
    assert "a, b" in sample.messages[0].message
    with pytest.raises(DataError, match="not numeric"):
        build_sample(category.assign(a=pd.Categorical(labels)), "abcd")


def test_columns_of_texts_make_one_message():
    frame = pd.DataFrame({name: np.where(draw_item(2, seed=k) > 1, "agree", "no") for k, name in enumerate("abc")})
    with pytest.raises(DataError) as caught:
        fit("f =~ a + b + c", frame)
    (fault,) = caught.value.diagnostics
    assert fault.code == "text-column"
    assert "3 columns" in fault.message
    assert "#' answers: " in fault.hint
    assert "agree" in fault.hint


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_the_quick_look_passes_every_column_with_a_far_value(missing):
    rng = np.random.default_rng(12)
    found = 0
    for number in range(200):
        data = rng.standard_t(2, size=(int(rng.integers(5, 120)), 6))
        data = np.rint(data) if number % 2 else data
        data[rng.random(data.shape) < missing] = np.nan
        data[0] = 0.5 * (number % 2 == 0)  # no column is empty
        suspects = set(_find_suspects(data).tolist())
        for j, column in enumerate(data.T):
            far = _find_far(*np.unique(column[~np.isnan(column)], return_counts=True)).any()
            found += bool(far)
            assert j in suspects or not far
    assert found > 20


def test_a_slip_can_be_taken_as_missing_by_what_the_hint_says() -> None:
    data = np.column_stack([np.resize([1.0, 2, 3, 4, 5], 60), np.resize([2.0, 3, 4], 60)])
    data[7, 0] = 44
    (found,) = check_outlying_values(data, ["e2", "e3"])
    assert found.hint == "correct slips in the data, or take them as missing: --missing-codes e2=44"


@pytest.mark.parametrize("seed", range(20))
def test_a_glance_at_a_few_rows_spares_the_sort_and_nothing_else(seed, monkeypatch):
    """The same is told of long tables when every column is looked at in full."""
    rng, n = np.random.default_rng(seed), int([501, 900, 2500][seed % 3])
    columns = [rng.normal(size=n), rng.standard_t(2.5, size=n), rng.exponential(size=n), draw_item(5, n, seed)]
    columns += [np.round(rng.normal(50, 10, size=n)), rng.poisson(2, size=n).astype(float)]
    data = np.column_stack(columns)
    data[rng.integers(n, size=4), rng.integers(6, size=4)] = [99, -9, 33, 1e6]
    data[rng.random(data.shape) < 0.1] = np.nan
    told = check_outlying_values(data, list("abcdef"))
    monkeypatch.setattr("sem_toolkit.sample.plausibility._glance", lambda data: np.arange(data.shape[1]))
    assert told == check_outlying_values(data, list("abcdef"))
    assert told
