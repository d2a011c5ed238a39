"""Properties of delimited text: whatever is written is read back, whatever the separator and decimal mark."""

import contextlib
import csv
import io

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sem_toolkit.diagnostics import DataError
from sem_toolkit.sample.delimited import convert_columns, parse_delimited, sniff_separator

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)
TABLES = st.integers(2, 5).flatmap(lambda k: st.lists(st.tuples(*[NUMBERS] * k), min_size=1, max_size=12))


def write(header, rows, separator, comma=False):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        cells = [repr(value) for value in row]
        writer.writerow([cell.replace(".", ",") for cell in cells] if comma else cells)
    return text.getvalue()


@given(TABLES, st.sampled_from([",", ";", "\t", "|"]))
def test_numbers_come_back_to_the_last_bit(rows, separator):
    header = [f"v{i}" for i in range(len(rows[0]))]
    text = write(header, rows, separator)
    assert sniff_separator(text) == separator
    columns = convert_columns(parse_delimited(text, "data"), "data")
    assert list(columns) == header
    np.testing.assert_array_equal(np.column_stack(list(columns.values())), np.array(rows))


@given(TABLES, st.sampled_from([";", "\t"]))
def test_decimal_commas_come_back_too(rows, separator):
    header = [f"v{i}" for i in range(len(rows[0]))]
    columns = convert_columns(parse_delimited(write(header, rows, separator, comma=True), "data"), "data")
    for column, values in zip(columns.values(), zip(*rows, strict=True), strict=True):
        np.testing.assert_array_equal(column, np.array(values))


@given(st.text(max_size=200))
@example(",")
def test_any_text_is_read_or_refused(text):
    """Never an exception of another kind."""
    if not text.strip():
        return
    with contextlib.suppress(DataError):
        convert_columns(parse_delimited(text, "data"), "data")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_quotes_protect_separators_and_line_ends(separator):
    text = write(["name", "value"], [], separator) + f'"a{separator}b\nc"{separator}1\n'
    columns = convert_columns(parse_delimited(text, "data"), "data")
    assert columns["name"].tolist() == [f"a{separator}b\nc"]
    assert columns["value"].tolist() == [1.0]
