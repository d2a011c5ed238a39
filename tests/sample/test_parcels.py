"""Parcels and reversed items as the header of a spec says them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from sem_toolkit import fit
from sem_toolkit.diagnostics import DataError, OptionError, SemError
from sem_toolkit.fit.check import check_model
from sem_toolkit.sample.parcels import Parcel, add_parcels, parse_parcel
from sem_toolkit.sample.reversing import Reversed, parse_reversed, reverse_items
from sem_toolkit.sample.scales import Scale
from sem_toolkit.spec import parse_spec

MODEL = "f =~ p1 + p2 + b5 + b6"
HEADER = "#' reverse: b2\n#' parcel: p1 = mean(b1, b2)\n#' parcel: p2 = sum(b3, b4)\n"


def draw(n: int = 200, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    latent = rng.standard_normal((n, 1)) + 0.8 * rng.standard_normal((n, 6))
    frame = pd.DataFrame(np.clip(np.round(latent + 3), 1, 5), columns=[f"b{k}" for k in range(1, 7)])
    return frame.assign(b2=6 - frame["b2"])


def find(result: object, code: str) -> list[str]:
    return [entry.message for entry in result.messages if entry.code == code]  # type: ignore[attr-defined]


def test_header_does_what_columns_made_by_hand_do() -> None:
    frame = draw()
    by_hand = frame.assign(p1=(frame["b1"] + 6 - frame["b2"]) / 2, p2=frame["b3"] + frame["b4"])
    result = fit(HEADER + MODEL, frame)
    assert result.fit_measures["chisq"] == pytest.approx(fit(MODEL, by_hand).fit_measures["chisq"], rel=1e-10)
    assert find(result, "reverse-coded") == ["reverse-coded: b2 as 6 - b2"]
    assert find(result, "parcels") == [
        "parcels: p1 = mean(b1, b2); p2 = sum(b3, b4) (missing where one of the items is)"
    ]
    assert "parcels: p1 = mean(b1, b2)" in result.summary()
    assert "reverse-coded: b2 as 6 - b2" in result.summary()
    listed = "#' reverse: b2\n#' parcel: [p1 = mean(b1, b2), p2 = sum(b3, b4)]\n"
    assert fit(listed + MODEL, frame).fit_measures["chisq"] == result.fit_measures["chisq"]
    options = {"reverse": "b2", "parcel": "p1 = mean(b1, b2); p2 = sum(b3, b4)"}
    assert fit(MODEL, frame, **options).fit_measures["chisq"] == result.fit_measures["chisq"]


def test_the_file_is_still_lavaan_s() -> None:
    spec = parse_spec(HEADER + MODEL)
    assert not spec.diagnostics
    assert spec.header.parcel == ("p1 = mean(b1, b2)", "p2 = sum(b3, b4)")
    assert all(line.startswith("#") for line in HEADER.splitlines())


def test_parcel_is_missing_where_an_item_is() -> None:
    frame = draw()
    frame.loc[3, "b3"] = np.nan
    made = add_parcels(frame, [Parcel("p", "mean", ("b3", "b4"))], ["p"])
    assert np.flatnonzero(made["p"].isna()).tolist() == [3]


def test_later_parcels_may_use_earlier_ones() -> None:
    frame = draw()
    parcels = [Parcel("p", "sum", ("b1", "b3")), Parcel("q", "mean", ("p", "b4"))]
    made = add_parcels(frame, parcels, ["q"])
    assert made["q"].to_numpy() == pytest.approx(((frame["b1"] + frame["b3"]) + frame["b4"]).to_numpy() / 2)


def test_unused_parcels_and_unlike_scales_are_told() -> None:
    frame = draw().assign(s=np.arange(200) % 11)
    made = add_parcels(frame, [parse_parcel("p = mean(b1, s)")], ["b1"])
    codes = [entry.code for entry in made.attrs["sem_toolkit.messages"]]
    assert codes == ["parcels", "parcel-scales", "unused-parcel"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("p = avg(b1, b2)", "a parcel is written"),
        ("p = mean(b1)", "two items or more"),
        ("p = mean(b1, b1)", "in it twice"),
        ("mean(b1, b2)", "a parcel is written"),
        ("p = mean(b1, (b2))", "a parcel is written"),
    ],
)
def test_what_is_no_parcel_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_parcel(text)
    with pytest.raises(OptionError, match=said):
        fit(f"#' parcel: {text}\n{MODEL}", draw())


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("#' parcel: p1 = mean(b1, b99)\n#' parcel: p2 = mean(b3, b4)\n", "no column 'b99'"),
        ("#' parcel: b5 = mean(b1, b3)\n", "has the name of a column"),
        ("#' parcel: p1 = mean(b1, b2)\n#' parcel: p1 = mean(b3, b4)\n", "said twice"),
        ("#' reverse: b22\n", "no column 'b22'"),
        ("#' reverse: b2 (1-3)\n", "cannot be reversed on the scale 1 to 3"),
        ("#' reverse: b2 (5-1)\n", "does not go up"),
        ("#' reverse: b2 (1)\n", "no item with its scale"),
    ],
)
def test_bad_headers_are_refused(header: str, said: str) -> None:
    with pytest.raises(SemError, match=said):
        fit(header + "f =~ b1 + b2 + b3 + b5", draw())


def test_check_knows_the_parcels() -> None:
    checked = check_model(parse_spec(HEADER + MODEL), draw())
    assert not checked.has_errors
    assert any(entry.code == "parcels" for entry in checked.diagnostics)
    wrong = check_model(parse_spec("#' parcel: p1 = mean(b1, bb)\n" + MODEL), draw())
    assert wrong.has_errors


def test_scale_of_a_reversed_item_is_not_that_of_the_answers_it_got() -> None:
    frame = draw()
    frame["b2"] = frame["b2"].clip(2, 4)
    result = fit("#' reverse: b2\nf =~ b1 + b2 + b3 + b4", frame)
    assert find(result, "reverse-coded") == ["reverse-coded: b2 as 6 - b2"]


def test_scale_that_is_said_goes_first() -> None:
    assert parse_reversed(" b4 (1-7) ") == Reversed("b4", Scale(1, 7, labelled=True))
    assert parse_reversed("b4(-3 to 3)") == Reversed("b4", Scale(-3, 3, labelled=True))
    assert parse_reversed("b4") == Reversed("b4")
    made = reverse_items(draw(), [parse_reversed("b4 (0-10)")], ["b4"])
    assert made["b4"].to_numpy() == pytest.approx(10 - draw()["b4"].to_numpy())


def test_unknown_range_is_told() -> None:
    frame = draw().assign(x=np.linspace(0.5, 9.5, 200))
    result = fit("#' reverse: x\nf =~ b1 + b3 + b4\nf ~ x", frame)
    (message,) = find(result, "reverse-range-unknown")
    assert "x (0.5 to 9.5)" in message
    spot = frame.assign(b4=frame["b4"].where(frame.index != 7, 99))
    assert "b4 (1 row off 1 to 5)" in find(fit("#' reverse: b4\nf =~ b1 + b3 + b4", spot), "reverse-outside")[0]


def test_labels_of_a_file_tell_the_scale(tmp_path: Path) -> None:
    path = tmp_path / "q.sav"
    frame = draw()
    frame["b2"] = frame["b2"].clip(2, 4)
    pyreadstat.write_sav(frame, str(path), variable_value_labels={"b2": {1.0: "low", 7.0: "high"}})
    result = fit("#' reverse: b2\nf =~ b1 + b2 + b3 + b4", path)
    assert find(result, "reverse-coded") == ["reverse-coded: b2 as 8 - b2"]


def test_texts_are_refused() -> None:
    with pytest.raises(DataError, match="not numeric"):
        fit("#' parcel: p1 = mean(b1, t)\nf =~ p1 + b3 + b4", draw().assign(t="x"))
