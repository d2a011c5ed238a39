"""Offsets and positions of the protocol, in every unit that an editor may count in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.lsp.positions import TextMap

TEXT = "f =~ x1\r\nσ𝛽 ~ ü\n\ny ~ f"


@pytest.mark.parametrize(("encoding", "place"), [("utf-8", (1, 6)), ("utf-16", (1, 3)), ("utf-32", (1, 2))])
def test_characters_count_by_their_units(encoding: str, place: tuple[int, int]) -> None:
    at = TextMap(TEXT, encoding)
    offset = TEXT.index(" ~ ü")
    assert at.place(offset) == place
    assert at.offset(place) == offset


def test_what_lies_beyond_is_moved_back() -> None:
    at = TextMap(TEXT)
    assert at.offset((0, 99)) == len("f =~ x1")
    assert at.offset((99, 0)) == len(TEXT)
    assert at.offset((1, 2)) == TEXT.index("𝛽")  # within a pair of surrogates
    assert at.place_of(2, 3) == (1, 3)


@given(st.text(st.sampled_from("aσ𝛽\n\r \u2028"), max_size=30), st.sampled_from(["utf-8", "utf-16", "utf-32"]))
def test_there_and_back(text: str, encoding: str) -> None:
    at = TextMap(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n" and text[offset : offset + 1] not in ("\r", "\n"):
            assert at.offset(at.place(offset)) == offset
