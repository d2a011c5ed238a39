"""Diagnostics as text and as records."""

import time

import pytest

from sem_toolkit.diagnostics import (
    Diagnostic,
    Fix,
    LineIndex,
    Related,
    Source,
    build_diagnostic_record,
    format_diagnostic,
    format_diagnostics,
)

TEXT = "visual  =~ x1 + x2 + x3\nspeed   ~ age + vizual\n"
INDEX = LineIndex(TEXT)
START = TEXT.index("vizual")
UNKNOWN = Diagnostic(
    "error",
    "unknown-variable",
    '"vizual" is neither a column of the data nor a latent variable',
    INDEX.span(START, START + 6),
    'did you mean "visual"?',
    (Related(INDEX.span(0, 6), "defined here"),),
    (Fix(INDEX.span(START, START + 6), "visual"),),
)


def test_a_diagnostic_shows_its_place() -> None:
    assert format_diagnostic(UNKNOWN, Source("model.lav", TEXT)).splitlines() == [
        'error[unknown-variable]: "vizual" is neither a column of the data nor a latent variable',
        "  model.lav:2:17",
        "  1 | visual  =~ x1 + x2 + x3",
        "  2 | speed   ~ age + vizual",
        "    |                 ^^^^^^",
        "  note: defined here",
        "  model.lav:1:1",
        "  1 | visual  =~ x1 + x2 + x3",
        "    | ^^^^^^",
        '  help: did you mean "visual"?',
    ]


def test_colour_is_asked_for() -> None:
    plain = format_diagnostic(UNKNOWN, Source("model.lav", TEXT))
    coloured = format_diagnostic(UNKNOWN, Source("model.lav", TEXT), colour=True)
    assert "\x1b[" not in plain
    assert "\x1b[1;31merror[unknown-variable]\x1b[0m" in coloured


def test_without_a_source_the_place_is_a_number() -> None:
    assert "  line 2, column 17" in format_diagnostic(UNKNOWN)


def test_without_a_place_there_is_a_headline() -> None:
    fault = Diagnostic("warning", "empty-file", "the file is empty")
    assert format_diagnostics([fault, fault]) == (
        "warning[empty-file]: the file is empty\n\nwarning[empty-file]: the file is empty"
    )


@pytest.mark.parametrize(
    ("text", "start", "end", "caret"),
    [
        ("größe ~ x", 0, 5, "^^^^^"),
        ("\ty ~ x", 1, 2, " ^"),
        ("変数 ~ x", 0, 2, "^^^^"),
        ("変数 ~ x", 5, 6, "       ^"),
        ("y ~ x", 5, 5, "     ^"),
        ("a b\nc", 2, 5, "  ^"),
    ],
)
def test_carets_stand_below_their_text(text: str, start: int, end: int, caret: str) -> None:
    fault = Diagnostic("error", "fault", "message", LineIndex(text).span(start, end))
    assert format_diagnostic(fault, Source("s", text)).splitlines()[-1] == "    | " + caret


def test_long_lines_are_cut_around_the_fault() -> None:
    text = "y ~ " + " + ".join(f"x{i}" for i in range(1000))
    start = text.index("x500")
    shown = format_diagnostic(
        Diagnostic("error", "fault", "message", LineIndex(text).span(start, start + 4)), Source("s", text)
    ).splitlines()
    assert max(map(len, shown)) < 200
    column = shown[-1].index("^")
    assert shown[-2][column : column + 4] == "x500"


def test_a_record_has_the_documented_keys() -> None:
    record = build_diagnostic_record(UNKNOWN)
    assert record["severity"] == "error"
    assert (record["line"], record["column"], record["end_line"], record["end_column"]) == (2, 17, 2, 23)
    assert record["related"] == [{"message": "defined here", "line": 1, "column": 1, "end_line": 1, "end_column": 7}]
    assert record["fixes"] == [{"start": START, "end": START + 6, "replacement": "visual"}]
    assert build_diagnostic_record(Diagnostic("note", "a-note", "text"))["line"] is None


def test_lines_end_in_any_of_three_ways() -> None:
    index = LineIndex("a\nb\r\nc\rd")
    assert [index.position(offset) for offset in (0, 2, 5, 7, 8)] == [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2)]


def test_only_the_lines_near_a_fault_are_looked_at() -> None:
    text = "a\r\nbad\r\n" + "x\n" * 400_000
    fault = Diagnostic("error", "odd", "odd", LineIndex(text).span(3, 6))
    begin = time.process_time()
    shown = [format_diagnostic(fault, Source("m.lav", text)) for _ in range(1_000)]
    assert time.process_time() - begin < 1.0  # a second is what splitting the text a few times would take
    assert shown[0].splitlines()[1:] == ["  m.lav:2:1", "  1 | a", "  2 | bad", "    | ^^^"]
