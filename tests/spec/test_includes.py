"""Included specs: the same model as `cat` makes, and faults that name the file they are in."""

import pytest

from sem_toolkit.diagnostics import SpecError, build_diagnostic_record, format_diagnostic
from sem_toolkit.spec import build_parameter_table, parse_spec, read_spec
from sem_toolkit.spec.formatting import format_spec

MEASUREMENT = "#' title: Measurement\n#' data: other.csv\n\nf =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n"
MODEL = "#' title: Structure\n#' include: measurement.lav\n#' data: mine.csv\n\ng ~ f\n"


def list_rows(spec):
    return [(row.lhs, row.op, row.rhs, row.free) for row in build_parameter_table(spec).rows]


@pytest.fixture
def write(tmp_path):
    def make(**files):
        for name, text in files.items():
            (tmp_path / f"{name}.lav").write_text(text, encoding="utf-8")
        return tmp_path / f"{next(iter(files))}.lav"

    return make


def test_the_model_is_what_cat_gives(write):
    spec = read_spec(write(model=MODEL, measurement=MEASUREMENT))
    joined = parse_spec(MEASUREMENT.replace("#'", "#") + MODEL.replace("#' include", "# include"))
    assert spec.diagnostics == joined.diagnostics == ()
    assert list_rows(spec) == list_rows(joined)


def test_the_header_is_the_specs_own(write):
    header = read_spec(write(model=MODEL, measurement=MEASUREMENT)).header
    assert (header.title, header.data) == ("Structure", "mine.csv")


def test_what_a_header_that_is_left_would_have_changed_is_said(write):
    """A title is no such thing, and what the including spec says itself is not missed."""
    other = MEASUREMENT.replace("\n\n", "\n#' reverse: x2\n#' options: {std_lv: true}\n\n", 1)
    (note,) = read_spec(write(model=MODEL, measurement=other)).diagnostics
    assert (note.severity, note.code) == ("note", "header-not-included")
    assert note.message.endswith("measurement.lav the model is taken over, its header is not: reverse, options")


def test_the_text_read_stands_alone(write):
    """As receipts and derived specs keep it."""
    spec = read_spec(write(model=MODEL, measurement=MEASUREMENT))
    again = parse_spec(spec.source.text)
    assert again.diagnostics == ()
    assert again.header.title == "Structure"
    assert list_rows(again) == list_rows(spec)


@pytest.mark.parametrize("ending", ["\n", "", "\r\n"])
def test_faults_name_the_file_and_its_line(write, ending):
    broken = MEASUREMENT.rstrip("\n").replace("g =~", "g ~ =") + ending
    path = write(model=MODEL, measurement=broken)
    fault = read_spec(path).errors[0]
    assert fault.span.line == 5
    assert fault.span.file == str(path.with_name("measurement.lav"))
    assert build_diagnostic_record(fault)["file"] == fault.span.file
    shown = format_diagnostic(fault, read_spec(path).source)
    assert f"{path.with_name('measurement.lav')}:5:" in shown
    assert "  5 | g ~ = x4 + x5 + x6" in shown
    assert "  4 | f =~ x1 + x2 + x3" in shown


def test_faults_of_the_own_text_keep_their_lines(write):
    path = write(model=MODEL + "h ~ = f\n", measurement=MEASUREMENT)
    spec = read_spec(path)
    fault = spec.errors[0]
    assert fault.span.line == 6
    assert fault.span.file == str(path)
    assert f"{path}:6:" in format_diagnostic(fault, spec.source)


def test_included_files_may_include_and_each_is_taken_once(write):
    path = write(
        a="#' include: b.lav, c.lav\ny ~ f\n",
        b="#' include: d.lav\nf ~~ f\n",
        c="#' include: d.lav\nz ~ y\n",
        d="f =~ u + v + w\n",
    )
    text = read_spec(path).source.text
    assert [text.index(line) for line in ("f =~ u", "f ~~ f", "z ~ y", "y ~ f")] == sorted(
        text.index(line) for line in ("f =~ u", "f ~~ f", "z ~ y", "y ~ f")
    )
    assert text.count("f =~ u") == 1


def test_a_missing_file_is_named_with_the_place_of_the_include(write):
    with pytest.raises(SpecError, match=r'"measurement.lav" cannot be included: there is no file') as error:
        read_spec(write(model=MODEL))
    (fault,) = error.value.diagnostics
    assert (fault.code, fault.span.line) == ("missing-include", 2)
    assert "model.lav" in fault.hint


@pytest.mark.parametrize(
    "others", [{"b": "#' include: a.lav\nx ~ y\n"}, {"b": "#' include: c.lav\n", "c": "#' include: b.lav\n"}]
)
def test_circles_are_told(write, others):
    with pytest.raises(SpecError, match="in a circle") as error:
        read_spec(write(a="#' include: b.lav\ny ~ x\n", **others))
    assert error.value.diagnostics[0].code == "include-circle"


def test_a_text_without_a_file_cannot_include():
    (fault,) = parse_spec(MODEL).errors
    assert fault.code == "include-without-file"
    assert fault.span.line == 2


def test_a_file_is_laid_out_without_what_it_includes(write):
    path = write(model=MODEL.replace("g ~ f", "g~f"), measurement=MEASUREMENT)
    assert format_spec(read_spec(path, expand=False)) == MODEL
