"""Text to tokens, and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sem_toolkit.spec.tokens import split_tokens


def kinds(text: str) -> list[tuple[str, str]]:
    return [(token.kind, token.text) for token in split_tokens(text) if token.kind != "space"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f=~x1", [("name", "f"), ("operator", "=~"), ("name", "x1")]),
        ("u1 ~*~ u1", [("name", "u1"), ("operator", "~*~"), ("name", "u1")]),
        ("a:=b", [("name", "a"), ("operator", ":="), ("name", "b")]),
        ("x1:x2", [("name", "x1"), ("operator", ":"), ("name", "x2")]),
        ("u|t1", [("name", "u"), ("operator", "|"), ("name", "t1")]),
        ("C<~a", [("name", "C"), ("operator", "<~"), ("name", "a")]),
        ("1e-3*x", [("number", "1e-3"), ("symbol", "*"), ("name", "x")]),
        (".5*x", [("number", ".5"), ("symbol", "*"), ("name", "x")]),
        ("1.*x", [("number", "1."), ("symbol", "*"), ("name", "x")]),
        ("-2*x", [("symbol", "-"), ("number", "2"), ("symbol", "*"), ("name", "x")]),
        (".item", [("name", ".item")]),
        ("a..2", [("name", "a..2")]),
        ("größe_é", [("name", "größe_é")]),
        ("e\u0301tat", [("name", "e\u0301tat")]),
        ("a # b\n", [("name", "a"), ("comment", "# b"), ("newline", "\n")]),
        ("a ! b", [("name", "a"), ("comment", "! b")]),
        ("a;b", [("name", "a"), ("newline", ";"), ("name", "b")]),
        ("a\r\nb", [("name", "a"), ("newline", "\r\n"), ("name", "b")]),
        ('"a # b"', [("string", '"a # b"')]),
        ("'a'", [("string", "'a'")]),
        ('"open\n', [("open_string", '"open'), ("newline", "\n")]),
        ("a = ~ b", [("name", "a"), ("split_operator", "= ~"), ("name", "b")]),
        ("a = b", [("name", "a"), ("wrong_operator", "="), ("name", "b")]),
        ("a ~> b", [("name", "a"), ("wrong_operator", "~>"), ("name", "b")]),
        ("a \u02dc b", [("name", "a"), ("operator", "\u02dc"), ("name", "b")]),
        ("a @ b", [("name", "a"), ("unknown", "@"), ("name", "b")]),
    ],
)
def test_tokens(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


def test_an_odd_tilde_is_a_tilde() -> None:
    assert split_tokens("=\u02dc")[0].symbol == "=~"
    assert split_tokens("= ~")[0].symbol == "=~"


@given(st.text())
def test_joining_the_tokens_gives_the_text_back(text: str) -> None:
    tokens = split_tokens(text)
    assert "".join(token.text for token in tokens) == text
    assert all(text[token.start : token.end] == token.text for token in tokens)
