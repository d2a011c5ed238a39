"""What is said of the standard errors of rotated factors."""

import pytest

from sem_toolkit import fit
from tests.support import DATA

EFA = 'efa("b")*f1 + efa("b")*f2 + efa("b")*f3 =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9'


def _list_notes(**options):
    result = fit(EFA, DATA / "hs.csv", multistart=0, **options)
    return {entry.code: entry for entry in result.messages if entry.code.startswith("rotation")}


def test_lavaans_errors_are_noted_where_they_are_off():
    note = _list_notes(rotation="geomin")["rotation-errors"]
    assert "f2 =~ x9 is 0.0091 instead of 0.007" in note.message
    assert 'rotation_se = "delta"' in note.hint


@pytest.mark.parametrize("options", [{"rotation_se": "delta"}, {"rotation": "varimax"}, {"se": "none"}])
def test_errors_that_agree_need_no_note(options):
    assert "rotation-errors" not in _list_notes(**options)


def test_other_optima_are_noted():
    message = _list_notes(rotation="geomin", rotation_se="delta")["rotation-optima"].message
    assert "2 optima" in message
    assert "0.188389" in message
    assert "rotation-optima" not in _list_notes(rotation="oblimin")
