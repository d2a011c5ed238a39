"""Receipts: an untouched one holds to the last digit; what was touched is named first."""

import json

import numpy as np
import pandas as pd
import pytest

from sem_toolkit import DataError, compare, fit
from sem_toolkit.fit.reading_receipts import find_fault, load_schema, read_receipt, require_receipt
from sem_toolkit.fit.receipts import hash_receipt
from sem_toolkit.fit.verification import verify
from tests.support import DATA

MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual\n"


@pytest.fixture
def files(tmp_path):
    """A spec and data that a test may touch."""
    spec, data = tmp_path / "model.lav", tmp_path / "hs.csv"
    spec.write_text("#' title: Two factors\n" + MODEL)
    data.write_bytes((DATA / "hs.csv").read_bytes())
    return spec, data


def roundtrip(receipt):
    return json.loads(json.dumps(receipt))


def rewrite(kept, **changes):
    changed = {**kept, **changes}
    return changed | {"sha256": hash_receipt(changed)}


def codes(found):
    return [reason.code for reason in found.reasons]


@pytest.mark.parametrize(
    "options", [{}, {"estimator": "MLR"}, {"missing": "ml"}, {"group": "school"}, {"se": "bootstrap", "bootstrap": 40}]
)
def test_an_untouched_receipt_holds(files, options):
    spec, data = files
    found = verify(roundtrip(fit(spec, data, **options).receipt))
    assert found.holds
    assert found.largest <= 1e-10
    assert found.compared > 60
    assert found.reasons == ()


def test_reversed_items_and_parcels_are_kept_as_typed(files):
    spec, data = files
    head = "#' reverse: x2, x3 (0-5)\n#' parcel: |\n#'   p = mean(x7, x8)\n"
    spec.write_text(head + MODEL + "textual =~ p\n")
    receipt = roundtrip(fit(spec, data).receipt)
    resolved = receipt["fits"][0]["options"]["resolved"]
    assert resolved["reverse"] == ["x2", "x3 (0-5)"]
    assert resolved["parcel"] == ["p = mean(x7, x8)"]
    assert verify(receipt).holds


def test_one_changed_cell_is_said_first(files):
    spec, data = files
    receipt = rewrite(roundtrip(fit(spec, data).receipt), sem_toolkit="0.0.1")
    frame = pd.read_csv(data)
    frame.loc[17, "x3"] += 0.5
    frame.to_csv(data, index=False)
    spec.write_text("#' title: Two factors\n#' estimator: MLR\n" + MODEL)
    found = verify(receipt)
    assert not found.holds
    assert codes(found)[0] == "data-changed"
    assert found.reasons[0].message.endswith("other values in x3")
    assert codes(found).index("spec-changed") < codes(found).index("option-changed")
    assert any("estimator was ML and is MLR" in reason.message for reason in found.reasons)
    assert codes(found)[-1] == "version-changed"
    assert "0.0.1" in found.reasons[-1].message
    moved = found.table.set_index("number")
    now = fit(spec, data)
    assert moved.loc["chisq", "now"] == now.fit_measures["chisq"]
    assert moved.loc["chisq", "change"] == pytest.approx(moved.loc["chisq", "now"] - moved.loc["chisq", "then"])


def test_a_cell_that_the_model_does_not_use_moves_nothing(files):
    spec, data = files
    receipt = roundtrip(fit(spec, data).receipt)
    frame = pd.read_csv(data)
    frame.loc[17, "x9"] += 0.5
    frame.to_csv(data, index=False)
    found = verify(receipt)
    assert found.holds
    assert codes(found) == ["data-file-changed"]


def test_an_option_that_was_not_there_yet_is_no_change(files):
    receipt = roundtrip(fit(*files).receipt)
    del receipt["fits"][0]["options"]["resolved"]["bounds"]
    assert "option-changed" not in codes(verify(receipt))


def test_rows_lost(files):
    spec, data = files
    receipt = roundtrip(fit(spec, data).receipt)
    data.write_text("".join(data.read_text().splitlines(keepends=True)[:-1]))
    found = verify(receipt)
    assert "301 rows then, 300 now" in found.reasons[0].message


def test_a_change_of_the_spec_is_told_by_its_meaning(files):
    spec, data = files
    receipt = roundtrip(fit(spec, data).receipt)
    spec.write_text("#' title: Two factors\n# a remark\n" + MODEL)
    same = verify(receipt)
    assert same.holds
    assert "not the model it means" in same.reasons[0].message
    spec.write_text(MODEL + "x1 ~~ x4\n")
    other = verify(receipt)
    assert not other.holds
    assert "x1 ~~ x4, free" in other.reasons[0].message
    new = other.table.set_index("number").loc["x1 ~~ x4 est"]
    assert np.isnan(new["then"])
    assert np.isfinite(new["now"])
    spec.unlink()
    gone = verify(receipt)
    assert gone.holds
    assert codes(gone) == ["spec-gone"]


def test_rows_from_memory_have_to_be_given():
    frame = pd.read_csv(DATA / "hs.csv")
    receipt = roundtrip(fit(MODEL, frame).receipt)
    with pytest.raises(DataError, match="knows no file"):
        verify(receipt)
    assert verify(receipt, frame).holds
    assert not verify(receipt, frame.iloc[1:]).holds


def test_moments_stand_on_the_receipt():
    frame = pd.read_csv(DATA / "hs.csv")[["x1", "x2", "x3", "x4", "x5", "x6"]]
    receipt = roundtrip(fit(MODEL, sample_cov=frame.cov(), sample_nobs=301).receipt)
    assert verify(receipt).holds


def test_models_of_a_comparison_and_those_that_fail(files):
    spec, data = files
    receipt = roundtrip(compare({"good": spec, "loop": "x1 ~ x2\nx2 ~ x1\n"}, data).receipt)
    assert "fault" in receipt["fits"][1]
    assert verify(receipt).holds


def test_an_edited_receipt_is_noticed(files):
    spec, data = files
    receipt = roundtrip(fit(spec, data).receipt)
    receipt["fits"][0]["fit_measures"]["chisq"] += 1
    found = verify(receipt)
    assert codes(found) == ["receipt-edited"]
    assert [entry.number for entry in found.moved] == ["chisq"]


def test_files_that_are_no_receipts(files, tmp_path):
    path = tmp_path / "r.json"
    for text, reason in (("{", "not valid JSON"), ("[1]", 'no key "receipt"'), ('{"receipt": 1}', "sem_toolkit")):
        path.write_text(text)
        with pytest.raises(DataError, match=reason):
            read_receipt(path)
    spec, data = files
    receipt = roundtrip(fit(spec, data).receipt)
    with pytest.raises(DataError, match=r"written by sem_toolkit 9\.0"):
        require_receipt(rewrite(receipt, receipt=2, sem_toolkit="9.0"))
    del receipt["fits"][0]["spec"]["text"]
    with pytest.raises(DataError, match=r'fits\[0\]\.spec has no key "text"'):
        require_receipt(receipt)


def test_the_schema_holds_what_is_written(files):
    spec, data = files
    result = fit(spec, data)
    receipt, schema = roundtrip(result.receipt), load_schema()
    assert find_fault(receipt, schema) == ""
    entry = schema["$defs"]["fit"]["properties"]
    assert set(receipt["fits"][0]) <= set(entry)
    assert set(receipt) == set(schema["properties"])
    assert require_receipt(roundtrip(result.to_dict())) == receipt
    receipt["fits"][0]["n"] = "many"
    assert find_fault(receipt, schema) == "fits[0].n should be integer"


def test_included_files_are_compared_as_well(tmp_path):
    (tmp_path / "factors.lav").write_text("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n")
    spec = tmp_path / "model.lav"
    spec.write_text("#' include: factors.lav\ntextual ~ visual\n")
    receipt = roundtrip(fit(spec, DATA / "hs.csv").receipt)
    assert verify(receipt).holds
    (tmp_path / "factors.lav").write_text("visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nx1 ~~ x4\n")
    found = verify(receipt)
    assert codes(found) == ["spec-changed"]
    assert not found.holds


def test_numbers_of_groups_are_called_by_the_labels_of_these(files):
    spec, data = files
    receipt = roundtrip(fit(spec, data, group="school").receipt)
    frame = pd.read_csv(data)
    frame.loc[17, "x3"] += 0.5
    frame.to_csv(data, index=False)
    moved = {entry.number for entry in verify(receipt).moved}
    assert moved & {"visual =~ x3 [Pasteur] est", "visual =~ x3 [Grant-White] est"}
    assert not any("[group" in number for number in moved)
