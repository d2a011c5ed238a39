"""Offsets in a browser's units and in characters."""

from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.spec.text_edits import Edit
from sem_toolkit.studio.offsets import Offsets


@given(st.text(alphabet=st.sampled_from("aé的𝒳😀\n"), max_size=30))
def test_offsets_agree_with_utf_16(text):
    offsets = Offsets(text)
    for place in range(len(text) + 1):
        units = len(text[:place].encode("utf-16-le")) // 2
        assert offsets.units(place) == units
        assert offsets.characters(units) == place
    assert offsets.characters(-5) == 0
    assert offsets.characters(10_000) == len(text)


def test_an_offset_within_a_character_is_moved_to_its_beginning():
    assert Offsets("a😀b").characters(2) == 1


def test_edits_are_in_units():
    assert Offsets("😀ab").build_edits([Edit(1, 2, "x")]) == [{"from": 2, "to": 3, "insert": "x"}]
