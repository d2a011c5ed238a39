"""Items that point the other way: told, and turned where the spec says so."""

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError

MODEL = "f =~ a + b + c + d + e"


def draw(turned=("d",), n=400, strength=0.8, seed=3):
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal(n)
    frame = pd.DataFrame({name: strength * factor + 0.6 * rng.standard_normal(n) for name in "abcde"})
    frame = (2 * frame + 3).round().clip(1, 5)
    return frame.assign(**{name: 6 - frame[name] for name in turned})


def codes(result):
    return [entry.code for entry in result.messages]


def compute_alpha_of_sum(frame):
    k = frame.shape[1]
    return k / (k - 1) * (1 - frame.var().sum() / frame.sum(axis=1).var())


@pytest.mark.parametrize("turned", [("d",), ("a",)])
def test_a_reversed_item_is_told_with_alpha_of_the_raw_sum(turned):
    frame = draw(turned)
    (found,) = [entry for entry in fit(MODEL, frame).messages if entry.code == "reversed-item"]
    raw, right = compute_alpha_of_sum(frame), compute_alpha_of_sum(draw(()))
    assert found.message.startswith(f"{turned[0]} points the other way than the other 4 items of f")
    assert f"{raw:.2f}" in found.message
    assert found.message.endswith(f"{right:.2f}")


def test_items_of_one_direction_or_of_none_are_left_alone():
    assert "reversed-item" not in codes(fit(MODEL, draw(())))
    assert "reversed-item" not in codes(fit(MODEL, draw(tuple("abcde"))))
    assert "reversed-item" not in codes(fit(MODEL, draw(("d", "e"))))  # three against two: a factor with two ends


def test_the_spec_turns_an_item():
    turned, plain = fit(f"#' reverse: d\n{MODEL}", draw()), fit(MODEL, draw(()))
    assert turned.parameters["est"].to_numpy() == pytest.approx(plain.parameters["est"].to_numpy(), rel=1e-9)
    assert "reversed-item" not in codes(turned)
    (found,) = [entry for entry in turned.messages if entry.code == "reverse-coded"]
    assert "d as 6 - d" in found.message
    assert fit(MODEL, draw(), reverse="d").fit_measures["chisq"] == turned.fit_measures["chisq"]


def test_several_items_and_empty_cells():
    frame = draw(("b", "d"))
    frame.loc[4, "d"] = np.nan
    result = fit(f"#' reverse: b, d\n{MODEL}", frame, missing="ml")
    assert (result.parameters.query("op == '=~'")["est"] > 0).all()


def test_an_unknown_item_is_refused():
    with pytest.raises(DataError, match="no column 'q'"):
        fit(MODEL, draw(), reverse=["q"])


def test_an_item_that_the_model_does_not_use_is_told():
    result = fit("#' reverse: e\nf =~ a + b + c + d", draw())
    assert "unused-reverse" in codes(result)
    assert "unused-reverse" not in codes(fit(f"#' reverse: d\n{MODEL}", draw()))
